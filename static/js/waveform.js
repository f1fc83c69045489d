// <studio-waveform src="…/peaks.json"> draws a sound: once in soft, once in bright, of which as much
// shows as has been played (--at, set by whoever plays). The colours are the page's own.
const [BAR, GAP] = [3, 1.5];
// Milliseconds until a waveform that is still being made is asked for again.
const LATER = 4000;
const waveforms = new Set();
const themes = matchMedia("(prefers-color-scheme: light)");
const sizes = new ResizeObserver((entries) => entries.forEach(({ target }) => target.draw()));
const seen = new IntersectionObserver(
  (entries) => entries.filter((entry) => entry.isIntersecting).forEach(({ target }) => target.load()),
  { rootMargin: "50%" },
);

function paint(canvas, peaks) {
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  const scale = Math.min(devicePixelRatio, 2);
  [canvas.width, canvas.height] = [width * scale, height * scale];
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  pen.fillStyle = getComputedStyle(canvas).color;
  const bars = Math.max(Math.floor((width + GAP) / (BAR + GAP)), 1);
  const loudest = Math.max(...peaks, 24);
  pen.beginPath();
  for (let bar = 0; bar < bars; bar += 1) {
    const from = Math.floor((bar * peaks.length) / bars);
    const to = Math.max(Math.floor(((bar + 1) * peaks.length) / bars), from + 1);
    const tall = Math.max((Math.max(...peaks.slice(from, to)) / loudest) * height, 2);
    pen.roundRect(bar * (BAR + GAP), (height - tall) / 2, BAR, tall, BAR / 2);
  }
  pen.fill();
}

class StudioWaveform extends HTMLElement {
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
    const answer = await fetch(this.getAttribute("src"));
    // Elsewhere answered who is no longer signed in.
    this.peaks = answer.ok && !answer.redirected ? (await answer.json()).peaks : [];
    if (!this.peaks.length) setTimeout(() => this.isConnected && seen.observe(this), LATER);
    this.draw();
  }

  draw() {
    if (!this.peaks?.length || !this.clientWidth) return;
    for (const canvas of this.children) paint(canvas, this.peaks);
    this.classList.add("drawn");
  }
}

customElements.define("studio-waveform", StudioWaveform);

const redraw = () => waveforms.forEach((waveform) => waveform.draw());
themes.addEventListener("change", redraw);
new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
