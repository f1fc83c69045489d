// The stems of one song on one clock. Their samples come in slices of seconds; each slice of all stems
// is scheduled for one and the same frame of the audio context, so that they cannot part, whatever the
// network does. Only what is played within seconds stands in memory. A slow line brings what is heard.
import { RefusedError } from "./answers.js";
import { LONGEST, RATE, slice, stretches } from "./slices.js";

// Frames: how much is scheduled ahead; how much is in hand before it goes on after it fell silent.
const [AHEAD, IN_HAND] = [RATE * 4, RATE * 2];
// Seconds: from the scheduling of the first slice to its sound; the fade that keeps a cut from clicking.
const [LEAD, FADE] = [0.06, 0.012];
const PATIENCE = 1000;

const wait = (milliseconds, signal) =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", resolve);
  });

// Fires "play", "pause", "waiting" (its `detail`: the seconds that are there), "playing", "ended",
// "interrupted" by the system, and "gone"; times are seconds of the song.
export class Stems extends EventTarget {
  #context = null;
  #master = null;
  #sources = new Map();
  // Buffers that have been played are filled again: they are most of the memory.
  #free = [];
  // What is scheduled: from the frame `at` of the context, `frames` of the song from `frame` on, and
  // the stems that are in it.
  #passages = [];
  #turn = new AbortController();
  #rest = 0;
  // The device: a promise that it runs, and whether it did.
  #ready = null;
  #runs = false;

  // `stems`: the address of each one's samples, and how many there are.
  constructor(stems) {
    super();
    this.stems = stems.map(({ url, frames }) => ({ url, frames, gain: 1, output: null }));
    this.frames = Math.max(...this.stems.map((stem) => stem.frames));
    this.duration = this.frames / RATE;
    this.paused = true;
    this.loop = null;
    // Whether the line brings all stems in half of the time that they play.
    this.isQuick = false;
  }

  get context() {
    return this.#context;
  }

  get time() {
    return this.#frame() / RATE;
  }

  // The first slices are fetched while the device starts, which takes Firefox a second.
  play() {
    if (!this.paused) return this.#ready;
    this.paused = false;
    this.#open();
    this.#ready = this.#context.resume().catch(() => this.#interrupt());
    this.dispatchEvent(new Event("play"));
    this.#start(this.#rest >= this.frames ? 0 : this.#rest);
    return this.#ready;
  }

  pause() {
    if (this.paused) return;
    this.#rest = this.#frame();
    this.#stop();
    this.paused = true;
    this.dispatchEvent(new Event("pause"));
  }

  seek(seconds) {
    this.#rest = Math.min(Math.max(Math.round(seconds * RATE), 0), this.frames);
    if (!this.paused) this.#start(this.#rest);
  }

  // Play from `begin` to `end` again and again; null for the whole song once.
  setLoop(loop) {
    const now = this.#frame();
    this.loop = loop && { begin: Math.round(loop.begin * RATE), end: Math.round(loop.end * RATE) };
    if (!this.paused) this.#start(now);
  }

  setGain(index, gain) {
    const stem = this.stems[index];
    if (stem.gain === gain) return;
    stem.gain = gain;
    if (gain) for (const passage of this.#passages) this.#join(stem, passage);
    if (!stem.output) return;
    const { currentTime } = this.#context;
    stem.output.gain.cancelScheduledValues(currentTime);
    stem.output.gain.setValueAtTime(stem.output.gain.value, currentTime);
    stem.output.gain.linearRampToValueAtTime(gain, currentTime + FADE);
  }

  close() {
    this.pause();
    this.#context?.close();
    this.#context = null;
    this.#free = [];
  }

  #open() {
    if (this.#context) return;
    // Else the silent switch of an iPhone mutes it.
    if (navigator.audioSession) navigator.audioSession.type = "playback";
    this.#context = new AudioContext({ sampleRate: RATE, latencyHint: "playback" });
    this.#runs = false;
    this.#context.addEventListener("statechange", () => this.#watch());
    this.#master = this.#context.createGain();
    this.#master.connect(this.#context.destination);
    for (const stem of this.stems) {
      stem.output = this.#context.createGain();
      stem.output.gain.value = stem.gain;
      stem.output.connect(this.#master);
    }
  }

  // A call, a lock or a lost device stops the context ("suspended", Safari also "interrupted").
  #watch() {
    const did = this.#runs;
    this.#runs = this.#context?.state === "running";
    if (did && !this.#runs) this.#interrupt();
  }

  #interrupt() {
    this.#end("interrupted");
  }

  #end(name) {
    if (this.paused) return;
    this.pause();
    this.dispatchEvent(new Event(name));
  }

