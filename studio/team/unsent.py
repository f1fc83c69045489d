"""Forms that were sent after their session had ended, or under another one.

Nothing is sent then, and nothing typed is lost: it goes with the sign-in page and comes back from
there, so that a stranger leaves nothing behind. The session of whoever is signed in keeps it until
the form is sent, and the form's own page shows it.
"""

import json
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse
from django.views.csrf import csrf_failure

from vidgo_site.bodies import length

# The forms in which something is typed, by the names of their addresses.
KEPT = ("new", "import")
# Letters of one form: all fields of the longest one at their longest.
MOST = 200_000
# Bytes of a form without files: a letter takes nine, in either way of sending it.
LONGEST = 1024**2
WORDS = (
    "Your sign-in changed while this form was open, so nothing was sent."
    " What you typed is here: press the button again."
)


class SignInRequired(LoginRequiredMiddleware):
    """Django's own, which takes what was typed along to the sign-in page."""

    def handle_no_permission(self, request: HttpRequest, view: Any) -> Any:
        """Answer who is not signed in."""
        answer = _ask_to_sign_in(request) or _lead_back(request)
        return answer or super().handle_no_permission(request, view)


def not_trusted(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose token is an older sign-in's (Django's CSRF_FAILURE_VIEW)."""
    typed = _typed(request)
    return redirect(keep(request, request.path, typed)) if typed else csrf_failure(request, reason)


def keep(request: HttpRequest, path: str, typed: str) -> str:
    """Keep what was typed if `path` is a form's. Return the address to go to."""
    fields = _read(typed)
    if not fields or not _is_kept(path):
        return path
    request.session["unsent"] = {"path": path, "fields": fields}
    messages.warning(request, WORDS)
    return f"{path}?{urlencode({'unsent': 1})}"


def given(request: HttpRequest) -> QueryDict | None:
    """Return what was typed into the form of this address and not sent, None for nothing."""
    unsent = request.session.get("unsent")
    if "unsent" not in request.GET or not unsent or unsent["path"] != request.path:
        return None
    data = QueryDict(mutable=True)
    for name, values in unsent["fields"].items():
        data.setlist(name, values)
    return data


def forget(request: HttpRequest) -> None:
    """Forget what was typed: it is sent."""
    request.session.pop("unsent", None)


def _ask_to_sign_in(request: HttpRequest) -> HttpResponse | None:
    typed = _typed(request)
    if not typed:
        return None
    context = {"form": AuthenticationForm(request), "next": request.path, "unsent": typed}
    return render(request, "login.html", context, status=403)


def _lead_back(request: HttpRequest) -> HttpResponse | None:
    """Lead who pressed a button to sign in and back to its page: its own address has none."""
    if request.method != "POST":
        return None
    query = urlencode({"next": _page_before(request), "ended": 1})
    return redirect(f"{reverse('login')}?{query}")


def _page_before(request: HttpRequest) -> str:
    """Return the address of the page of ours that was left, the first page for any other."""
    try:
        before = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return "/"
    is_own = f"{before.scheme}://{before.netloc}" in _own(request)
    return urlunsplit(("", "", before.path, before.query, "")) if is_own else "/"


def _own(request: HttpRequest) -> tuple[str, ...]:
    return (f"{request.scheme}://{request.get_host()}", *settings.CSRF_TRUSTED_ORIGINS)


def _typed(request: HttpRequest) -> str:
    """Return the fields of a form of ours as text, "" for anything else and what is too long.

    Whose page it was, the browser says; how much is read of a stranger is bounded.
    """
    if request.method != "POST" or request.headers.get("Origin") not in _own(request):
        return ""
    if not _is_kept(request.path) or length(request) > LONGEST:
        return ""
    fields = {
        name: values for name, values in request.POST.lists() if name != "csrfmiddlewaretoken"
    }
    typed = json.dumps(fields)
    return typed if fields and len(typed) <= MOST else ""


def _read(typed: str) -> dict[str, list[str]]:
    try:
        fields = json.loads(typed) if len(typed) <= MOST else None
    except (ValueError, RecursionError):
        return {}
    if not isinstance(fields, dict) or not all(isinstance(each, list) for each in fields.values()):
        return {}
    return {name: [str(value) for value in values] for name, values in fields.items()}


def _is_kept(path: str) -> bool:
    try:
        return resolve(path).url_name in KEPT
    except Resolver404:
        return False
