"""Django's admin: accounts, the house's rules, histories to read, and what may be done from there.

Every action calls what the product's own pages call.
"""

import json
from collections.abc import Callable
from typing import Any

from axes.utils import reset
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ERROR_FLAG, ChangeList
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group, User
from django.core.exceptions import SuspiciousOperation
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django_tasks_db.models import DBTaskResult

from studio import account, archive, jobs, lifecycle, retention, roles
from studio.forms import AdoptForm
from studio.models import Account, Asset, Delivery, Event, Task, Track, Upload
from vidgo_site.logs import redact

# Roles stand for groups, and the engine's rows are of no use to a person.
for model in (Group, User, DBTaskResult):
    admin.site.unregister(model)


class List(ChangeList):
    """A list that takes any filter and search that the database does not for a wrong one."""

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        try:
            with transaction.atomic():
                super().__init__(request, *args)
        except SuspiciousOperation:
            raise
        except Exception as error:
            # Without a filter it is the database itself that is in trouble.
            if set(request.GET) <= {ERROR_FLAG}:
                raise
            raise IncorrectLookupParameters(error) from error


class Guarded(admin.ModelAdmin):
    """What all tables here share."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Give the guarded list."""
        return List


# ---------------------------------------------------------------- accounts


class RoleForm(forms.ModelForm):
    """An account with its role."""

    role = forms.ChoiceField(
        choices=roles.Role.choices, initial=roles.Role.MEMBER, widget=forms.RadioSelect
    )


class NewAccountForm(RoleForm, AdminUserCreationForm):
    """A new account."""


