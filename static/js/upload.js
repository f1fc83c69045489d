// Files go to the studio while the form is still being filled: one after another, each with its
// progress. What is there joins the list of files, chosen. Without this module the form carries them.
import { dropped, lineFor, send } from "./sending.js";
import { show } from "./sources.js";

const input = document.querySelector("[data-upload]");
const { form } = input;
const underWay = document.querySelector("[data-under-way]");
const live = document.getElementById("live");
let queue = Promise.resolve();
let submitsWhenThere = false;

// Gives what is asked about the file, "" for nothing.
function choose(html) {
  const options = form.querySelector("#upload-options");
  options.insertAdjacentHTML("afterbegin", html);
  const [fresh, ...others] = options.querySelectorAll("[data-source]");
  others.find((other) => other.value === fresh.value)?.closest("li").remove();
  const asks = fresh.closest("li").querySelector("[data-question]")?.textContent ?? "";
  // As if a person had chosen it.
  if (asks) show(fresh);
  else for (const type of ["input", "change"]) fresh.dispatchEvent(new Event(type, { bubbles: true }));
  return asks;
}

function settle(file, item, { reason, html }) {
  item.dataset.state = reason ? "failed" : "there";
  if (!reason) {
    const asks = html ? choose(html) : "";
    if (item.isConnected) live.textContent = `${file.name} is there. ${asks}`;
    // A question is for a person: nothing goes by itself any more.
    if (asks) submitsWhenThere = false;
    item.remove();
  } else {
    item.querySelector("progress").hidden = true;
    item.querySelector("[data-note]").textContent = reason;
    item.querySelector("[data-again]").hidden = false;
    item.querySelector("[data-away]").textContent = "Remove";
    live.textContent = `${file.name}: ${reason}`;
  }
  const waits = underWay.querySelector('[data-state="waiting"]');
  if (!submitsWhenThere || waits) return;
  submitsWhenThere = false;
  if (underWay.children.length === 0) form.requestSubmit();
}

function add(file) {
  const item = lineFor(file);
  item.querySelector("[data-away]").addEventListener("click", () => {
    item.remove();
    item.dispatchEvent(new Event("away"));
    input.focus();
  });
  item.querySelector("[data-again]").addEventListener("click", () => {
    item.remove();
    add(file);
    input.focus();
  });
  underWay.append(item);
  queue = queue.then(async () => {
    // While it plays, the page can be left: what is under way goes on.
    if (!underWay.contains(item)) return;
    settle(file, item, await send(file, item, input.dataset.upload, Number(input.dataset.limit)));
  });
}

function addAll(files) {
  for (const file of input.multiple ? files : files.slice(0, 1)) add(file);
}

input.addEventListener("change", () => {
  const files = [...input.files];
  // Sent here, so not once more with the form.
  input.value = "";
  addAll(files);
});

// A form that was left takes nothing any more.
const hasFiles = ({ dataTransfer }) => input.isConnected && dataTransfer.types.includes("Files");
document.addEventListener("dragover", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  input.classList.add("over");
});
document.addEventListener("dragleave", ({ relatedTarget }) => {
  if (!relatedTarget) input.classList.remove("over");
});
document.addEventListener("drop", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  input.classList.remove("over");
  addAll(dropped(event));
});

// Pressed while files are under way, the form goes as soon as they are there.
form.addEventListener(
  "submit",
  (event) => {
    if (!underWay.querySelector('[data-state="waiting"]')) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    submitsWhenThere = true;
    live.textContent = "This goes as soon as the files are there.";
  },
  true,
);
