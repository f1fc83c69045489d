// A file on its way to the studio, in a line that shows how far it is.
import { SIGNED_OUT } from "./answers.js";
import { token } from "./token.js";

const MEGABYTE = 1024 * 1024;
const LOST = "The connection broke. Nothing of this file was kept.";
const CHANGED = "This file has changed since it was chosen, or it is gone. Choose it again.";
const FOLDER = "This is a folder. Choose the files in it.";
const folders = new WeakSet();

function size(bytes) {
  return bytes < MEGABYTE ? `${Math.ceil(bytes / 1024)} kB` : `${Number((bytes / MEGABYTE).toFixed(1))} MB`;
}

// The files that are dropped. Which of them are folders is known only while the event lasts.
export function dropped({ dataTransfer }) {
  const files = [...dataTransfer.files];
  const items = [...dataTransfer.items].filter(({ kind }) => kind === "file");
  items.forEach((item, place) => {
    if (item.webkitGetAsEntry?.()?.isDirectory) folders.add(files[place]);
  });
  return files;
}

export function lineFor(file) {
  const item = document.getElementById("upload-item").content.cloneNode(true).firstElementChild;
  item.dataset.state = "waiting";
  item.querySelector("[data-name]").textContent = file.name;
  item.querySelector("progress").setAttribute("aria-label", file.name);
  item.querySelector("[data-note]").textContent = "Waiting";
  return item;
}

// Whether the file can still be read as it was when it was chosen; a folder never can.
async function isReadable(file) {
  try {
    await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

// Gives the reason why a file is not even sent, "" for none.
async function refusal(file, limit) {
  if (folders.has(file)) return FOLDER;
  if (!(await isReadable(file))) return CHANGED;
  return file.size > limit ? `This file is larger than ${size(limit)}.` : "";
}

// Gives `html`, the kept file's line for a list, or `reason`, why it was not kept; neither, where
// `item` was told to go away.
export async function send(file, item, address, limit) {
  const reason = await refusal(file, limit);
  return reason ? { reason } : transfer(file, item, address);
}

function transfer(file, item, address) {
  const bar = item.querySelector("progress");
  const note = item.querySelector("[data-note]");
  const body = new FormData();
  body.append("csrfmiddlewaretoken", token() ?? document.querySelector("[name=csrfmiddlewaretoken]").value);
  body.append("file", file);
  return new Promise((done) => {
    const request = new XMLHttpRequest();
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      bar.value = loaded / total;
      note.textContent = `${Math.floor((100 * loaded) / total)} % of ${size(total)}`;
    });
    request.upload.addEventListener("load", () => {
      bar.removeAttribute("value");
      note.textContent = "Checking the file…";
    });
    request.addEventListener("load", () => done(answer(request, address)));
    request.addEventListener("error", async () => done({ reason: (await isReadable(file)) ? LOST : CHANGED }));
    item.addEventListener("away", () => {
      request.abort();
      done({});
    });
    request.open("POST", address);
    request.send(body);
  });
}

function answer({ status, responseURL, responseText }, address) {
  if (new URL(responseURL).pathname !== address || status === 403) return { reason: SIGNED_OUT };
  if (status === 422) return { reason: responseText };
  return status === 201 ? { html: responseText } : { reason: `The studio could not take this file (${status}).` };
}
