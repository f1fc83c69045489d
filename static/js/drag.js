// Pixels that a pointer moves before it drags.
const DRAG = 6;

// A click on a waveform goes there; a drag along it marks what is played again and again.
export function drag(mixer, wave) {
  const time = ({ clientX }) => {
    const { left, width } = wave.getBoundingClientRect();
    return Math.min(Math.max((clientX - left) / width, 0), 1) * mixer.stems.duration;
  };
  let begin = null;
  wave.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    begin = { x: event.clientX, time: time(event), dragged: false };
    wave.setPointerCapture(event.pointerId);
  });
  wave.addEventListener("pointermove", (event) => {
    if (!begin || (!begin.dragged && Math.abs(event.clientX - begin.x) < DRAG)) return;
    begin.dragged = true;
    mixer.mark(...[begin.time, time(event)].sort((a, b) => a - b));
  });
  wave.addEventListener("pointerup", (event) => {
    if (begin && !begin.dragged) mixer.go(time(event));
    else if (begin) mixer.takeTyped();
    begin = null;
  });
  wave.addEventListener("pointercancel", () => {
    begin = null;
    mixer.draw();
  });
}
