// Loads the editor and puts it in the place of the shell in index.html; if that fails, says why.
//
// The other scripts of the page are focus.js, keep.js and offline.js, which stand on their own, and
// the JavaScript side of the wasm file. All, and the wasm file itself, are taken only if they are the
// very files of this build (integrity values).

const TEXTS = {
  en: {
    status: "Starting the editor…",
    title: "The editor could not be started",
    load: "A file of this page could not be loaded, or is not the file that belongs to this page. Reload the page. If that does not help, its administrator should publish all files of one build together and unchanged.",
    policy: "The server of this page does not allow WebAssembly. Its administrator should add 'wasm-unsafe-eval' to script-src of the Content-Security-Policy.",
    frame: "A page of another site shows this one inside its own, and could lead your clicks. So nothing is started here. Open the address below by itself.",
    old: "This browser cannot run the editor. A current version of Chrome, Edge, Firefox or Safari can.",
    other: "Reload the page. If that does not help, report the line below.",
  },
  de: {
    status: "Der Editor wird gestartet …",
    title: "Der Editor konnte nicht gestartet werden",
    load: "Eine Datei dieser Seite konnte nicht geladen werden oder gehört nicht zu dieser Seite. Laden Sie die Seite neu. Hilft das nicht, sollten alle Dateien eines Builds gemeinsam und unverändert veröffentlicht werden.",
    policy: "Der Server dieser Seite erlaubt kein WebAssembly. In der Content-Security-Policy sollte script-src um 'wasm-unsafe-eval' ergänzt werden.",
    frame: "Eine Seite einer anderen Website zeigt diese in ihrem Rahmen und könnte Ihre Klicks lenken. Deshalb wird hier nichts gestartet. Öffnen Sie die folgende Adresse für sich allein.",
    old: "Dieser Browser kann den Editor nicht ausführen. Eine aktuelle Version von Chrome, Edge, Firefox oder Safari kann es.",
    other: "Laden Sie die Seite neu. Hilft das nicht, melden Sie die folgende Zeile.",
  },
};
const texts = TEXTS[navigator.language.slice(0, 2)] ?? TEXTS.en;

class Failure extends Error {
  constructor(kind, cause) {
    super(cause);
    this.kind = kind;
  }
}

// Whether a page of another origin frames this one. The header `frame-ancestors` forbids it where the
// server sends it; a page cannot set it itself. A portal that frames the page has its origin.
function isFramedByOthers() {
  try {
    for (let at = window; at !== at.parent; at = at.parent) {
      if (at.parent.location.origin !== location.origin) return true;
    }
    return false;
  } catch {
    return true; // The browser shows no address of another origin.
  }
}

async function wasm() {
  const url = new URL("./{{asset:layermark.wasm}}", import.meta.url);
  try {
    // An error page of the server fails here, too: its bytes have another hash.
    return await fetch(url, { integrity: "{{integrity:layermark.wasm}}" });
  } catch (error) {
    throw new Failure("load", `${url.pathname}: ${error.message}`);
  }
}

// The portal's settings, beside the page: their text, null where there are none, or an error. Only 404
// means that there are none: anything else, such as a sign-in page, may stand in place of a policy.
async function settings() {
  const url = new URL("config.json", document.baseURI);
  const response = await fetch(url, { cache: "no-cache", signal: AbortSignal.timeout(8000) });
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
  return response.text();
}

// The text of a file of this build, by its name and integrity value.
async function load(entry) {
  const [name, integrity] = entry.split(" ");
  const url = new URL(name, document.baseURI);
  const response = await fetch(url, { integrity });
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
  return response.text();
}

const begun = new Map(); // files that are fetched before the editor asks for them

function file(entry) {
  const early = begun.get(entry);
  begun.delete(entry);
  return early ?? load(entry);
}

// The sentences in the language that the editor will most likely choose, fetched beside its code.
function beginTexts() {
  const entry = (tag) => document.querySelector(`meta[name="layermark-text-${tag}"]`)?.content;
  let kept = null;
  try {
    kept = localStorage.getItem("layermark.language");
  } catch {
    // A sandboxed frame: nothing is kept there.
  }
  const tags = [kept, ...navigator.languages, "en"].filter((tag) => tag !== null);
  const likely = tags.map((tag) => entry(tag.slice(0, 2))).find((found) => found !== undefined);
  if (likely === undefined) return;
  begun.set(likely, load(likely));
  begun.get(likely).catch(() => {}); // The editor tells.
}

async function glue() {
  try {
    return await import("./{{asset:layermark.js}}");
  } catch (error) {
    throw new Failure("load", error.message);
  }
}

function kindOf(error) {
  if (error instanceof Failure) return error.kind;
  if (typeof WebAssembly === "undefined") return "old";
  if (error instanceof WebAssembly.CompileError) {
    return /content security policy|unsafe-eval/i.test(error.message) ? "policy" : "old";
  }
  return "other";
}

function show(error) {
  const app = document.getElementById("app");
  if (app === null) return; // keep.js has taken its place already.
  console.error(error);
  const title = document.createElement("h1");
  title.textContent = texts.title;
  const advice = document.createElement("p");
  advice.textContent = texts[kindOf(error)];
  const detail = document.createElement("code");
  detail.textContent = error?.message ?? String(error);
  const alert = document.createElement("div");
  alert.setAttribute("role", "alert");
  alert.append(title, advice, detail);
  const main = document.createElement("main");
  main.className = "boot wrap";
  main.append(alert);
  app.querySelector("main")?.remove();
  app.append(main);
}

document.getElementById("boot-status").textContent = texts.status;
globalThis.layermark ??= {}; // keep.js, unless it did not arrive
globalThis.layermark.file = file;
beginTexts();
globalThis.layermark.fail = (name) => show(new Failure("load", name));
globalThis.layermark.settings = settings();
globalThis.layermark.settings.catch(() => {}); // The editor tells; without one, nobody does.
try {
  if (isFramedByOthers()) throw new Failure("frame", location.origin + location.pathname);
  const [module, response] = await Promise.all([glue(), wasm()]);
  globalThis.layermark.initSync = module.initSync; // for the parts
  await module.default({ module_or_path: response });
} catch (error) {
  show(error);
}
