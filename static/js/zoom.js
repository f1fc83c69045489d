// How close the waveforms are looked at: all lanes alike, and what plays stays in view. The styles know it
// as `--zoom`, how many lanes the song is wide, and `--from`, the share of it at their left end.
import "./waveform.js";

const [MOST, STEP] = [16, 1.5];
// The share of a lane that is between two lines at least.
const NARROW = 0.012;

export class Zoom {
  #fingers = new Map();
  #now = 0;
  #beat = 0;
  #pinched = null;

  // `lanes`: what holds all of them. `pinches` counts how often two fingers took hold.
  constructor(mixer, lanes) {
    Object.assign(this, { mixer, from: 0, times: 1, pinches: 0 });
    this.waves = [...lanes.querySelectorAll("studio-waveform")];
    this.buttons = [...mixer.querySelectorAll("[data-zoom]")];
    // What comes with a refresh takes its place from the outside in.
    for (const wave of this.waves) customElements.upgrade(wave);
    for (const button of this.buttons) button.addEventListener("click", () => this.step(Number(button.dataset.zoom)));
    lanes.addEventListener("wheel", (event) => this.#turn(event), { passive: false });
    lanes.addEventListener("pointerdown", (event) => this.#touch(event), { capture: true });
    lanes.addEventListener("pointermove", (event) => this.#pinch(event), { capture: true });
    for (const name of ["pointerup", "pointercancel"]) lanes.addEventListener(name, (event) => this.#lift(event));
    this.#show();
  }

  // The share of the song at a share of a lane.
  share(place) {
    return Math.min(Math.max(this.from + place / this.times, 0), 1);
  }

  // Where in a lane a share of the song stands: less than 0 or more than 1 out of view.
  place(share) {
    return (share - this.from) * this.times;
  }

  // Closer (1) or wider (-1) around what plays; where that is out of view, around the middle.
  step(way) {
    const place = this.place(this.#now);
    this.#look(this.times * STEP ** way, place >= 0 && place <= 1 ? place : 0.5);
  }

  // Look at what `other` looks at.
  goOn({ times, from }) {
    Object.assign(this, { times, from });
    this.#show();
  }

  // Draw the song's beats, null where they are not known, once they are far enough from each other.
  rule(beats) {
    const { duration } = this.mixer.stems;
    this.#beat = beats ? beats.period / duration : 0;
    this.mixer.style.setProperty("--beat", this.#beat || 1);
    this.mixer.style.setProperty("--first", beats ? beats.first / duration : 0);
    this.#show();
  }

  // Turn the page where what is heard, at `now`, has left it.
  follow(now) {
    this.#now = now;
    const place = this.place(now);
    if (place >= 0 && place < 1) return;
    this.#move(now);
  }

  // A share of the song comes to `place` of a lane: what stands there, unless another is wished.
  #look(times, place, share = this.share(place)) {
    this.times = Math.min(Math.max(times, 1), MOST);
    this.#move(share - place / this.times);
  }

  #move(from) {
    this.from = Math.min(Math.max(from, 0), 1 - 1 / this.times);
    this.#show();
  }

  #show() {
    this.mixer.style.setProperty("--zoom", this.times);
    this.mixer.style.setProperty("--from", this.from);
    this.mixer.classList.toggle("ruled", this.#beat * this.times > NARROW);
    for (const wave of this.waves) wave.look(this.from, this.times);
    for (const button of this.buttons) {
      button.setAttribute("aria-disabled", this.times === (button.dataset.zoom > 0 ? MOST : 1));
    }
  }

  // A wheel with Ctrl, as which browsers tell a pinch on a touchpad too; sideways it moves along.
  #turn(event) {
    const wave = event.target.closest("[data-wave]");
    if (!wave) return;
    const { left, width } = wave.getBoundingClientRect();
    const along = event.deltaX || (event.shiftKey ? event.deltaY : 0);
    if (event.ctrlKey) this.#look(this.times * Math.exp(-event.deltaY / 100), (event.clientX - left) / width);
    else if (this.times > 1 && along && Math.abs(along) >= Math.abs(event.deltaY)) this.#move(this.from + along / width / this.times);
    else return;
    event.preventDefault();
  }

  // Two fingers, on one lane or on two.
  #touch({ target, pointerId, pointerType, clientX }) {
    if (pointerType !== "touch" || !target.closest("[data-wave]")) return;
    this.#fingers.set(pointerId, clientX);
    if (!this.isPinched) return;
    this.pinches += 1;
    const { left, width } = target.closest("[data-wave]").getBoundingClientRect();
    const { middle, apart } = this.#spread;
    this.#pinched = { left, width, apart, times: this.times, share: this.share((middle - left) / width) };
  }

  get isPinched() {
    return this.#fingers.size === 2;
  }

  get #spread() {
    const [one, two] = this.#fingers.values();
    return { middle: (one + two) / 2, apart: Math.max(Math.abs(one - two), 20) };
  }

  #pinch({ pointerId, clientX }) {
    if (!this.#fingers.has(pointerId)) return;
    this.#fingers.set(pointerId, clientX);
    if (!this.isPinched) return;
    const { left, width, apart, times, share } = this.#pinched;
    const now = this.#spread;
    this.#look((times * now.apart) / apart, (now.middle - left) / width, share);
  }

  #lift({ pointerId }) {
    this.#fingers.delete(pointerId);
  }
}
