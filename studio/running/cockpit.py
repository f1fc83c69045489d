"""The administrators' first page: what runs, what waits, what failed, and what to do about it."""

from datetime import datetime, time
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path
from django.utils import timezone

from studio.lifecycle import account
from studio.models import Alarm, Asset, Delivery, Task
from studio.running import alarms, doctor, health, retention, standing
from vidgo_site import VERSION

Status = Task.Status
SHOWN = 20


class Cockpit(admin.AdminSite):
    """The admin site."""

    site_header = site_title = "Vidgo Studio"
    index_title = "Cockpit"
    index_template = "admin/cockpit.html"
    site_url = "/"

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Return the admin's addresses and the doctor's."""
        return [path("doctor/", self.admin_view(self.doctor), name="doctor"), *super().get_urls()]

    def doctor(self, request: HttpRequest) -> TemplateResponse:
        """Try every part and show what was found; it takes as long as what does not answer."""
        context = {**self.each_context(request), "title": "Doctor", "found": doctor.examine()}
        return TemplateResponse(request, "admin/doctor.html", context)

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """Show the cockpit above the list of tables."""
        return super().index(request, {**(extra_context or {}), **read()})


def read() -> dict[str, Any]:
    """Return all that the cockpit shows."""
    today = timezone.make_aware(datetime.combine(timezone.localdate(), time.min))
    failed = Task.objects.filter(status=Status.FAILED, finished_at__gte=today)
    unsaved = Asset.objects.filter(state=Asset.State.FAILED).select_related("task")
    odd = Delivery.objects.filter(applied_at=None).select_related("task").order_by("-pk")
    called = Delivery.objects.filter(origin=Delivery.Origin.CALLBACK, received_at__gte=today)
    disk = health.disk()
    return {
        "account": account.get(),
        "worker_alive": health.is_worker_alive(),
        "waiting": _waiting(),
        "unsent": _tasks(Status.PENDING).filter(sent_at=None)[:SHOWN],
        "unconfirmed": _tasks(Status.UNCONFIRMED)[:SHOWN],
        "making": _tasks(Status.NOT_STARTED, Status.RUNNING)[:SHOWN],
        "failed_count": failed.count(),
        "failed": failed.select_related("created_by")[:SHOWN],
        "callbacks": called.count(),
        "finished": Task.objects.filter(finished_at__gte=today, status=Status.FINISHED).count(),
        "rescued": health.rescued(today).count(),
        "unapplied": odd[:SHOWN],
        "unsaved_count": unsaved.count(),
        "unsaved": unsaved[:SHOWN],
        "saving": Asset.objects.filter(state=Asset.State.WAITING).count(),
        "disk": disk,
        "disk_percent": round(100 * disk.used / disk.total),
        "bucket": settings.S3_BUCKET,
        **_kept(),
    }


def _kept() -> dict[str, Any]:
    return {
        "alarms": Alarm.objects.filter(is_on=True, kind__in=alarms.TROUBLES).order_by("since"),
        "backup": standing.read(),
        "workers": health.workers(),
        "version": VERSION,
        "going": retention.going(),
        "removes_from": retention.removes_from(),
    }


def _tasks(*statuses: str) -> "QuerySet[Task]":
    return Task.objects.filter(status__in=statuses).select_related("created_by")


def _waiting() -> list[tuple[str, int]]:
    """Return how many tasks stand in each state that is not the last, by its name."""
    states = (Status.PENDING, Status.UNCONFIRMED, Status.NOT_STARTED, Status.RUNNING)
    counted = dict(
        Task.objects.filter(status__in=states)
        .order_by()
        .values_list("status")
        .annotate(count=Count("pk"))
    )
    return [(state.label, counted.get(state.value, 0)) for state in states]
