// A level: a fader with the law of a mixing desk's, 0 dB three quarters of the way up and +6 dB at its end.
// Addresses and exports know it as a gain in per cent.
import { fader } from "./fader.js";

const LOUDEST = 10 ** (6 / 20);
const BEND = Math.log(LOUDEST) / Math.log(4 / 3);
// Decibels: the softest that is heard; how far a key or the wheel moves it, and what a hand sets it to.
const SOFTEST = -60;
const [STEP, LEAP] = [0.5, 3];
const KEYS = { ArrowUp: STEP, ArrowRight: STEP, ArrowDown: -STEP, ArrowLeft: -STEP, PageUp: LEAP, PageDown: -LEAP };
// Pixels of a wheel; a touchpad turns by less.
const NOTCH = 25;

export class Level {
  #turned = 0;

  // `output`: where it is shown, if anywhere.
  constructor(range, output = null) {
    Object.assign(this, { range, output });
  }

  // `changed` is called when it is set by hand; a double click, on `whole` too, brings it back.
  listen(changed, whole) {
    this.changed = changed;
    fader(this.range, () => this.move(0), whole);
    this.range.addEventListener("keydown", (event) => {
      if (!KEYS[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      this.move(KEYS[event.key]);
    });
    this.range.addEventListener("wheel", (event) => this.#turn(event), { passive: false });
  }

  // As exact as is heard, and short in an address.
  get gain() {
    return Number((LOUDEST * this.range.value ** BEND * 100).toPrecision(4));
  }

  set gain(gain) {
    this.range.value = (gain / 100 / LOUDEST) ** (1 / BEND);
    this.draw();
  }

  get decibels() {
    return 20 * Math.log10(this.gain / 100);
  }

  get text() {
    const { decibels } = this;
    const sign = decibels < -0.05 ? "−" : decibels > 0.05 ? "+" : "";
    return `${sign}${this.gain ? Math.abs(decibels).toFixed(1) : "∞"} dB`;
  }

  // By so many decibels, to the next whole step.
  move(by) {
    const to = Math.round((Math.max(this.decibels, SOFTEST - STEP) + by) / STEP) * STEP;
    this.gain = to < SOFTEST ? 0 : 100 * 10 ** (to / 20);
    this.changed();
  }

  draw() {
    this.range.style.setProperty("--at", `${this.range.value * 100}%`);
    this.range.setAttribute("aria-valuetext", this.gain ? this.text.replace("−", "minus ") : "silent");
    if (this.output) this.output.textContent = this.text;
  }

  // The page scrolls on over a fader that is not held.
  #turn(event) {
    if (document.activeElement !== this.range || event.ctrlKey) return;
    event.preventDefault();
    this.#turned += event.deltaY;
    if (Math.abs(this.#turned) < NOTCH) return;
    this.move(-Math.sign(this.#turned) * STEP);
    this.#turned = 0;
  }
}
