"""Who may keep an answer: the browser that asked, and nobody on the way."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class Private:
    """Mark every answer that does not say otherwise as one person's own.

    Not `no-store`: browsers then drop what was typed into a form when one goes back to it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with `Cache-Control` (RFC 9111, 5.2.2): asked for anew each time it is shown."""
        response = self.get_response(request)
        response.setdefault("Cache-Control", "private, no-cache")
        return response