class AccountForm(RoleForm, UserChangeForm):
    """An account that is there."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["role"] = roles.role_of(self.instance)


@admin.register(User)
class AccountsAdmin(Guarded, UserAdmin):
    """The accounts of the team: a name, a password, a role."""

    form = AccountForm
    add_form = NewAccountForm
    fieldsets = (
        (None, {"fields": ("username", "password", "role", "is_active")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("username", "role", "password1", "password2")}),)
    readonly_fields = ("last_login", "date_joined")
    list_display = ("username", "role", "is_active", "last_login")
    list_filter = ("is_active", "is_superuser", "groups")
    filter_horizontal = ()
    actions = ("let_in",)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[User]":
        """Load the roles of all at once."""
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description="role")
    def role(self, user: User) -> str:
        """Name the role in a word."""
        return roles.role_of(user).value

    @admin.action(description="Let in again after too many wrong passwords")
    def let_in(self, request: HttpRequest, users: "QuerySet[User]") -> None:
        """Forget the wrong guesses at these names."""
        for user in users:
            reset(username=user.get_username())
        self.message_user(request, "They can sign in again.")

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Give the chosen role; an administrator cannot lock the door behind themselves."""
        super().save_related(request, form, formsets, change)
        user, role = form.instance, form.cleaned_data.get("role")
        if user == request.user and (role != roles.Role.ADMINISTRATOR or not user.is_active):
            User.objects.filter(pk=user.pk).update(is_active=True)
            messages.error(request, "Your own account stays an administrator's.")
        elif role:
            roles.give(user, role)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Accounts are switched off, so that the history keeps its names."""
        return False


@admin.register(Account)
class RulesAdmin(Guarded):
    """The account with the API as last seen, and the rules of the house."""

    list_display = ("__str__", "trouble", "balance", "balance_at", "warn_below")
    fieldsets = (
        ("Credits", {"fields": ("balance", "balance_at", "warn_below")}),
        ("Trouble", {"fields": ("trouble", "trouble_since", "message")}),
        (
            "How long things are kept",
            {
                "fields": ("keep_results", "keep_uploads", "keep_deliveries", "removes_from"),
                "description": "What goes is listed in the cockpit for a week before it goes.",
            },
        ),
    )
    readonly_fields = (
        *("balance", "balance_at", "trouble", "trouble_since", "message", "removes_from"),
    )
    actions = ("look",)

    @admin.action(description="Look at the balance now")
    def look(self, request: HttpRequest, accounts: "QuerySet[Account]") -> HttpResponse | None:
        """Have the API asked for the balance."""
        account.look_soon()
        self.message_user(request, "The balance is being asked for.")
        return _back(request)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Write what was changed here only: the worker writes to the same row."""
        obj.save(update_fields=form.changed_data)
        if set(form.changed_data) & set(retention.RULES):
            retention.announce()

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There is one."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """There is one."""
        return False


# ---------------------------------------------------------------- histories, and actions on them


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
        return _back(request)

    act.__name__ = name
    return act


def _back(request: HttpRequest) -> HttpResponse | None:
    return redirect("admin:index") if "cockpit" in request.POST else None


def _adopt(task: Task, request: HttpRequest) -> int:
    return lifecycle.adopt(task.pk, AdoptForm(request.POST).given(), request.user).pk


def _save_files_again(task: Task, request: HttpRequest) -> int:
    for asset in task.assets.filter(state=Asset.State.FAILED):
        archive.save_again(asset.pk, request.user)
    return task.pk


def _save_again(asset: Asset, request: HttpRequest) -> int:
    archive.save_again(asset.pk, request.user)
    return asset.task_id


class TaskActionForm(ActionForm):
    """The choice of an action, with the id that adopting needs."""

    task_id = forms.CharField(
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "task_id, to adopt"}),
    )


@admin.register(Task)
class TaskAdmin(ReadOnly):
    """Tasks."""

    list_display = ("pk", "title", "model", "status", "created_by", "created_at", "task_id")
    list_filter = ("status", "model", "created_by", "created_at")
    search_fields = ("title", "task_id", "error", "created_by__username")
    list_select_related = ("created_by",)
    date_hierarchy = "created_at"
    # The tokens open a task and its sound to whoever knows them; leases are of no use to a person.
    exclude = ("callback_token", "sound_token", "lease", "form_key", "input", "search")
    readonly_fields = ("told",)
    action_form = TaskActionForm
    actions = (
        _action("ask_now", "Ask now", lambda t, r: lifecycle.ask_now(t.pk, r.user).pk),
        _action("try_again", "Try again", lambda t, r: lifecycle.try_again(t.pk, r.user).pk),
        _action("send_again", "Send again", lambda t, r: lifecycle.send_again(t.pk, r.user).pk),
        _action("adopt", "Adopt a task_id", _adopt),
        _action("cancel", "Cancel", lambda t, r: lifecycle.cancel(t.pk, r.user).pk),
        _action("give_up", "Give up", lambda t, r: lifecycle.give_up(t.pk, r.user).pk),
        _action("save_again", "Save the files again", _save_files_again),
    )

    @admin.display(description="input")
    def told(self, task: Task) -> str:
        """Give the input without the public addresses in it."""
        return redact(json.dumps(task.input, ensure_ascii=False, indent=2))


@admin.register(Asset)
class AssetAdmin(ReadOnly):
    """Results and how far they are saved."""

    list_display = ("pk", "label", "kind", "task", "state", "size", "attempts", "error")
    list_filter = ("state", "kind", "found_at")
    search_fields = ("label", "value", "task__title", "task__task_id", "error")
    list_select_related = ("task",)
    exclude = ("lease", "url")
    actions = (_action("save_again", "Save again", _save_again),)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly):
    """What came from the API, raw."""

    list_display = ("pk", "task", "origin", "received_at", "applied_at", "note")
    list_filter = ("origin", "received_at", "applied_at")
    search_fields = ("task__task_id", "task__title", "note", "body")
    list_select_related = ("task",)
    exclude = ("body",)
    readonly_fields = ("told",)
    actions = (
        _action("replay", "Apply once more", lambda d, r: lifecycle.replay(d.pk, r.user).task_id),
    )

    @admin.display(description="body")
    def told(self, delivery: Delivery) -> str:
        """Give the body without what opens something."""
        return redact(delivery.body)


@admin.register(Event)
class EventAdmin(ReadOnly):
    """The history of every task."""

    list_display = ("pk", "task", "at", "text", "actor")
    list_filter = ("at", "actor")
    search_fields = ("text", "task__title", "task__task_id")
    list_select_related = ("task", "actor")


@admin.register(Track)
class TrackAdmin(ReadOnly):
    """The team's songs."""

    list_display = ("pk", "title", "tags", "duration", "task", "created_at")
    list_filter = ("created_at",)
    search_fields = ("title", "tags", "audio_id", "task__task_id")
    list_select_related = ("task",)


@admin.register(Upload)
class UploadAdmin(ReadOnly):
    """The team's own files."""

    list_display = ("pk", "title", "content_type", "size", "duration", "created_by", "created_at")
    list_filter = ("content_type", "created_by", "created_at")
    search_fields = ("title", "name", "sha256")
    list_select_related = ("created_by",)
