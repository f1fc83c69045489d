"""What leaves the mixer and each of its faders, recorded in its page; where in a file that is."""

import base64
import wave
from pathlib import Path
from typing import Any

import numpy
from numpy.typing import NDArray
from playwright.sync_api import Page

from tests.engines.window import promised

# Hears what leaves each stem's fader, and last what is heard, block by block on the audio thread.
RECORDER = """
registerProcessor("recorder", class extends AudioWorkletProcessor {
  process(inputs) {
    const silence = new Float32Array(128);
    this.port.postMessage(inputs.map(([channel]) => channel?.slice() ?? silence));
    return true;
  }
});
"""
# Between two plays: what is connected while slices begin can make the audio thread begin one late.
CONNECT = """
async (recorder) => {
  const { stems } = document.querySelector("studio-mixer");
  await stems.play();
  stems.pause();
  const { context } = stems;
  const script = new Blob([recorder], { type: "text/javascript" });
  await context.audioWorklet.addModule(URL.createObjectURL(script));
  const outputs = [...stems.stems.map(({ output }) => output), stems.device.output];
  const numberOfInputs = outputs.length;
  const node = new AudioWorkletNode(context, "recorder", { numberOfInputs });
  node.channelCount = 1;
  node.channelCountMode = "explicit";
  outputs.forEach((output, index) => output.connect(node, 0, index));
  node.connect(context.destination);
  window.recorder = node.port;
  // It hears, so that all is connected before the test plays.
  await new Promise((done) => (node.port.onmessage = done));
  node.port.onmessage = null;
}
"""
RECORD = """
async (seconds) => {
  const { stems } = document.querySelector("studio-mixer");
  let gaps = 0;
  stems.addEventListener("playing", () => (gaps += 1));
  const moveOn = async () => {
    for (let [moved, last] = [0, stems.time]; moved < 0.2; last = stems.time) {
      await new Promise((done) => setTimeout(done, 20));
      moved += Math.max(stems.time - last, 0);
      // Where a machine is busy, the song may have ended.
      if (stems.paused) stems.play();
    }
  };
  await moveOn();
  const blocks = [];
  const count = Math.ceil((seconds * stems.context.sampleRate) / 128);
  await new Promise((done) => {
    window.recorder.onmessage = ({ data }) => {
      if (blocks.length < count) blocks.push(data);
      else done();
    };
  });
  window.recorder.onmessage = null;
  await moveOn();
  return gaps ? null : [...stems.stems, null].map((_, index) => {
    const bytes = new Uint8Array(blocks.length * 512);
    blocks.forEach((block, at) => bytes.set(new Uint8Array(block[index].buffer), at * 512));
    let text = "";
    for (let at = 0; at < bytes.length; at += 8192) {
      text += String.fromCharCode(...bytes.subarray(at, at + 8192));
    }
    return btoa(text);
  });
}
"""


def connect(page: Page) -> None:
    """Put the recorder into a page whose policy lets it in."""
    promised(page, CONNECT, RECORDER)


def record(page: Page, seconds: float) -> list[NDArray[Any]]:
    """Return what leaves each stem's fader during `seconds` in which the network was fast enough.

    Where it is not, the mixer says that it goes on after a gap, and what was recorded is let go.
    """
    return _record(page, seconds)[:-1]


def record_all(page: Page, seconds: float) -> NDArray[Any]:
    """Return what is heard of all stems together, as `record` does."""
    return _record(page, seconds)[-1]


def _record(page: Page, seconds: float) -> list[NDArray[Any]]:
    told = (promised(page, RECORD, seconds) for _ in range(20))
    whole = next((channels for channels in told if channels), None)
    assert whole, "every recording had a gap"
    return [numpy.frombuffer(base64.b64decode(channel), "<f4") for channel in whole]


def pitch(heard: NDArray[Any]) -> float:
    """Return the hertz of the loudest tone, between the bins of the spectrum by a parabola."""
    size = 1 << 18
    spectrum = numpy.log(numpy.abs(numpy.fft.rfft(heard * numpy.hanning(len(heard)), size)) + 1e-12)
    top = int(numpy.argmax(spectrum))
    before, at, after = spectrum[top - 1 : top + 2]
    return float((top + (before - after) / (2 * (before - 2 * at + after))) * 44_100 / size)


def samples(path: Path) -> NDArray[Any]:
    """Return the samples of a WAV file as floats, a row a channel."""
    with wave.open(str(path)) as file:
        data = numpy.frombuffer(file.readframes(file.getnframes()), "<i2")
    return data.reshape(-1, 2).T.astype("float32") / 32768


def place(heard: NDArray[Any], source: NDArray[Any]) -> int:
    """Return at which sample of `source` `heard` begins, by correlation."""
    size = 1 << (len(source) + len(heard)).bit_length()
    spectrum = numpy.fft.rfft(source, size) * numpy.conj(numpy.fft.rfft(heard, size))
    return int(numpy.argmax(numpy.fft.irfft(spectrum, size)[: len(source)]))
