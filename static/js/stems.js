// The stems of one song on one clock. Their samples come in slices of seconds; each slice of all stems
// is scheduled for one and the same frame of the audio context, so that they cannot part, whatever the
// network does. Only what is played within seconds stands in memory. A slow line brings what is heard.
import { Buffers } from "./buffers.js";
import { Device, FADE } from "./device.js";
import { RATE, slice, stretches } from "./slices.js";
import { wait } from "./times.js";

// Frames: how much is scheduled ahead; how much is in hand before it goes on after it fell silent.
const [AHEAD, IN_HAND] = [RATE * 4, RATE * 2];
const PATIENCE = 1000;

// Fires "play", "pause", "waiting" (its `detail`: the seconds that are there), "playing", "ended", "gone",
// "interrupted" by the system, "unpaced"; times are seconds of the song.
export class Stems extends EventTarget {
  #device = null;
  #sources = new Map();
  #buffers = null;
  // What is scheduled: from the frame `at` of the context, `frames` of the song from `frame` on at a
  // `tempo`, the first of them `phase` of a frame later, and the stems that are in it.
  #passages = [];
  #turn = new AbortController();
  #rest = 0;
  // A promise that the device runs.
  #ready = null;
  #pace = { tempo: 1, pitch: 1 };
  // Beats that are still to be counted.
  #toCount = 0;

  // `stems`: each one's address, frames, gain, whether it stands beside the song; `shifter`: the worklet's address.
  constructor(stems, shifter) {
    super();
    this.shifter = shifter;
    this.stems = stems.map((stem) => ({ ...stem, pan: 0, output: null }));
    this.frames = Math.max(...stems.map(({ frames, isBeside }) => (isBeside ? 0 : frames)));
    this.duration = this.frames / RATE;
    // What the click falls on; its level; how many beats are counted in.
    [this.beats, this.click, this.countIn] = [null, 0, 0];
    [this.paused, this.loop, this.master] = [true, null, 1];
    // Whether the line brings all stems in half of the time that they play.
    this.isQuick = false;
  }

  // Null until it is played.
  get device() {
    return this.#device;
  }

  get context() {
    return this.#device?.context ?? null;
  }

  get time() {
    return this.#frame() / RATE;
  }

  // The first slices are fetched while the device starts, which takes Firefox a second.
  play() {
    if (!this.paused) return this.#ready;
    this.paused = false;
    this.#open();
    this.#toCount = this.countIn;
    this.#ready = Promise.all([this.context.resume().catch(() => this.#end("interrupted")), this.#shift()]);
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
    this.#device?.fade(index, gain);
  }

  setPan(index, pan) {
    if (this.stems[index].pan === pan) return;
    this.stems[index].pan = pan;
    this.#device?.pan(index, pan);
  }

  setMaster(gain) {
    this.master = gain;
    this.#device?.setMaster(gain);
  }

  // `beats`: seconds from one to the next (`period`) and to the `first`; null where they are not known.
  setClick(beats, level, countIn) {
    const isOther = beats?.period !== this.beats?.period || beats?.first !== this.beats?.first;
    Object.assign(this, { beats, click: level, countIn });
    this.#device?.click.setLevel(level);
    if (isOther && !this.paused) this.#start(this.#frame());
  }

