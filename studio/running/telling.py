"""The ways in which an alarm reaches people: e-mail to administrators, and a webhook."""

from collections.abc import Callable

import requests
from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMessage, get_connection

from studio.models import Alarm
from studio.vidgo.deadline import Deadline
from studio.vidgo.reasons import why

PATIENCE = 15.0


class TellingError(Exception):
    """An alarm that did not arrive; the text says why."""


def ways() -> dict[str, Callable[[Alarm], None]]:
    """Return the ways that are set up; each raises what goes wrong."""
    found: dict[str, Callable[[Alarm], None]] = {}
    if settings.EMAIL_HOST and addresses():
        found["mail"] = _mail
    if settings.ALARM_WEBHOOK:
        found["webhook"] = _post
    return found


def addresses() -> list[str]:
    """Return the e-mail addresses of the administrators."""
    administrators = User.objects.filter(is_active=True, is_superuser=True).exclude(email="")
    return list(administrators.order_by("pk").values_list("email", flat=True))


def see_mail_server() -> None:
    """Sign in to the mail server; raises OSError or smtplib's errors if that fails."""
    connection = get_connection()
    connection.open()
    connection.close()


def words(alarm: Alarm) -> str:
    """Return what is told, in one line."""
    return alarm.text if alarm.is_on else f"Well again: {alarm.text}"


def _mail(alarm: Alarm) -> None:
    state = "" if alarm.is_on else "well again: "
    body = f"{words(alarm)}\n\n{settings.STUDIO_PUBLIC_URL}/admin/\n"
    # One message to all; whoever answers it reaches the others.
    EmailMessage(f"Vidgo Studio: {state}{alarm.kind}", body, to=addresses()).send()


def _post(alarm: Alarm) -> None:
    line = f"Vidgo Studio: {words(alarm)}"
    told = {
        "kind": alarm.kind,
        "on": alarm.is_on,
        "since": alarm.since.isoformat() if alarm.since else None,
        "studio": settings.STUDIO_PUBLIC_URL,
        # As Slack, Mattermost and their kin, and as Discord read it.
        "text": line,
        "content": line,
    }
    try:
        with Deadline(PATIENCE) as deadline, deadline.session() as session:
            answer = session.post(
                settings.ALARM_WEBHOOK, json=told, timeout=PATIENCE, allow_redirects=False
            )
    except requests.RequestException as error:
        # The error's own words hold the address, whose path is often a secret.
        raise TellingError(why(error)) from None
    if not answer.ok or answer.is_redirect:
        raise TellingError(f"HTTP {answer.status_code}")
