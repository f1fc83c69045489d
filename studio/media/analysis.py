"""What a page needs of a saved file before it is opened: made once, in the background.

Of a sound the peaks to draw, the length, the loudness; of a stem all its samples, for the mixer to
fetch by ranges; of a film its poster; of a large picture a small one for lists. One ffmpeg decodes,
and what it gives is read in small pieces.
"""

import itertools
import logging
from array import array
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from studio import leases, lifecycle
from studio.lifecycle import User
from studio.lifecycle.changes import actor
from studio.media import ffmpeg, looking, loudness, originals, pictures, slices
from studio.media.rhythm import RATE, Ear, Rhythm
from studio.models import Asset, Event, Preview, Task, Upload, preview_path
from studio.storage.files import Part, check_room, delete_after_commit, incoming, is_full, on_disk

logger = logging.getLogger(__name__)

# Seconds that one file may take, and that the row is held for it.
PATIENCE = 120
LEASE = PATIENCE + 60
MAX_TRIES = 3
POINTS = 800
# Seconds that are listened to.
LONGEST = 3600
# For drawing: one level for each 20 ms until the length is known.
_STEP = RATE // 50
_LIMITS = ffmpeg.Limits(seconds=PATIENCE, output=96 * ffmpeg.MB)
# A picture of fewer bytes than this is as quick to fetch as a small one of it.
_SMALL = 12 * 1024
_SOUNDS = (Asset.Kind.AUDIO, Asset.Kind.STEM)


class PreviewError(Exception):
    """A file that cannot be decoded."""


@dataclass
class Heard:
    """What decoding a sound has shown. `duration` in seconds, `loudness` in LUFS."""

    duration: float
    loudness: float | None
    rhythm: Rhythm
    peaks: list[int] = field(repr=False)
    troughs: list[int] = field(repr=False)


def expect(stored: Asset | Upload) -> None:
    """Have the preview of a file just saved made (anew), if its kind has one."""
    if isinstance(stored, Upload):
        Preview.objects.get_or_create(upload=stored, defaults={"due_at": timezone.now()})
    elif stored.kind in (*_SOUNDS, Asset.Kind.VIDEO) or _is_made_small(stored):
        now = {"due_at": timezone.now(), "held_until": None, "lease": "", "attempts": 0}
        Preview.objects.update_or_create(
            asset=stored, defaults={**now, "peaks": [], "troughs": None}
        )
        if stored.kind == Asset.Kind.STEM:
            originals.expect(originals.of(stored.task))


def _is_made_small(stored: Asset) -> bool:
    """Return whether it is a picture for which a small one is worth making, or is there."""
    if stored.kind != Asset.Kind.IMAGE:
        return False
    return (stored.size or 0) >= _SMALL or Preview.objects.filter(asset=stored).exists()


def put_right(preview: Preview, rhythm: Rhythm, user: User) -> None:
    """Keep what `user` says of a sound's tempo, beats and key, instead of what was found."""
    beat = preview.beat if rhythm.beat is None else rhythm.beat
    with transaction.atomic():
        Preview.objects.filter(pk=preview.pk).update(
            tempo=rhythm.tempo, beat=beat, musical_key=rhythm.key, is_put_right=True
        )
        told = f"{round(rhythm.tempo)} BPM {rhythm.key}".rstrip()
        if preview.asset:
            lifecycle.note(preview.asset.task_id, f"Tempo and key: {told}", user)
        else:
            text = f"Tempo and key of the recording “{preview.upload}”: {told}"
            Event.objects.create(text=text, actor=actor(user))


def make_missing() -> None:
    """Have those made anew whose files are not in the storage: no backup holds them."""
    for preview in Preview.objects.exclude(samples="", poster=""):
        if not all(file.storage.exists(str(file.name)) for file in preview.files if file):
            now = {"due_at": timezone.now(), "held_until": None, "lease": "", "attempts": 0}
            Preview.objects.filter(pk=preview.pk).update(samples="", poster="", **now)


def renew() -> bool:
    """Have one made anew that an earlier release has left, where nothing is due.

    Of a stem it kept plain samples, and it listened for no tempo. Return whether more can be left:
    where none is, the look for one reads all of them (19 ms with 30,000).
    """
    if Preview.objects.filter(due_at__isnull=False).exists():
        return True
    plain = Preview.objects.filter(frames__isnull=True).exclude(samples="")
    unheard = Preview.objects.filter(tempo__isnull=True, poster="")
    for left in (plain, unheard):
        found = left.filter(attempts__lt=MAX_TRIES).order_by("pk").first()
        if found:
            Preview.objects.filter(pk=found.pk, due_at=None).update(due_at=timezone.now())
            return True
    return False


def make(preview_pk: int, lease: str) -> None:
    """Make one preview. `lease` is what `work.take` gave."""
    preview = Preview.objects.select_related("asset", "upload").get(pk=preview_pk)
    asset, upload = preview.asset, preview.upload
    kind = asset.kind if asset else Asset.Kind.AUDIO
    made = incoming() / f"preview-{preview.pk}-{lease[:16]}"
    is_sampled = kind == Asset.Kind.STEM or (kind in _SOUNDS and originals.tasks(preview).exists())
    try:
        check_room(_LIMITS.output if is_sampled else 0)
        with on_disk((asset or upload).file) as path:  # type: ignore[union-attr]  # one is there
            if kind == Asset.Kind.VIDEO:
                _keep(preview, lease, poster=pictures.poster(path, made))
            elif asset and kind == Asset.Kind.IMAGE:
                _keep(
                    preview,
                    lease,
                    poster=pictures.small(looking.picture(path, asset.content_type), made),
                )
            elif kind == Asset.Kind.STEM:
                _keep(preview, lease, listen(path, made, loudness.PART), samples=made)
            elif is_sampled:
                _keep_original(preview, lease, path, made)
            else:
                _keep(preview, lease, listen(path))
    except (PreviewError, pictures.PictureError, slices.SliceError, OSError) as error:
        logger.warning("preview %s could not be made: %s", preview.pk, error)
        _failed(preview, lease, counts=not is_full(error))
    finally:
        made.unlink(missing_ok=True)
    _tell_of(preview)


