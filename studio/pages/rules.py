"""What can be made from what, known before anything is sent (the API pages' source rules)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from studio import operations
from studio.models import Task, Track, Upload
from studio.operations import IMPORT, OPERATIONS, Operation
from studio.operations.base import Group


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
    """Return a Choice for each of `tracks` (their `task` loaded), with one query for all.

    `chosen` holds the keys of those that are chosen, as text.
    """
    tracks = list(tracks)
    existing = _existing([operation], tracks)
    return [_choice(operation, track, existing, chosen) for track in tracks]


def refusal(operation: Operation, track: Track | None) -> str:
    """Return why nothing could come of `operation` on `track`, "" if something could.

    What exists already is no reason: whoever asks for it is led there.
    """
    if track is None:
        return ""
    (choice,) = choices(operation, [track])
    return "" if choice.disabled_url else choice.disabled_reason


def sources_words(operation: Operation) -> str:
    """Return in a sentence which songs `operation` takes."""
    givers = (IMPORT, *OPERATIONS.values())
    made = list(dict.fromkeys(one.made for one in givers if operation.name in one.songs_for))
    listed = " or ".join(filter(None, (", ".join(made[:-1]), *made[-1:])))
    return f"Vidgo makes {operation.noun.split()[-1].lower()}s only from songs it {listed}."


def next_steps(track: Track) -> list[dict[str, Any]]:
    """Return what can be made from `track` in groups, each step with its address or why not."""
    takers = [
        each
        for each in OPERATIONS.values()
        if "track" in each.form.base_fields and not each.is_for_recordings
    ]
    existing = _existing(takers, [track])
    offers = ((operation, _choice(operation, track, existing)) for operation in takers)
    return _grouped(offers, f"?track={track.pk}")


def recording_steps(upload: Upload) -> list[dict[str, Any]]:
    """Return what can be made from `upload` in groups, each step with its address."""
    takers = (each for each in OPERATIONS.values() if "upload" in each.form.base_fields)
    return _grouped(((operation, None) for operation in takers), f"?upload={upload.pk}")


def _grouped(
    offers: Iterable[tuple[Operation, Choice | None]], source: str
) -> list[dict[str, Any]]:
    groups: dict[Group, list[dict[str, str]]] = {group: [] for group in Group}
    for operation, choice in offers:
        groups[operation.group].append(
            {
                "label": operation.verb,
                "icon": operation.icon,
                "url": f"/new/{operation.name}/{source}",
                "disabled_reason": choice.disabled_reason if choice else "",
                "link_url": choice.disabled_url if choice else "",
            }
        )
    return [{"name": group.value, "steps": steps} for group, steps in groups.items() if steps]


def first_possible(groups: list[dict[str, Any]]) -> dict[str, str] | None:
    """Return the first of the steps in `groups` that nothing is in the way of, None for none."""
    possible = (step for group in groups for step in group["steps"] if not step["disabled_reason"])
    return next(possible, None)


def _once_key(operation: Operation, track: Track) -> str:
    return operation.once_key({"task_id": track.task.vidgo_id or "", "audio_id": track.audio_id})


def _existing(makers: Iterable[Operation], tracks: list[Track]) -> dict[str, Task]:
    """Return by their keys the tasks that hold what is made only once, with one query for all."""
    keys = {_once_key(operation, track) for operation in makers for track in tracks} - {""}
    found = Task.objects.filter(once_key__in=keys) if keys else Task.objects.none()
    return {str(task.once_key): task for task in found}


def _choice(
    operation: Operation, track: Track, tasks: dict[str, Task], chosen: Collection[str] = ()
) -> Choice:
    reason, url = "", ""
    existing = tasks.get(_once_key(operation, track))
    if operation.takes_sound:
        if not track.sound or not track.sound.is_here:
            reason = "Its sound is not saved yet."
    elif track.task.status != Task.Status.FINISHED:
        ended = track.task.is_final
        reason = "It was never finished." if ended else "It is still being made."
    elif refusal := operation.refuses(track):
        reason = refusal
    elif operation.name not in operations.get(track.task.operation).songs_for:
        reason = sources_words(operation)
    elif existing:
        done = existing.status == Task.Status.FINISHED
        reason = "It has been made." if done else "It is being made."
        if existing.deleted_at:
            reason = "It has been made, and lies in the trash."
        url = existing.get_absolute_url()
    return Choice(track, reason, url, checked=not reason and str(track.pk) in chosen)
