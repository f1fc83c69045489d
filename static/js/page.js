// Small things of every page: copy buttons, menus that close, pictures shown large, lists that search.
document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  document.getElementById("live").textContent = "Copied";
  button.classList.add("copied");
  setTimeout(() => button.classList.remove("copied"), 1500);
});

const closeMenus = (except) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (menu !== except) menu.open = false;
};
document.addEventListener("click", ({ target }) => closeMenus(target.closest("details.menu")));
document.addEventListener("keydown", ({ key, target }) => {
  if (key !== "Escape") return;
  target.closest("details.menu[open]")?.querySelector("summary").focus();
  closeMenus(null);
});

// A picture is shown large beside all others of the page, to be compared.
const large = document.getElementById("large");
function enlarged({ href, dataset }) {
  const [figure, picture, caption] = ["figure", "img", "figcaption"].map((name) => document.createElement(name));
  Object.assign(picture, { src: href, alt: dataset.large });
  caption.textContent = dataset.large;
  caption.setAttribute("aria-hidden", "true");
  figure.append(picture, caption);
  return figure;
}
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-large]");
  if (!link || event.metaKey || event.ctrlKey) return;
  event.preventDefault();
  const links = [...document.querySelectorAll("a[data-large]")];
  const figures = links.map(enlarged);
  large.querySelector(".large-pictures").replaceChildren(...figures);
  large.showModal();
  figures[links.indexOf(link)].scrollIntoView();
});
large.addEventListener("click", () => large.close());

// A list is searched while it is typed; Enter would leave the form that is being filled.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("[data-search]")) event.preventDefault();
});

document.addEventListener("change", ({ target }) => {
  if (target.matches("[data-speed]")) target.closest("section").querySelector("video").playbackRate = Number(target.value);
});
document.addEventListener("click", ({ target }) => {
  const video = target.closest("[data-full]")?.closest("section").querySelector("video");
  if (!video) return;
  // Safari on a phone has a way of its own.
  if (video.requestFullscreen) video.requestFullscreen();
  else video.webkitEnterFullscreen();
});

// A dropped sound is asked about, where no form takes it. Anything else that is dropped would open in the
// page's place, and what is typed be lost.
const isSound = ({ type, name }) => /^(audio|video)\//.test(type) || /\.(aiff?|caf|wma|w64|wv|ape)$/i.test(name);
const takesFiles = () => document.querySelector("[data-upload]");
for (const type of ["dragover", "drop"]) {
  document.addEventListener(type, async (event) => {
    const { target, dataTransfer } = event;
    const kinds = dataTransfer?.types ?? [];
    if (!kinds.includes("Files") && (!kinds.includes("text/uri-list") || target.closest?.("input, textarea"))) return;
    event.preventDefault();
    if (takesFiles()) return;
    const isAsked = kinds.includes("Files") && document.getElementById("dropped");
    if (!isAsked) dataTransfer.dropEffect = "none";
    const sounds = type === "drop" && isAsked ? [...dataTransfer.files].filter(isSound) : [];
    if (sounds.length) (await import("./dropped.js")).offer(sounds);
  });
}

// What few pages have comes with its module, also by a refresh.
document.addEventListener("htmx:afterSwap", () => {
  if (document.querySelector("studio-mixer:not(:defined)")) import("./mixer.js");
  if (document.querySelector("studio-words:not(:defined)")) import("./words.js");
});
