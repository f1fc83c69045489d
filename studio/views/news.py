"""What has become ready or failed lately, for pages that show something else."""

from datetime import UTC, datetime, timedelta

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from studio import operations
from studio.media import downloads
from studio.models import Task

# No further back, and a little twice: a change committed late must not be missed.
OLDEST = timedelta(minutes=10)
TWICE = timedelta(seconds=10)
MOST = 20


@require_safe
def news(request: HttpRequest) -> JsonResponse:
    """Return the tasks that ended after `?since=` (seconds of the epoch), and the time."""
    now = timezone.now()
    try:
        since = datetime.fromtimestamp(float(request.GET.get("since", "")), UTC) - TWICE
    except (ValueError, OverflowError, OSError):
        since = now - TWICE
    ended = Task.kept.filter(
        status__in=(Task.Status.FINISHED, Task.Status.FAILED),
        finished_at__gt=max(since, now - OLDEST),
    )
    told = [
        {
            "task": task.pk,
            "status": task.status,
            "name": f"{operations.get(task.operation).noun} – {downloads.task_title(task)}",
            "url": task.get_absolute_url(),
        }
        for task in ended[:MOST]
    ]
    response = JsonResponse({"now": now.timestamp(), "tasks": told})
    response["Cache-Control"] = "no-store"
    return response
