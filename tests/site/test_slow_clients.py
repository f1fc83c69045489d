"""Clients that are slow, by intent or by their line, hold up nobody else: alone or by proxy."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from tests import proxies
from tests.product import PATIENCE, Product, until
from tests.slow import Slow
from tests.sounds import tone

SEPARATE = "/new/upload-and-separate-vocals/"
Ask = Callable[[], None]


# What stands in front changes nothing behind it: connections to the database are held or not.
FRONTS = [pytest.param(proxy, marks=pytest.mark.once) for proxy in ("nginx", "caddy")]


@pytest.fixture(scope="module", params=["alone", *FRONTS])
def front(request: pytest.FixtureRequest) -> str:
    """What people and Vidgo reach the studio by."""
    return str(request.param)


@pytest.fixture(scope="module")
def studio(front: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product as it runs, with an API that is never asked."""
    data = tmp_path_factory.mktemp("studio")
    environment = {"VIDGO_API_URL": "http://127.0.0.1:9", "VIDGO_API_KEY": "none"}
    if front != "alone":
        environment |= {"STUDIO_X_ACCEL": "/protected/", "STUDIO_TRUSTED_PROXIES": "127.0.0.1"}
        # As a socket for both kinds of addresses tells callers of the older kind.
        environment["BIND"] = "::ffff:127.0.0.1"
    with Product(data, **environment) as running:
        yield running


@pytest.fixture(scope="module")
def port(front: str, studio: Product, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port at which it is reached."""
    if front == "alone":
        yield studio.port
        return
    folder: Path = tmp_path_factory.mktemp(front)
    with getattr(proxies, front)(folder, studio.port, studio.data / "media") as port:
        yield port


@pytest.fixture(scope="module")
def member(studio: Product, tmp_path_factory: pytest.TempPathFactory) -> requests.Session:
    """A signed-in browser, which has sent a sound that no socket takes at once: 10 MB."""
    session = studio.session()
    sound = tone(tmp_path_factory.mktemp("sound") / "long.wav", "-ac", "2", seconds=60)
    form = {"csrfmiddlewaretoken": session.cookies["csrftoken"]}
    with sound.open("rb") as file:
        sent = session.post(studio.url + SEPARATE, form, files={"file": file})
    assert "/tasks/" in sent.url, sent.text
    return session


@pytest.fixture(scope="module")
def callback(studio: Product, member: requests.Session) -> str:
    """The path at which the API calls back for that sound's task."""
    (task,) = studio.rows("SELECT callback_token FROM studio_task")
    return f"/callback/{task['callback_token']}/"


@pytest.fixture
def everybody(port: int, member: requests.Session, callback: str) -> Ask:
    """Return a call that sees that everybody else is answered."""
    url = f"http://127.0.0.1:{port}"

    def ask() -> None:
        assert requests.get(f"{url}/healthz", timeout=PATIENCE).status_code == 200
        assert "long" in member.get(f"{url}/tasks/", timeout=PATIENCE).text
        told = requests.post(url + callback, json={"status": "running"}, timeout=PATIENCE)
        assert told.status_code == 200

    return ask


@pytest.fixture
def slow(port: int, member: requests.Session) -> Iterator[Slow]:
    """Slow clients of the studio, signed in."""
    cookies = "; ".join(f"{name}={value}" for name, value in member.cookies.items())
    with Slow(port, cookies) as clients:
        yield clients


def test_sign_ins_that_drip_and_players_that_stall(slow: Slow, everybody: Ask) -> None:
    slow.drip("POST /login/", 60, "application/x-www-form-urlencoded")
    slow.stall("GET /media/uploads/1/", 12)
    slow.stall("GET /media/uploads/1/", 12, "Range: bytes=100-\r\n")
    everybody()


@pytest.mark.parametrize(
    ("request_line", "content_type"),
    [
        ("GET /healthz", ""),
        ("POST {callback}", "application/json"),
        (f"POST {SEPARATE}", "multipart/form-data; boundary=x"),
    ],
    ids=["heads", "callbacks", "uploads"],
)
def test_what_else_can_drip(
    slow: Slow, everybody: Ask, callback: str, request_line: str, content_type: str
) -> None:
    slow.drip(request_line.format(callback=callback), 60, content_type)
    everybody()


def test_a_sound_comes_whole_in_part_and_with_what_is_to_be_said_of_it(
    port: int, studio: Product, member: requests.Session
) -> None:
    (kept,) = studio.rows("SELECT file FROM studio_upload")
    content = (studio.data / "media" / kept["file"]).read_bytes()
    url = f"http://127.0.0.1:{port}/media/uploads/1/"

    whole = member.get(url)
    part = member.get(url, headers={"Range": "bytes=1000-1999"})

    assert (whole.status_code, whole.content == content) == (200, True)
    assert (part.status_code, part.content) == (206, content[1000:2000])
    for answer in (whole, part):
        assert answer.headers["Content-Type"] == "audio/x-wav"
        assert answer.headers["Cache-Control"] == "private, max-age=3600"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "long.wav" in answer.headers["Content-Disposition"]
        assert "X-Accel-Redirect" not in answer.headers
    assert member.get(f"http://127.0.0.1:{port}/protected/{kept['file']}").status_code == 404


def test_whoever_vanishes_is_noticed(studio: Product) -> None:
    with socket.create_connection(("127.0.0.1", studio.port)) as line:
        ends = {f"{studio.port:04X}", f"{line.getsockname()[1]:04X}"}

        def is_looked_after() -> bool:
            # The kernel's own table: its sixth column begins with 02 where keepalive runs.
            rows = "".join(Path(f"/proc/net/{table}").read_text() for table in ("tcp", "tcp6"))
            columns = [row.split() for row in rows.splitlines()]
            return any(
                local.endswith(f":{studio.port:04X}") and timer.startswith("02:")
                for _, local, remote, _, _, timer, *_ in columns
                if {local[-4:], remote[-4:]} == ends
            )

        until(is_looked_after, "a look at the other end")
