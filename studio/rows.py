"""A task as a line of a list."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from studio import operations, timing
from studio.models import Asset, Event, Task
from studio.operations import Operation


@dataclass(frozen=True)
class Row:
    """One line: the task and what of it is shown without opening it."""

    task: Task
    operation: Operation
    assets: list[Asset]
    preview: Asset | None
    player: Asset | None
    source: str
    seconds: float
    usual: float | None
    rev: str


def for_rows(tasks: "QuerySet[Task]") -> "QuerySet[Task]":
    """Load all that rows need, in a constant number of queries."""
    return tasks.select_related(
        "created_by", "source_track__image", "source_upload"
    ).prefetch_related("assets")


def rows(tasks: Iterable[Task]) -> list[Row]:
    """Give the lines of `tasks`, which `for_rows` has loaded."""
    return [_row(task) for task in tasks]


def _row(task: Task) -> Row:
    assets = list(task.assets.all())
    saved = [asset for asset in assets if asset.file]
    preview = next((asset for asset in saved if asset.kind == Asset.Kind.IMAGE), None)
    if preview is None and task.source_track:
        preview = task.source_track.image
    sounds = (Asset.Kind.AUDIO, Asset.Kind.STEM)
    return Row(
        task=task,
        operation=operations.get(task.model),
        assets=assets,
        preview=preview,
        player=next((asset for asset in saved if asset.kind in sounds), None),
        source=_source(task),
        seconds=timing.elapsed_seconds(task),
        usual=None if task.is_final else timing.usual_seconds(task.model),
        rev=f"{task.updated_at.timestamp():.6f}",
    )


def _source(task: Task) -> str:
    if task.source_track:
        return task.source_track.title
    if task.source_upload:
        return task.source_upload.title
    return ""


def search(found: "QuerySet[Any]", q: str) -> "QuerySet[Any]":
    """Narrow songs or files to those whose title or style holds every word of `q`."""
    # PostgreSQL stores no NUL and refuses to look for one.
    for word in q.replace("\x00", " ").split():
        found = found.filter(Q(title__icontains=word) | Q(tags__icontains=word))
    return found


def revision() -> str:
    """Give a text that is another whenever anything on a page of tasks has changed.

    Every change writes a line of history. The sum over the newest ones also notices a line whose
    number was drawn earlier but whose transaction was committed later.
    """
    newest = Event.objects.order_by("-id").values_list("id", flat=True)[:64]
    ids = list(newest)
    return f"{ids[0] if ids else 0}-{sum(ids)}"
