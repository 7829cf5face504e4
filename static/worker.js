// The worker that downloads and hashes layers: the same wasm file as the page, without a page.
// The editor's start notices that there is no page and serves this worker instead.

import init, { initSync } from "./{{asset:layermark.js}}";

// What the page hears of a check that was not made: a part of the code did not arrive.
const fail = () => postMessage("cancelled\t\t0\t0\t");
// One that downloads starts another one that hashes: this script again.
const own = { createScriptURL: () => import.meta.url };
const policy = globalThis.trustedTypes?.createPolicy("app-worker", own) ?? own;
const startWorker = () => new Worker(policy.createScriptURL(""), { type: "module" });
globalThis.layermark = { initSync, fail, startWorker }; // the first is for the parts
const url = new URL("./{{asset:layermark.wasm}}", import.meta.url);
try {
  await init({ module_or_path: fetch(url, { integrity: "{{integrity:layermark.wasm}}" }) });
} catch (error) {
  console.error(error);
  fail();
}
