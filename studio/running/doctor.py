"""What must hold before a band relies on the studio: each part tried, none of it for credits.

A finding says what was looked at, whether it is good, what was seen, and what to do about it.
"""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from smtplib import SMTPException
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.signing import BadSignature, TimestampSigner
from django.db.models.functions import Now
from django.template.defaultfilters import filesizeformat
from django.urls import reverse

from studio.lifecycle import account, usual
from studio.models import Account, unguessable
from studio.operations import OPERATIONS
from studio.running import health, standing, telling
from studio.vidgo import client
from studio.vidgo.deadline import Deadline
from studio.vidgo.reasons import why

# Seconds: for one request, for the answer to a round trip to be fresh, between two clocks.
PATIENCE, FRESH, CLOCKS_APART = 10.0, 60, 30
SET_CLOCK = "Set this machine's clock (timedatectl set-ntp true)."
_signer = TimestampSigner(salt="round-trip")


@dataclass(frozen=True)
class Finding:
    """One line of what the doctor found."""

    what: str
    is_good: bool
    seen: str
    to_do: str = ""


def examine() -> Iterator[Finding]:
    """Yield a finding for each part, one after the other; none of them costs credits."""
    ways = (_address, _round_trip) if settings.STUDIO_PUBLIC_URL else (_at_home,)
    yield from (check() for check in (_api, _prices, *ways))
    yield from (check() for check in (_worker, _database, _storage, _disk, _backup, _alarms))


def ask() -> str:
    """Return a fresh question for `echo`: a text that goes into an address."""
    return _signer.sign(unguessable())


def echo(asked: str) -> str:
    """Return what proves that this studio was asked, and no other.

    Raises BadSignature for what it has not asked itself within the last minute.
    """
    return _signer.sign(_signer.unsign(asked, max_age=FRESH)[::-1])


def _api() -> Finding:
    """Ask for the balance: name, connection, certificate, key and clock in one."""
    what = f"Vidgo at {settings.VIDGO_API_URL}"
    # Before any worker has run there is no row yet.
    account.get()
    answer = client.balance()
    account.record_balance(answer)
    match answer:
        case client.Accepted(body):
            left = "unknown" if body.credits_amount is None else usual.figure(body.credits_amount)
            if body.credits_amount is not None and body.credits_amount <= 0:
                return Finding(what, False, "No credits are left.", "Top the account up at Vidgo.")
            return _clock(what, f"The key is good; credits left: {left}.")
        case client.Blocked(message=message):
            return Finding(what, False, message, "Put the right key into VIDGO_API_KEY.")
        case client.Refused(message=message) | client.Unknown(message) | client.Away(message):
            return Finding(what, False, message, "Look at VIDGO_API_URL, the name server and TLS.")


def _clock(what: str, seen: str) -> Finding:
    """Hold our clock against that of the API: TLS, signatures and sessions go by it."""
    try:
        with Deadline(PATIENCE) as deadline, deadline.session() as session:
            told = session.head(settings.VIDGO_API_URL, timeout=PATIENCE, allow_redirects=False)
        apart = (datetime.now(UTC) - parsedate_to_datetime(told.headers["Date"])).total_seconds()
    except (requests.RequestException, KeyError, ValueError, TypeError):
        return Finding(what, True, seen)
    if abs(apart) < CLOCKS_APART:
        return Finding(what, True, seen)
    seen = f"{seen} Our clock differs from Vidgo's by {abs(apart):.0f} s."
    return Finding(what, False, seen, SET_CLOCK)


def _prices() -> Finding:
    """Return what a first real task will cost, as far as finished ones tell."""
    known = {one.noun: usual.cost(one.name) for one in OPERATIONS.values()}
    told = [f"{noun} {usual.figure(cost)}" for noun, cost in known.items() if cost is not None]
    text = f"Usual credits: {', '.join(told)}." if told else "Not known before a first task ends."
    return Finding("Prices", True, text)


def _address() -> Finding:
    """Look the public address up, as Vidgo must."""
    url = settings.STUDIO_PUBLIC_URL
    what, parts = f"Public address {url}", urlsplit(url)
    try:
        found = {str(one[4][0]) for one in socket.getaddrinfo(parts.hostname, parts.port)}
    except OSError:
        to_do = "Give the name in STUDIO_PUBLIC_URL an entry in the DNS."
        return Finding(what, False, "Its name is not known here.", to_do)
    listed = ", ".join(sorted(found))
    is_public = any(ip_address(one.partition("%")[0]).is_global for one in found)
    if is_public or settings.API_ON_LOOPBACK:
        return Finding(what, True, f"It leads to {listed}.")
    to_do = (
        "From outside the name must lead to a public address. Results are fetched by asking all "
        "the same, but Vidgo cannot fetch your recordings."
    )
    return Finding(what, False, f"It leads to {listed}, which is private.", to_do)


def _at_home() -> Finding:
    """Tell what works without a public address."""
    seen = "None, as you chose: results come by asking alone. Recordings "
    if settings.S3_BUCKET:
        return Finding("Public address", True, f"{seen}go by signed addresses of the bucket.")
    to_do = "For recordings: a tunnel, or an S3 store (docs/home.md)."
    return Finding("Public address", True, f"{seen}cannot be sent to Vidgo.", to_do)


