// Keeps the files of one build of the page, so that it starts without a network.
//
// - The page itself comes over the network whenever there is one, so a deployment is seen at once;
//   the kept one only answers when the network does not.
// - Files whose names carry the hash of their content come from here.
// - Everything else is left alone, above all everything that a registry answers.
//
// To turn this off everywhere, see docs/offline.md.

const BUILD = "{{build}}";
const FOLDER = new URL("./", self.location);
const PREFIX = `layermark:${FOLDER.pathname}:`;
const CACHE = PREFIX + BUILD;
const PAGE = "index.html";
const SETTINGS = "config.json"; // the portal's own, not a part of the build
const PATIENCE_MS = 5000;
const FILES = new Set({{files}});
// What the page loads on demand: kept from the first time that somebody does something on it.
const isPart = (name) => name.startsWith("parts/");

self.addEventListener("install", (event) => {
  event.waitUntil(Promise.all([fill(), stepAside(event)]));
});
self.addEventListener("activate", (event) => event.waitUntil(takeOver()));

self.addEventListener("message", (event) => {
  if (event.data === "build") event.ports[0]?.postMessage(BUILD);
  if (event.data === "complete") event.waitUntil(complete());
  if (event.data === "take-over") self.skipWaiting();
  if (event.data === "take-over-if-alone") event.waitUntil(takeOverIfAlone());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== FOLDER.origin) return;
  if (!url.pathname.startsWith(FOLDER.pathname)) return;
  const name = url.pathname.slice(FOLDER.pathname.length);
  if (request.mode === "navigate") {
    if (name === "" || name === PAGE) event.respondWith(newest(request, PAGE));
  } else if (name === SETTINGS) {
    event.respondWith(newest(request, SETTINGS));
  } else if (FILES.has(name)) {
    event.respondWith(kept(request, name));
  }
});

// What goes to registries does not pass this worker at all: a browser would keep the body of every
// upload here, gigabytes of a large layer, until it thinks of cleaning up.
async function stepAside(event) {
  const methods = ["POST", "PUT", "PATCH", "DELETE", "HEAD"];
  const conditions = methods.map((requestMethod) => ({ requestMethod }));
  conditions.push({ urlPattern: { pathname: "*/v2/*" } });
  try {
    await event.addRoutes(conditions.map((condition) => ({ condition, source: "network" })));
  } catch (error) {
    // A browser without static routes: every request passes, and is left alone there.
    console.info(`Requests to registries pass the service worker: ${error.message}`);
  }
}

// All files or none: a page must never start with files of two builds.
async function fill() {
  const cache = await caches.open(CACHE);
  try {
    await Promise.all([...FILES].map((name) => isPart(name) || keep(cache, name)));
  } catch (error) {
    await caches.delete(CACHE);
    throw error;
  }
  const settings = await fetch(SETTINGS, { cache: "no-cache" }).catch(() => null);
  if (await isSettings(settings)) await cache.put(SETTINGS, settings);
}

// Whether an answer holds settings: a sign-in page in their place is neither kept nor believed.
async function isSettings(answer) {
  if (!answer?.ok) return false;
  try {
    JSON.parse(await answer.clone().text());
    return true;
  } catch {
    return false;
  }
}

async function keep(cache, name) {
  await cache.put(name, await load(name));
}

// The parts that are not there yet; one that does not come is fetched when it is needed.
async function complete() {
  const cache = await caches.open(CACHE);
  for (const name of FILES) {
    if (isPart(name) && !(await cache.match(name))) await keep(cache, name).catch(() => {});
  }
}

// The file `name` of this very build.
async function load(name) {
  const hash = /\.([0-9a-f]{16})\.[a-z0-9]+$/.exec(name)?.[1];
  const response = await fetch(name === PAGE ? "./" : name, { cache: hash ? "default" : "no-cache" });
  const bytes = await response.clone().arrayBuffer();
  const isOurs = hash
    ? (await sha256(bytes)).startsWith(hash)
    : name !== PAGE || new TextDecoder().decode(bytes).includes(`"${BUILD}"`);
  if (!response.ok || !isOurs) throw new Error(`${name} is not the file of this build`);
  // An answer after a redirect may not stand for a page.
  if (!response.redirected) return response;
  return new Response(bytes, { headers: { "content-type": response.headers.get("content-type") } });
}

async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function takeOver() {
  for (const name of await caches.keys()) {
    if (name.startsWith(PREFIX) && name !== CACHE) await caches.delete(name);
  }
  await self.clients.claim();
}

async function takeOverIfAlone() {
  const pages = await self.clients.matchAll({ includeUncontrolled: true, type: "window" });
  const ours = pages.filter((page) => new URL(page.url).pathname.startsWith(FOLDER.pathname));
  if (ours.length <= 1) await self.skipWaiting();
}

async function kept(request, name) {
  const cache = await caches.open(CACHE);
  const known = await cache.match(name);
  if (known) return known;
  const answer = await fetch(request);
  if (isPart(name) && answer.ok) await cache.put(name, answer.clone());
  return answer;
}

// What the server has now; what was kept when it does not answer, fails, or takes too long.
async function newest(request, name) {
  const cache = await caches.open(CACHE);
  const known = await cache.match(name);
  const late = new Promise((resolve) => { if (known) setTimeout(resolve, PATIENCE_MS); });
  const answer = await Promise.race([fetch(request).catch(() => null), late]);
  if (name === SETTINGS) {
    if (answer?.status === 404) {
      await cache.delete(name);
      return answer;
    }
    if (!(await isSettings(answer))) return known ?? answer ?? Response.error();
    await cache.put(name, answer.clone());
  }
  if (answer && answer.status < 500) return answer;
  return known ?? answer ?? Response.error();
}
