// What a form starts from: one source at a time, which says its title and styles. Once it is chosen
// its row alone is shown, until somebody asks for the others.
const told = { title: "title", tags: "tags", style: "tags" };
// What was filled in from a source, by form: what somebody typed is never written over.
const filled = new WeakMap();
let lastKey = "";

const chosen = (sources) => [...sources.querySelectorAll("[data-source]:checked")];
const about = (source, name) => source?.dataset[told[name]] ?? "";

function begin(sources) {
  const [first] = chosen(sources);
  filled.set(sources, Object.fromEntries(Object.keys(told).map((name) => [name, about(first, name)])));
}

// A chosen source's own title and styles, where nothing else has been typed.
function fill(sources) {
  const [first, ...others] = chosen(sources);
  const before = filled.get(sources) ?? {};
  for (const name of Object.keys(told)) {
    const field = sources.closest("form").elements[name];
    if (!field || (field.value && field.value !== before[name])) continue;
    // Of several, each keeps its own.
    before[name] = others.length ? "" : about(first, name);
    field.value = before[name];
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  filled.set(sources, before);
}

// Have the tab seen in which `source` stands, among all the others.
export function show(source) {
  const sources = source.closest("[data-sources]");
  const { panel } = source.closest("[data-panel]").dataset;
  const tab = sources.querySelector(`[name=from][value="${panel}"]`);
  if (tab) tab.checked = true;
  sources.classList.remove("settled");
}

function settle(sources) {
  const [first] = chosen(sources);
  if (!first) return;
  show(first);
  sources.classList.add("settled");
}

document.addEventListener("change", ({ target, isTrusted }) => {
  const sources = target.closest?.("[data-sources]");
  // A file that is coming replaces nothing before it is there.
  if (!sources || !target.matches("[data-source]:not([type=file])")) return;
  if (target.checked) {
    for (const other of chosen(sources)) if (other.name !== target.name) other.checked = false;
  }
  fill(sources);
  if (!chosen(sources).length) sources.classList.remove("settled");
  // Nobody has pressed it: a file has come, or the way back has brought the choice along.
  else if (!isTrusted) settle(sources);
});

// The arrows go through the songs, each of which is chosen for a moment; a click, Space or the way on
// by Tab has chosen. Files to tick can be several.
document.addEventListener("keydown", ({ key }) => {
  lastKey = key;
});
document.addEventListener("pointerdown", () => {
  lastKey = "";
});
document.addEventListener("click", ({ target }) => {
  const sources = target.closest("[data-sources]");
  if (!sources) return;
  if (target.matches("[data-source][type=radio]") && !lastKey.startsWith("Arrow")) settle(sources);
  else if (target.closest("[data-settle]")) settle(sources);
  else if (target.closest("[data-change]")) {
    sources.classList.remove("settled");
    (chosen(sources)[0] ?? sources).focus();
  }
});
document.addEventListener("focusout", ({ target, relatedTarget }) => {
  const sources = target.closest("[data-sources]");
  if (!sources || lastKey !== "Tab" || !relatedTarget || sources.contains(relatedTarget)) return;
  settle(sources);
  relatedTarget.scrollIntoView({ block: "nearest" });
});

function beginAll() {
  for (const sources of document.querySelectorAll("[data-sources]")) if (!filled.has(sources)) begin(sources);
}

beginAll();
document.addEventListener("visit", beginAll);
