"""What tells results of one kind from each other: the settings and the version that differ."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from studio.models import Task
from studio.pages.details import settings_of
from studio.pages.rows import Row

# Settings that a line names, and the letters of each.
NAMED, LETTERS = 2, 40


def told_apart(rows: list[Row]) -> list[Row]:
    """Return `rows`; those of one kind say in what they differ."""
    kinds: dict[str, list[Task]] = defaultdict(list)
    for row in rows:
        kinds[row.task.operation].append(row.task)
    told = {pk: text for tasks in kinds.values() for pk, text in _differences(tasks)}
    return [replace(row, apart=told[row.task.pk]) for row in rows]


def _differences(tasks: list[Task]) -> Iterable[tuple[int, str]]:
    facts = {task.pk: _facts(task) for task in tasks}
    names = dict.fromkeys(name for each in facts.values() for name in each)
    differing = [name for name in names if len({f.get(name, "") for f in facts.values()}) > 1]
    for pk, each in facts.items():
        named = [f"{name}: {each[name][:LETTERS]}" for name in differing if each.get(name)]
        yield pk, ", ".join(named[:NAMED])


def _facts(task: Task) -> dict[str, str]:
    track = task.source_track
    version = {"of version": str(track.order + 1)} if track else {}
    # The title stands in the line already.
    shown = {name: value for name, value in settings_of(task) if name != "Title"}
    return {**version, **shown}
