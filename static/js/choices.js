// What is ticked in a list that grows is kept by its value, in this entry of the history. The browser
// itself ticks by place, where another line can stand by then: `autocomplete="off"` keeps it from that.
const LISTED = "input[autocomplete=off]:is([type=checkbox], [type=radio])";

function remember() {
  const chosen = {};
  for (const { name, value } of document.querySelectorAll(`${LISTED}:checked`)) (chosen[name] ??= []).push(value);
  history.replaceState({ ...history.state, chosen }, "");
}

document.addEventListener("change", ({ target }) => {
  if (target.matches(LISTED) || target.matches("[data-source]")) remember();
});

// After every module has begun to listen.
document.addEventListener("DOMContentLoaded", () => {
  const chosen = history.state?.chosen;
  if (!chosen) return;
  const boxes = [...document.querySelectorAll(LISTED)];
  const isChosen = (box) => !box.disabled && Boolean(chosen[box.name]?.includes(box.value));
  const changed = boxes.filter((box) => box.checked !== isChosen(box));
  for (const box of changed) box.checked = isChosen(box);
  for (const box of changed.filter((box) => box.checked)) box.dispatchEvent(new Event("change", { bubbles: true }));
});
