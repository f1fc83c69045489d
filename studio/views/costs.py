"""What the team's tasks cost: a page, and the same as CSV."""

import csv

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from studio.pages import costs

# What a spreadsheet would take for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@require_safe
def credits_page(request: HttpRequest) -> HttpResponse:
    """Show the costs by month, operation and person."""
    table = costs.rows()
    context = {
        "table": table,
        "by_operation": costs.totals(table, "operation"),
        "by_person": costs.totals(table, "person"),
        "by_month": sorted(costs.totals(table, "month"), reverse=True),
        "chart": costs.chart(table),
    }
    return render(request, "studio/credits.html", context)


@require_safe
def credits_csv(request: HttpRequest) -> HttpResponse:
    """Return the costs as CSV."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="credits.csv"'
    writer = csv.writer(response)
    writer.writerow(["month", "operation", "person", "tasks", "credits"])
    for row in costs.rows():
        name = row["person"]
        person = f"'{name}" if name.startswith(FORMULA) else name
        month = f"{row['month']:%Y-%m}"
        writer.writerow([month, row["model"], person, row["tasks"], f"{row['credits']:.2f}"])
    return response
