"""What tasks cost: by month, operation and person, from `credits_amount` alone."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Sum
from django.db.models.functions import TruncMonth

from studio import operations
from studio.models import Spent, Task

MONTHS = 12
# The chart's measures, in the units of its viewBox.
WIDTH, HEIGHT, GAP, LABELS = 720, 220, 12, 24


@dataclass(frozen=True)
class Bar:
    """One operation's part of one month in the chart."""

    label: str
    kind: int
    x: float
    y: float
    width: float
    height: float


def rows() -> list[dict[str, Any]]:
    """Return month, operation, person, tasks and credits, newest month first."""
    nouns = {kind.name: kind.noun for kind in operations.OPERATIONS.values()}
    told: dict[Any, dict[str, Any]] = {}
    # A task that is deleted was paid for all the same.
    for kept in (Task, Spent):
        found = (
            # What was brought in was paid for elsewhere.
            kept._default_manager.filter(credits_amount__isnull=False, operation__in=nouns)
            .order_by()
            .annotate(month=TruncMonth("created_at"))
            .values_list("month", "operation", "created_by__username")
            .annotate(tasks=Count("pk"), credits=Sum("credits_amount"))
        )
        for moment, operation, name, tasks, total in found:
            month, person = moment.date().replace(day=1), name or ""
            usual = {
                "month": month,
                "model": operation,
                "operation": nouns[operation],
                "person": person,
            }
            row = told.setdefault((month, operation, name), {**usual, "tasks": 0, "credits": 0})
            row["tasks"] += tasks
            row["credits"] += total
    return sorted(
        told.values(), key=lambda r: (-r["month"].toordinal(), r["operation"], r["person"])
    )


def totals(table: list[dict[str, Any]], field: str) -> list[tuple[Any, int, Decimal]]:
    """Return value, tasks and credits for each value of `field`, the dearest first."""
    tasks: dict[Any, int] = defaultdict(int)
    sums: dict[Any, Decimal] = defaultdict(Decimal)
    for row in table:
        tasks[row[field]] += row["tasks"]
        sums[row[field]] += row["credits"]
    return [(v, tasks[v], c) for v, c in sorted(sums.items(), key=lambda each: -each[1])]


def chart(table: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the last months' bars, stacked by operation, for an SVG that the page draws."""
    months = sorted({row["month"] for row in table})[-MONTHS:]
    names = sorted({row["operation"] for row in table})
    sums: dict[Any, Decimal] = defaultdict(Decimal)
    for row in table:
        sums[row["month"], row["operation"]] += row["credits"]
    highest = max((sum(sums[m, n] for n in names) for m in months), default=Decimal(0))
    step = WIDTH / max(len(months), 1)
    return {
        "width": WIDTH,
        "height": HEIGHT + LABELS,
        "bars": list(_bars(months, names, sums, step, highest)) if highest else [],
        "months": [(m, round(i * step + step / 2, 1), HEIGHT + 18) for i, m in enumerate(months)],
        "names": list(enumerate(names)),
    }


def _bars(
    months: list[Any], names: list[str], sums: dict[Any, Decimal], step: float, highest: Decimal
) -> Iterator[Bar]:
    width = min(step - GAP, 64)
    for i, month in enumerate(months):
        top = float(HEIGHT)
        for kind, name in enumerate(names):
            height = float(sums[month, name] / highest) * (HEIGHT - 8)
            if height:
                top -= height
                label = f"{month:%B %Y}, {name}: {sums[month, name].normalize():f} credits"
                x = i * step + (step - width) / 2
                yield Bar(label, kind, round(x, 1), round(top, 1), width, round(height, 1))
