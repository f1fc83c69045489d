"""The band's library: what of it a page asks for, its lines, and the strip on top of them."""

from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from studio import operations
from studio.lifecycle import usual
from studio.models import Task
from studio.pages import kept, lists, shelf
from studio.pages.doors import MOVING
from studio.pages.kept import Drawn, Line, columns
from studio.pages.shelf import PAGE, Item, Place

# Tasks that the strip on top names.
NAMED = 4
KINDS = {"": "All", "songs": "Songs", "recordings": "Recordings", "starred": "Starred"}
ORDERS = {"": "Newest", "oldest": "Oldest", "title": "A to Z"}


def asked(given: QueryDict, kind: str = "") -> dict[str, str]:
    """Return the part of the library's address that says what to show, and in which order."""
    kind, order = kind or given.get("kind", ""), given.get("order", "")
    wanted = {
        "kind": kind if kind in KINDS else "",
        "q": given.get("q", "").replace("\x00", " ").strip()[:100],
        "order": order if order in ORDERS else "",
        "at": given.get("at", "")[:300],
    }
    return {name: text for name, text in wanted.items() if text}


def drawn(wanted: dict[str, str], known: str) -> Drawn:
    """Return the library as `asked` returned it, at the revision `known` or a later one."""
    return kept.drawn("studio/library.html#list", wanted, known, _draw)


def _draw(wanted: dict[str, str]) -> tuple[list[Line], dict[str, Any]]:
    place = Place.read(wanted.get("at", ""))
    kind, q, order = (wanted.get(name, "") for name in ("kind", "q", "order"))
    found = shelf.page(kind, q, order, place)
    page = found[:PAGE]
    # The others have an address of their own.
    parameters = {n: t for n, t in wanted.items() if n != "at" and (n, t) not in _OWN_ADDRESS}
    older = {**parameters, "at": place.after(page, order)} if len(found) > PAGE else {}
    around: dict[str, Any] = {
        "under_way": _under_way(),
        "attention": lists.attention(),
        "next_url": f"?{urlencode(older)}" if older else "",
        "first_url": f"?{urlencode(parameters)}" if "at" in wanted else "",
    }
    is_narrowed = bool(wanted.keys() - {"order"})
    if not is_narrowed and not any(item.upload for item in page) and lists.is_new([]):
        around |= lists.welcome()
    return [_line(item) for item in page], around


_OWN_ADDRESS = {("kind", "songs"), ("kind", "recordings")}


def _line(item: Item) -> Line:
    track, upload = item.track, item.upload
    rows = [track, track.task, track.sound, track.image] if track else [upload]
    seen = [item.who, item.versions, item.doors, *(columns(row) for row in rows if row)]
    return kept.line(item.place, "studio/_item.html", {"item": item}, seen)


def _under_way() -> dict[str, Any]:
    """Return the newest tasks under way, and how many more there are."""
    moving = Task.kept.filter(status__in=MOVING).order_by("-pk")
    found = list(moving[: NAMED + 1])
    named = [
        {
            "pk": task.pk,
            "noun": operations.get(task.operation).noun,
            "title": task.title,
            "status": task.status,
            "url": task.get_absolute_url(),
            "since": task.sent_at or task.created_at,
            "usual": usual.seconds(task.operation),
        }
        for task in found[:NAMED]
    ]
    return {"named": named, "is_more": len(found) > NAMED}
