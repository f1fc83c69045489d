"""What an answer of the API is taken for, since a submit's costs credits, and why there is none."""

import gzip
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from decimal import Decimal
from typing import Any

import pytest
from pytest_django import Settings

from studio.vidgo import client
from studio.vidgo.client import Accepted, Away, Blocked, Refused, Unknown
from tests.product import free_port
from tests.recorder import Recorder

pytestmark = pytest.mark.once

SUBMIT = "/api/generate/submit"
TAKEN = {"task_id": "t-1", "status": "not_started"}
UNREAD = "Vidgo's answer could not be understood (HTTP {})."


@pytest.fixture
def wire(settings: Settings) -> Iterator[Recorder]:
    """The API, without a database behind us."""
    with Recorder() as running:
        settings.VIDGO_API_URL, settings.VIDGO_API_KEY = running.url, "the key"
        yield running


def submit() -> client.Answer:
    return client.submit("generate-music", "https://band.example.com/callback/1/", {"mv": "V5"})


def test_what_goes_out(wire: Recorder) -> None:
    submit()
    client.query("t 1/ü")
    client.balance()

    sent = {"model": "generate-music", "callback_url": "https://band.example.com/callback/1/"}
    wanted: list[tuple[str, str, dict[str, list[str]], Any]] = [
        ("POST", SUBMIT, {}, {**sent, "input": {"mv": "V5"}}),
        ("GET", "/api/generate/detail/music", {"task_id": ["t 1/ü"]}, None),
        ("GET", "/api/user/balance", {}, None),
    ]
    assert [(one.method, one.path, one.query, one.body) for one in wire.received] == wanted
    for one in wire.received:
        assert one.headers["Authorization"] == "Bearer the key"
        # What is packed can be cut off unseen, and is larger than it looks.
        assert one.headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (200, {"code": 200, "data": TAKEN}),
        (200, {"code": "200", "data": TAKEN}),
        (200, {"code": 0, "data": TAKEN}),
        (200, {"code": 299, "data": TAKEN}),
        (201, {"code": 201, "data": TAKEN}),
        (200, {"data": TAKEN}),
        (299, TAKEN),
        # What is no code leaves the verdict to the status.
        (200, {"code": 1000, "data": TAKEN}),
        (200, {"code": -1, "data": TAKEN}),
    ],
)
def test_taken(wire: Recorder, status: int, answer: Any) -> None:
    wire.answer(SUBMIT, answer, status)

    got = submit()

    assert isinstance(got, Accepted)
    assert (got.body.task_id, got.raw) == ("t-1", json.dumps(answer))


MAINTENANCE = {"code": 455, "message": "Maintenance."}
VERDICTS: list[tuple[int, Any, client.Answer]] = [
    (200, {"code": 400, "message": "No."}, Refused(400, "No.")),
    (400, {"error": {"message": "No."}}, Refused(400, "No.")),
    (200, {"code": "422", "data": {"message": "No."}}, Refused(422, "No.")),
    (499, b"", Refused(499, "Vidgo answered 499.")),
    (200, {"code": 499}, Refused(499, "Vidgo answered 499.")),
    (200, {"code": 401, "message": "Who?"}, Blocked("key", "Who?")),
    (403, b"<html>", Blocked("key", "Vidgo answered 403.")),
    (402, {"code": 402, "message": "Empty."}, Blocked("credits", "Empty.")),
    (429, b"", Away("Vidgo answered 429.")),
    (200, {"code": 429, "data": TAKEN}, Away("Vidgo answered 429.")),
    (200, MAINTENANCE, Away("Maintenance.")),
    *((code, b"", Away(f"Vidgo answered {code}.")) for code in (500, 501, 502, 503, 504)),
    (505, b"", Unknown(UNREAD.format(505))),
    (300, {"code": 200, "data": TAKEN}, Unknown(UNREAD.format(300))),
    (500, {"code": 200, "data": TAKEN}, Unknown(UNREAD.format(500))),
    *(
        (200, {"code": code, "data": TAKEN}, Unknown(UNREAD.format(200)))
        for code in (1, 199, 300, 505, 999)
    ),
    *((200, body, Unknown(UNREAD.format(200))) for body in (b"", b"[]", {"code": 200}, {})),
]


