// Where the song is: the position, the clock, and a line across each lane. Each style that is set leaves
// the browser garbage for everything that it reaches, which takes more memory than the sound where it is
// set for each frame of the screen: only what can be seen to have moved is drawn, and reaches the lanes alone.
import { clock } from "./times.js";

// How many places there are in a lane for the line.
const PLACES = 1500;

export class Playhead {
  #place = -1;
  #clock = "";

  constructor(mixer, zoom) {
    this.zoom = zoom;
    this.seek = mixer.querySelector("[data-seek]");
    this.now = mixer.querySelector("[data-now]");
    this.lanes = mixer.querySelectorAll("[data-wave]");
  }

  // What rests stands where it is to the sample: it may be looked at more closely.
  draw({ time, duration, paused }) {
    this.zoom.follow(time / duration);
    const place = Math.round((time / duration) * this.zoom.times * PLACES);
    if (paused || place !== this.#place) this.#move(time, duration);
    if (clock(time) !== this.#clock) this.#tell(time, duration);
    this.#place = place;
  }

  #move(time, duration) {
    this.seek.value = time;
    this.seek.style.setProperty("--at", `${(time / duration) * 100}%`);
    for (const lane of this.lanes) lane.style.setProperty("--now", time / duration);
  }

  #tell(time, duration) {
    this.#clock = clock(time);
    this.now.textContent = this.#clock;
    this.seek.setAttribute("aria-valuetext", `${this.#clock} of ${clock(duration)}`);
  }
}
