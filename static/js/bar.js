// <studio-bar>: what plays on every page, at the bottom of each. What was on stands in the session of
// this tab, so that a page that is loaded anew shows it, paused at its second.
import { deck } from "./deck.js";
import { players } from "./player.js";
import { clock } from "./times.js";

const KEPT = "player";
const SAVED = ["change", "pause", "seeked"];
const DRAWN = ["change", "play", "pause", "ended", "timeupdate", "durationchange", "seeked"];

class StudioBar extends HTMLElement {
  connectedCallback() {
    const part = (name) => this.querySelector(`[data-${name}]`);
    for (const name of ["toggle", "title", "name", "artist", "picture", "track", "seek", "volume", "close", "told"]) {
      this[`${name}Part`] = part(name);
    }
    this.nowPart = this.querySelector(".player-time > :first-child");
    this.totalPart = this.querySelector(".player-time > :last-child");
    this.listen();
    this.restore();
  }

  listen() {
    this.togglePart.addEventListener("click", () => deck.toggle());
    for (const button of this.querySelectorAll("[data-step]")) {
      button.addEventListener("click", () => this.step(Number(button.dataset.step)));
    }
    this.seekPart.addEventListener("input", () => {
      deck.currentTime = Number(this.seekPart.value);
      this.draw();
    });
    this.volumePart.value = deck.volume;
    const level = () => this.volumePart.style.setProperty("--at", `${this.volumePart.value * 100}%`);
    this.volumePart.addEventListener("input", () => {
      deck.volume = Number(this.volumePart.value);
      level();
    });
    level();
    this.closePart.addEventListener("click", () => this.close());
    deck.addEventListener("change", () => this.show());
    for (const name of DRAWN) deck.addEventListener(name, () => this.draw());
    for (const name of SAVED) deck.addEventListener(name, () => this.save());
    deck.addEventListener("error", () => this.say("This sound cannot be played."));
    deck.addEventListener("loadstart", () => this.say(""));
    window.addEventListener("pagehide", () => this.save());
  }

  say(text) {
    this.toldPart.textContent = text;
  }

  close() {
    deck.clear();
    document.getElementById("main").focus({ preventScroll: true });
  }

  // Next to what is on: on the page that one sees or, where it is not there, on the one it began on.
  neighbour(by) {
    const here = players();
    const list = here.some(({ src }) => deck.isOn(src)) ? here : deck.queue;
    const place = list.findIndex(({ src }) => deck.isOn(src));
    return place < 0 ? undefined : list[place + by];
  }

  step(by) {
    const next = this.neighbour(by);
    if (!next) return;
    if (next.start) next.start(0);
    else {
      deck.load(next, { queue: deck.queue, time: 0 });
      deck.play();
    }
  }

  show() {
    const { track } = deck;
    this.hidden = !track;
    document.documentElement.classList.toggle("has-bar", Boolean(track));
    if (!track) return;
    this.namePart.textContent = track.title;
    this.artistPart.textContent = track.artist;
    this.titlePart.href = track.page;
    this.picturePart.hidden = !track.picture;
    if (track.picture) this.picturePart.src = track.picture;
    if (this.wave?.getAttribute("src") === track.peaks) return;
    this.wave?.remove();
    this.wave = document.createElement("studio-waveform");
    this.wave.setAttribute("src", track.peaks);
    this.seekPart.before(this.wave);
  }

  draw() {
    const { currentTime, duration, paused } = deck;
    this.seekPart.max = duration || 1;
    this.seekPart.value = currentTime;
    this.seekPart.setAttribute("aria-valuetext", `${clock(currentTime)} of ${clock(duration)}`);
    this.style.setProperty("--at", `${duration ? (currentTime / duration) * 100 : 0}%`);
    this.nowPart.textContent = clock(currentTime);
    this.totalPart.textContent = ` / ${duration ? clock(duration) : "–:––"}`;
    this.classList.toggle("playing", !paused);
    this.togglePart.setAttribute("aria-label", paused ? "Play" : "Pause");
    for (const button of this.querySelectorAll("[data-step]")) {
      button.disabled = !this.neighbour(Number(button.dataset.step));
    }
  }

  save() {
    const { track, group, queue, currentTime: time } = deck;
    try {
      if (track) sessionStorage.setItem(KEPT, JSON.stringify({ track, group, queue, time }));
      else sessionStorage.removeItem(KEPT);
    } catch {
      // A full or forbidden store: the next page begins without it.
    }
  }

  restore() {
    try {
      const { track, ...more } = JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");
      if (track) deck.load(track, more);
    } catch {
      // Nothing that can be read.
    }
    this.show();
    this.draw();
  }
}

customElements.define("studio-bar", StudioBar);
