"""How much a request may bring, judged before any of it is read."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat

View = TypeVar("View", bound=Callable[..., Any])


def takes_files(view: View) -> View:
    """Let `view` be sent files; it says itself how large they may be."""
    view.takes_files = True  # type: ignore[attr-defined]
    return view


class Bounded:
    """Refuse a body that is larger than any form of the view it is for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on; the view is known in `process_view` only."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Answer 413 to a form that is too large. Callbacks are no forms and bound themselves."""
        if getattr(view, "takes_files", False) or getattr(view, "csrf_exempt", False):
            return None
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if length(request) <= most:
            return None
        told = f"This is more than a form here may hold: {filesizeformat(most)}.\n"
        return HttpResponse(told, status=413, content_type="text/plain; charset=utf-8")


def length(request: HttpRequest) -> int:
    """Return the bytes that a request says it brings."""
    told = request.META.get("CONTENT_LENGTH") or ""
    # Python refuses to read thousands of digits as a number.
    return int(told[:18]) if told.isdecimal() else 0