def _round_trip() -> Finding:
    """Call ourselves back at a one-time address, as Vidgo would, and see that it was us."""
    what, asked = "Round trip of a callback", ask()
    url = settings.STUDIO_PUBLIC_URL + reverse("round-trip", args=[asked])
    elsewhere = f"Run this on another machine: curl --request POST {url}"
    try:
        with Deadline(PATIENCE) as deadline, deadline.session() as session:
            told = session.post(url, timeout=PATIENCE, allow_redirects=False, stream=True)
            text = told.raw.read(1000, decode_content=True).decode(errors="replace")
            told.close()
    except requests.RequestException as error:
        return Finding(what, False, f"Not from here: {why(error)}.", elsewhere)
    if told.status_code != 200:
        seen = f"HTTP {told.status_code} instead of our answer."
        return Finding(what, False, seen, "Look at the proxy: /callback/ must reach the studio.")
    try:
        is_ours = _signer.unsign(text, max_age=FRESH) == _signer.unsign(asked)[::-1]
    except BadSignature:
        is_ours = False
    if not is_ours:
        seen = "Somebody else answers there."
        return Finding(what, False, seen, "Lead the name in STUDIO_PUBLIC_URL to this studio.")
    return Finding(what, True, f"It came back. From outside: {elsewhere}", "")


def _worker() -> Finding:
    seen = account.get().worker_at
    if health.is_worker_alive():
        return Finding("Worker", True, "It was heard of within the last minute.")
    last = f"last heard of at {seen:%Y-%m-%d %H:%M} UTC" if seen else "never heard of"
    return Finding("Worker", False, f"Silent: {last}.", "Start it: systemctl start …-worker@1.")


def _database() -> Finding:
    given = settings.DATABASES["default"]
    what = f"Database {given['NAME']}"
    if not health.holds(health.is_database_there):
        return Finding(what, False, "It does not answer.", "Look at DATABASE_URL and its server.")
    if not health.holds(health.is_migrated):
        return Finding(what, False, "It is of another release.", "Run: vidgo-studio prepare")
    # Leases and schedules of several machines meet there.
    told = Account.objects.values_list(Now(), flat=True).get(pk=account.get().pk)
    apart = abs((datetime.now(UTC) - told).total_seconds())
    if apart >= CLOCKS_APART:
        seen = f"This machine's clock differs from the database's by {apart:.0f} s."
        return Finding(what, False, seen, SET_CLOCK)
    return Finding(what, True, "It answers and is of this release.")


def _storage() -> Finding:
    """Write, read, read a part, delete."""
    where = f"bucket {settings.S3_BUCKET}" if settings.S3_BUCKET else settings.MEDIA_ROOT
    what, name = f"Storage: {where}", f"health/{unguessable()[:8]}"
    if not health.is_storage_well():
        return Finding(what, False, "It takes no file, or not in time.", "Look at disk or bucket.")
    try:
        name = default_storage.save(name, ContentFile(b"0123456789"))
        with default_storage.open(name) as file:
            file.seek(4)
            part = file.read(2)
        default_storage.delete(name)
    except Exception as error:
        return Finding(what, False, f"{type(error).__name__}.", "Look at its rights.")
    if part != b"45":
        return Finding(what, False, "A part of a file is not that part.", "Use another store.")
    return Finding(what, True, "It writes, reads, reads parts and deletes.")


def _disk() -> Finding:
    free = health.disk().free
    seen = f"{filesizeformat(free)} free at {settings.STUDIO_DATA_DIR}."
    if free < health.DISK_NEEDS:
        return Finding("Disk", False, seen, "Make room: nothing more is saved.")
    return Finding("Disk", True, seen)


def _backup() -> Finding:
    known = standing.read()
    if not known.trouble:
        at = known.last_good
        seen = f"The last good one is of {at:%Y-%m-%d %H:%M} UTC." if at else "None, for a trial."
        return Finding("Backup", True, seen)
    to_do = "Set STUDIO_BACKUP_TO to a folder on another disk or to s3://…, and start the timer."
    return Finding("Backup", False, known.trouble, "" if settings.BACKUP_TO else to_do)


def _alarms() -> Finding:
    """Sign in to the mail server; whether a message arrives is seen with `alarms --try`."""
    try:
        if settings.EMAIL_HOST:
            telling.see_mail_server()
    except (OSError, SMTPException) as error:
        seen = f"The mail server {settings.EMAIL_HOST} takes none: {error}"
        return Finding("Alarms", False, seen, "Look at STUDIO_EMAIL_URL.")
    ways = " and ".join(telling.ways())
    if ways:
        to_do = "To see one arrive: vidgo-studio alarms --try"
        return Finding("Alarms", True, f"They go by {ways}.", to_do)
    if settings.API_ON_LOOPBACK:
        return Finding("Alarms", True, "None, for a trial.")
    to_do = "Set STUDIO_ALARM_WEBHOOK, or STUDIO_EMAIL_URL and an administrator's e-mail address."
    return Finding("Alarms", False, "They reach nobody.", to_do)