def _tell_of(before: Preview) -> None:
    """Have open pages learn of what can be played now and could not `before`."""
    asset = before.asset
    if before.samples or (asset and asset.kind == Asset.Kind.IMAGE):
        return
    if asset and not before.peaks:
        _tell(asset.task_id, "Ready to play")
    elif Preview.objects.filter(pk=before.pk).exclude(samples="").exists():
        for task in originals.tasks(before):
            _tell(task.pk, "Ready to compare with the original")


def _tell(task_pk: int, text: str) -> None:
    """Have open pages learn that all of a task can be played, once that is so."""
    if _unfinished(task_pk):
        return
    with transaction.atomic():
        task = Task.objects.select_for_update().filter(pk=task_pk).first()
        if task is not None:
            # By this line of history; its line says how long it is.
            lifecycle.tell(task, text)


def _decoding(path: Path, samples: Path | None, measure: str) -> list[str]:
    """Return ffmpeg's arguments: what is drawn goes to its output, the loudness to its words."""
    drawn = f"aformat=channel_layouts=mono,aresample={RATE},aformat=sample_fmts=s16"
    if samples:
        graph = (
            f"[0:a:0]aresample={slices.RATE},aformat=sample_fmts=s16:channel_layouts=stereo,"
            f"asplit=3[samples][whole][all];[whole]{drawn}[drawn];[all]{measure},anullsink"
        )
        targets = ["-map", "[samples]", *slices.writing(samples)]
    else:
        graph, targets = f"[0:a:0]{measure},{drawn}[drawn]", []
    targets += ["-map", "[drawn]", "-f", "s16le", "pipe:1"]
    longest = ("-t", str(slices.LONGEST if samples else LONGEST))
    source = ffmpeg.source(path, *longest)
    return ["-nostats", *source, "-vn", "-filter_complex", graph, *targets]


def listen(path: Path, samples: Path | None = None, measure: str = loudness.WHOLE) -> Heard:
    """Decode the sound at `path`; with `samples`, write every sample there too.

    Raises PreviewError.
    """
    highs: list[int] = []
    lows: list[int] = []
    count, ear = 0, Ear()
    with ffmpeg.start(_decoding(path, samples, measure), _LIMITS) as running:
        running.hurry()
        # Two seconds at a time.
        while data := running.read(_STEP * 2 * 100):
            piece = array("h", data)
            count += len(piece)
            ear.hear(piece)
            steps = [piece[at : at + _STEP] for at in range(0, len(piece), _STEP)]
            highs += [max(max(step), 0) >> 7 for step in steps]
            # A silent side is 0, and -32768 has no positive of its own.
            lows += [min(max(-min(step), 0), 32767) >> 7 for step in steps]
        if running.wait():
            raise PreviewError("it cannot be decoded")
    if not count:
        raise PreviewError("there is no sound in it")
    how_loud = loudness.read(running.told)
    return Heard(count / RATE, how_loud, ear.rhythm(), _reduce(highs), _reduce(lows))


def _reduce(levels: list[int]) -> list[int]:
    """Return `POINTS` levels for the many, or as many as there are."""
    points = min(POINTS, len(levels))
    edges = [len(levels) * n // points for n in range(points + 1)]
    return [max(levels[a:b]) for a, b in itertools.pairwise(edges)]


def _keep_original(preview: Preview, lease: str, path: Path, made: Path) -> None:
    """Keep the samples of what stems were taken from; it goes on to look as it did."""
    heard = listen(path, made)
    is_known = preview.peaks and preview.tempo is not None
    _keep(preview, lease, None if is_known else heard, samples=made)


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
    frames, offsets = slices.index(samples) if samples else (None, None)
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
            held.frames, held.offsets = frames, offsets
            _write(held, heard, names)


def _write(held: Preview, heard: Heard | None, names: dict[str, str]) -> None:
    for name, stored in names.items():
        setattr(held, name, stored)
    held.due_at, held.held_until = None, None
    if heard:
        held.peaks, held.troughs, held.loudness = heard.peaks, heard.troughs, heard.loudness
        found = heard.rhythm
        if not held.is_put_right:
            held.tempo, held.beat, held.musical_key = found.tempo, found.beat, found.key
        Asset.objects.filter(preview=held).update(duration=heard.duration)
    held.save()


def _failed(preview: Preview, lease: str, *, counts: bool) -> None:
    """Have it tried again, not for ever; what does not count, a full disk, is waited for."""
    attempts = preview.attempts + counts
    wait = timedelta(seconds=leases.backoff(attempts) if counts else 60)
    Preview.objects.filter(pk=preview.pk, lease=lease).update(
        attempts=attempts,
        held_until=None,
        due_at=None if attempts >= MAX_TRIES else timezone.now() + wait,
    )


def _unfinished(task_pk: int) -> bool:
    """Return whether a file of the task is still to be saved or to be looked at."""
    waiting = Asset.objects.filter(task=task_pk, state=Asset.State.WAITING)
    due = Preview.objects.filter(asset__task=task_pk, due_at__isnull=False)
    # A picture is there without its small one.
    due = due.exclude(asset__kind=Asset.Kind.IMAGE)
    return waiting.exists() or due.exists()
