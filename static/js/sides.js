// Two mixes side by side, A and B: each has its settings and what can be undone of it. B begins as what A is
// when it is first asked for. The one that is not heard stands in this entry of the history.
const other = () => history.state?.other;
const name = (isB) => (isB ? "B" : "A");

// Show which of both is heard.
export function draw(part) {
  const isB = Boolean(other() && !other().isB);
  for (const button of part.querySelectorAll("button")) button.setAttribute("aria-pressed", button.textContent === name(isB));
}

// Go on to the other; gives what is to be said.
export function press(mixer, part) {
  mixer.note();
  const { now, settings } = mixer.past;
  const next = other() ?? { isB: true, now, settings: [] };
  history.replaceState({ ...history.state, other: { isB: !next.isB, now, settings } }, "");
  Object.assign(mixer.past, { now: next.now, settings: next.settings });
  mixer.set(next.now);
  mixer.note();
  draw(part);
  return `Mix ${name(next.isB)}`;
}
