"""Histories to be read, and the actions on them."""

import json
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from studio import jobs, lifecycle
from studio.admin.tables import Guarded, back
from studio.media import archive
from studio.models import Asset, Delivery, Event, Task, Track, Upload
from studio.pages.forms import AdoptForm
from vidgo_site.logs import redact


class ReadOnly(Guarded):
    """A history: to be read, never written by hand."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        """Nobody adds."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes."""
        return False


def _action(
    name: str, label: str, change: Callable[[Any, HttpRequest], int]
) -> Callable[..., HttpResponse | None]:
    """Make an admin action of `change`, which takes a row and gives the key of its task."""

    @admin.action(description=label)
    def act(
        modeladmin: admin.ModelAdmin, request: HttpRequest, rows: "QuerySet[Any]"
    ) -> HttpResponse | None:
        done = 0
        for row in rows:
            try:
                jobs.kick(change(row, request))
                done += 1
            except lifecycle.NotPossibleError as error:
                messages.error(request, f"{row}: {error}")
        if done:
            messages.success(request, f"{label}: {done}")
        return back(request)

    act.__name__ = name
    return act


def _try_again(task: Task, request: HttpRequest) -> int:
    return lifecycle.try_again(task.pk, request.user, "sure" in request.POST).pk


def _send_again(task: Task, request: HttpRequest) -> int:
    return lifecycle.send_again(task.pk, request.user, "sure" in request.POST).pk


def _adopt(task: Task, request: HttpRequest) -> int:
    return lifecycle.adopt(task.pk, AdoptForm(request.POST).given(), request.user).pk


def _save_files_again(task: Task, request: HttpRequest) -> int:
    archive.save_all_again(task, request.user)
    return task.pk


def _save_again(asset: Asset, request: HttpRequest) -> int:
    archive.save_again(asset.pk, request.user)
    return asset.task_id


class TaskActionForm(ActionForm):
    """The choice of an action, with the id or the word that it needs."""

    task_id = forms.CharField(
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "task_id, to adopt"}),
    )
    sure = forms.BooleanField(required=False, label="Sure, even if it may be paid for twice")


@admin.register(Task)
class TaskAdmin(ReadOnly):
    """Tasks."""

    list_display = ("pk", "title", "operation", "status", "created_by", "created_at", "vidgo_id")
    list_filter = ("status", "operation", "created_by", "created_at")
    search_fields = ("title", "vidgo_id", "error", "created_by__username")
    list_select_related = ("created_by",)
    date_hierarchy = "created_at"
    # The tokens open a task and its sound to whoever knows them; leases are of no use to a person.
    exclude = ("callback_token", "sound_token", "lease", "form_key", "input", "search")
    readonly_fields = ("told",)
    action_form = TaskActionForm
    actions = (
        _action("ask_now", "Ask now", lambda t, r: lifecycle.ask_now(t.pk, r.user).pk),
        _action("try_again", "Try again", _try_again),
        _action("send_again", "Send again", _send_again),
        _action("adopt", "Adopt a task_id", _adopt),
        _action("cancel", "Cancel", lambda t, r: lifecycle.cancel(t.pk, r.user).pk),
        _action("give_up", "Give up", lambda t, r: lifecycle.give_up(t.pk, r.user).pk),
        _action("save_again", "Save the files again", _save_files_again),
    )

    @admin.display(description="input")
    def told(self, task: Task) -> str:
        """Return the input without the public addresses in it."""
        return redact(json.dumps(task.input, ensure_ascii=False, indent=2))


@admin.register(Asset)
class AssetAdmin(ReadOnly):
    """Results and how far they are saved."""

    list_display = ("pk", "label", "kind", "task", "state", "size", "attempts", "error")
    list_filter = ("state", "kind", "found_at")
    search_fields = ("label", "value", "task__title", "task__vidgo_id", "error")
    list_select_related = ("task",)
    exclude = ("lease", "url")
    actions = (_action("save_again", "Save again", _save_again),)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly):
    """What came from the API, raw."""

    list_display = ("pk", "task", "origin", "received_at", "applied_at", "note")
    list_filter = ("origin", "received_at", "applied_at")
    search_fields = ("task__vidgo_id", "task__title", "note", "body")
    list_select_related = ("task",)
    exclude = ("body",)
    readonly_fields = ("told",)
    actions = (
        _action("replay", "Apply once more", lambda d, r: lifecycle.replay(d.pk, r.user).task_id),
    )

    @admin.display(description="body")
    def told(self, delivery: Delivery) -> str:
        """Return the body without what opens something."""
        return redact(delivery.body)


@admin.register(Event)
class EventAdmin(ReadOnly):
    """The history of every task."""

    list_display = ("pk", "task", "at", "text", "actor")
    list_filter = ("at", "actor")
    search_fields = ("text", "task__title", "task__vidgo_id")
    list_select_related = ("task", "actor")


@admin.register(Track)
class TrackAdmin(ReadOnly):
    """The team's songs."""

    list_display = ("pk", "title", "tags", "duration", "task", "created_at")
    list_filter = ("created_at",)
    search_fields = ("title", "tags", "audio_id", "task__vidgo_id")
    list_select_related = ("task",)


@admin.register(Upload)
class UploadAdmin(ReadOnly):
    """The team's own files."""

    list_display = ("pk", "title", "content_type", "size", "duration", "created_by", "created_at")
    list_filter = ("content_type", "created_by", "created_at")
    search_fields = ("title", "name", "sha256")
    list_select_related = ("created_by",)
