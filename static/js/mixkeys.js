// The mixer's keys, wherever on the page they mean nothing else; the page lists them under "?".
import { isTaken } from "./keys.js";

// Seconds of an arrow.
const STEP = 5;

// What is switched as a whole.
const SWITCHES = { b: "[data-sides]", o: "[data-original]" };

const said = (channel, isSolo, on) =>
  `${channel.name} ${isSolo ? (on ? "alone" : "no longer alone") : on ? "muted" : "heard again"}`;

function switched(mixer, channel, isSolo) {
  const button = isSolo ? channel.solo : channel.mute;
  channel.press(button);
  mixer.mixed();
  return said(channel, isSolo, channel.isOn(button));
}

// Return what is to be said of it, "" for nothing, null where the key is none of the mixer's.
function act(mixer, { target, code, key, shiftKey }) {
  const channel = /^Digit[1-9]$/.test(code) && mixer.channels[Number(code.at(-1)) - 1];
  if (channel) return switched(mixer, channel, shiftKey);
  const isArrow = key === "ArrowLeft" || key === "ArrowRight";
  if (isArrow && !target.closest("input")) mixer.go(mixer.currentTime + (key === "ArrowLeft" ? -STEP : STEP));
  else if (key === "l") mixer.loopPart.click();
  else if (key === "z" || key === "Z") mixer.zoom.step(shiftKey ? -1 : 1);
  else if (SWITCHES[key]) mixer.querySelector(SWITCHES[key])?.click();
  else if (key === "?") mixer.helpPart.open = !mixer.helpPart.open;
  else if (key === "c") return mixer.counting.press();
  else return mixer.pace.press(key) || null;
  return "";
}

export function press(mixer, event) {
  // A key that what has the focus knows is none of the mixer's.
  if (event.defaultPrevented) return;
  const isUndo = (event.ctrlKey || event.metaKey) && event.key === "z" && !isTaken({ target: event.target });
  if (!isUndo && isTaken(event)) return;
  const told = isUndo ? mixer.undo() : act(mixer, event);
  if (told === null) return;
  if (told) mixer.say(told);
  event.preventDefault();
}
