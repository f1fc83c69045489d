"""Who may do what: viewers look and download, members make tasks, administrators run the house.

Denied by default: without a session nothing is open, without a given role a session only reads,
and a view says so itself (`everyone`, `makers`) where it is otherwise.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, Group, User
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse

from studio.models import Event

MEMBERS = "Members"
READING = ("GET", "HEAD", "OPTIONS", "TRACE")
View = TypeVar("View", bound=Callable[..., Any])


class Role(models.TextChoices):
    """What an account is for. One without any role given to it can only look."""

    VIEWER = "viewer", "Viewer: sees and downloads"
    MEMBER = "member", "Member: makes tasks"
    ADMINISTRATOR = "administrator", "Administrator: runs the studio"


def role_of(user: User) -> Role:
    """Return the role of `user`."""
    if is_administrator(user):
        return Role.ADMINISTRATOR
    # Asked for several times while one page is made.
    prefetch_related_objects([user], "groups")
    is_member = any(group.name == MEMBERS for group in user.groups.all())
    return Role.MEMBER if is_member else Role.VIEWER


def give(user: User, role: str) -> None:
    """Make a saved `user` what `role` says, and nothing beside it."""
    user.is_staff = user.is_superuser = role == Role.ADMINISTRATOR
    user.save(update_fields=["is_staff", "is_superuser"])
    user.user_permissions.clear()
    user.groups.set(Group.objects.filter(name=MEMBERS) if role == Role.MEMBER else [])


def can_make(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Return whether `user` may make tasks and change what is there."""
    return user.is_active and role_of(user) != Role.VIEWER  # type: ignore[arg-type]


def is_administrator(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Return whether `user` runs the studio."""
    return user.is_active and getattr(user, "is_superuser", False)


def everyone(view: View) -> View:
    """Let viewers use every method of `view`: it changes nothing but their own session."""
    view.for_everyone = True  # type: ignore[attr-defined]
    return view


def makers(view: View) -> View:
    """Keep viewers from every method of `view`: there is nothing on it for them to read."""
    view.for_makers = True  # type: ignore[attr-defined]
    return view


def make_groups(**kwargs: Any) -> None:
    """Make the members' group, after each migration."""
    Group.objects.get_or_create(name=MEMBERS)


def note_name(sender: type[User], instance: User, **kwargs: Any) -> None:
    """Write a line of history when a person's name may be another: every list shows it."""
    saved = kwargs.get("update_fields")
    if saved is None or not {"username", "first_name", "last_name"}.isdisjoint(saved):
        Event.objects.create(text=f"The account of {instance} has changed")


class RolesMiddleware:
    """Ask for the role that a view needs; LoginRequiredMiddleware has asked for a user before."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on; the view is known in `process_view` only."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        """Raise PermissionDenied for who has not the role."""
        if not getattr(view, "login_required", True) or getattr(view, "for_everyone", False):
            return
        match = request.resolver_match
        if match and "admin" in match.app_names:
            allowed = is_administrator(request.user)
        elif request.method in READING and not getattr(view, "for_makers", False):
            allowed = True
        else:
            allowed = can_make(request.user)
        if not allowed:
            # Else the page that says so would look for a form's token, and read the whole body.
            request.csrf_processing_done = True  # type: ignore[attr-defined]
            raise PermissionDenied
