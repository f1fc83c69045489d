"""The front page: the band's library."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from studio.pages import kept, library
from studio.views.etags import etag, fresh, is_unchanged, not_modified, shown

# What narrows the list of tasks alone, which was the front page once.
_OF_TASKS = {"model", "status", "person", "since", "before"}


@require_safe
def shelf(request: HttpRequest, kind: str = "") -> HttpResponse:
    """Show the band's songs and recordings, each with what was made of it."""
    if not kind and _OF_TASKS & request.GET.keys():
        return redirect(f"{reverse('tasks')}?{request.GET.urlencode()}")
    known = kept.revision()
    tag = etag(request, known)
    if is_unchanged(request, tag):
        return not_modified(tag)
    asked = library.asked(request.GET, kind)
    drawn = library.drawn(asked, known)
    tag = etag(request, drawn.revision)
    if request.htmx:  # type: ignore[attr-defined]
        return fresh(HttpResponse(drawn.part(request, shown(request))), tag)
    context = {
        "asked": asked,
        "kinds": _kinds(asked),
        "orders": library.ORDERS,
        "list": drawn.part(request),
        "empty": drawn.is_new,
    }
    return fresh(render(request, "studio/library.html", context), tag)


def _kinds(asked: dict[str, str]) -> list[dict[str, object]]:
    """Return the ways to narrow the library, each an address of its own."""
    urls = {
        "": reverse("library"),
        "songs": reverse("tracks"),
        "recordings": reverse("recordings"),
        "starred": f"{reverse('library')}?kind=starred",
    }
    here = asked.get("kind", "")
    return [
        {"label": label, "url": urls[kind], "is_here": kind == here}
        for kind, label in library.KINDS.items()
    ]
