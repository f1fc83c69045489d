// One thing sounds at a time: the player, a video or the mixer. The keys of a keyboard, of a headset and
// of a lock screen are for whichever it was last.
import { deck } from "./deck.js";
import { isPressing, isTaken } from "./keys.js";

const STEP = 10;
const session = navigator.mediaSession;
let last = null;

// Return what sounds or sounded last and is still there, the mixer of the page before others.
function current() {
  const mixer = document.querySelector("studio-mixer");
  if (last && !last.paused) return last;
  const isThere = last && (last === deck ? deck.track : last.isConnected);
  return mixer ?? (isThere ? last : deck.track ? deck : null);
}

// Whether what plays is kept from being ended with its page.
export const isSounding = () => !deck.paused;

document.addEventListener(
  "play",
  ({ target }) => {
    last = target === deck.audio ? deck : target;
    for (const media of document.querySelectorAll("audio, video")) if (media !== target) media.pause();
    tell();
  },
  true,
);
for (const name of ["pause", "ended", "seeked", "durationchange", "ratechange"]) document.addEventListener(name, tell, true);

document.addEventListener("keydown", (event) => {
  if (event.key !== " " || event.defaultPrevented || event.shiftKey || isTaken(event) || isPressing(event)) return;
  const one = current();
  if (!one) return;
  event.preventDefault();
  if (!event.repeat) toggle(one);
});

function toggle(one, wanted = one.paused) {
  if (wanted) one.play();
  else one.pause();
}

// What a lock screen shows, and where in it one is.
function tell() {
  if (!session || !last) return;
  session.playbackState = last.paused ? "paused" : "playing";
  const { title, artist, picture } = last === deck && deck.track ? deck.track : { title: document.title };
  const artwork = picture ? [{ src: new URL(picture, location).href }] : [];
  if (session.metadata?.title !== title || session.metadata.artist !== artist) {
    session.metadata = new MediaMetadata({ title, artist: artist ?? "", album: "Vidgo Studio", artwork });
  }
  const { duration, currentTime } = last;
  const isKnown = Number.isFinite(duration) && duration > 0;
  session.setPositionState?.(isKnown ? { duration, position: Math.min(currentTime, duration) } : undefined);
}

const HANDLERS = {
  play: () => toggle(current(), true),
  pause: () => toggle(current(), false),
  stop: () => toggle(current(), false),
  seekbackward: ({ seekOffset }) => move(-(seekOffset || STEP)),
  seekforward: ({ seekOffset }) => move(seekOffset || STEP),
  seekto: ({ seekTime }) => (current().currentTime = seekTime),
  previoustrack: () => document.getElementById("bar").step(-1),
  nexttrack: () => document.getElementById("bar").step(1),
};

function move(seconds) {
  const one = current();
  one.currentTime = Math.max(0, one.currentTime + seconds);
}

for (const [name, handler] of Object.entries(HANDLERS)) {
  // Not every browser knows every one.
  try {
    session?.setActionHandler(name, (details) => current() && handler(details));
  } catch {
    continue;
  }
}
