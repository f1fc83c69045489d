// The swap style "keyed": children are matched by id and replaced only when their data-rev differs,
// so that focus, open details, sound and video outlive a refresh. A child with data-keyed is itself
// such a list. Nodes that stay are never moved: moving a media element stops it. A child with
// data-stays stands for the one that is there, which was not sent once more.
const isPlaying = (node) =>
  [...node.querySelectorAll("audio, video, studio-mixer")].some((media) => !media.paused && !media.ended);

// Return whether `field` holds something else than the page came with.
const isChanged = (field) =>
  field.matches("select") ? !field.selectedOptions[0]?.defaultSelected : field.value !== field.defaultValue;

function keepState(old, fresh) {
  const twin = (node) => fresh.querySelector(`#${CSS.escape(node.id)}`);
  for (const details of old.querySelectorAll("details[id]")) {
    if (twin(details)) twin(details).open = details.open;
  }
  for (const box of old.querySelectorAll("input[type=checkbox][id]")) {
    if (twin(box)) twin(box).checked = box.checked;
  }
  for (const field of old.querySelectorAll("input[type=text][id], textarea[id], select[id]")) {
    if (twin(field) && isChanged(field)) twin(field).value = field.value;
  }
  // What a part has loaded for itself stays, with what is typed in it.
  for (const part of fresh.querySelectorAll("[hx-trigger=load][id]")) {
    const loaded = old.querySelector(`#${CSS.escape(part.id)}:not([hx-trigger])`);
    if (loaded) part.replaceWith(loaded);
  }
}

const same = (one, other) =>
  one.tagName === other.tagName &&
  ["id", "href", "name", "value", "src", "aria-label"].every(
    (name) => one.getAttribute(name) === other.getAttribute(name),
  );

// A mixer that takes another's place stands where that one stood.
function goOn(old, fresh) {
  const [was, is] = [old, fresh].map((node) => node.querySelector("studio-mixer"));
  if (!was?.stems || !is?.stems) return;
  is.zoom.goOn(was.zoom);
  is.go(was.currentTime);
}

// What replaces the node that holds the focus takes it over, on the same control.
function replace(old, fresh) {
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  keepState(old, fresh);
  old.replaceWith(fresh);
  goOn(old, fresh);
  if (!focused) return;
  const twin = [fresh, ...fresh.querySelectorAll(focused.tagName)].find((node) => same(focused, node));
  twin?.focus({ preventScroll: true });
  if (twin?.matches("input[type=text], textarea")) twin.setSelectionRange(focused.selectionStart, focused.selectionEnd);
}

const ready = (node) => node.querySelectorAll("[data-status=finished]").length;

function merge(list, wanted, added) {
  const fresh = [...wanted.children];
  const ids = new Set(fresh.map((child) => child.id));
  const kept = new Map();
  for (const child of [...list.children]) {
    if (ids.has(child.id)) kept.set(child.id, child);
    else child.remove();
  }
  let last = null;
  for (const child of fresh) {
    const old = kept.get(child.id);
    if (!old) {
      if (last) last.after(child);
      else list.prepend(child);
      added.push(child);
      last = child;
    } else if (child.hasAttribute("data-keyed") && old.hasAttribute("data-keyed")) {
      merge(old, child, added);
      last = old;
    } else if ((old.dataset.rev === child.dataset.rev && !("stays" in old.dataset)) || isPlaying(old)) {
      last = old;
    } else {
      child.classList.toggle("settles", ready(child) > ready(old));
      replace(old, child);
      added.push(child);
      last = child;
    }
  }
}

htmx.defineExtension("keyed", {
  handleSwap(style, target, fragment) {
    if (style !== "keyed") return false;
    const added = [];
    merge(target, fragment, added);
    return added;
  },
});
