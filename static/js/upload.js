// Files go to the studio while the form is still being filled: one after another, each with its
// progress. What is there joins the list of files, chosen. Without this module the form carries them.
const input = document.querySelector("[data-upload]");
const { form } = input;
const underWay = document.querySelector("[data-under-way]");
const template = document.getElementById("upload-item").content;
const live = document.getElementById("live");
const MEGABYTE = 1024 * 1024;
let queue = Promise.resolve();
let submitsWhenThere = false;

const LOST = "The connection broke. Nothing of this file was kept.";
const SIGNED_OUT = "You have been signed out. Sign in again in another tab, then try again.";

function size(bytes) {
  return bytes < MEGABYTE ? `${Math.ceil(bytes / 1024)} kB` : `${Number((bytes / MEGABYTE).toFixed(1))} MB`;
}

function choose(html) {
  const options = document.getElementById("upload-options");
  options.insertAdjacentHTML("afterbegin", html);
  const [fresh, ...others] = options.querySelectorAll("[data-source]");
  others.find((other) => other.value === fresh.value)?.closest("li").remove();
  options.closest("fieldset").hidden = false;
  // As if a person had chosen it.
  for (const type of ["input", "change"]) fresh.dispatchEvent(new Event(type, { bubbles: true }));
}

// Gives "" when the file is kept, otherwise the reason why not.
function send(file, item) {
  const bar = item.querySelector("progress");
  const note = item.querySelector("[data-note]");
  const body = new FormData();
  body.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  body.append("file", file);
  return new Promise((done) => {
    const request = new XMLHttpRequest();
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      bar.value = loaded / total;
      note.textContent = `${Math.floor((100 * loaded) / total)} % of ${size(total)}`;
    });
    request.upload.addEventListener("load", () => {
      bar.removeAttribute("value");
      note.textContent = "Listening to it…";
    });
    request.addEventListener("load", () => {
      const elsewhere = new URL(request.responseURL).pathname !== input.dataset.upload;
      if (elsewhere || request.status === 403) done(SIGNED_OUT);
      else if (request.status === 422) done(request.responseText);
      else if (request.status !== 201) done(`The studio could not take this file (${request.status}).`);
      else {
        choose(request.responseText);
        done("");
      }
    });
    request.addEventListener("error", () => done(LOST));
    item.addEventListener("away", () => {
      request.abort();
      done("");
    });
    request.open("POST", input.dataset.upload);
    request.send(body);
  });
}

function settle(file, item, reason) {
  item.dataset.state = reason ? "failed" : "there";
  if (!reason) {
    if (item.isConnected) live.textContent = `${file.name} is there.`;
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
  const item = template.cloneNode(true).firstElementChild;
  item.dataset.state = "waiting";
  item.querySelector("[data-name]").textContent = file.name;
  item.querySelector("progress").setAttribute("aria-label", file.name);
  item.querySelector("[data-note]").textContent = "Waiting";
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
    if (!item.isConnected) return;
    const limit = Number(input.dataset.limit);
    const reason = file.size > limit ? `This file is larger than ${size(limit)}.` : await send(file, item);
    settle(file, item, reason);
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

const hasFiles = ({ dataTransfer }) => dataTransfer.types.includes("Files");
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
  addAll([...event.dataTransfer.files]);
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

// A chosen sound's own title and tags, where nothing else has been typed.
const chosen = () => [...document.querySelectorAll("[data-source]:checked")];
const first = chosen()[0]?.dataset ?? {};
const filled = { title: first.title ?? "", tags: first.tags ?? "" };
document.querySelector("[data-sources]").addEventListener("change", () => {
  const sources = chosen();
  for (const name of Object.keys(filled)) {
    const field = form.elements[name];
    if (!field || (field.value && field.value !== filled[name])) continue;
    // Of several, each keeps its own.
    filled[name] = sources.length === 1 ? sources[0].dataset[name] : "";
    field.value = filled[name];
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
});
