// Elements with data-refresh="2" ask for their content again every so many seconds, with the ETag of
// what they show and the lines that need not be sent once more, as long as somebody can see the page;
// what turned ready or failed is said aloud.
const SLOW = 5;
const MOVING = '[data-status="pending"], [data-status="not_started"], [data-status="running"], [data-unsettled]';
const NEWS = { finished: "Ready", failed: "Failed" };
const tags = new WeakMap();
const timers = new WeakMap();
let before = new Map();

function statuses(element) {
  const shown = [...element.querySelectorAll("[data-status]")];
  return new Map(shown.map((status) => [status.dataset.task, status]));
}

function announce(status) {
  document.getElementById("live").textContent = `${NEWS[status.dataset.status]}: ${status.dataset.name}`;
}

// A list never settles: a teammate's new task can come at any time.
const isSettled = (element) => !["library", "tasks"].includes(element.id) && !element.querySelector(MOVING);

function schedule(element) {
  clearTimeout(timers.get(element));
  if (!element.isConnected || document.hidden || !("refresh" in element.dataset)) return;
  const seconds = isSettled(element) ? SLOW : Number(element.dataset.refresh);
  const timer = setTimeout(() => {
    if (!element.isConnected) return;
    htmx.trigger(element, "refresh");
    schedule(element);
  }, seconds * 1000);
  timers.set(element, timer);
}

document.addEventListener("visibilitychange", () => {
  for (const element of document.querySelectorAll("[data-refresh]")) {
    if (!document.hidden) htmx.trigger(element, "refresh");
    schedule(element);
  }
});

document.addEventListener("htmx:configRequest", ({ detail }) => {
  const tag = tags.get(detail.elt);
  if (tag) detail.headers["If-None-Match"] = tag;
  const lines = [...detail.elt.querySelectorAll(".row[data-rev]")];
  detail.headers.Shown = lines.map(({ id, dataset }) => `${id.replace("task-", "")}:${dataset.rev}`).join();
});

document.addEventListener("htmx:beforeSwap", ({ detail: { elt, xhr } }) => {
  if (!elt.dataset.refresh) return;
  tags.set(elt, xhr.getResponseHeader("ETag"));
  before = new Map([...statuses(elt)].map(([task, status]) => [task, status.dataset.status]));
});

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (!detail.elt.dataset.refresh) return;
  // A line that was to stay is not here: the next answer must be a whole one.
  if (detail.elt.querySelector("[data-stays]")) tags.delete(detail.elt);
  for (const [task, status] of statuses(detail.elt)) {
    const old = before.get(task);
    if (old && old !== status.dataset.status && NEWS[status.dataset.status]) announce(status);
  }
});

// What was playing was left as it stood; once it stops, the next answer must be a whole one.
for (const stop of ["pause", "ended"]) {
  document.addEventListener(stop, (event) => tags.delete(event.target.closest("[data-refresh]")), true);
}

const isAway = (away) => (document.getElementById("connection").hidden = !away);
document.addEventListener("htmx:sendError", () => isAway(true));
document.addEventListener("htmx:afterOnLoad", () => isAway(false));

document.querySelectorAll("[data-refresh]").forEach(schedule);
// One that was left and is come back to is looked at again.
document.addEventListener("visit", () => {
  for (const element of document.querySelectorAll("[data-refresh]")) {
    if (tags.has(element)) htmx.trigger(element, "refresh");
    schedule(element);
  }
});
