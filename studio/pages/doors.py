"""What was made of songs and recordings, as small doors: one for each kind of result."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Max, Min
from django.urls import reverse

from studio import operations
from studio.models import Task

Status = Task.Status
MOVING = (Status.PENDING, Status.NOT_STARTED, Status.RUNNING)


@dataclass(frozen=True)
class Door:
    """The way to one kind of what was made of a song or a recording.

    `status` is that of the newest, which is `task`; `count` says how many stand behind it.
    """

    label: str
    icon: str
    url: str
    count: int = 1
    status: str = ""
    word: str = ""
    task: int = 0


def of_songs(tasks: Collection[int]) -> dict[int, list[Door]]:
    """Return what was made of the songs that `tasks` gave, by the keys of these tasks."""
    made = Task.kept.filter(source_track__task__in=tasks)
    return _doors(made, "source_track__task", "source_track")


def of_recordings(uploads: Collection[int]) -> dict[int, list[Door]]:
    """Return what was made of `uploads`, by their keys."""
    return _doors(Task.kept.filter(source_upload__in=uploads), "source_upload", "source_upload")


def _doors(made: Any, home: str, page: str) -> dict[int, list[Door]]:
    """Return the doors for the tasks `made`, by their `home`; several lead to the `page` of one."""
    told = made.exclude(status=Status.CANCELLED).order_by()
    counted = told.values(home, "operation", "status").annotate(
        count=Count("pk"), newest=Max("pk"), first=Min(page), page=Max(page)
    )
    kinds: dict[tuple[int, str], list[dict[str, Any]]] = defaultdict(list)
    for each in counted:
        kinds[each[home], each["operation"]].append(each)
    order = {name: place for place, name in enumerate(operations.OPERATIONS)}
    found: dict[int, list[Door]] = defaultdict(list)
    for key, name in sorted(kinds, key=lambda kind: order.get(kind[1], len(order))):
        found[key] += _of_kind(kinds[key, name], "track" if page == "source_track" else "recording")
    return found


def _of_kind(states: list[dict[str, Any]], page: str) -> Iterable[Door]:
    """Return a door for what is ready, or has failed at last; and one for what is still to come."""
    by_status = {each["status"]: each for each in states}
    moving = [by_status[status] for status in (Status.UNCONFIRMED, *MOVING) if status in by_status]
    settled = by_status.get(Status.FINISHED)
    if settled is None and not moving:
        settled = by_status.get(Status.FAILED)
    return [_door(each, page) for each in (settled, *moving[:1]) if each]


def _door(each: dict[str, Any], page: str) -> Door:
    operation, status = operations.get(each["operation"]), Status(each["status"])
    # Of several variations no page shows all.
    several = each["count"] > 1 and each["first"] == each["page"]
    url = reverse(page, args=[each["page"]]) + "#made" if several else ""
    return Door(
        label=operation.noun,
        icon=operation.icon,
        url=url or reverse("task", args=[each["newest"]]),
        count=each["count"],
        status=status,
        word="" if status == Status.FINISHED else str(status.label),
        task=each["newest"],
    )
