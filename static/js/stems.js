// The stems of one song on one clock. Their samples (16 bit, stereo) come in slices by byte ranges;
// each slice of all stems is scheduled for one and the same frame of the audio context, so that they
// cannot part, whatever the network does. Only what is played within seconds stands in memory.
export const RATE = 44100;
const FRAME = 4;
// Frames: the first slice is short, so that it sounds soon; each is twice the one before.
const [FIRST, LARGEST, AHEAD] = [RATE / 2, RATE, RATE * 4];
// Seconds: from the scheduling of the first slice to its sound; the fade that keeps a cut from clicking.
const [LEAD, FADE] = [0.06, 0.012];
const PATIENCE = 1000;

const wait = (milliseconds, signal) =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", resolve);
  });

// Fires "play", "pause", "waiting", "playing" and "ended"; times are seconds of the song.
export class Stems extends EventTarget {
  #context = null;
  #master = null;
  #sources = new Map();
  // Buffers that have been played are filled again: they are most of the memory.
  #free = [];
  #passages = [];
  #turn = new AbortController();
  #rest = 0;

  // `stems`: the address and the size in bytes of each one's samples.
  constructor(stems) {
    super();
    this.stems = stems.map(({ url, bytes }) => ({ url, frames: Math.floor(bytes / FRAME), gain: 1, output: null }));
    this.frames = Math.max(...this.stems.map((stem) => stem.frames));
    this.duration = this.frames / RATE;
    this.paused = true;
    this.loop = null;
  }

  get context() {
    return this.#context;
  }

  get time() {
    return this.#frame() / RATE;
  }

  async play() {
    if (!this.paused) return;
    this.paused = false;
    this.#open();
    this.dispatchEvent(new Event("play"));
    await this.#context.resume();
    if (!this.paused) this.#start(this.#rest >= this.frames ? 0 : this.#rest);
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
    this.#context = new AudioContext({ sampleRate: RATE, latencyHint: "playback" });
    this.#master = this.#context.createGain();
    this.#master.connect(this.#context.destination);
    for (const stem of this.stems) {
      stem.output = this.#context.createGain();
      stem.output.gain.value = stem.gain;
      stem.output.connect(this.#master);
    }
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
    let [size, at] = [FIRST, 0];
    while (!signal.aborted) {
      const { loop } = this;
      if (loop && frame >= loop.end) frame = loop.begin;
      if (frame >= this.frames) break;
      const frames = Math.min(size, (loop ? Math.min(loop.end, this.frames) : this.frames) - frame);
      const slices = await this.#fetch(frame, frames, signal);
      if (signal.aborted) return;
      at = this.#schedule(slices, at);
      this.#passages.push({ at, frame, frames });
      [at, frame, size] = [at + frames, frame + frames, Math.min(size * 2, LARGEST)];
      await wait(((at - AHEAD) / RATE - this.#context.currentTime) * 1000, signal);
    }
    await wait((at / RATE - this.#context.currentTime) * 1000, signal);
    if (signal.aborted) return;
    this.pause();
    this.#rest = 0;
    this.dispatchEvent(new Event("ended"));
  }

  // Gives the frame of the context at which the slices begin: `at`, or the soonest there is.
  #schedule(slices, at) {
    // What takes a while comes before the look at the clock: what is started late starts apart.
    const sources = slices.flatMap((samples, index) => (samples ? [this.#source(samples, index)] : []));
    const { currentTime, baseLatency } = this.#context;
    // The clock moves by steps as long as the context's own latency.
    const soonest = Math.ceil((currentTime + baseLatency + LEAD) * RATE);
    const isLate = at < soonest;
    if (isLate) {
      // The beginning, or the network was too slow: all of them go on together from here.
      at = soonest;
      this.#master.gain.setValueAtTime(1, at / RATE);
    }
    for (const source of sources) {
      source.start(at / RATE);
      this.#sources.set(source, at);
    }
    if (isLate) this.dispatchEvent(new Event("playing"));
    return at;
  }

  #source(samples, index) {
    const source = new AudioBufferSourceNode(this.#context, { buffer: this.#fill(samples) });
    source.connect(this.stems[index].output);
    source.addEventListener("ended", () => this.#release(source));
    return source;
  }

  #release(source) {
    if (!this.#sources.delete(source)) return;
    source.disconnect();
    this.#free.push(source.buffer);
  }

  #fill(samples) {
    const buffer = this.#free.pop() ?? this.#context.createBuffer(2, LARGEST, RATE);
    const count = samples.length / 2;
    for (const side of [0, 1]) {
      const channel = buffer.getChannelData(side);
      for (let n = 0; n < count; n += 1) channel[n] = samples[2 * n + side] / 32768;
      // The next slice sounds over the rest of it.
      channel.fill(0, count);
    }
    return buffer;
  }

  async #fetch(frame, frames, signal) {
    while (!signal.aborted) {
      try {
        return await Promise.all(this.stems.map((stem) => this.#slice(stem, frame, frames, signal)));
      } catch {
        if (signal.aborted) break;
        this.dispatchEvent(new Event("waiting"));
        await wait(PATIENCE, signal);
      }
    }
    return [];
  }

  async #slice(stem, frame, frames, signal) {
    // A stem that is shorter than the others is silent for the rest.
    if (frame >= stem.frames) return null;
    const range = `bytes=${frame * FRAME}-${(frame + frames) * FRAME - 1}`;
    const answer = await fetch(stem.url, { headers: { Range: range }, signal });
    if (answer.status !== 206) throw new Error(`${stem.url}: ${answer.status}`);
    return new Int16Array(await answer.arrayBuffer());
  }
}
