"""How long things usually take, from the team's own finished tasks."""

from statistics import median

from django.core.cache import cache
from django.utils import timezone

from studio.models import Task

SAMPLE = 20
# Seconds a figure is kept: it moves slowly, and every open page asks for it.
KEEP = 60


def usual_seconds(model: str) -> float | None:
    """Give the median seconds from sending to ready of the last tasks, None below three."""
    key = f"usual:{model}"
    known = cache.get(key)
    if known is None:
        known = _measure(model)
        cache.set(key, known or 0.0, KEEP)
    return known or None


def _measure(model: str) -> float | None:
    times = Task.objects.filter(
        model=model, status=Task.Status.FINISHED, sent_at__isnull=False, finished_at__isnull=False
    ).values_list("sent_at", "finished_at")[:SAMPLE]
    seconds = [(end - begin).total_seconds() for begin, end in times if begin and end]
    return median(seconds) if len(seconds) >= 3 else None


def elapsed_seconds(task: Task) -> float:
    """Give the seconds a task has taken, or took."""
    begin = task.sent_at or task.created_at
    end = task.finished_at or timezone.now()
    return max((end - begin).total_seconds(), 0.0)
