// The click on the beats of a song, and the one that counts in before it.
import { RATE } from "./slices.js";

// The sound that an export has too (`media/mixing.py`): a tone that dies away.
const [HERTZ, DECAY, SECONDS] = [1500, 90, 0.05];
// How loud it counts in, whether or not it goes on.
const COUNTED = 0.8;

export class Click {
  #sources = new Set();

  constructor(context, output) {
    this.context = context;
    [this.level, this.counted] = [0, COUNTED].map((gain) => new GainNode(context, { gain }));
    for (const gain of [this.level, this.counted]) gain.connect(output);
    this.sound = context.createBuffer(1, RATE * SECONDS, RATE);
    const samples = this.sound.getChannelData(0);
    samples.forEach((_, n) => (samples[n] = Math.sin((2 * Math.PI * HERTZ * n) / RATE) * Math.exp((-DECAY * n) / RATE)));
  }

  setLevel(level) {
    this.level.gain.setTargetAtTime(level, this.context.currentTime, 0.005);
  }

  // Click on the `beats`, `period` and `first` in seconds of the song, of what is played from its `frame` on at
  // the frame `at` of the context; `late`: by how many frames all that is heard comes later.
  on({ period, first }, { frame, frames, at, tempo }, late) {
    const end = (frame + frames) / RATE;
    for (let beat = Math.max(Math.ceil((frame / RATE - first) / period), 0); first + beat * period < end; beat += 1) {
      this.#at(at + late + ((first + beat * period) * RATE - frame) / tempo, this.level);
    }
  }

  // Count `beats` from the frame `soonest` of the context on, so that they lead to the song's `frame`. Return how
  // many frames that takes.
  countIn({ period, first }, beats, { frame, tempo, soonest }, late) {
    const next = first + Math.ceil((frame / RATE - first) / period - 1e-6) * period;
    const lead = ((beats * period - (next - frame / RATE)) * RATE) / tempo;
    for (let beat = 0; beat < beats; beat += 1) this.#at(soonest + late + (beat * period * RATE) / tempo, this.counted);
    return Math.round(lead);
  }

  hush() {
    for (const source of this.#sources) source.stop();
    this.#sources.clear();
  }

  #at(frame, gain) {
    const source = new AudioBufferSourceNode(this.context, { buffer: this.sound });
    source.connect(gain);
    source.addEventListener("ended", () => {
      source.disconnect();
      this.#sources.delete(source);
    });
    source.start(Math.max(frame, 0) / RATE);
    this.#sources.add(source);
  }
}
