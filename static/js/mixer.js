// <studio-mixer>: the stems of one song on one transport. What is set stands in the page's address.
import { keepAwake } from "./awake.js";
import { listen, sounds } from "./beside.js";
import { Channel } from "./channel.js";
import { Counting } from "./counting.js";
import { drag } from "./drag.js";
import { Level } from "./level.js";
import { Meters } from "./meters.js";
import "./mixes.js";
import { press } from "./mixkeys.js";
import { exportOf, linkTo, readLink } from "./mixlink.js";
import { Pace } from "./pace.js";
import { Past } from "./past.js";
import { Playhead } from "./playhead.js";
import { RATE } from "./slices.js";
import { Stems } from "./stems.js";
import { clock, fine, seconds } from "./times.js";
import { Zoom } from "./zoom.js";

const SHORTEST = 0.25;
// What the sound tells of itself, in words.
const STATES = {
  playing: "",
  interrupted: "Something else on this device stopped the sound. Press play to go on.",
  gone: "These sounds are no longer here. Load the page again.",
  unpaced: "This browser could not change the tempo or the key.",
};

class StudioMixer extends HTMLElement {
  connectedCallback() {
    if (this.stems) return this.attend(); // Left and come back to.
    this.channels = [...this.querySelectorAll("[data-stem]")].map((element) => new Channel(element));
    this.stems = new Stems(sounds(this), this.dataset.shifter);
    this.pace = new Pace(this.querySelector("[data-pace]"));
    this.counting = new Counting(this, () => (this.paused ? null : this.stems.time));
    for (const name of ["play", "seek", "loop", "from", "to", "link", "reset", "undo", "state", "help"]) {
      this[name + "Part"] = this.querySelector(`[data-${name}]`);
    }
    this.master = new Level(this.querySelector("[data-master]"), this.querySelector(".mixer-master output"));
    this.zoom = new Zoom(this, this.querySelector(".channels"));
    this.playhead = new Playhead(this, this.zoom);
    this.meters = new Meters([...this.querySelectorAll("[data-meter]")], this.querySelector("[data-clipped]"));
    this.listen();
    this.attend();
    this.read();
    this.past = new Past(this.settings);
    this.undoPart.disabled = this.past.isEmpty;
    this.draw();
  }

  // What reaches the page is for the mixer while it stands on it.
  attend() {
    this.end = new AbortController();
    const { signal } = this.end;
    document.addEventListener("play", ({ target }) => target !== this && this.pause(), { capture: true, signal });
    document.addEventListener("keydown", (event) => press(this, event), { signal });
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
    this.playPart.addEventListener("click", () => this.toggle());
    this.seekPart.max = stems.duration;
    this.querySelector("[data-total]").textContent = clock(stems.duration);
    this.seekPart.addEventListener("input", () => this.go(Number(this.seekPart.value)));
    this.loopPart.addEventListener("click", () => this.setLoop(stems.loop ? null : this.typed() ?? this.around()));
    for (const field of [this.fromPart, this.toPart]) field.addEventListener("change", () => this.takeTyped());
    this.resetPart.addEventListener("click", () => this.reset());
    this.undoPart.addEventListener("click", () => this.undo());
    this.channels.forEach((channel) => {
      channel.listen(() => this.mixed());
      drag(this, channel.element.querySelector("[data-wave]"));
    });
    this.pace.addEventListener("change", () => this.paced());
    this.counting.addEventListener("change", () => this.counted());
    this.master.listen(() => this.mixed());
    listen(this);
    for (const name of ["play", "pause"]) {
      stems.addEventListener(name, () => {
        // As a media element does: other players stop, and a refresh waits.
        this.dispatchEvent(new Event(name));
        keepAwake(name === "play");
        this.tell("");
        this.draw();
      });
    }
    stems.addEventListener("waiting", ({ detail }) => this.tell(detail ? `Loading… ${fine(detail)} of 0:02 is here.` : "Loading…"));
    stems.addEventListener("unpaced", () => this.pace.read(""));
    for (const [name, text] of Object.entries(STATES)) stems.addEventListener(name, () => this.tell(text));
  }

  // As a media element does.
  play() {
    return this.stems.play();
  }

  pause() {
    this.stems.pause();
  }

  get duration() {
    return this.stems.duration;
  }

  get currentTime() {
    return this.stems.time;
  }

  set currentTime(seconds) {
    this.go(seconds);
  }

  toggle() {
    if (this.paused) this.play();
    else this.pause();
  }

