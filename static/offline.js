// Keeps the page for use without a network, by the service worker in sw.js, and tells the editor
// when a newer version of the page is ready.

const folder = new URL(".", document.baseURI);
const build = document.querySelector('meta[name="layermark-build"]').content;
const HOUR_MS = 3_600_000;
let ready = null; // the worker of a newer version

// The one Trusted Types policy of the page: scripts of workers come from the page's own folder.
const policy = globalThis.trustedTypes?.createPolicy("app-worker", { createScriptURL: ownScript });

function ownScript(name) {
  const url = new URL(name, folder);
  if (url.origin !== folder.origin || !url.pathname.startsWith(folder.pathname)) {
    throw new TypeError(`${name} is no script of this page`);
  }
  return url.href;
}

function scriptUrl(name) {
  return policy?.createScriptURL(name) ?? ownScript(name);
}

// The editor starts workers that download and hash layers (see worker.js).
globalThis.layermark ??= {};
globalThis.layermark.startWorker = () =>
  new Worker(scriptUrl("{{asset:worker.js}}"), { type: "module" });

// Asks a worker which build it serves.
function buildOf(worker) {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = (event) => resolve(event.data);
    worker.postMessage("build", [port2]);
  });
}

async function consider(worker) {
  if ((await buildOf(worker)) === build) {
    // The page itself is of that version already: it came over the network.
    worker.postMessage("take-over-if-alone");
  } else {
    ready = worker;
    dispatchEvent(new Event("layermark-update"));
  }
}

function watch(registration) {
  if (registration.waiting) consider(registration.waiting);
  registration.addEventListener("updatefound", () => {
    const worker = registration.installing;
    worker?.addEventListener("statechange", () => {
      if (worker.state === "installed" && registration.active) consider(worker);
    });
  });
  let looked = Date.now();
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && Date.now() - looked > HOUR_MS) {
      looked = Date.now();
      registration.update().catch(() => {});
    }
  });
}

// From the first thing that somebody does here, or on the second visit, the page is kept whole: until
// then only what its start needs has been transferred.
function keepWhole() {
  const ask = async () => (await navigator.serviceWorker.ready).active.postMessage("complete");
  if (navigator.serviceWorker.controller) return ask();
  for (const use of ["pointerdown", "keydown"]) addEventListener(use, ask, { once: true });
}

async function turnOff() {
  const registration = await navigator.serviceWorker.getRegistration(folder);
  if (registration?.scope !== folder.href) return;
  await registration.unregister();
  for (const name of await caches.keys()) {
    if (name.startsWith(`layermark:${folder.pathname}:`)) await caches.delete(name);
  }
}

Object.assign(globalThis.layermark, {
  scriptUrl,
  // The portal's settings decide whether the page is kept.
  async offline(wanted) {
    if (!isSecureContext || !("serviceWorker" in navigator)) return;
    try {
      if (!wanted) return await turnOff();
      // “none”: the worker's script is always compared with the server's.
      const options = { updateViaCache: "none" };
      watch(await navigator.serviceWorker.register(scriptUrl("sw.js"), options));
      keepWhole();
    } catch (error) {
      // The page works without.
      console.info(`Layermark is not kept for use without a network: ${error.message}`);
    }
  },
  isUpdateReady: () => ready !== null,
  takeUpdate() {
    const { reload } = globalThis.layermark;
    if (ready === null) return reload();
    navigator.serviceWorker.addEventListener("controllerchange", reload, { once: true });
    ready.addEventListener("statechange", () => { if (ready.state === "redundant") reload(); });
    ready.postMessage("take-over");
  },
});
