// <studio-rhythm>: the tempo, the beats and the key of a song, and the form that puts them right.
// Fires "change" when the beats are others than they were.
import { deck } from "./deck.js";

// Milliseconds: taps further apart than this begin anew. Taps that are counted.
const PAUSE = 2500;
const [FEWEST, MOST] = [4, 16];
const TIDY = 1000;
// "99,5" -> 99.5; NaN for what is no number.
const number = (text) => Number(text.replace(",", "."));

class StudioRhythm extends HTMLElement {
  // The second of the song that is heard now, null while none is; whoever plays it can say another.
  now = () => (deck.paused ? null : deck.currentTime);
  #taps = [];

  connectedCallback() {
    this.form = this.querySelector("form");
    if (!this.form || this.isReady) return;
    this.isReady = true;
    const { tempo, beat, key } = this.form.elements;
    Object.assign(this, { tempoField: tempo, beatField: beat, keyField: key });
    const press = (name, act) => this.querySelector(`[data-${name}]`).addEventListener("click", act);
    press("tap", () => this.tap());
    press("half", () => this.set(this.tempo / 2));
    press("double", () => this.set(this.tempo * 2));
    press("shift", () => this.set(this.tempo, (this.beat + this.period / 2) % this.period));
    // What is no number stays as it is typed, and the studio says what is wrong with it.
    tempo.addEventListener("change", () => Number.isNaN(number(tempo.value)) || this.set(this.tempo));
    this.form.addEventListener("submit", (event) => this.keep(event));
  }

  // Beats a minute, 0 for none.
  get tempo() {
    return number(this.tempoField?.value ?? this.dataset.tempo) || 0;
  }

  // The second of a beat, NaN where none is known.
  get beat() {
    return parseFloat(this.beatField?.value ?? this.dataset.beat);
  }

  // Seconds from beat to beat.
  get period() {
    return 60 / this.tempo;
  }

  // Whether there are beats to count by.
  get isKnown() {
    return this.tempo > 0 && !Number.isNaN(this.beat);
  }

  // The first beat at `time` or after it.
  after(time) {
    return this.beat + Math.ceil((time - this.beat) / this.period - 1e-6) * this.period;
  }

  nearest(time) {
    return Math.max(this.beat + Math.round((time - this.beat) / this.period) * this.period, 0);
  }

  set(tempo, beat = this.beat) {
    this.tempoField.value = Math.round(tempo * TIDY) / TIDY || "";
    this.beatField.value = Number.isNaN(beat) ? "" : beat.toFixed(4);
    this.dispatchEvent(new Event("change"));
  }

  // The straight line through all taps is their tempo; what is heard at the last one is a beat.
  tap() {
    const at = performance.now();
    if (at - this.#taps.at(-1) > PAUSE) this.#taps = [];
    this.#taps = [...this.#taps, at].slice(-MOST);
    if (this.#taps.length < FEWEST) return;
    const gaps = this.#taps.length - 1;
    const period = (at - this.#taps[0]) / gaps / 1000;
    const heard = this.now();
    this.set(60 / period, heard === null ? this.beat : heard % period);
  }

  async keep(event) {
    event.preventDefault();
    const wrong = this.querySelector("[data-wrong]");
    wrong.textContent = "";
    const body = new URLSearchParams(new FormData(this.form));
    try {
      const answer = await fetch(this.form.action, { method: "POST", body, headers: { "HX-Request": "true" } });
      if (answer.status === 422) wrong.textContent = await answer.text();
      else if (answer.status === 204) this.kept(body.get("tempo"), body.get("key"));
      else wrong.textContent = "The studio could not keep this. Load the page again.";
    } catch {
      wrong.textContent = "The connection is broken. Try again in a moment.";
    }
  }

  kept(tempo, key) {
    this.querySelector("[data-tempo-shown]").textContent = `${Math.round(number(tempo))} BPM`;
    this.querySelector("[data-key-shown]").textContent = key;
    this.querySelector("details").open = false;
    this.querySelector("summary").focus();
    document.getElementById("live").textContent = "Tempo and key are kept.";
  }
}

customElements.define("studio-rhythm", StudioRhythm);
