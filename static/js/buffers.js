// What the stems sound from. Buffers that have been played are filled again: they are most of the memory.
import { LONGEST, RATE, paced } from "./slices.js";

export class Buffers {
  #free = [];

  constructor(context) {
    this.context = context;
  }

  // Return a buffer with both `sides` of a slice, `phase` of a frame later, at a `tempo`.
  fill(sides, tempo, phase) {
    const longest = Math.ceil(LONGEST / Math.min(tempo, 1));
    const kept = this.#free.pop();
    const buffer = kept?.length >= longest ? kept : this.context.createBuffer(2, longest, RATE);
    sides.forEach((samples, side) => {
      const channel = buffer.getChannelData(side);
      const heard = paced(samples, tempo, phase);
      channel.set(heard);
      // The next slice sounds over the rest of it.
      channel.fill(0, heard.length);
    });
    return buffer;
  }

  giveBack(buffer) {
    this.#free.push(buffer);
  }

  forget() {
    this.#free = [];
  }
}
