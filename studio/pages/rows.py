"""A task as a line of a list."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db.models import QuerySet

from studio import operations
from studio.lifecycle import usual
from studio.models import Asset, Task
from studio.operations import Operation
from studio.pages.search import fold

# Songs or files of one search.
MOST_FOUND = 300


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
    # What tells it from others of its kind beside it.
    apart: str = ""


def for_rows(tasks: "QuerySet[Task]") -> "QuerySet[Task]":
    """Load all that rows need, in a constant number of queries."""
    return tasks.select_related(
        "created_by", "source_track__image", "source_upload", "source_stem__task"
    ).prefetch_related("assets")


def rows(tasks: Iterable[Task]) -> list[Row]:
    """Return the lines of `tasks`, which `for_rows` has loaded."""
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
        operation=operations.get(task.operation),
        assets=assets,
        preview=preview,
        player=next((asset for asset in saved if asset.kind in sounds), None),
        source=_source(task),
        seconds=usual.elapsed_seconds(task),
        usual=None if task.is_final else usual.seconds(task.operation),
    )


def _source(task: Task) -> str:
    if task.source_track:
        return task.source_track.title
    if task.source_upload:
        return task.source_upload.title
    if task.source_stem:
        return f"{task.source_stem.task.title}: {task.source_stem.label.lower()}"
    return ""


def matching(found: "QuerySet[Any]", q: str) -> "QuerySet[Any]":
    """Narrow songs or files to those whose title or style holds every word of `q`."""
    if not fold(q).split():
        return found
    return found.filter(pk__in=fitting(found, q, "pk", "title", "tags"))


def fitting(found: "QuerySet[Any]", q: str, key: str, *names: Any) -> list[int]:
    """Return the `key` of the rows in whose fields `names` every word of `q` stands, each once.

    They are compared as the list's words are, whatever the database makes of letters and cases; of
    a great many the first are given.
    """
    words = fold(q).split()
    texts = (
        (pk, fold(" ".join(filter(None, text)))) for pk, *text in found.values_list(key, *names)
    )
    fits = (pk for pk, text in texts if all(word in text for word in words))
    return list(islice(dict.fromkeys(fits), MOST_FOUND))
