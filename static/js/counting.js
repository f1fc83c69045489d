// What a band counts by in the mixer: the click on the song's beats, the bars that are counted in, loops that
// begin and end on a beat; and how that is written ("80,4,1").
import "./rhythm.js";
import { Level } from "./level.js";

const OFF = "0,0,0";

export class Counting extends EventTarget {
  // `now`: gives the second that is heard, null while none is.
  constructor(element, now) {
    super();
    this.rhythm = element.querySelector("studio-rhythm");
    this.part = element.querySelector("[data-counting]");
    for (const name of ["count", "snap"]) this[name] = this.part.querySelector(`[data-${name}]`);
    const range = this.part.querySelector("[data-click]");
    this.click = new Level(range, this.part.querySelector("output"));
    const changed = () => this.changed();
    this.click.listen(changed, range.closest("label"));
    for (const field of [this.count, this.snap]) field.addEventListener("change", changed);
    if (!this.rhythm) return;
    this.rhythm.now = now;
    this.rhythm.addEventListener("change", changed);
  }

  get isOff() {
    return String(this) === OFF;
  }

  // As the stems take them, null where they are not known.
  get beats() {
    const { rhythm } = this;
    return rhythm?.isKnown ? { period: rhythm.period, first: rhythm.beat % rhythm.period } : null;
  }

  changed() {
    this.part.hidden = !this.beats;
    this.click.draw();
    this.dispatchEvent(new Event("change"));
  }

  // On and off by a key; gives what is to be said.
  press() {
    if (!this.beats) return "The tempo of this song is not known";
    this.click.gain = this.click.gain ? 0 : 80;
    this.changed();
    return this.click.gain ? "Click on" : "Click off";
  }

  // A loop whose ends are on beats, where that is wished.
  snapped(loop) {
    if (!loop || !this.snap.checked || !this.beats) return loop;
    const [begin, end] = [loop.begin, loop.end].map((time) => this.rhythm.nearest(time));
    return { begin, end: Math.max(end, begin + this.rhythm.period) };
  }

  toString() {
    return [this.click.gain, this.count.value, Number(this.snap.checked)].join(",");
  }

  read(text) {
    const [, click, count, snap] = /^(\d{1,3}(?:\.\d{1,4})?),([048]),([01])$/.exec(text) ?? [null, ...OFF.split(",")];
    [this.click.gain, this.count.value, this.snap.checked] = [click, count, snap === "1"];
    this.changed();
  }
}