  #start(frame) {
    this.#stop();
    this.#turn = new AbortController();
    this.#rest = frame;
    this.#feed(frame, this.#turn.signal);
  }

  #stop() {
    this.#turn.abort();
    const { currentTime } = this.#context;
    this.#master.gain.cancelScheduledValues(currentTime);
    this.#master.gain.setTargetAtTime(0, currentTime, FADE / 4);
    for (const [source, at] of this.#sources) {
      if (at / RATE > currentTime + FADE) this.#release(source);
      source.stop(currentTime + FADE);
    }
    this.#passages = [];
  }

  // The frame of the song that is heard now.
  #frame() {
    if (this.paused || !this.#passages.length) return this.#rest;
    const { currentTime, outputLatency } = this.#context;
    const heard = (currentTime - (outputLatency || 0)) * RATE;
    while (this.#passages.length > 1 && this.#passages[1].at <= heard) this.#passages.shift();
    const { at, frame, frames } = this.#passages[0];
    return Math.round(frame + Math.min(Math.max(heard - at, 0), frames));
  }

  async #feed(frame, signal) {
    let [at, held] = [0, []];
    const play = () => {
      for (const one of held) at = this.#schedule(one, at);
      held = [];
    };
    for (const stretch of stretches(this, frame)) {
      held.push({ ...stretch, slices: await this.#soon(at, this.#fetch(stretch, signal), signal) });
      if (signal.aborted) return;
      const inHand = held.reduce((sum, one) => sum + one.frames, 0);
      // Where it fell silent, it goes on with something in hand instead of stuttering.
      if (at && at / RATE < this.#context.currentTime && inHand < IN_HAND) {
        this.dispatchEvent(new CustomEvent("waiting", { detail: inHand / RATE }));
        continue;
      }
      play();
      await wait(((at - AHEAD) / RATE - this.#context.currentTime) * 1000, signal);
      if (signal.aborted) return;
    }
    play();
    // Whoever ended it may have closed the context.
    if (!signal.aborted) await wait((at / RATE - this.#context.currentTime) * 1000, signal);
    if (signal.aborted) return;
    this.pause();
    this.#rest = 0;
    this.dispatchEvent(new Event("ended"));
  }

  // What is to sound at the frame `at` of the context, once there is a device that runs; says so where
  // it is not there by then.
  async #soon(at, fetched, signal) {
    const late = Math.max(at / RATE - this.#context.currentTime, PATIENCE / 1000);
    const say = () => signal.aborted || this.dispatchEvent(new CustomEvent("waiting", { detail: 0 }));
    const timer = setTimeout(say, late * 1000);
    const [slices] = await Promise.all([fetched, this.#ready]);
    clearTimeout(timer);
    return slices;
  }

  // The soonest frame of the context that can still be played. Its clock moves by steps as long as its
  // own latency.
  get #soonest() {
    const { currentTime, baseLatency } = this.#context;
    return Math.ceil((currentTime + baseLatency + LEAD) * RATE);
  }

  // Gives the frame of the context at which it ends; it begins at `at`, or as soon as it can.
  #schedule({ frame, frames, slices }, at) {
    // What takes a while comes before the look at the clock: what is started late starts apart.
    const sources = slices.flatMap((sides, index) => (sides ? [this.#source(sides, this.stems[index])] : []));
    const soonest = this.#soonest;
    const isLate = at < soonest;
    if (isLate) {
      // The beginning, or the network was too slow: all of them go on together from here.
      at = soonest;
      this.#master.gain.setValueAtTime(1, at / RATE);
    }
    for (const source of sources) this.#begin(source, at);
    if (isLate) this.dispatchEvent(new Event("playing"));
    const passage = { at, frame, frames, stems: new Set(this.stems.filter((_, index) => slices[index])) };
    this.#passages.push(passage);
    // What was put on again meanwhile.
    for (const stem of this.stems) if (stem.gain) this.#join(stem, passage);
    return at + frames;
  }

  // A stem that nobody heard may not have been fetched: it comes in where the song is by then.
  async #join(stem, passage) {
    if (passage.stems.has(stem)) return;
    passage.stems.add(stem);
    const { signal } = this.#turn;
    const [sides] = await this.#all([stem], passage, signal);
    if (signal.aborted || !sides) return;
    const missed = Math.max(this.#soonest - passage.at, 0);
    if (missed >= sides[0].length) return;
    this.#begin(this.#source(sides.map((side) => side.subarray(missed)), stem), passage.at + missed);
  }

  #begin(source, at) {
    source.start(at / RATE);
    this.#sources.set(source, at);
  }

  #source(sides, stem) {
    const source = new AudioBufferSourceNode(this.#context, { buffer: this.#fill(sides) });
    source.connect(stem.output);
    source.addEventListener("ended", () => this.#release(source));
    return source;
  }

  #release(source) {
    if (!this.#sources.delete(source)) return;
    source.disconnect();
    this.#free.push(source.buffer);
  }

  #fill(sides) {
    const buffer = this.#free.pop() ?? this.#context.createBuffer(2, LONGEST, RATE);
    sides.forEach((samples, side) => {
      const channel = buffer.getChannelData(side);
      channel.set(samples);
      // The next slice sounds over the rest of it.
      channel.fill(0, samples.length);
    });
    return buffer;
  }

  // Gives each stem's slice, null for what nobody hears on a slow line.
  async #fetch(stretch, signal) {
    const wanted = this.stems.filter((stem) => stem.gain || this.isQuick);
    const begin = performance.now();
    const slices = await this.#all(wanted, stretch, signal);
    const took = ((performance.now() - begin) / 1000) * (this.stems.length / Math.max(wanted.length, 1));
    this.isQuick = took < stretch.frames / RATE / 2;
    return this.stems.map((stem) => slices[wanted.indexOf(stem)] ?? null);
  }

  async #all(stems, stretch, signal) {
    while (!signal.aborted) {
      try {
        return await Promise.all(stems.map((stem) => slice(this.#context, stem, stretch, signal)));
      } catch (error) {
        if (signal.aborted) break;
        if (error instanceof RefusedError) this.#end("gone");
        else await wait(PATIENCE, signal);
      }
    }
    return [];
  }
}