  // Play at `tempo` times the speed and `key` semitones higher.
  setPace(tempo, key) {
    const pitch = 2 ** (key / 12) / tempo;
    if (tempo === this.#pace.tempo && pitch === this.#pace.pitch) return;
    const now = this.#frame();
    this.#pace = { tempo, pitch };
    if (!this.#device) return;
    this.#buffers.forget();
    if (!this.paused) this.#stop();
    this.#ready = Promise.all([this.#ready, this.#shift()]);
    if (!this.paused) this.#start(now);
  }

  // What a device cannot do leaves the song as it was recorded.
  #shift() {
    return this.#device.shift(this.#pace.pitch).catch(() => {
      this.setPace(1, 0);
      this.dispatchEvent(new Event("unpaced"));
    });
  }

  close() {
    this.pause();
    this.#device?.close();
    this.#device = null;
  }

  #open() {
    if (this.#device) return;
    this.#device = new Device(this.stems, () => this.#end("interrupted"), this.shifter);
    this.stems.forEach((stem, index) => (stem.output = this.#device.faders[index]));
    this.#device.setMaster(this.master);
    this.#device.click.setLevel(this.click);
    this.#buffers = new Buffers(this.context);
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
    this.#device.hush();
    for (const [source, at] of this.#sources) {
      if (this.#device.until(at) > FADE) this.#release(source);
      source.stop(this.context.currentTime + FADE);
    }
    this.#passages = [];
  }

  // The frame of the song that is heard now.
  #frame() {
    if (this.paused || !this.#passages.length) return this.#rest;
    const { heard } = this.#device;
    while (this.#passages.length > 1 && this.#passages[1].at <= heard) this.#passages.shift();
    const { at, frame, frames, tempo } = this.#passages[0];
    return Math.round(frame + Math.min(Math.max((heard - at) * tempo, 0), frames));
  }

  async #feed(frame, signal) {
    let [next, held] = [{ at: 0, phase: 0 }, []];
    const play = () => {
      for (const one of held) next = this.#schedule(one, next);
      held = [];
    };
    for (const stretch of stretches(this, frame)) {
      held.push({ ...stretch, slices: await this.#soon(next.at, this.#fetch(stretch, signal), signal) });
      if (signal.aborted) return;
      const inHand = held.reduce((sum, one) => sum + one.frames, 0);
      // Where it fell silent, it goes on with something in hand instead of stuttering.
      if (next.at && this.#device.until(next.at) < 0 && inHand < IN_HAND) {
        this.dispatchEvent(new CustomEvent("waiting", { detail: inHand / RATE }));
        continue;
      }
      play();
      await wait(this.#device.until(next.at - AHEAD) * 1000, signal);
      if (signal.aborted) return;
    }
    play();
    // Whoever ended it may have closed the device.
    if (!signal.aborted) await wait(this.#device.until(next.at) * 1000, signal);
    if (signal.aborted) return;
    this.pause();
    this.#rest = 0;
    this.dispatchEvent(new Event("ended"));
  }

  // What is to sound at the frame `at` of the context, once there is a device that runs; says so where
  // it is not there by then.
  async #soon(at, fetched, signal) {
    const late = Math.max(this.#device.until(at), PATIENCE / 1000);
    const say = () => signal.aborted || this.dispatchEvent(new CustomEvent("waiting", { detail: 0 }));
    const timer = setTimeout(say, late * 1000);
    const [slices] = await Promise.all([fetched, this.#ready]);
    clearTimeout(timer);
    return slices;
  }

  // Gives where the next passage begins; this one begins at `at`, or as soon as it can.
  #schedule({ frame, frames, slices }, { at, phase }) {
    const { tempo } = this.#pace;
    const passage = { frame, frames, tempo, phase, stems: new Set(this.stems.filter((_, index) => slices[index])) };
    // What takes a while comes before the look at the clock: what is started late starts apart.
    const sources = slices.flatMap((sides, index) => (sides ? [this.#source(sides, this.stems[index], passage)] : []));
    const { soonest } = this.#device;
    const isLate = at < soonest;
    // The beginning, or the network was too slow: all of them go on together from here.
    passage.at = isLate ? soonest + this.#count(frame, soonest) : at;
    if (isLate) this.#device.open(soonest);
    if (this.beats) this.#device.click.on(this.beats, passage, this.#device.late);
    for (const source of sources) this.#begin(source, passage.at);
    if (isLate) this.dispatchEvent(new Event("playing"));
    this.#passages.push(passage);
    // What was put on again meanwhile.
    for (const stem of this.stems) if (stem.gain) this.#join(stem, passage);
    const length = Math.ceil((frames - phase) / tempo);
    return { at: passage.at + length, phase: phase + length * tempo - frames };
  }

  // Count in where that is wished; gives how many frames it takes.
  #count(frame, soonest) {
    const [count, { click, late }] = [this.#toCount, this.#device];
    this.#toCount = 0;
    if (!this.beats || !count) return 0;
    return click.countIn(this.beats, count, { frame, tempo: this.#pace.tempo, soonest }, late);
  }

  // A stem that nobody heard may not have been fetched: it comes in where the song is by then.
  async #join(stem, passage) {
    if (passage.stems.has(stem)) return;
    passage.stems.add(stem);
    const { signal } = this.#turn;
    const [sides] = await this.#all([stem], passage, signal);
    if (signal.aborted || !sides) return;
    const source = this.#source(sides, stem, passage);
    this.#begin(source, passage.at, Math.max(this.#device.soonest - passage.at, 0));
  }

  // `missed`: the frames of it that come too late.
  #begin(source, at, missed = 0) {
    source.start((at + missed) / RATE, missed / RATE);
    this.#sources.set(source, at);
  }

  #source(sides, stem, { tempo, phase }) {
    const source = new AudioBufferSourceNode(this.context, { buffer: this.#buffers.fill(sides, tempo, phase) });
    source.connect(stem.output);
    source.addEventListener("ended", () => this.#release(source));
    return source;
  }

  #release(source) {
    if (!this.#sources.delete(source)) return;
    source.disconnect();
    this.#buffers.giveBack(source.buffer);
  }

  // Gives each stem's slice, null for what nobody hears on a slow line.
  async #fetch(stretch, signal) {
    const wanted = this.stems.filter((stem) => stem.gain || this.isQuick);
    const begin = performance.now();
    const slices = await this.#all(wanted, stretch, signal);
    const took = ((performance.now() - begin) / 1000) * (this.stems.length / Math.max(wanted.length, 1));
    this.isQuick = took < stretch.frames / this.#pace.tempo / RATE / 2;
    return this.stems.map((stem) => slices[wanted.indexOf(stem)] ?? null);
  }

  async #all(stems, stretch, signal) {
    try {
      return await Promise.all(stems.map((stem) => slice(this.context, stem, stretch, signal)));
    } catch {
      if (!signal.aborted) this.#end("gone");
      return [];
    }
  }
}
