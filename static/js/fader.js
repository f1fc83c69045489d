// A fader tells of each step; a double click, on it or on what stands for it, brings it back.
export function fader(range, changed, whole = range) {
  range.addEventListener("input", changed);
  whole.addEventListener("dblclick", () => {
    range.value = range.defaultValue;
    changed();
  });
}
