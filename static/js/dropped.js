// A sound file dropped on any page is sent once, while somebody says what shall be made of it.
import { isTyped } from "./answers.js";
import { lineFor, send } from "./sending.js";

const dialog = document.getElementById("dropped");
const lines = dialog.querySelector("[data-files]");
const steps = [...dialog.querySelectorAll("[data-steps] a")];
const state = dialog.querySelector("[data-state]");
const { to, limit } = dialog.dataset;
// The uploads that are there, and the step that waits for the others.
let there = [];
let wanted = null;

const waits = () => Boolean(lines.querySelector('[data-state="waiting"]'));

function draw() {
  const isReady = there.length > 0 && !waits();
  const query = there.map((key) => `upload=${key}`).join("&");
  for (const step of steps) {
    step.closest("li").hidden = there.length > 1 && !("several" in step.dataset);
    step.href = `${step.dataset.href}?${query}`;
    step.setAttribute("aria-disabled", String(!isReady));
    // What is typed on this page stays here.
    step.target = isTyped() ? "_blank" : "";
  }
  if (isReady && wanted) {
    const step = wanted;
    wanted = null;
    step.click();
  }
}

function settle(item, { reason, html }) {
  item.dataset.state = reason ? "failed" : "there";
  const note = item.querySelector("[data-note]");
  item.querySelector("progress").hidden = true;
  item.querySelector("[data-away]").hidden = true;
  note.textContent = reason ?? "It is there.";
  if (!html) return;
  const kept = new DOMParser().parseFromString(html, "text/html");
  there.push(kept.querySelector("[data-source]").value);
  note.textContent = kept.querySelector("[data-question]")?.textContent ?? note.textContent;
}

async function bring(files) {
  const under = files.map((file) => [file, lineFor(file)]);
  for (const [, item] of under) {
    item.querySelector("[data-away]").addEventListener("click", () => item.dispatchEvent(new Event("away")));
    item.addEventListener("away", () => item.remove());
  }
  lines.append(...under.map(([, item]) => item));
  draw();
  for (const [file, item] of under) {
    if (!item.isConnected) continue;
    const came = await send(file, item, to, Number(limit));
    if (item.isConnected) settle(item, came);
    draw();
  }
  if (!there.length) state.textContent = "Nothing can be made of this.";
}

export function offer(files) {
  if (!dialog.open) dialog.showModal();
  state.textContent = "";
  bring(files);
}

dialog.addEventListener("click", (event) => {
  const step = event.target.closest("[data-steps] a");
  if (!step) return;
  if (step.getAttribute("aria-disabled") === "true") {
    event.preventDefault();
    wanted = waits() ? step : null;
    if (wanted) state.textContent = "This goes on as soon as the file is there.";
  } else dialog.close();
});

dialog.addEventListener("close", () => {
  for (const item of [...lines.children]) item.dispatchEvent(new Event("away"));
  [there, wanted] = [[], null];
});
