// The worker that downloads and hashes layers: the same wasm file as the page, without a page.
// The editor's start notices that there is no page and serves this worker instead.

import init, { initSync } from "./{{asset:layermark.js}}";

globalThis.layermark = { initSync }; // for the parts
const url = new URL("./{{asset:layermark.wasm}}", import.meta.url);
await init({ module_or_path: fetch(url, { integrity: "{{integrity:layermark.wasm}}" }) });
