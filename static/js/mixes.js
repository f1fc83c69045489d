// Mixes that the band keeps: one is kept as the mixer's address says, and played without leaving the page.
// What a person leaves a song with is kept for them, and offered the next time.
import { mixOf } from "./mixlink.js";
import { token } from "./token.js";

// Milliseconds in which nothing was changed.
const QUIET = 2000;
const mixer = () => document.querySelector("studio-mixer");
const part = () => document.getElementById("mixes");
const said = () => mixOf(new URL(location));
// A mixer, and what it was left with so far.
let [known, left] = [null, ""];
let timer;

function keepLast() {
  clearTimeout(timer);
  if (!part() || mixer() !== known || said() === left) return;
  left = said();
  const headers = { "X-CSRFToken": token() };
  // What it would have told is of no use any more.
  fetch(part().dataset.last, { method: "POST", body: new URLSearchParams({ query: left }), headers, keepalive: true }).catch(() => {});
}

// A mixer's first word is how it was opened.
document.addEventListener("mixed", ({ target }) => {
  clearTimeout(timer);
  if (target === known) timer = setTimeout(keepLast, QUIET);
  else [known, left] = [target, said()];
});

document.addEventListener("visibilitychange", () => document.hidden && keepLast());

document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (detail.elt.matches(".mix-keep")) detail.parameters.query = new URL(mixer().linkPart.dataset.copy).search;
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-mix]");
  if (!link || !mixer() || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  history.replaceState(history.state, "", link.href);
  mixer().read();
  document.getElementById("live").textContent = link.textContent;
}, { capture: true });
