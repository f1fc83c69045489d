"""What a page needs of a saved sound or film before it is played: made once, in the background.

Peaks to draw, the length, the loudness; of a stem all its samples, for the mixer to fetch by
ranges; of a film its poster. One ffmpeg decodes, and what it gives is read in small pieces.
"""

import itertools
import logging
import re
import subprocess
import tempfile
import threading
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import IO

import imageio_ffmpeg
from django.db import transaction
from django.utils import timezone

from studio import lifecycle, work
from studio.files import Part, delete_after_commit, incoming, on_disk
from studio.models import Asset, Preview, Task, Upload, preview_path

logger = logging.getLogger(__name__)

# Seconds that one file may take, and that the row is held for it.
PATIENCE = 120
LEASE = PATIENCE + 60
MAX_TRIES = 3
POINTS = 800
# What `Preview.samples` holds: 16 bit, stereo.
RATE = 44_100
FRAME = 4
# For drawing: mono at this rate, one level for each 20 ms until the length is known.
_DRAW_RATE = 22_050
_STEP = _DRAW_RATE // 50
_LOUDNESS = re.compile(r"I:\s+(-?[\d.]+) LUFS")
_SOUNDS = (Asset.Kind.AUDIO, Asset.Kind.STEM)


class PreviewError(Exception):
    """A file that cannot be decoded."""


@dataclass
class Heard:
    """What decoding a sound has shown. `duration` in seconds, `loudness` in LUFS."""

    duration: float
    loudness: float | None
    peaks: list[int] = field(repr=False)


def expect(stored: Asset | Upload) -> None:
    """Have the preview of a file just saved made (anew), if its kind has one."""
    if isinstance(stored, Upload):
        Preview.objects.get_or_create(upload=stored, defaults={"due_at": timezone.now()})
    elif stored.kind in (*_SOUNDS, Asset.Kind.VIDEO):
        now = {"due_at": timezone.now(), "held_until": None, "lease": "", "attempts": 0}
        Preview.objects.update_or_create(asset=stored, defaults={**now, "peaks": []})


def make(preview_pk: int, lease: str) -> None:
    """Make one preview. `lease` is what `work.take` gave."""
    preview = Preview.objects.select_related("asset", "upload").get(pk=preview_pk)
    asset, upload = preview.asset, preview.upload
    kind = asset.kind if asset else Asset.Kind.AUDIO
    made = incoming() / f"preview-{preview.pk}-{lease[:16]}"
    try:
        with on_disk((asset or upload).file) as path:  # type: ignore[union-attr]  # one is there
            if kind == Asset.Kind.VIDEO:
                _keep(preview, lease, poster=_poster(path, made))
            elif kind == Asset.Kind.STEM:
                _keep(preview, lease, listen(path, made), samples=made)
            else:
                _keep(preview, lease, listen(path))
    except (PreviewError, OSError) as error:
        logger.warning("preview %s could not be made: %s", preview.pk, error)
        _failed(preview, lease)
    finally:
        made.unlink(missing_ok=True)
    if asset is not None and not _unfinished(asset.task_id):
        with transaction.atomic():
            task = Task.objects.select_for_update().filter(pk=asset.task_id).first()
            if task is not None:
                # Open pages learn of it by this line of history; its line says how long it is.
                lifecycle.tell(task, "Ready to listen to: waveforms are drawn")


def listen(path: Path, samples: Path | None = None) -> Heard:
    """Decode the sound at `path`; with `samples`, write every sample there too.

    Raises PreviewError.
    """
    drawn = f"aformat=channel_layouts=mono,aresample={_DRAW_RATE},aformat=sample_fmts=s16"
    if samples:
        graph = (
            f"[0:a:0]aresample={RATE},aformat=sample_fmts=s16:channel_layouts=stereo,"
            f"asplit=2[samples][whole];[whole]{drawn}[drawn]"
        )
        targets = ["-map", "[samples]", "-f", "s16le", "-y", f"file:{samples}"]
    else:
        graph, targets = f"[0:a:0]ebur128=framelog=quiet,{drawn}[drawn]", []
    targets += ["-map", "[drawn]", "-f", "s16le", "pipe:1"]
    with tempfile.TemporaryFile() as told:
        levels: list[int] = []
        count = 0
        for piece in _run(path, ["-filter_complex", graph, *targets], told):
            count += len(piece)
            levels += [_level(piece[at : at + _STEP]) for at in range(0, len(piece), _STEP)]
        told.seek(0)
        loudness = _LOUDNESS.findall(told.read().decode("utf-8", "replace"))
    if not count:
        raise PreviewError("there is no sound in it")
    return Heard(count / _DRAW_RATE, float(loudness[-1]) if loudness else None, _reduce(levels))


