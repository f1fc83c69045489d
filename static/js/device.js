// What sounds: one audio context, a fader and a pan for each stem, a master, and behind it what shifts the pitch,
// where it is to be another than its tempo makes it.
import { Click } from "./click.js";
import { RATE } from "./slices.js";

// Seconds: from the scheduling of the first slice to its sound; the fade that keeps a cut from clicking;
// by how much a sound that is made higher, or lower, comes later (the middle of what `shifter.js` keeps).
const LEAD = 0.06;
export const FADE = 0.012;
const [HIGHER, LOWER] = [0.026, 0.051];
// Firefox asks the system's sound server for the latency of its output while it holds what the server's next
// call waits for: now and then both stand still for ever. It is not asked; what it usually tells is 40 ms.
const LATENCY = "mozInnerScreenX" in window ? 0.04 : null;

export class Device {
  #shifter = null;
  #isShifted = false;
  #runs = false;

  // `interrupt` is called when a call, a lock or a lost device stops it; `shifter` is the address of the
  // worklet's module.
  constructor(stems, interrupt, shifter) {
    this.address = shifter;
    // Else the silent switch of an iPhone mutes it.
    if (navigator.audioSession) navigator.audioSession.type = "playback";
    this.context = new AudioContext({ sampleRate: RATE, latencyHint: "playback" });
    this.context.addEventListener("statechange", () => this.#watch(interrupt));
    this.master = this.context.createGain();
    // The band's own master; all that is heard leaves by it.
    this.output = this.context.createGain();
    this.master.connect(this.output);
    this.output.connect(this.context.destination);
    this.panners = stems.map(({ pan }) => new StereoPannerNode(this.context, { pan }));
    this.faders = stems.map(({ gain }, index) => {
      const fader = new GainNode(this.context, { gain });
      fader.connect(this.panners[index]).connect(this.master);
      return fader;
    });
    this.click = new Click(this.context, this.output);
    this.taps = [...this.faders, this.output].map((node) => this.#tap(node));
  }

  // Both sides of each stem and of the whole, to be measured. What is connected while slices begin can
  // make one begin late, so all of it is connected here.
  #tap(node) {
    const splitter = new ChannelSplitterNode(this.context, { numberOfOutputs: 2 });
    node.connect(splitter);
    return [0, 1].map((side) => {
      const tap = new AnalyserNode(this.context, { fftSize: 2048 });
      splitter.connect(tap, side);
      return tap;
    });
  }

  // Where there is no secure context, there is no worklet.
  static get canShift() {
    return "AudioWorklet" in window;
  }

  // Safari also says "interrupted".
  #watch(interrupt) {
    const did = this.#runs;
    this.#runs = this.context.state === "running";
    if (did && !this.#runs) interrupt();
  }

  // Make all that sounds so many times as high.
  async shift(pitch) {
    this.pitch = pitch;
    const shifter = pitch === 1 ? null : await this.#load();
    // Meanwhile it was to be another.
    if (this.pitch !== pitch) return;
    if (shifter) shifter.parameters.get("pitch").value = pitch;
    this.#isShifted = Boolean(shifter);
    this.master.disconnect();
    this.master.connect(shifter ?? this.output);
  }

  #load() {
    this.#shifter ??= this.context.audioWorklet.addModule(this.address).then(() => {
      const node = new AudioWorkletNode(this.context, "studio-shifter", { outputChannelCount: [2] });
      node.connect(this.output);
      return node;
    });
    return this.#shifter;
  }

  // The frame that is heard now.
  get heard() {
    const latency = LATENCY ?? this.context.outputLatency ?? 0;
    return (this.context.currentTime - latency) * RATE - this.late;
  }

  // By how many frames a shifted sound comes later.
  get late() {
    if (!this.#isShifted) return 0;
    return (this.pitch > 1 ? HIGHER : LOWER) * RATE;
  }

  // The soonest frame that can still be played. The clock moves by steps as long as its own latency.
  get soonest() {
    const { currentTime, baseLatency } = this.context;
    return Math.ceil((currentTime + baseLatency + LEAD) * RATE);
  }

  // Seconds until the frame `at`, less than none when it is over.
  until(at) {
    return at / RATE - this.context.currentTime;
  }

  fade(index, gain) {
    const level = this.faders[index].gain;
    const { currentTime } = this.context;
    level.cancelScheduledValues(currentTime);
    level.setValueAtTime(level.value, currentTime);
    level.linearRampToValueAtTime(gain, currentTime + FADE);
  }

  pan(index, pan) {
    this.panners[index].pan.setTargetAtTime(pan, this.context.currentTime, FADE / 4);
  }

  setMaster(gain) {
    this.output.gain.setTargetAtTime(gain, this.context.currentTime, FADE / 4);
  }

  hush() {
    this.click.hush();
    const { currentTime } = this.context;
    this.master.gain.cancelScheduledValues(currentTime);
    this.master.gain.setTargetAtTime(0, currentTime, FADE / 4);
  }

  // At full level from the frame `at` on.
  open(at) {
    this.master.gain.setValueAtTime(1, at / RATE);
  }

  close() {
    this.context.close();
  }
}
