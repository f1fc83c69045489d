// How loud each stem and the whole is at this moment. A mark stays where the whole was louder than a
// device can play, until it is pressed.
// Decibels below the loudest at which a meter is empty.
const FLOOR = 54;
const FULL = 1;
// How many places there are in a meter.
const STEPS = 100;

export class Meters {
  #samples = new Float32Array(2048);

  // `meters`: an element for each stem, and one for the whole.
  constructor(meters, clipped) {
    this.meters = meters;
    this.clipped = clipped;
    clipped.addEventListener("click", () => (clipped.hidden = true));
  }

  // `taps`: of each stem and of the whole an analyser for either side.
  draw(taps, isPaused) {
    this.meters.forEach((meter, index) => {
      const isWhole = index === this.meters.length - 1;
      const peak = isPaused ? 0 : Math.max(...taps.at(isWhole ? -1 : index).map((tap) => this.#peak(tap)));
      const level = peak ? Math.max(1 + (20 * Math.log10(peak)) / FLOOR, 0) : 0;
      meter.style.setProperty("--level", Math.min(Math.round(level * STEPS) / STEPS, 1));
      if (isWhole && peak > FULL) this.clipped.hidden = false;
    });
  }

  #peak(tap) {
    tap.getFloatTimeDomainData(this.#samples);
    return this.#samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  }
}