def _run(path: Path, options: list[str], told: IO[bytes]) -> Iterator["array[int]"]:
    """Run ffmpeg on `path` and give what it writes to its pipe, two seconds at a time."""
    command = [
        *(imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-hide_banner", "-nostats"),
        *("-protocol_whitelist", "file,pipe", "-i", f"file:{path}", "-vn", *options),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=told) as process:  # noqa: S603
        watch = threading.Timer(PATIENCE, process.kill)
        watch.start()
        try:
            while process.stdout and (data := process.stdout.read(_STEP * 2 * 100)):
                yield array("h", data)
            if process.wait():
                raise PreviewError("it cannot be decoded")
        finally:
            watch.cancel()
            process.kill()


def _level(samples: "array[int]") -> int:
    """Give the highest level in `samples`, 0 to 255."""
    return min(max(max(samples), -min(samples)) >> 7, 255)


def _reduce(levels: list[int]) -> list[int]:
    """Give `POINTS` levels for the many, or as many as there are."""
    points = min(POINTS, len(levels))
    edges = [len(levels) * n // points for n in range(points + 1)]
    return [max(levels[a:b]) for a, b in itertools.pairwise(edges)]


def _poster(path: Path, target: Path) -> Path:
    """Write the most telling picture of the film's first seconds to `target`, and give that."""
    command = [
        *(imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y"),
        *("-protocol_whitelist", "file", "-t", "12", "-i", f"file:{path}", "-map", "0:v:0"),
        *("-vf", "thumbnail=100,scale='min(1280,iw)':-2", "-frames:v", "1", "-q:v", "4"),
        *("-f", "mjpeg", f"file:{target}"),
    ]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)  # noqa: S603
    except subprocess.SubprocessError:
        raise PreviewError("no picture could be taken from it") from None
    return target


def _keep(
    preview: Preview,
    lease: str,
    heard: Heard | None = None,
    *,
    samples: Path | None = None,
    poster: Path | None = None,
) -> None:
    storage = preview.samples.storage
    names = {}
    for name, path in (("samples", samples), ("poster", poster)):
        if path is not None:
            with path.open("rb") as source:
                names[name] = storage.save(preview_path(preview, ""), Part(source, name=str(path)))
    with transaction.atomic():
        held = Preview.objects.select_for_update().filter(pk=preview.pk, lease=lease).first()
        if held is None:
            # Somebody else has the row by now, or the task is deleted.
            for name in names.values():
                storage.delete(name)
        else:
            delete_after_commit([getattr(held, name) for name in names])
            _write(held, heard, names)


def _write(held: Preview, heard: Heard | None, names: dict[str, str]) -> None:
    for name, stored in names.items():
        setattr(held, name, stored)
    held.due_at, held.held_until = None, None
    if heard:
        held.peaks, held.loudness = heard.peaks, heard.loudness
        Asset.objects.filter(preview=held).update(duration=heard.duration)
    held.save()


def _failed(preview: Preview, lease: str) -> None:
    attempts = preview.attempts + 1
    wait = timedelta(seconds=work.backoff(attempts))
    Preview.objects.filter(pk=preview.pk, lease=lease).update(
        attempts=attempts,
        held_until=None,
        due_at=None if attempts >= MAX_TRIES else timezone.now() + wait,
    )


def _unfinished(task_pk: int) -> bool:
    """Say whether a file of the task is still to be saved or to be looked at."""
    waiting = Asset.objects.filter(task=task_pk, state=Asset.State.WAITING)
    due = Preview.objects.filter(asset__task=task_pk, due_at__isnull=False)
    return waiting.exists() or due.exists()
