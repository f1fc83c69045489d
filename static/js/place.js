// <studio-place>: a place in the chosen sound, or a stretch of it, on its waveform. The text fields
// hold the seconds and alone are sent; what is dragged or moved by keys is written into them.
import { fine, seconds } from "./times.js";

const [STEP, FINE, LEAP] = [0.1, 0.01, 5];
// The shortest stretch in seconds; how near a mark is taken by a pointer, and what is a drag, in pixels.
const [SHORTEST, NEAR, DRAG] = [0.1, 16, 4];
const ON_ITS_WAY = "There is no copy of this sound here yet. Type the seconds, or load the page again in a moment.";
const KEYS = { ArrowLeft: -STEP, ArrowDown: -STEP, ArrowRight: STEP, ArrowUp: STEP, PageDown: -LEAP, PageUp: LEAP };

class StudioPlace extends HTMLElement {
  connectedCallback() {
    if (this.marks) return;
    this.wave = this.querySelector("[data-wave]");
    this.button = this.querySelector("[data-play]");
    this.marks = [...this.wave.querySelectorAll("input")].map((range) => ({
      range,
      field: document.getElementById(range.dataset.for),
    }));
    this.isStretch = this.marks.length > 1;
    this.audio = Object.assign(document.createElement("audio"), { preload: "none", hidden: true });
    this.append(this.audio);
    this.listen();
    this.choose();
  }

  listen() {
    const { audio, button, marks, wave } = this;
    button.addEventListener("click", () => (audio.paused ? this.hear() : audio.pause()));
    for (const mark of marks) {
      mark.field.addEventListener("input", () => this.take());
      mark.range.addEventListener("input", () => this.put(mark, Number(mark.range.value)));
      mark.range.addEventListener("keydown", (event) => this.key(mark, event));
    }
    for (const name of ["play", "pause", "timeupdate"]) audio.addEventListener(name, () => this.follow());
    audio.addEventListener("ended", () => this.isStretch && this.hear());
    audio.addEventListener("durationchange", () => this.draw());
    audio.addEventListener("error", () => this.classList.toggle("broken", Boolean(this.sound)));
    wave.addEventListener("pointerdown", (event) => this.grab(event));
    document.addEventListener("change", ({ target }) => this.isConnected && target.matches("[data-source]") && this.choose());
    // The way back brings what was chosen and typed after this has run.
    window.addEventListener("pageshow", () => this.isConnected && this.choose());
  }

  get duration() {
    // What the server has measured: of a bare stream a browser only guesses.
    return Number(this.sound?.duration) || (Number.isFinite(this.audio.duration) ? this.audio.duration : 0);
  }

  // The typed seconds of each mark, NaN for what is none.
  get times() {
    return this.marks.map(({ field }) => seconds(field.value));
  }

  choose() {
    const sound = document.querySelector("[data-source][data-sound]:checked")?.dataset;
    if (sound?.sound !== this.sound?.sound) this.load(sound);
    this.draw();
  }

  load(sound) {
    this.sound = sound;
    this.audio.pause();
    this.classList.remove("broken");
    this.wave.querySelector("studio-waveform")?.remove();
    if (!sound) return this.audio.removeAttribute("src");
    this.audio.src = sound.sound;
    const waveform = document.createElement("studio-waveform");
    waveform.setAttribute("src", sound.peaks);
    this.wave.prepend(waveform);
  }

  // Heard from the place on, or the stretch again and again.
  hear() {
    this.audio.currentTime = this.times[0] || 0;
    return this.audio.play().catch(() => {});
  }

  follow() {
    const { audio } = this;
    const [begin, end] = this.times;
    cancelAnimationFrame(this.frame);
    this.classList.toggle("playing", !audio.paused);
    this.button.setAttribute("aria-pressed", !audio.paused);
    if (audio.paused) return;
    if (this.isStretch && end > begin && (audio.currentTime >= end || audio.currentTime < begin)) {
      audio.currentTime = begin;
    }
    this.wave.style.setProperty("--head", audio.currentTime / this.duration);
    this.frame = requestAnimationFrame(() => this.follow());
  }

