// Variations and versions of one song are compared by keys: 1, 2 and so on play each, at the second of
// the one before and as loud (deck.js). Where a mixer stands, the keys are its own.
import { isTaken } from "./keys.js";
import { together } from "./player.js";

document.addEventListener("keydown", (event) => {
  const place = /^Digit([1-9])$/.exec(event.code)?.[1];
  if (!place || event.shiftKey || event.defaultPrevented || isTaken(event)) return;
  const player = !document.querySelector("studio-mixer") && together()[place - 1];
  if (!player || together().length < 2) return;
  event.preventDefault();
  if (player.paused) player.start(player.isTogether ? undefined : player.begin);
});
