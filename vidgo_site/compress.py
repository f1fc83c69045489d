"""Pages leave compressed."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class Compress(GZipMiddleware):
    """Django's own, which hides a page's true length, for pages alone.

    Files keep their lengths and ranges, and what is static is compressed already.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Compress a page for a browser that takes it."""
        is_page = not response.streaming and response.get("Content-Type", "").startswith("text/")
        return super().process_response(request, response) if is_page else response
