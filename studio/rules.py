"""What can be made from what, known before anything is sent (the API pages' source rules)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from studio.models import Task, Track
from studio.operations import OPERATIONS, Operation


@dataclass(frozen=True)
class Choice:
    """Whether a song can be chosen for an operation; if not, why, and the link to what exists."""

    track: Track
    disabled_reason: str = ""
    disabled_url: str = ""
    checked: bool = False


def choices(
    operation: Operation, tracks: Iterable[Track], chosen: Collection[str] = ()
) -> list[Choice]:
    """Give a Choice for each of `tracks` (their `task` loaded), with one query for all.

    `chosen` holds the keys of those that are chosen, as text.
    """
    tracks = list(tracks)
    existing = _existing(operation, tracks)
    return [
        _choice(operation, track, existing.get(_once_key(operation, track)), chosen)
        for track in tracks
    ]


def refusal(operation: Operation, track: Track | None) -> str:
    """Say why nothing could come of `operation` on `track`, "" if something could.

    What exists already is no reason: whoever asks for it is led there.
    """
    if track is None:
        return ""
    (choice,) = choices(operation, [track])
    return "" if choice.disabled_url else choice.disabled_reason


def next_steps(track: Track) -> list[dict[str, str]]:
    """Give what can be made from `track`, each step with its address or the reason why not."""
    steps = []
    for operation in OPERATIONS.values():
        (choice,) = choices(operation, [track])
        steps.append(
            {
                "label": operation.verb,
                "icon": operation.icon,
                "url": f"/new/{operation.model}/?track={track.pk}",
                "disabled_reason": choice.disabled_reason,
                "link_url": choice.disabled_url,
            }
        )
    return steps


def _once_key(operation: Operation, track: Track) -> str:
    return operation.once_key({"task_id": track.task.task_id or "", "audio_id": track.audio_id})


def _existing(operation: Operation, tracks: list[Track]) -> dict[str, Task]:
    keys = {key for track in tracks if (key := _once_key(operation, track))}
    if not keys:
        return {}
    return {str(task.once_key): task for task in Task.objects.filter(once_key__in=keys)}


def _choice(
    operation: Operation, track: Track, existing: Task | None, chosen: Collection[str]
) -> Choice:
    reason, url = "", ""
    if operation.takes_sound:
        if not track.sound or not track.sound.is_here:
            reason = "Its sound is not saved yet."
    elif track.task.status != Task.Status.FINISHED:
        ended = track.task.is_final
        reason = "It was never finished." if ended else "It is still being made."
    elif operation.sources and track.task.model not in operation.sources:
        reason = operation.sources_words
    elif existing:
        done = existing.status == Task.Status.FINISHED
        noun = operation.noun.lower()
        reason = f"It already has a {noun}." if done else f"Its {noun} is being made."
        url = existing.get_absolute_url()
    return Choice(track, reason, url, checked=not reason and str(track.pk) in chosen)