  go(time) {
    this.stems.seek(time);
    this.draw();
    this.dispatchEvent(new Event("moved"));
  }

  tell(text) {
    this.statePart.textContent = text;
  }

  say(text) {
    document.getElementById("live").textContent = text;
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

  setLoop(wished) {
    const loop = this.counting.snapped(wished);
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
    this.note();
    this.set(";");
    this.note();
  }

  // What the address of the page tells.
  get parts() {
    return { channels: this.channels, pace: this.pace, master: this.master, counting: this.counting };
  }

  // All that is set, as one text.
  get settings() {
    const { loop } = this.stems;
    const parts = [this.channels.join(","), loop ? `${loop.begin}-${loop.end}` : "", this.pace, this.master.gain];
    return parts.join(";");
  }

  set(settings) {
    const [mix, loop, pace = "", master = "100"] = settings.split(";");
    const isSameLoop = loop === this.settings.split(";")[1];
    this.master.gain = master;
    const set = new Map(mix.split(",").map((part) => part.split(":")));
    for (const channel of this.channels) channel.read(set.get(channel.key) ?? "100");
    const [begin, end] = loop.split("-").map((frame) => frame / RATE);
    // A loop that stays goes on without a gap.
    if (!isSameLoop) this.setLoop(loop ? { begin, end } : null);
    if (!loop) [this.fromPart.value, this.toPart.value] = ["", ""];
    this.pace.read(pace);
    this.mixed();
  }

  note() {
    this.past?.note(this.settings);
    this.undoPart.disabled = !this.past || this.past.isEmpty;
  }

  undo() {
    this.note();
    if (this.past.isEmpty) return;
    this.set(this.past.back());
    this.note();
    this.say("Undone");
  }

  // What is heard of each stem, in per cent.
  gains() {
    const solo = this.channels.some((channel) => channel.isOn(channel.solo));
    return this.channels.map((channel) => {
      const heard = !channel.isOn(channel.mute) && (!solo || channel.isOn(channel.solo));
      return heard ? channel.level.gain : 0;
    });
  }

  mixed() {
    const gains = this.heard(this.gains());
    gains.forEach((gain, index) => this.stems.setGain(index, gain / 100));
    this.channels.forEach((channel, index) => {
      this.stems.setPan(index, channel.pan.value / 100);
      channel.draw(gains[index]);
    });
    this.stems.setMaster(this.master.gain / 100);
    this.master.draw();
    this.write();
  }

  paced() {
    const [tempo, key] = [this.pace.tempo, this.pace.key].map(({ value }) => Number(value));
    // A range that is dragged tells of each step.
    clearTimeout(this.pacing);
    this.pacing = setTimeout(() => this.stems.setPace(tempo / 100, key), 60);
    this.write();
  }

  counted() {
    const { beats, click, count } = this.counting;
    this.zoom.rule(beats);
    this.stems.setClick(beats, click.gain / 100, Number(count.value));
    this.write();
  }

  read() {
    const loop = readLink(this.parts);
    [this.fromPart.value, this.toPart.value] = loop ? loop.map((time) => fine(time)) : ["", ""];
    this.setLoop(loop && this.typed());
    this.mixed();
  }

  write() {
    const query = exportOf(this.parts, this.gains());
    for (const link of this.querySelectorAll("[data-export]")) link.href = `${link.dataset.export}?${query}`;
    const address = linkTo({ ...this.parts, loop: this.stems.loop });
    this.linkPart.dataset.copy = address.href;
    clearTimeout(this.writing);
    // Browsers refuse an address that changes a hundred times in a drag.
    this.writing = setTimeout(() => {
      // Left meanwhile: the entry of the history is another page's.
      if (!this.isConnected) return;
      this.note();
      history.replaceState({ ...history.state, settings: this.past.settings }, "", address);
      this.dispatchEvent(new Event("mixed", { bubbles: true }));
    }, 250);
  }

  draw() {
    const { stems } = this;
    this.playPart.setAttribute("aria-label", stems.paused ? "Play all stems" : "Pause");
    this.classList.toggle("playing", !stems.paused);
    this.playhead.draw(stems);
    if (stems.device) this.meters.draw(stems.device.taps, stems.paused);
    clearTimeout(this.timer);
    cancelAnimationFrame(this.frame);
    // As long as a meter looks back.
    if (!stems.paused) this.timer = setTimeout(() => (this.frame = requestAnimationFrame(() => this.draw())), 30);
  }
}

customElements.define("studio-mixer", StudioMixer);
