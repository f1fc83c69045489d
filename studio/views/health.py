"""For whoever watches over the product: is it alive, can it work. No details: anybody may ask."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from studio import health


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer: the web server is alive."""
    return JsonResponse({"alive": True})


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer which part is well, 503 if one is not."""
    parts = health.checks()
    return JsonResponse(parts, status=200 if all(parts.values()) else 503)
