"""The picture of a film, and the small one of a picture, made by ffmpeg."""

from pathlib import Path

from studio.media import ffmpeg

_LIMITS = ffmpeg.Limits(seconds=120, output=96 * ffmpeg.MB)
# The largest picture of a film: what cinemas call 4K.
_PIXELS = ("-max_pixels", str(4096 * 2304))


class PictureError(Exception):
    """A film or a picture of which none could be taken."""


def poster(path: Path, target: Path) -> Path:
    """Write the most telling picture of the film's first seconds to `target`, and give that."""
    # Made small first: a hundred large pictures side by side would not fit into memory.
    telling = "fps=8,scale='min(1280,iw)':-2,thumbnail=100"
    return _jpeg(ffmpeg.source(path, "-t", "12", *_PIXELS), telling, target)


def small(source: list[str], target: Path) -> Path:
    """Write a picture of 320 pixels' width at most to `target`, and give that."""
    return _jpeg(source, "scale='min(320,iw)':-2", target)


def _jpeg(source: list[str], filters: str, target: Path) -> Path:
    made = ("-map", "0:v:0", "-vf", filters, "-frames:v", "1", "-q:v", "4", "-f", "mjpeg")
    if ffmpeg.run(["-v", "error", *source, *made, f"file:{target}"], _LIMITS)[0]:
        raise PictureError("no picture could be taken from it")
    return target
