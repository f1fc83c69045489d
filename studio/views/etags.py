"""Pages that refresh themselves: nothing is sent while nothing has changed."""

import hashlib

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified


def etag(request: HttpRequest, known: str) -> str:
    """Return the name of what the page would show: the newest change, and who looks."""
    who = f"{request.user.pk}{request.get_full_path()}"
    # Weak, since the same page can leave compressed or not.
    return f'W/"{known}-{hashlib.sha256(who.encode()).hexdigest()[:12]}"'


def is_unchanged(request: HttpRequest, tag: str) -> bool:
    """Return whether a page that refreshes itself shows already what `tag` names."""
    return bool(request.htmx) and request.headers.get("If-None-Match") == tag  # type: ignore[attr-defined]


def not_modified(tag: str) -> HttpResponse:
    """Return the answer to a page that shows already what `tag` names."""
    return HttpResponseNotModified(headers={"ETag": tag})


def fresh(response: HttpResponse, tag: str) -> HttpResponse:
    """Return `response` under the name `tag`, for nobody else and no longer than now."""
    response["ETag"] = tag
    response["Cache-Control"] = "private, no-store"
    response["Vary"] = "HX-Request, Cookie"
    return response


def shown(request: HttpRequest) -> frozenset[str]:
    """Return the names of the lines that the page has already: they are not sent once more."""
    names = request.headers.get("Shown") if request.htmx else None  # type: ignore[attr-defined]
    return frozenset(names.split(",") if names else ())
