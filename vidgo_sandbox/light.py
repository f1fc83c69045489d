"""Tiny media for runs where only the flow counts: made once, then made unique by a few bytes."""

import functools
import hashlib
import tempfile
from pathlib import Path

from vidgo_sandbox.media import Studio
from vidgo_sandbox.pictures import cover

SECONDS = 1.0


@functools.cache
def _template(suffix: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / f"tiny{suffix}"
        if suffix == ".jpg":
            cover("tiny", "Sandbox", 96, target)
        elif suffix in (".mp3", ".wav"):
            Studio().run("-f", "lavfi", "-i", f"sine=d={SECONDS}", "-b:a", "32k", target)
        else:
            sources = ("-f", "lavfi", "-i", f"testsrc=s=64x36:d={SECONDS}:r=5", "-f", "lavfi")
            sound = ("-i", f"sine=d={SECONDS}", "-c:a", "aac", "-b:a", "32k", "-pix_fmt", "yuv420p")
            Studio().run(*sources, *sound, "-movflags", "+faststart", target)
        return target.read_bytes()


def write_tiny(target: Path) -> None:
    """Write a valid .mp3, .wav, .mp4 or .jpg unlike any other: the path goes into its bytes."""
    tiny = _template(target.suffix)
    mark = hashlib.sha256(str(target).encode()).hexdigest().encode()
    if target.suffix in (".mp3", ".wav"):
        # An ID3v1 tag: 128 bytes at the end of the file.
        target.write_bytes(tiny + (b"TAG" + mark).ljust(128, b"\0"))
    elif target.suffix == ".jpg":
        # A comment, right after the mark that starts the picture.
        length = (len(mark) + 2).to_bytes(2, "big")
        target.write_bytes(tiny[:2] + b"\xff\xfe" + length + mark + tiny[2:])
    else:
        target.write_bytes(tiny + (len(mark) + 8).to_bytes(4, "big") + b"free" + mark)
