// From page to page without ending the document while something plays, so that it plays on. All else is
// left to the browser: other sites, files, forms that carry files, and every page while nothing plays.
// A page that was left stays as it is for the way back, with all that was typed.
import { isSounding } from "./sounding.js";

const MOST_KEPT = 10;
const kept = new Map();
// All but what stays from page to page: the player, the news.
const contentOf = (body) => [...body.children].filter((one) => !one.hasAttribute("data-stays"));
const path = () => location.pathname + location.search;
const made = performance.timeOrigin;
let count = 0;
let entry = history.state?.visit ?? "first";
let shown = path();
let turn = new AbortController();

// The same file in another release has another name.
const plain = (address) => address.replace(/\.[0-9a-f]{12}\./, ".");
const parts = (head) => [...head.querySelectorAll("link[rel=stylesheet], script[src]")];
const addressOf = (part) => part.getAttribute("href") ?? part.getAttribute("src");

function isOtherRelease(fresh) {
  const ours = new Map(parts(document.head).map((part) => [plain(addressOf(part)), addressOf(part)]));
  return parts(fresh.head).some((part) => (ours.get(plain(addressOf(part))) ?? addressOf(part)) !== addressOf(part));
}

const loaded = (link) =>
  new Promise((done) => {
    link.addEventListener("load", done);
    link.addEventListener("error", done);
  });

// The styles of the page that comes, before it is seen. Those of others stay loaded, and silent.
async function dress(addresses) {
  const there = [...document.head.querySelectorAll("link[rel=stylesheet]")];
  const missing = addresses.filter((address) => !there.some((link) => addressOf(link) === address));
  const links = missing.map((href) => Object.assign(document.createElement("link"), { rel: "stylesheet", href }));
  const waiting = Promise.all(links.map(loaded));
  document.head.append(...links);
  await waiting;
}

function wear(addresses) {
  for (const link of document.head.querySelectorAll("link[rel=stylesheet]")) {
    link.media = addresses.includes(addressOf(link)) ? "all" : "not all";
  }
}

// A module is run once; one that sets its own page up (data-visit) is run anew for each, which a
// fragment in its address makes of it.
async function run(scripts) {
  for (const script of scripts.filter(({ type }) => type === "module")) {
    const again = script.hasAttribute("data-visit") ? `#${(count += 1)}` : "";
    await import(new URL(addressOf(script), location).href + again);
  }
}

const dressOf = (head) => [...head.querySelectorAll("link[rel=stylesheet]:not([media='not all'])")].map(addressOf);

function leave() {
  kept.set(entry, { nodes: contentOf(document.body), title: document.title, top: scrollY, styles: dressOf(document.head) });
  for (const key of [...kept.keys()].slice(0, -MOST_KEPT)) kept.delete(key);
}

function put({ nodes, title, styles }) {
  wear(styles);
  for (const old of contentOf(document.body)) old.remove();
  document.body.prepend(...nodes);
  document.title = title;
  shown = path();
}

function tell() {
  document.dispatchEvent(new Event("visit"));
  // What runs when the browser itself brings a page back.
  window.dispatchEvent(new Event("pageshow"));
}

async function show(fresh, address, isNew) {
  const styles = dressOf(fresh.head);
  await dress(styles);
  leave();
  const state = { visit: isNew ? `${made}-${(count += 1)}` : entry };
  if (isNew) history.pushState(state, "", address);
  else history.replaceState({ ...history.state, ...state }, "", address);
  entry = state.visit;
  const nodes = contentOf(fresh.body);
  put({ nodes, title: fresh.title, styles });
  nodes.forEach((node) => htmx.process(node));
  await run(parts(fresh.head));
  tell();
  const aim = location.hash && document.getElementById(location.hash.slice(1));
  if (aim) aim.scrollIntoView();
  else window.scrollTo(0, 0);
  (document.querySelector("[autofocus]") ?? document.getElementById("main")).focus({ preventScroll: true });
  document.getElementById("live").textContent = document.title;
}

// Return the page that an answer holds, null where it is none that the player can stay on.
async function read(answer) {
  if (!answer.headers.get("Content-Type")?.startsWith("text/html")) return null;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  return fresh.getElementById("main") && fresh.getElementById("bar") && !isOtherRelease(fresh) ? fresh : null;
}

async function visit(url, options = {}) {
  turn.abort();
  turn = new AbortController();
  const { signal } = turn;
  const isPost = options.method === "POST";
  document.documentElement.classList.add("visiting");
  try {
    const answer = await fetch(url, { ...options, signal, headers: { Accept: "text/html" } });
    const address = answer.redirected ? answer.url : url.href;
    const fresh = await read(answer);
    if (signal.aborted) return;
    if (!fresh) location.assign(address);
    // As a browser does: what answers at its own address takes its place.
    else await show(fresh, answer.redirected ? answer.url + (isPost ? "" : url.hash) : address, address !== location.href);
  } catch {
    if (signal.aborted) return;
    if (!isPost) location.assign(url);
    document.getElementById("connection").hidden = false;
    window.dispatchEvent(new Event("pageshow"));
  } finally {
    if (!signal.aborted) document.documentElement.classList.remove("visiting");
  }
}

const isOurs = (url) => url.origin === location.origin;

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  const isSpecial = event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
  if (!link || isSpecial || event.defaultPrevented || !isSounding()) return;
  const url = new URL(link.href, location);
  const isElsewhere = link.target || link.hasAttribute("download") || link.closest("[data-native]") || !isOurs(url);
  if (isElsewhere || (url.hash && url.pathname + url.search === path())) return;
  event.preventDefault();
  visit(url);
});

document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  const told = (name) => submitter?.getAttribute(`form${name}`) ?? form.getAttribute(name) ?? "";
  const isNative = (submitter ?? form).closest("[data-native]") || told("target") || told("method") === "dialog";
  if (event.defaultPrevented || isNative || !isSounding()) return;
  const url = new URL(told("action") || location.href, location);
  const data = new FormData(form, submitter);
  const files = [...data.values()].filter((value) => value instanceof File && value.name);
  if (files.length || !isOurs(url)) return;
  event.preventDefault();
  if (told("method").toLowerCase() !== "post") {
    url.search = new URLSearchParams(data);
    visit(url);
  } else {
    const body = told("enctype").startsWith("multipart") ? data : new URLSearchParams(data);
    visit(url, { method: "POST", body });
  }
});

window.addEventListener("popstate", async () => {
  const wanted = history.state?.visit ?? (path() === shown ? entry : "first");
  if (wanted === entry) return history.replaceState({ ...history.state, visit: entry }, "");
  turn.abort();
  const there = kept.get(wanted);
  // Made by a document that is gone, or too long ago: loaded anew.
  if (!there) return location.reload();
  leave();
  entry = wanted;
  put(there);
  tell();
  window.scrollTo(0, there.top);
});
