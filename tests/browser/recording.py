"""What leaves each fader of the mixer, recorded in its page, and where in the stem's file it is."""

import base64
import wave
from pathlib import Path
from typing import Any

import numpy
from numpy.typing import NDArray
from playwright.sync_api import Page

# Hears what leaves each stem's fader, all of them block by block on the audio thread.
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
  const numberOfInputs = stems.stems.length;
  const node = new AudioWorkletNode(context, "recorder", { numberOfInputs });
  node.channelCount = 1;
  node.channelCountMode = "explicit";
  stems.stems.forEach(({ output }, index) => output.connect(node, 0, index));
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
  return gaps ? null : stems.stems.map((_, index) => {
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
    page.evaluate(CONNECT, RECORDER)


def record(page: Page, seconds: float) -> list[NDArray[Any]]:
    """Return what leaves each stem's fader during `seconds` in which the network was fast enough.

    Where it is not, the mixer says that it goes on after a gap, and what was recorded is let go.
    """
    told = (page.evaluate(RECORD, seconds) for _ in range(20))
    whole = next((channels for channels in told if channels), None)
    assert whole, "every recording had a gap"
    return [numpy.frombuffer(base64.b64decode(channel), "<f4") for channel in whole]


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
