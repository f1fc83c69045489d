"""Signing in, throttled: by name and address, and a name as a whole against many addresses.

An address or browser that a name has signed in from before is counted by itself, so that a crowd
of guessers can lock a name for strangers only, never for its rightful owner (SECURITY.md).
"""

from collections import Counter
from datetime import timedelta
from ipaddress import IPv6Address
from typing import Any

from axes.attempts import get_cool_off_threshold
from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt, AccessLog
from django import forms
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, UsernameField
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView, PasswordChangeView
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from studio.team import unsent
from vidgo_site.addresses import peer

# Wrong guesses within the cool-off: at one name from one address (AXES_FAILURE_LIMIT), at one
# name from all strangers' addresses, at all names from one stranger's address.
AT_A_NAME = 100
FROM_AN_ADDRESS = 50
KNOWN = "known"
KNOWN_FOR = timedelta(days=180)


class SignInForm(AuthenticationForm):
    """A name and a password. A name that no account can have is no guess, and is not kept."""

    username = UsernameField(
        max_length=User._meta.get_field("username").max_length,
        widget=forms.TextInput(attrs={"autofocus": True}),
        error_messages={"max_length": "No name is as long as that."},
    )


class SignIn(LoginView):
    """The sign-in page; it leaves a mark in the browser of whoever got in."""

    template_name = "login.html"
    form_class = SignInForm

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Sign in, and know this browser again."""
        response = super().form_valid(form)
        response.set_signed_cookie(
            KNOWN,
            form.get_user().get_username(),
            salt=KNOWN,
            max_age=KNOWN_FOR,
            httponly=True,
            secure=settings.SESSION_COOKIE_SECURE,
            samesite="Lax",
        )
        return response

    def get_success_url(self) -> str:
        """Return the page that was asked for, with what was typed there and not sent."""
        url = super().get_success_url()
        typed = self.request.POST.get("unsent", "")
        return unsent.keep(self.request, url, typed) if typed else url

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return what the page shows; a wrong password loses nothing of what waits."""
        typed = self.request.POST.get("unsent", "")[: unsent.MOST]
        return super().get_context_data(unsent=typed, **kwargs)


class PasswordForm(PasswordChangeForm):
    """The old password and a new one; a wrong old one counts as a wrong guess at signing in."""

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        self.request = request
        super().__init__(*args, **kwargs)

    def clean_old_password(self) -> str:
        """Return the old password; raises ValidationError, also while the name is locked."""
        old: str = self.cleaned_data["old_password"]
        if authenticate(self.request, username=self.user.get_username(), password=old) is None:
            wrong = self.error_messages["password_incorrect"]
            raise forms.ValidationError(wrong, code="password_incorrect")
        return old


class PasswordChange(PasswordChangeView):
    """The page on which people change their own password."""

    form_class = PasswordForm
    template_name = "password.html"
    success_url = "/"

    def get_form_kwargs(self) -> dict[str, Any]:
        """Return what the form is made with: guesses are counted by whose request it is."""
        return {**super().get_form_kwargs(), "request": self.request}


class Throttle(AxesDatabaseHandler):
    """django-axes' counting of wrong guesses, with our bounds."""

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        """Return the wrong guesses that count for this try, in the scale of AXES_FAILURE_LIMIT."""
        name = (credentials or {}).get("username") or ""
        address = request.axes_ip_address  # type: ignore[attr-defined]
        limit = settings.AXES_FAILURE_LIMIT
        recent = AccessAttempt.objects.filter(attempt_time__gte=get_cool_off_threshold(request))
        at_name = _by(recent.filter(username=name), "ip_address")
        if is_known(request, name, address):
            return at_name[address]
        # One address adds no more than its own limit: nobody locks a name from one place.
        at_all = sum(min(failures, limit) for failures in at_name.values())
        from_address = sum(_by(recent.filter(ip_address=address), "username").values())
        return max(
            at_name[address],
            at_all * limit // AT_A_NAME,
            from_address * limit // FROM_AN_ADDRESS,
        )


def is_known(request: HttpRequest, name: str, address: str) -> bool:
    """Return whether `name` has signed in from this browser or this address before."""
    if request.get_signed_cookie(KNOWN, default="", salt=KNOWN, max_age=KNOWN_FOR) == name:
        return True
    return AccessLog.objects.filter(
        username=name, ip_address=address, attempt_time__gte=timezone.now() - KNOWN_FOR
    ).exists()


def client_address(request: HttpRequest) -> str:
    """Return the address that guesses are counted by: the caller's own, whatever it claims.

    `X-Forwarded-For` is read from its end, as far as the proxies that wrote it are ours
    (STUDIO_TRUSTED_PROXIES). Of an IPv6 address its network: a household has 2**64 of them.
    """
    # A unix socket has no address: who is at its other end is on this machine.
    found = peer(request.META.get("REMOTE_ADDR") or "127.0.0.1")
    for told in reversed(request.headers.get("X-Forwarded-For", "").split(",")):
        if not any(found in network for network in settings.STUDIO_TRUSTED_PROXIES):
            break
        try:
            found = peer(told)
        except ValueError:
            break
    if isinstance(found, IPv6Address):
        found = IPv6Address(int(found) >> 64 << 64)
    return str(found)


def _by(attempts: Any, field: str) -> Counter[str]:
    counted: Counter[str] = Counter()
    for value, failures in attempts.values_list(field, "failures_since_start"):
        counted[value] += failures
    return counted
