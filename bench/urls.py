"""The product's addresses, and the yardsticks they are held against."""

from django.contrib.auth.decorators import login_not_required
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

from studio.models import Delivery
from studio.views.tasks import task_list


def bare(request: HttpRequest, length: int) -> HttpResponse:
    """Answer a signed-in person with a constant body: what the least a page costs is."""
    if not request.user.is_authenticated:
        return HttpResponse(status=403)
    return HttpResponse(b"x" * length)


@csrf_exempt
@login_not_required
def insert(request: HttpRequest, task: int) -> HttpResponse:
    """Keep one row with the body that came: the least a callback costs."""
    Delivery.objects.create(task_id=task, origin="callback", body=request.read().decode())
    return HttpResponse(b"{}")


def anew(request: HttpRequest) -> HttpResponse:
    """Show the list as after a change: drawn anew."""
    caches["lists"].clear()
    return task_list(request)


urlpatterns = [
    path("bench/bare/<int:length>/", bare),
    path("bench/anew/tasks/", anew),
    path("bench/insert/<int:task>/", insert),
    path("", include("vidgo_site.urls")),
]
