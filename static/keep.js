// Keeps the person's work outside of the editor: over a reload of the page, and when the editor
// stops on an error of its own.
//
// The editor (wasm) hands over its work after each change; none of this depends on the editor
// working after that. What it hands over holds no credentials, and stays in this tab.

const FOLDER = new URL(".", document.baseURI).pathname;
const IMAGE = `layermark.image:${FOLDER}`;
const EDITS = `layermark.edits:${FOLDER}`;
const DELAY_MS = 250;

let image = null; // what was loaded, as text
let edits = null; // the edits, as text
let stored = null; // the text of IMAGE in the session's storage
let timer = 0;
let leaving = false;
let stopped = false;
let sentences = {};
const files = new Map(); // what the image becomes: identity -> [name, bytes]

// Writes the work into the session's storage, which lives as long as the tab.
function store() {
  clearTimeout(timer);
  timer = 0;
  try {
    if (image === null || edits === null) {
      sessionStorage.removeItem(IMAGE);
      sessionStorage.removeItem(EDITS);
      stored = null;
      return;
    }
    if (stored !== image) {
      sessionStorage.removeItem(EDITS);
      sessionStorage.setItem(IMAGE, image);
      stored = image;
    }
    sessionStorage.setItem(EDITS, edits);
  } catch {
    // Full, or forbidden in this frame: then only the question before leaving stands.
    stored = null;
    try {
      sessionStorage.removeItem(IMAGE);
      sessionStorage.removeItem(EDITS);
    } catch {}
  }
}

function soon() {
  if (timer === 0) timer = setTimeout(store, DELAY_MS);
}

function ask(event) {
  if (!leaving) event.preventDefault();
}

function reload() {
  leaving = true;
  store();
  location.reload();
}

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function download(name, parts, type) {
  const url = URL.createObjectURL(new Blob(parts, { type }));
  element("a", { href: url, download: name }).click();
  URL.revokeObjectURL(url);
}

function button(text, onclick, className = "") {
  return element("button", { type: "button", textContent: text, onclick, className });
}

// Puts a page in the place of the editor that says what happened and still has the work.
function stop(what) {
  if (stopped) return;
  stopped = true;
  console.error(what);
  const say = (key) => sentences[key] ?? key;
  const work = edits !== null;
  const meta = (name) => document.querySelector(`meta[name="layermark-${name}"]`)?.content ?? "";
  const report = [
    `Layermark ${meta("version")} (${meta("build")})`,
    navigator.userAgent,
    new Date().toISOString(),
    what,
  ].join("\n");

  const title = element("h1", { textContent: say("stop.title"), tabIndex: -1 });
  const main = element("main", { className: "wrap stopped" }, title);
  main.append(element("p", { textContent: say(work ? "stop.work" : "stop.no-work") }));
  const actions = element("div", { className: "row" });
  main.append(actions);
  actions.append(button(say("stop.reload"), reload, "primary"));
  if (work) {
    actions.append(button(say("stop.start-again"), () => { layermark.release(); reload(); }));
    const list = element("ul", {});
    for (const [name, bytes] of files.values()) {
      const text = say("stop.download").replace("{name}", name);
      const save = () => download(name, [bytes], "application/json");
      list.append(element("li", {}, button(text, save)));
    }
    const save = () => download("layermark-edits.json", [edits], "application/json");
    list.append(element("li", {}, button(say("stop.edits"), save)));
    main.append(element("h2", { textContent: say("stop.files") }), list);
  }
  const copy = button(say("stop.copy"), async () => {
    try {
      await navigator.clipboard.writeText(report);
      copy.textContent = say("stop.copied");
    } catch {
      getSelection().selectAllChildren(details);
    }
  });
  const details = element("pre", { textContent: report, tabIndex: 0 });
  main.append(
    element("h2", { textContent: say("stop.details") }),
    element("p", { textContent: say("stop.details-hint") }),
    details,
    copy,
  );
  const name = element("strong", { textContent: document.title });
  const header = element("header", { className: "app wrap" }, name);
  document.getElementById("app")?.replaceWith(header, main);
  title.focus();
}

// A trap is the end of a wasm instance, with or without a panic before it.
function notice(error) {
  const overflow = error instanceof RangeError && /wasm/.test(error.stack ?? "");
  if (error instanceof WebAssembly.RuntimeError || overflow) {
    stop(`${error.message}\n${error.stack ?? ""}`);
  }
}

const layermark = {
  // What was loaded, as text; null when it is too much to be kept.
  holdImage(text) {
    image = text;
    soon();
  },
  holdEdits(text) {
    edits = text;
    soon();
  },
  holdFile(identity, name, bytes) {
    files.set(identity, [name, bytes]);
  },
  dropFile(identity) {
    files.delete(identity);
  },
  // There is nothing to keep any more.
  release() {
    image = edits = null;
    files.clear();
    store();
  },
  // The work that an earlier life of this page left.
  kept() {
    try {
      const found = [sessionStorage.getItem(IMAGE), sessionStorage.getItem(EDITS)];
      return found.includes(null) ? null : found;
    } catch {
      return null;
    }
  },
  // Only listened to while there is something to lose: pages that listen are never kept alive by
  // the browser's “back”.
  unsaved(unsaved) {
    (unsaved ? addEventListener : removeEventListener)("beforeunload", ask);
  },
  sentences(given) {
    sentences = given;
  },
  stop,
  reload,
};
globalThis.layermark = layermark;

addEventListener("pagehide", () => { if (timer !== 0) store(); });
addEventListener("error", (event) => notice(event.error));
addEventListener("unhandledrejection", (event) => notice(event.reason));
