// An AudioWorklet that makes a sound higher or lower and leaves its tempo: what comes in is read again at
// the speed `pitch`, and where reading comes too near to writing, or too far behind it, it jumps to the
// place that looks most alike (WSOLA: Verhelst and Roelands, ICASSP 1993).
// Frames: the ring; the least between reading and writing; how far a jump goes; what is compared for it;
// what is faded over after it.
const SIZE = 2 ** 13;
const NEAR = 640;
const [SHORTEST, LONGEST] = [800, 2000];
const COMPARED = 512;
const FADE = 384;
// A first look compares every so manieth frame at every so manieth place.
const COARSE = 4;

class Shifter extends AudioWorkletProcessor {
  static parameterDescriptors = [{ name: "pitch", defaultValue: 1, minValue: 0.25, maxValue: 4, automationRate: "k-rate" }];

  constructor() {
    super();
    this.sides = [new Float32Array(SIZE), new Float32Array(SIZE)];
    // Both, to be compared.
    this.sum = new Float32Array(SIZE);
    // Frames since the beginning: the next one that is written, the one that is read, where reading was
    // before the last jump, and what is left of the fade from there.
    this.written = SIZE;
    this.place = SIZE - NEAR - LONGEST;
    this.before = 0;
    this.left = 0;
  }

  process([input], [output], { pitch: [pitch] }) {
    const [left, right = left] = input;
    for (let n = 0; n < output[0].length; n += 1) {
      this.write(left ? left[n] : 0, right ? right[n] : 0);
      const share = this.left / FADE;
      for (const side of [0, 1]) {
        const now = this.read(this.sides[side], this.place);
        output[side][n] = share ? now + (this.read(this.sides[side], this.before) - now) * share : now;
      }
      this.place += pitch;
      this.before += pitch;
      if (this.left) this.left -= 1;
      else this.look(pitch);
    }
    return true;
  }

  write(left, right) {
    const at = this.written % SIZE;
    this.sides[0][at] = left;
    this.sides[1][at] = right;
    this.sum[at] = left + right;
    this.written += 1;
  }

  // Between the frames by Catmull and Rom's cubic.
  read(side, place) {
    const whole = Math.floor(place);
    const part = place - whole;
    const a = side[(whole - 1) % SIZE];
    const b = side[whole % SIZE];
    const c = side[(whole + 1) % SIZE];
    const d = side[(whole + 2) % SIZE];
    return b + 0.5 * part * (c - a + part * (2 * a - 5 * b + 4 * c - d + part * (3 * (b - c) + d - a)));
  }

  // Jump back where reading is faster than writing and has caught up, forward where it has fallen behind.
  look(pitch) {
    const behind = this.written - this.place;
    // What the fade after the jump still reads.
    const near = NEAR + Math.max(pitch - 1, 0) * FADE;
    if (pitch > 1 && behind < near) this.jump(-1);
    else if (pitch < 1 && behind > near + LONGEST) this.jump(1);
  }

  jump(way) {
    const here = Math.floor(this.place);
    let best = this.best(here, way, SHORTEST, LONGEST, COARSE);
    best = this.best(here, way, Math.max(best - COARSE, SHORTEST), Math.min(best + COARSE, LONGEST), 1);
    this.before = this.place;
    this.place += way * best;
    this.left = FADE;
  }

  best(here, way, from, to, step) {
    let [found, most] = [from, -Infinity];
    for (let far = from; far <= to; far += step) {
      const like = this.likeness(here, here + way * far, step);
      if (like > most) [found, most] = [far, like];
    }
    return found;
  }

  // 1 where both stretches have the same form, whatever their levels.
  likeness(one, other, step) {
    let [product, energy] = [0, 1e-9];
    for (let n = 0; n < COMPARED; n += step) {
      const there = this.sum[(other + n) % SIZE];
      product += this.sum[(one + n) % SIZE] * there;
      energy += there * there;
    }
    return product / Math.sqrt(energy);
  }
}

registerProcessor("studio-shifter", Shifter);
