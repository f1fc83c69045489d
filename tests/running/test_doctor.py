"""The doctor: each part that is not well is named, with what to do, and nothing is paid for it."""

import re
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from studio.models import Account
from studio.running import doctor, health
from tests.product import free_port
from tests.running.test_health import Stalled
from vidgo_sandbox import Sandbox

pytestmark = pytest.mark.once


def examined() -> dict[str, str]:
    """Return what the command prints for each part, by the first word of its line."""
    out = StringIO()
    with suppress(CommandError):
        call_command("doctor", stdout=out)
    parts = re.split(r"\n(?! )", out.getvalue().strip())
    return {part[6:].split()[0].rstrip(":"): part for part in parts}


@pytest.fixture(autouse=True)
def _well(db: None) -> None:
    cache.clear()
    health.beat()


class _Other(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"Welcome to somebody else")

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def other() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Other)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_all_is_well_and_nothing_is_paid(sandbox: Sandbox) -> None:
    found = examined()

    assert list(found) == [
        *("Vidgo", "Prices", "Public", "Round", "Worker", "Database", "Storage", "Disk", "Backup"),
        "Alarms",
    ]
    assert all(line.startswith("good") for line in found.values()), found
    assert "credits left: 1,000" in found["Vidgo"]
    assert "curl --request POST" in found["Round"]
    assert sandbox.ledger() == []


def set_key(settings: Settings, sandbox: Sandbox) -> None:
    settings.VIDGO_API_KEY = "wrong"


def set_unknown_name(settings: Settings, sandbox: Sandbox) -> None:
    settings.VIDGO_API_URL = "https://no-such-name.invalid"


def set_refused(settings: Settings, sandbox: Sandbox) -> None:
    settings.VIDGO_API_URL = f"http://127.0.0.1:{free_port()}"


def set_no_tls(settings: Settings, sandbox: Sandbox) -> None:
    settings.VIDGO_API_URL = sandbox.url.replace("http:", "https:")


def set_private(settings: Settings, sandbox: Sandbox) -> None:
    settings.API_ON_LOOPBACK = False


def set_unreachable(settings: Settings, sandbox: Sandbox) -> None:
    settings.STUDIO_PUBLIC_URL = f"http://127.0.0.1:{free_port()}"


def set_silent(settings: Settings, sandbox: Sandbox) -> None:
    Account.objects.update(worker_at=None)


def set_stalled(settings: Settings, sandbox: Sandbox) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "tests.running.test_health.Stalled"},
    }
    Stalled.may.clear()


ILL: dict[str, tuple[Callable[[Settings, Sandbox], None], str, str]] = {
    "a wrong key": (set_key, "Vidgo", "VIDGO_API_KEY"),
    "a name nobody knows": (set_unknown_name, "Vidgo", "its name is not known here"),
    "a refused connection": (set_refused, "Vidgo", "the connection was refused"),
    "no TLS": (set_no_tls, "Vidgo", "it does not speak TLS"),
    "a private address": (set_private, "Public", "which is private"),
    "an address nobody is at": (set_unreachable, "Round", "the connection was refused"),
    "no worker": (set_silent, "Worker", "never heard of"),
    "a stalled storage": (set_stalled, "Storage", "not in time"),
}


@pytest.mark.parametrize("name", ILL)
def test_what_is_not_well_is_named(name: str, settings: Settings, sandbox: Sandbox) -> None:
    make_ill, part, told = ILL[name]
    make_ill(settings, sandbox)

    found = examined()

    Stalled.may.set()
    assert found[part].startswith("ILL"), found
    assert told in found[part]


def test_an_end_that_is_not_well_is_an_error(settings: Settings, sandbox: Sandbox) -> None:
    set_key(settings, sandbox)
    with pytest.raises(CommandError, match="1 not well"):
        call_command("doctor", stdout=StringIO())


def test_no_credits_are_told(sandbox: Sandbox) -> None:
    sandbox.set_balance(0)

    assert "Top the account up" in examined()["Vidgo"]


def test_a_full_disk_is_told(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "DISK_NEEDS", 2**60)

    assert "Make room" in examined()["Disk"]


def test_no_backup_is_told_where_work_is_real(settings: Settings, sandbox: Sandbox) -> None:
    settings.API_ON_LOOPBACK = False

    assert examined()["Backup"].startswith("ILL")
    assert "STUDIO_BACKUP_TO" in examined()["Backup"]


def test_somebody_else_at_the_address_is_told(
    settings: Settings, sandbox: Sandbox, other: ThreadingHTTPServer
) -> None:
    settings.STUDIO_PUBLIC_URL = f"http://127.0.0.1:{other.server_address[1]}"

    assert "Somebody else answers there." in examined()["Round"]


def test_a_certificate_that_nobody_vouches_for_is_told(
    settings: Settings, sandbox: Sandbox, other: ThreadingHTTPServer, tmp_path: Path
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", key, "-out", certificate),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    other.socket = context.wrap_socket(other.socket, server_side=True)
    settings.VIDGO_API_URL = f"https://127.0.0.1:{other.server_address[1]}"

    assert "its certificate is not trusted (self-signed certificate)" in examined()["Vidgo"]


def test_nobody_else_gets_an_answer_to_a_round_trip(client: Client) -> None:
    assert client.post("/callback/round-trip/made-up/").status_code == 404
    signed = doctor.ask()
    assert client.get(f"/callback/round-trip/{signed}/").status_code == 405
    assert client.post(f"/callback/round-trip/{signed}/").status_code == 200


def test_the_cockpit_shows_it(admin_client: Client, sandbox: Sandbox) -> None:
    page = admin_client.get("/admin/doctor/").text

    assert "Round trip of a callback" in page
    assert page.count('class="good"') == 10


def test_a_clock_that_is_not_that_of_the_database_is_told(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = SimpleNamespace(now=lambda zone: datetime.now(zone) - timedelta(minutes=2))
    monkeypatch.setattr(doctor, "datetime", late)

    assert "differs from the database's by 120 s." in examined()["Database"]
