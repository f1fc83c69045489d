// <studio-mixer>: the stems of one song on one transport. What is set stands in the page's address
// (?mix=12:80,13:100m&loop=12.5-30), so that a link gives it to somebody else.
import { Stems } from "./stems.js";

const STEP = 5;
const SHORTEST = 0.25;
const DRAG = 6;
const TYPING = "input:not([type=range]):not([type=checkbox]), textarea, select, [contenteditable]";
const PRESSING = "button, a, summary, [role=button], input[type=checkbox]";

function clock(seconds) {
  const whole = Math.floor(seconds || 0);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

// A time to loop from is finer than the clock: 1:02.5.
function fine(seconds) {
  const tenths = Math.round(seconds * 10);
  return clock(Math.floor(tenths / 10)) + (tenths % 10 ? `.${tenths % 10}` : "");
}

// "1:02.5" or "62.5" -> 62.5; NaN for what is no time.
function seconds(text) {
  const match = /^(?:(\d+):)?(\d+(?:[.,]\d*)?)$/.exec(text.trim());
  return match ? Number(match[1] ?? 0) * 60 + Number(match[2].replace(",", ".")) : NaN;
}

function say(text) {
  document.getElementById("live").textContent = text;
}

class Channel {
  constructor(element) {
    this.element = element;
    this.key = element.dataset.stem;
    this.name = element.dataset.name;
    this.mute = element.querySelector("[data-mute]");
    this.solo = element.querySelector("[data-solo]");
    this.volume = element.querySelector("[data-volume]");
  }

  isOn(button) {
    return button.getAttribute("aria-pressed") === "true";
  }

  press(button, on = !this.isOn(button)) {
    button.setAttribute("aria-pressed", on);
  }

  toString() {
    const letters = (this.isOn(this.mute) ? "m" : "") + (this.isOn(this.solo) ? "s" : "");
    return `${this.key}:${this.volume.value}${letters}`;
  }

  read(text) {
    const [, volume, letters] = /^(\d{1,3})([ms]*)$/.exec(text) ?? [null, "100", ""];
    this.volume.value = volume;
    this.press(this.mute, letters.includes("m"));
    this.press(this.solo, letters.includes("s"));
  }
}

class StudioMixer extends HTMLElement {
  connectedCallback() {
    if (this.stems) return;
    this.channels = [...this.querySelectorAll("[data-stem]")].map((element) => new Channel(element));
    this.stems = new Stems(
      this.channels.map(({ element }) => ({ url: element.dataset.samples, bytes: Number(element.dataset.bytes) })),
    );
    for (const name of ["play", "seek", "now", "loop", "from", "to", "link", "reset", "state"]) {
      this[name + "Part"] = this.querySelector(`[data-${name}]`);
    }
    this.listen();
    this.read();
    this.draw();
  }

  disconnectedCallback() {
    if (this.isConnected) return;
    this.end.abort();
    this.stems.close();
  }

  get paused() {
    return this.stems.paused;
  }

  listen() {
    const { stems } = this;
    this.end = new AbortController();
    const { signal } = this.end;
    this.playPart.addEventListener("click", () => this.toggle());
    this.seekPart.max = stems.duration;
    this.querySelector("[data-total]").textContent = clock(stems.duration);
    this.seekPart.addEventListener("input", () => this.go(Number(this.seekPart.value)));
    this.loopPart.addEventListener("click", () => this.setLoop(stems.loop ? null : this.typed() ?? this.around()));
    for (const field of [this.fromPart, this.toPart]) field.addEventListener("change", () => this.takeTyped());
    this.resetPart.addEventListener("click", () => this.reset());
    this.channels.forEach((channel) => {
      channel.mute.addEventListener("click", () => this.press(channel, channel.mute));
      channel.solo.addEventListener("click", () => this.press(channel, channel.solo));
      channel.volume.addEventListener("input", () => this.mixed());
      this.drag(channel.element.querySelector("[data-wave]"));
    });
    for (const name of ["play", "pause"]) {
      stems.addEventListener(name, () => {
        // As a media element does: other players stop, and a refresh waits.
        this.dispatchEvent(new Event(name));
        this.draw();
      });
    }
    stems.addEventListener("waiting", () => this.tell("Waiting for the sound …"));
    stems.addEventListener("playing", () => this.tell(""));
    document.addEventListener("play", ({ target }) => target !== this && stems.pause(), { capture: true, signal });
    document.addEventListener("keydown", (event) => this.key(event), { signal });
  }

  toggle() {
    if (this.stems.paused) this.stems.play();
    else this.stems.pause();
  }

  go(time) {
    this.stems.seek(time);
    this.draw();
  }

  tell(text) {
    this.statePart.textContent = text;
  }

  press(channel, button) {
    channel.press(button);
    this.mixed();
  }

  // Space, arrows, 1-6 and Shift+1-6, wherever on the page they mean nothing else.
  key(event) {
    const { target, code, key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || target.closest(TYPING) || target.closest("dialog")) return;
    const channel = /^Digit[1-9]$/.test(code) && this.channels[Number(code.at(-1)) - 1];
    if (channel) {
      const button = event.shiftKey ? channel.solo : channel.mute;
      this.press(channel, button);
      const on = channel.isOn(button);
      say(`${channel.name} ${event.shiftKey ? (on ? "alone" : "no longer alone") : on ? "muted" : "heard again"}`);
    } else if (key === " " && !target.closest(PRESSING)) {
      this.toggle();
    } else if ((key === "ArrowLeft" || key === "ArrowRight") && !target.closest("input")) {
      this.go(this.stems.time + (key === "ArrowLeft" ? -STEP : STEP));
    } else {
      return;
    }
    event.preventDefault();
  }

  // A click on a waveform goes there; a drag along it marks what is played again and again.
  drag(wave) {
    const time = ({ clientX }) => {
      const { left, width } = wave.getBoundingClientRect();
      return Math.min(Math.max((clientX - left) / width, 0), 1) * this.stems.duration;
    };
    let begin = null;
    wave.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      begin = { x: event.clientX, time: time(event), dragged: false };
      wave.setPointerCapture(event.pointerId);
    });
    wave.addEventListener("pointermove", (event) => {
      if (!begin || (!begin.dragged && Math.abs(event.clientX - begin.x) < DRAG)) return;
      begin.dragged = true;
      this.mark(...[begin.time, time(event)].sort((a, b) => a - b));
    });
    wave.addEventListener("pointerup", (event) => {
      if (begin && !begin.dragged) this.go(time(event));
      else if (begin) this.takeTyped();
      begin = null;
    });
    wave.addEventListener("pointercancel", () => {
      begin = null;
      this.draw();
    });
  }

  mark(begin, end) {
    [this.fromPart.value, this.toPart.value] = [fine(begin), fine(end)];
    this.style.setProperty("--loop-begin", begin / this.stems.duration);
    this.style.setProperty("--loop-end", end / this.stems.duration);
    this.classList.add("looped");
  }

  // The typed times as a loop, null while they are none.
  typed() {
    const [begin, end] = [seconds(this.fromPart.value), Math.min(seconds(this.toPart.value), this.stems.duration)];
    return end - begin >= SHORTEST ? { begin, end } : null;
  }

  takeTyped() {
    const wrong = !this.typed() && Boolean(this.fromPart.value && this.toPart.value);
    for (const field of [this.fromPart, this.toPart]) field.setAttribute("aria-invalid", wrong);
    this.tell(wrong ? "A loop goes from an earlier to a later time, such as 0:30 to 0:45." : "");
    if (this.typed()) this.setLoop(this.typed());
  }

  // Without any times: the next ten seconds.
  around() {
    const begin = Math.min(this.stems.time, Math.max(this.stems.duration - 10, 0));
    return { begin, end: Math.min(begin + 10, this.stems.duration) };
  }

  setLoop(loop) {
    this.stems.setLoop(loop);
    if (loop) {
      this.mark(loop.begin, loop.end);
      const { time } = this.stems;
      if (time < loop.begin || time >= loop.end) this.stems.seek(loop.begin);
    }
    this.classList.toggle("looped", Boolean(loop));
    this.loopPart.setAttribute("aria-pressed", Boolean(loop));
    this.write();
    this.draw();
  }

  reset() {
    for (const channel of this.channels) channel.read("100");
    this.setLoop(null);
    [this.fromPart.value, this.toPart.value] = ["", ""];
    this.mixed();
  }

  // What is heard of each stem, in per cent.
  gains() {
    const solo = this.channels.some((channel) => channel.isOn(channel.solo));
    return this.channels.map((channel) => {
      const heard = !channel.isOn(channel.mute) && (!solo || channel.isOn(channel.solo));
      return heard ? Number(channel.volume.value) : 0;
    });
  }

  mixed() {
    const gains = this.gains();
    this.channels.forEach((channel, index) => {
      this.stems.setGain(index, gains[index] / 100);
      const { element, volume } = channel;
      element.classList.toggle("silent", !gains[index]);
      element.querySelector("output").textContent = `${volume.value} %`;
      volume.setAttribute("aria-valuetext", `${volume.value} per cent`);
      volume.style.setProperty("--at", `${(volume.value / volume.max) * 100}%`);
    });
    const query = new URLSearchParams(this.channels.map(({ key }, index) => [key, gains[index]]));
    for (const link of this.querySelectorAll("[data-export]")) link.href = `${link.dataset.export}?${query}`;
    this.write();
  }

  read() {
    const query = new URLSearchParams(location.search);
    const mix = new Map((query.get("mix") ?? "").split(",").map((part) => part.split(":")));
    for (const channel of this.channels) channel.read(mix.get(channel.key) ?? "100");
    const [from, to] = (query.get("loop") ?? "").split("-");
    if (to) {
      [this.fromPart.value, this.toPart.value] = [fine(Number(from)), fine(Number(to))];
      if (this.typed()) this.setLoop(this.typed());
    }
    this.mixed();
  }

  write() {
    const address = new URL(location);
    const isMixed = this.channels.some((channel) => String(channel) !== `${channel.key}:100`);
    const tenths = (frames) => Math.round((frames / 44100) * 10) / 10;
    const { loop } = this.stems;
    address.searchParams.delete("mix");
    address.searchParams.delete("loop");
    // By hand: the address stays legible.
    const parts = [address.searchParams.toString()];
    if (isMixed) parts.push(`mix=${this.channels.join(",")}`);
    if (loop) parts.push(`loop=${tenths(loop.begin)}-${tenths(loop.end)}`);
    address.search = parts.filter(Boolean).join("&");
    this.linkPart.dataset.copy = address.href;
    clearTimeout(this.writing);
    // Browsers refuse an address that changes a hundred times in a drag.
    this.writing = setTimeout(() => history.replaceState(history.state, "", address), 250);
  }

  draw() {
    const { stems } = this;
    const { time } = stems;
    this.playPart.setAttribute("aria-label", stems.paused ? "Play all stems" : "Pause");
    this.classList.toggle("playing", !stems.paused);
    this.seekPart.value = time;
    this.seekPart.setAttribute("aria-valuetext", `${clock(time)} of ${clock(stems.duration)}`);
    this.nowPart.textContent = clock(time);
    this.style.setProperty("--at", `${(time / stems.duration) * 100}%`);
    cancelAnimationFrame(this.frame);
    if (!stems.paused) this.frame = requestAnimationFrame(() => this.draw());
  }
}

customElements.define("studio-mixer", StudioMixer);
