// <studio-waveform src="…/peaks.json"> draws a sound: once in soft, once in bright, of which as much
// shows as has been played (--at, set by whoever plays): one column of each pixel, from the lowest to the
// highest. The colours are the page's own.
import { ask, RefusedError } from "./answers.js";

// Milliseconds until a waveform that is still being made is asked for again.
const LATER = 4000;
const waveforms = new Set();
const themes = matchMedia("(prefers-color-scheme: light)");
const forced = matchMedia("(forced-colors: active)");
const sizes = new ResizeObserver((entries) => entries.forEach(({ target }) => target.draw()));
const seen = new IntersectionObserver(
  (entries) => entries.filter((entry) => entry.isIntersecting).forEach(({ target }) => target.load()),
  { rootMargin: "50%" },
);

function paint(canvas, { peaks, troughs = peaks }, { from, times }) {
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  const scale = Math.min(devicePixelRatio, 2);
  [canvas.width, canvas.height] = [width * scale, height * scale];
  const pen = canvas.getContext("2d");
  pen.fillStyle = getComputedStyle(canvas).color;
  const loudest = Math.max(...peaks, ...troughs, 24);
  const columns = canvas.width;
  const share = (column) => Math.min(from + column / columns / times, 1);
  const middle = canvas.height / 2;
  for (let column = 0; column < columns; column += 1) {
    const [up, down] = [peaks, troughs].map((levels) => {
      const tall = (level(levels, share(column), share(column + 1)) / loudest) * middle;
      return Math.max(tall, scale / 2);
    });
    pen.fillRect(column, middle - up, 1, up + down);
  }
}

// The highest level from one share of the sound to another. Between two points the line is straight.
function level(levels, from, to) {
  const [first, last] = [from, to].map((share) => share * (levels.length - 1));
  const inside = levels.slice(Math.ceil(first), Math.floor(last) + 1);
  const between = levels[Math.floor(first)] * (1 - (first % 1)) + levels[Math.ceil(first)] * (first % 1);
  return Math.max(between, ...inside);
}

class StudioWaveform extends HTMLElement {
  view = { from: 0, times: 1 };

  connectedCallback() {
    if (!this.childElementCount) {
      this.setAttribute("aria-hidden", "true");
      this.append(document.createElement("canvas"), document.createElement("canvas"));
      this.lastChild.className = "played";
    }
    waveforms.add(this);
    sizes.observe(this);
    seen.observe(this);
  }

  disconnectedCallback() {
    waveforms.delete(this);
    sizes.unobserve(this);
    seen.unobserve(this);
  }

  async load() {
    seen.unobserve(this);
    try {
      const answer = await ask(this.getAttribute("src"));
      this.levels = answer.ok ? await answer.json() : { peaks: [] };
    } catch (error) {
      if (error instanceof RefusedError) return;
      this.levels = { peaks: [] };
    }
    if (!this.levels.peaks.length) setTimeout(() => this.isConnected && seen.observe(this), LATER);
    this.draw();
  }

  // Show the sound from a share of it on, so many times as wide.
  look(from, times) {
    if (from === this.view.from && times === this.view.times) return;
    this.view = { from, times };
    this.draw();
  }

  draw() {
    if (!this.levels?.peaks.length || !this.clientWidth) return;
    for (const canvas of this.children) paint(canvas, this.levels, this.view);
    this.classList.add("drawn");
  }
}

customElements.define("studio-waveform", StudioWaveform);

const redraw = () => waveforms.forEach((waveform) => waveform.draw());
for (const media of [themes, forced]) media.addEventListener("change", redraw);
new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