@pytest.mark.parametrize(("status", "answer", "verdict"), VERDICTS)
def test_not_taken(wire: Recorder, status: int, answer: Any, verdict: client.Answer) -> None:
    wire.answer(SUBMIT, answer, status)

    assert submit() == verdict


def test_an_answer_that_leads_elsewhere_is_not_followed(wire: Recorder) -> None:
    wire.answer(SUBMIT, b"", 302, {"Location": f"{wire.url}/elsewhere"})

    assert submit() == Unknown(UNREAD.format(302))
    assert [one.path for one in wire.received] == [SUBMIT]


@pytest.mark.parametrize(
    ("after", "seconds"),
    [
        *(("0", 0), ("0.5", 0.5), ("-5", 0), ("120", 120), ("3600", 3600), ("3601", 3600)),
        *(("1e9", 3600), ("nan", None), ("inf", None), ("soon", None), ("", None)),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
    ],
)
def test_how_long_the_api_says_to_wait(wire: Recorder, after: str, seconds: float | None) -> None:
    wire.answer(SUBMIT, MAINTENANCE, 503, {"Retry-After": after})

    assert submit() == Away("Maintenance.", seconds)


@pytest.mark.parametrize("over", [0, 1])
def test_no_answer_is_longer_than_is_read(wire: Recorder, over: int) -> None:
    raw = json.dumps({"data": TAKEN}).encode().ljust(client.MAX_ANSWER + over)
    wire.answer(SUBMIT, raw)

    assert isinstance(submit(), Unknown if over else Accepted)


def test_a_packed_answer_is_unpacked(wire: Recorder) -> None:
    packed = gzip.compress(b'{"data": {"credits_amount": "7.126"}}')
    wire.answer("/api/user/balance", packed, 200, {"Content-Encoding": "gzip"})

    got = client.balance()

    assert isinstance(got, Accepted)
    assert got.body.credits_amount == Decimal("7.13")


UNREACHED = "Vidgo could not be reached: {}."


def test_a_refused_connection_was_not_one(settings: Settings) -> None:
    settings.VIDGO_API_URL = f"http://127.0.0.1:{free_port()}"

    assert submit() == Away(UNREACHED.format("the connection was refused"))


def test_a_name_that_nobody_knows(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    settings.VIDGO_API_URL = "https://api.example.com"

    assert submit() == Away(UNREACHED.format("its name is not known here"))


def test_an_api_that_does_not_speak_tls(wire: Recorder, settings: Settings) -> None:
    settings.VIDGO_API_URL = wire.url.replace("http:", "https:")

    assert submit() == Away(UNREACHED.format("it does not speak TLS"))
    assert wire.received == []


def test_an_address_that_is_none(settings: Settings) -> None:
    settings.VIDGO_API_URL = "http://[::1"

    assert submit() == Away(UNREACHED.format("the connection could not be made"))


def test_a_connection_that_is_not_made_in_time(settings: Settings) -> None:
    settings.VIDGO_CONNECT_TIMEOUT = 0.3
    with ExitStack() as open_ones, socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen(0)
        settings.VIDGO_API_URL = f"http://127.0.0.1:{busy.getsockname()[1]}"
        # Nobody takes them, so that there is no room for one more.
        for _ in range(4):
            waiting = open_ones.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(busy.getsockname())

        assert submit() == Away(UNREACHED.format("it did not answer in time"))


def test_no_answer_in_time_says_nothing_of_a_submit(wire: Recorder, settings: Settings) -> None:
    settings.VIDGO_READ_TIMEOUT = 0.3
    go = wire.hold(SUBMIT)

    assert submit() == Unknown("Vidgo did not answer in time.")
    go.set()


@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"])
def test_an_answer_that_breaks_off_says_nothing_of_a_submit(
    settings: Settings, begun: bytes
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            connected, _ = server.accept()
            with connected:
                connected.recv(65536)
                connected.sendall(begun)

        threading.Thread(target=hang_up, daemon=True).start()
        settings.VIDGO_API_URL = f"http://127.0.0.1:{server.getsockname()[1]}"

        assert submit() == Unknown("The connection broke before Vidgo's answer came.")
