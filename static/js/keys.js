// Where a key is for something else than for what plays.
const TYPING = "input:not([type=range], [type=checkbox], [type=radio]), textarea, select, [contenteditable]";
const PRESSING = "button, summary, [role=button], [role=tab], input:is([type=checkbox], [type=radio]), audio, video";

// Return whether a key pressed at `target` is typed, or stands with others for the browser.
export const isTaken = ({ target, ctrlKey, metaKey, altKey }) =>
  ctrlKey || metaKey || altKey || Boolean(target.closest(`${TYPING}, dialog`));

// Return whether Space presses something at `target`.
export const isPressing = ({ target }) => Boolean(target.closest(PRESSING));
