// Whole seconds of a stem's samples: FLAC, decoded by the browser, sample for sample.
import { RefusedError, ask } from "./answers.js";
import { wait } from "./times.js";

export const RATE = 44100;
// Frames: a slice that follows another; a piece that is too short to come alone; the most of both.
const [USUAL, SHORT] = [RATE * 2, RATE / 4];
export const LONGEST = USUAL + SHORT;
// Milliseconds until a slice that did not come is asked for again.
const PATIENCE = 1000;
// Where the decoder gives another length than it should, plain samples are taken.
let isPlain = false;

// The stretches of a song as they follow each other, through its loop again and again. The first is
// short, so that it sounds soon, and so are all on a slow line. Each ends where a second does, so that
// none is fetched twice.
export function* stretches(song, frame) {
  for (let size = RATE; ; size = song.isQuick ? USUAL : RATE) {
    const { loop, frames } = song;
    if (loop && frame >= loop.end) frame = loop.begin;
    if (frame >= frames) return;
    const next = Math.floor((frame + SHORT) / RATE) * RATE + size;
    const end = Math.min(next, loop ? loop.end : frames, frames);
    yield { frame, frames: end - frame };
    frame = end;
  }
}

// The samples at `phase`, `phase + tempo` and so on, between those that are there by Catmull and Rom's
// cubic: the same sound, faster and higher, or slower and lower.
export function paced(samples, tempo, phase) {
  if (tempo === 1 && !phase) return samples;
  const last = samples.length - 1;
  const given = new Float32Array(Math.max(Math.ceil((samples.length - phase) / tempo), 0));
  for (let n = 0; n < given.length; n += 1) {
    const place = phase + n * tempo;
    const whole = Math.floor(place);
    const part = place - whole;
    const b = samples[whole];
    // Beyond either end it goes on as straight as it came: the next slice is not here.
    const c = whole < last ? samples[whole + 1] : 2 * b - samples[Math.max(whole - 1, 0)];
    const a = whole ? samples[whole - 1] : 2 * b - c;
    const d = whole + 1 < last ? samples[whole + 2] : 2 * c - b;
    given[n] = b + 0.5 * part * (c - a + part * (2 * a - 5 * b + 4 * c - d + part * (3 * (b - c) + d - a)));
  }
  return given;
}

function split(samples) {
  return [0, 1].map((side) => Float32Array.from({ length: samples.length / 2 }, (_, n) => samples[2 * n + side] / 32768));
}

async function load(context, stem, first, last, signal) {
  const plain = isPlain ? "&plain=1" : "";
  const answer = await ask(`${stem.url}?from=${first}&seconds=${last - first}${plain}`, { signal });
  if (!answer.ok) throw new Error(`${stem.url}: ${answer.status}`);
  const given = await answer.arrayBuffer();
  if (answer.headers.get("Content-Type") !== "audio/flac") return split(new Int16Array(given));
  const sound = await context.decodeAudioData(given).catch(() => null);
  if (sound?.length === Math.min(last * RATE, stem.frames) - first * RATE) {
    return [sound.getChannelData(0), sound.getChannelData(1)];
  }
  isPlain = true;
  return load(context, stem, first, last, signal);
}

async function patiently(bring, signal) {
  for (;;) {
    try {
      return await bring();
    } catch (error) {
      if (signal.aborted || error instanceof RefusedError) throw error;
      await wait(PATIENCE, signal);
    }
  }
}

// Gives both sides of a stem from `frame` on, shorter where the stem is, null where it is over. Throws
// when `signal` ends it, and RefusedError where it will never come.
export async function slice(context, stem, { frame, frames }, signal) {
  if (frame >= stem.frames) return null;
  const first = Math.floor(frame / RATE);
  const last = Math.ceil(Math.min(frame + frames, stem.frames) / RATE);
  const sides = await patiently(() => load(context, stem, first, last, signal), signal);
  const begin = frame - first * RATE;
  return sides.map((side) => side.subarray(begin, begin + frames));
}
