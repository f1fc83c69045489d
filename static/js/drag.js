import { RATE } from "./slices.js";

// Pixels that a pointer moves before it drags; how near to a loop's end it takes hold of that, a finger too.
const DRAG = 6;
const [NEAR, NEAR_FINGER] = [6, 16];

// A click on a waveform goes there; a drag along it marks what is played again and again, and one from an
// end of that moves this end.
export function drag(mixer, wave) {
  const time = ({ clientX }) => {
    const { left, width } = wave.getBoundingClientRect();
    return mixer.zoom.share(Math.min(Math.max((clientX - left) / width, 0), 1)) * mixer.stems.duration;
  };
  // Where the end of the loop that is not held stands; null where none is held.
  const opposite = ({ clientX, pointerType }) => {
    if (!mixer.stems.loop) return null;
    const { left, width } = wave.getBoundingClientRect();
    const ends = [mixer.stems.loop.begin, mixer.stems.loop.end].map((frame) => frame / RATE);
    const away = ends.map((end) => Math.abs(left + mixer.zoom.place(end / mixer.stems.duration) * width - clientX));
    if (Math.min(...away) > (pointerType === "touch" ? NEAR_FINGER : NEAR)) return null;
    return away[0] < away[1] ? ends[1] : ends[0];
  };
  let begin = null;
  const isPinched = () => begin?.pinches !== mixer.zoom.pinches;
  wave.addEventListener("pointerdown", (event) => {
    if (event.button || mixer.zoom.isPinched) return (begin = null);
    begin = { x: event.clientX, time: opposite(event) ?? time(event), dragged: false, pinches: mixer.zoom.pinches };
    wave.setPointerCapture(event.pointerId);
  });
  wave.addEventListener("pointermove", (event) => {
    if (!begin) wave.classList.toggle("held", opposite(event) !== null);
    if (isPinched()) begin = null;
    if (!begin || (!begin.dragged && Math.abs(event.clientX - begin.x) < DRAG)) return;
    begin.dragged = true;
    mixer.mark(...[begin.time, time(event)].sort((a, b) => a - b));
  });
  wave.addEventListener("pointerup", (event) => {
    if (isPinched()) begin = null;
    if (begin && !begin.dragged) mixer.go(time(event));
    else if (begin) mixer.takeTyped();
    begin = null;
  });
  wave.addEventListener("pointercancel", () => {
    begin = null;
    mixer.draw();
  });
}