  // What was typed or moved: what plays goes on from there.
  take() {
    this.draw();
    if (!this.audio.paused && !this.isStretch) this.audio.currentTime = this.times[0] || 0;
  }

  put(mark, wanted) {
    const [begin, end] = this.times;
    const isEnd = mark === this.marks[1];
    const least = isEnd ? (begin || 0) + SHORTEST : 0;
    const most = isEnd || !(end > SHORTEST) ? this.duration : end - SHORTEST;
    const time = Math.min(Math.max(wanted, least), most);
    // Never beyond the sound's own end; the share is what a binary fraction is short of.
    mark.field.value = Math.floor(time * 100 + 1e-6) / 100;
    mark.field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  key(mark, event) {
    const step = KEYS[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const by = event.shiftKey && Math.abs(step) === STEP ? Math.sign(step) * FINE : step;
    this.put(mark, Number(mark.range.value) + by);
  }

  // A mark is dragged. Beside both marks of a stretch a new one is drawn; a click moves the nearer one.
  grab(event) {
    if (event.button || !this.duration) return;
    event.preventDefault();
    const { left, width } = this.wave.getBoundingClientRect();
    const at = ({ clientX }) => Math.min(Math.max((clientX - left) / width, 0), 1) * this.duration;
    const begin = at(event);
    // What is not set yet is the first to be.
    const away = ({ field }) => Math.abs(seconds(field.value) - begin) || -1;
    const nearest = this.marks.reduce((one, other) => (away(one) <= away(other) ? one : other));
    const isNew = this.isStretch && (away(nearest) < 0 || away(nearest) > (NEAR / width) * this.duration);
    const move = (moved) => {
      if (!isNew) this.put(nearest, at(moved));
      else if (Math.abs(moved.clientX - event.clientX) > DRAG) this.span(begin, at(moved));
    };
    const end = new AbortController();
    const drop = (dropped) => {
      end.abort();
      if (Math.abs(dropped.clientX - event.clientX) <= DRAG) this.put(nearest, begin);
    };
    this.wave.setPointerCapture(event.pointerId);
    this.wave.addEventListener("pointermove", move, end);
    this.wave.addEventListener("pointerup", drop, end);
    this.wave.addEventListener("pointercancel", () => end.abort(), end);
    nearest.range.focus({ preventScroll: true });
  }

  span(...times) {
    const [begin, end] = times.sort((one, other) => one - other);
    this.marks[1].field.value = this.duration;
    this.put(this.marks[0], begin);
    this.put(this.marks[1], end);
  }

  draw() {
    const { duration, marks, times } = this;
    this.classList.toggle("empty", !this.sound);
    this.button.disabled = !this.sound;
    marks.forEach(({ range }, place) => {
      const isThere = times[place] >= 0 && times[place] <= duration;
      range.disabled = !duration;
      range.max = duration || 1;
      range.value = isThere ? times[place] : place * range.max;
      range.classList.toggle("alone", !isThere);
      range.setAttribute("aria-valuetext", isThere ? fine(times[place], 2) : "not chosen");
      this.style.setProperty(`--mark-${place}`, range.value / range.max);
    });
    const there = times.filter((time) => time >= 0 && time <= duration).map((time) => fine(time, 2));
    const isOnItsWay = !this.sound && document.querySelector("[data-source]:checked");
    const isBeyond = duration && times.some((time) => time > duration);
    const words = isBeyond ? `This sound is ${fine(duration)} long.` : `${there.join(" – ")} of ${fine(duration)}`;
    const shown = isBeyond || there.length ? words : "";
    this.querySelector("[data-words]").textContent = isOnItsWay ? ON_ITS_WAY : shown;
  }
}

customElements.define("studio-place", StudioPlace);
