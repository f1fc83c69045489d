// <studio-player> shows a sound of the page and plays it in the studio's player (deck.js), which goes on
// through every page. Without this module the audio element inside stands for itself.
import { deck } from "./deck.js";
import { clock } from "./times.js";

const controls = document.getElementById("player-controls").content;
const EVENTS = ["change", "play", "pause", "ended", "timeupdate", "durationchange", "seeking", "seeked"];

// Return the players of the page, one of each sound.
export function players() {
  return [...new Map([...document.querySelectorAll("studio-player")].map((one) => [one.src, one])).values()];
}

// Return the players that are versions of one song, one of each sound: they are compared with each other.
export function together() {
  const all = [...document.querySelectorAll("[data-together] studio-player")];
  return [...new Map(all.map((one) => [one.src, one])).values()];
}

class StudioPlayer extends HTMLElement {
  connectedCallback() {
    if (!this.button) this.build();
    this.end = new AbortController();
    const { signal } = this.end;
    for (const name of EVENTS) deck.addEventListener(name, () => this.follow(), { signal });
    deck.addEventListener("error", () => this.classList.toggle("broken", this.isOn), { signal });
    deck.addEventListener("loadstart", () => this.classList.remove("broken"), { signal });
    this.tellKey();
    this.draw();
  }

  // Of those that are compared, the first nine have a key.
  tellKey() {
    const place = this.closest("[data-together]") ? together().indexOf(this) + 1 : 0;
    if (place < 1 || place > 9) return;
    this.button.setAttribute("aria-keyshortcuts", place);
    this.button.title = `Key ${place}`;
  }

  disconnectedCallback() {
    this.end.abort();
  }

  build() {
    const audio = this.querySelector("audio");
    this.src = audio.getAttribute("src");
    audio.remove();
    this.classList.add("ready");
    this.append(controls.cloneNode(true));
    this.button = this.querySelector("button");
    this.seek = this.querySelector("input");
    this.now = this.querySelector("[data-now]");
    // Where it begins when it is played.
    this.begin = undefined;
    this.drawWaveform();
    this.button.addEventListener("click", () => this.toggle());
    this.seek.addEventListener("input", () => this.go(Number(this.seek.value)));
  }

  // The waveform lies under the slider, which stays what is clicked, dragged and reached by keys.
  drawWaveform() {
    if (!this.dataset.peaks) return;
    const [track, waveform] = [document.createElement("span"), document.createElement("studio-waveform")];
    track.className = "player-track";
    waveform.setAttribute("src", this.dataset.peaks);
    this.seek.replaceWith(track);
    track.append(waveform, this.seek);
  }

  get isOn() {
    return deck.isOn(this.src);
  }

  // Variations of one song stand at the same second.
  get isTogether() {
    return this.isOn || deck.isTogetherWith(this.src);
  }

  get paused() {
    return !this.isOn || deck.paused;
  }

  get currentTime() {
    return this.isTogether ? deck.currentTime : this.begin ?? 0;
  }

  get track() {
    const { title, artist, duration, peaks, loudness } = this.dataset;
    const card = this.closest(".row, .variation, .album, .persona, .option, main");
    const picture = card.querySelector(".thumb img, .variation-cover img, .album-cover img, .persona-art img, .result-picture img");
    const link = this.closest("main")?.querySelector(".result-head") ? null : card.querySelector("h2 a, h3 a");
    return {
      src: this.src,
      title,
      artist: artist || "Vidgo Studio",
      picture: picture?.getAttribute("src") ?? "",
      page: link?.getAttribute("href") ?? location.pathname,
      duration: Number(duration) || 0,
      peaks: peaks || `${this.src}peaks.json`,
      loudness: parseFloat(loudness),
    };
  }

  toggle() {
    if (this.isOn) return deck.toggle();
    return this.start(this.isTogether ? undefined : this.begin);
  }

  // Play from `time` on; without one, from the second of the variation before.
  start(time) {
    const versions = together().map((one) => one.track);
    const group = versions.some(({ src }) => src === this.src) ? versions : [this.track];
    deck.load(this.track, { group, queue: players().map((one) => one.track), time });
    return deck.play();
  }

  go(time) {
    this.begin = time;
    if (this.isTogether) deck.currentTime = time;
    this.draw();
  }

  // Fires "moved" whenever this sound begins, ends or goes elsewhere.
  follow() {
    this.draw();
    if (this.isOn) this.dispatchEvent(new Event("moved"));
  }

  draw() {
    const { seek, currentTime } = this;
    const total = Number(this.dataset.duration) || (this.isOn ? deck.duration : 0);
    seek.max = total || 1;
    seek.value = currentTime;
    seek.disabled = !total;
    this.style.setProperty("--at", `${total ? (currentTime / total) * 100 : 0}%`);
    seek.setAttribute("aria-valuetext", `${clock(currentTime)} of ${clock(total)}`);
    this.now.textContent = clock(currentTime);
    this.querySelector("[data-total]").textContent = total ? clock(total) : "–:––";
    this.classList.toggle("playing", !this.paused);
    this.classList.toggle("begun", currentTime > 0 || !this.paused);
    this.button.setAttribute("aria-label", `${this.paused ? "Play" : "Pause"} ${this.dataset.title}`);
    seek.setAttribute("aria-label", `Position in ${this.dataset.title}`);
  }
}

customElements.define("studio-player", StudioPlayer);
