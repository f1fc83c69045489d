"""Addresses that lead inside reach nothing, and files that lie are not served as they claim."""

import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from pytest_django import Settings

from studio import leases, lifecycle
from studio.media import archive
from studio.models import Asset, Task
from studio.vidgo import fetching
from studio.vidgo.fetching import FetchError, fetch, pieces

pytestmark = pytest.mark.once

# A name that resolves to whatever a test says, and a public address that nobody has.
PUBLIC = "93.184.215.14"

HOSTILE = [
    # Not the web.
    *("file:///etc/passwd", "ftp://93.184.215.14/a", "gopher://127.0.0.1/", "data:audio/mp3,x"),
    *("dict://127.0.0.1:11211/", "javascript:1", "//127.0.0.1/", "/etc/passwd", "", "http://"),
    *("http:///a", "http://:80/", "https:127.0.0.1", "unix:///run/docker.sock", "jar:http://a!/"),
    # This machine.
    *("http://127.0.0.1:{port}/", "http://127.1:{port}/", "http://127.0.1:{port}/"),
    *("http://127.255.255.254:{port}/", "http://0:{port}/", "http://0.0.0.0:{port}/"),
    *("http://localhost:{port}/", "http://LOCALHOST:{port}/", "http://localhost.:{port}/"),
    # The same in other numbers.
    *("http://2130706433:{port}/", "http://0x7f000001:{port}/", "http://0x7f.0.0.1:{port}/"),
    *("http://0177.0.0.1:{port}/", "http://017700000001:{port}/", "http://127.0.0x1:{port}/"),
    *("http://00000177.0.0.1:{port}/", "http://%31%32%37.0.0.1:{port}/"),
    "http://①②⑦.⓪.⓪.①:{port}/",
    "http://127。0。0。1:{port}/",
    "http://ⓛocalhost:{port}/",
    # IPv6.
    *("http://[::1]:{port}/", "http://[::]:{port}/", "http://[0:0:0:0:0:0:0:1]:{port}/"),
    *("http://[::ffff:127.0.0.1]:{port}/", "http://[::ffff:7f00:1]:{port}/"),
    *("http://[::127.0.0.1]:{port}/", "http://[::ffff:0:127.0.0.1]:{port}/"),
    *("http://[64:ff9b::7f00:1]:{port}/", "http://[64:ff9b:1::7f00:1]:{port}/"),
    *("http://[2002:7f00:1::]:{port}/", "http://[2001:0:7f00:1::]:{port}/"),
    *("http://[fe80::1]/", "http://[fe80::1%25lo]/", "http://[fc00::1]/", "http://[fd12:3456::1]/"),
    *("http://[fec0::1]/", "http://[ff02::1]/", "http://[ff0e::1]/", "http://[2001:db8::1]/"),
    *("http://[100::1]/", "http://[3fff::1]/", "http://[5f00::1]/", "http://[::a00:1]/"),
    # Inside: private ranges, carriers, clouds' metadata, tests, reserved, multicast.
    *("http://10.0.0.1/", "http://10.255.255.255/", "http://172.16.0.1/", "http://172.31.255.1/"),
    *("http://192.168.1.1/", "http://169.254.169.254/latest/meta-data/", "http://169.254.0.1/"),
    *("http://100.64.0.1/", "http://100.100.100.200/", "http://192.0.0.192/", "http://192.0.2.1/"),
    *("http://198.18.0.1/", "http://198.51.100.1/", "http://203.0.113.1/", "http://240.0.0.1/"),
    *("http://255.255.255.255/", "http://224.0.0.1/", "http://239.255.255.250:1900/"),
    *("http://192.88.99.1/", "http://0.1.2.3/", "http://2852039166/latest/meta-data/"),
    "http://[::ffff:169.254.169.254]/latest/meta-data/",
    # Read in one way and used in another.
    *("http://93.184.215.14@127.0.0.1:{port}/", "http://a:b@127.0.0.1:{port}/"),
    *("http://127.0.0.1:{port}\\@93.184.215.14/", "http://93.184.215.14\\@127.0.0.1:{port}/"),
    *("http://127.0.0.1:{port}#@93.184.215.14/", "http://127.0.0.1:{port}?@93.184.215.14/"),
    *("http://api.vidgo.ai@127.0.0.1:{port}/", "http://127.0.0.1:{port}\\@api.vidgo.ai/"),
    *("https://api.vidgo.ai:443@127.0.0.1:{port}/", "http://127.0.0.1:{port}%2f@api.vidgo.ai/"),
    *("http://127.0.0.1%00.example.com:{port}/", "http://127.0.0.1\t:{port}/"),
    *(" http://127.0.0.1:{port}/", "http://127.0.0.1:{port}\r\nHost: api.vidgo.ai/"),
    *("http://127.0.0.1:99999/", "http://[::1/", "http://[127.0.0.1]:{port}/", "http://a..b/"),
    # Names.
    *("http://inside.test:{port}/", "http://six.test:{port}/", "http://metadata.test/"),
    *("http://both.test:{port}/", "http://mapped.test:{port}/", "http://nowhere.test/"),
]
NAMES = {
    "inside.test": ["127.0.0.1"],
    "six.test": ["::1"],
    "metadata.test": ["169.254.169.254"],
    "both.test": ["127.0.0.1", PUBLIC],
    "mapped.test": ["::ffff:127.0.0.1"],
    "public.test": [PUBLIC],
}


class Inside(BaseHTTPRequestHandler):
    """What must not be reached: it answers anybody with what they want."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ID3secret")

    def log_message(self, *_: Any) -> None:
        pass


class World:
    """What is looked up and where this process connects to, seen by Python itself."""

    def __init__(self) -> None:
        self.tried: list[str] = []
        self.names: dict[str, list[list[str]]] = {}
        self.watching = True

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.watching and event == "socket.connect" and isinstance(arguments[1], tuple):
            self.tried.append(str(arguments[1][0]).split("%")[0])


@pytest.fixture(scope="module")
def _audit() -> World:
    world = World()
    sys.addaudithook(world.audit)
    return world


@pytest.fixture
def world(_audit: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A network with names of our own; connecting to the public address is refused at once."""
    _audit.tried, _audit.watching = [], True
    _audit.names = {name: [addresses] for name, addresses in NAMES.items()}
    really, connect = socket.getaddrinfo, socket.socket.connect

    def look_up(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else str(host)
        answers = _audit.names.get(name)
        if answers is None:
            is_number = ":" in name or not any(c.isalpha() for c in name.replace("x", ""))
            if not is_number and name.lower().rstrip(".") != "localhost":
                raise socket.gaierror(socket.EAI_NONAME, "no such name")
            return really(host, port, *args, **kwargs)
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [entry for one in addresses for entry in really(one, port, *args, **kwargs)]

    def refuse(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and ip_address(address[0].split("%")[0]).is_global:
            sys.audit("socket.connect", self, address)
            raise ConnectionRefusedError
        connect(self, address)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    yield _audit
    _audit.watching = False


@pytest.fixture(scope="module")
def inside() -> Iterator[int]:
    """A server on every address of this machine. Returns its port."""

    class Both(ThreadingHTTPServer):
        address_family = socket.AF_INET6

    server = Both(("::", 0), Inside)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()


@pytest.fixture
def live(settings: Settings) -> None:
    """The real API's address, as in production."""
    settings.VIDGO_API_URL = "https://api.vidgo.ai"
    settings.API_ON_LOOPBACK = False


def read(url: str) -> bytes:
    with fetch(url, {}) as response:
        return b"".join(pieces(response))


def test_there_are_many_of_them() -> None:
    assert len(set(HOSTILE)) >= 100


@pytest.mark.parametrize("url", HOSTILE)
def test_a_hostile_address_reaches_nothing(url: str, world: World, inside: int, live: None) -> None:
    with pytest.raises(FetchError) as error:
        read(url.format(port=inside))
    assert set(world.tried) <= {PUBLIC}
    # What is told goes into the history: no address stands in it.
    assert "127" not in str(error.value)
    assert "://" not in str(error.value)


def test_the_server_inside_could_have_been_reached(inside: int, settings: Settings) -> None:
    settings.VIDGO_API_URL = f"http://127.0.0.1:{inside}"
    settings.API_ON_LOOPBACK = True
    assert read(f"http://127.0.0.1:{inside}/") == b"ID3secret"


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://public.test/a.mp3", PUBLIC),
        (f"https://{PUBLIC}/a.mp3", PUBLIC),
        ("https://[2606:4700::1111]/a.mp3", "2606:4700::1111"),
    ],
)
def test_a_public_address_is_connected_to(url: str, address: str, world: World, live: None) -> None:
    with pytest.raises(FetchError):
        read(url)
    assert set(world.tried) == {address}


@pytest.mark.parametrize(
    "url", [f"http://a:b@{PUBLIC}/", f"http://a@{PUBLIC}/", f"ftp://{PUBLIC}/"]
)
def test_what_is_no_plain_web_address_is_not_tried(url: str, world: World, live: None) -> None:
    with pytest.raises(FetchError, match="is no web address"):
        read(url)
    assert world.tried == []


def test_a_name_that_changes_after_it_was_vetted_changes_nothing(
    world: World, inside: int, live: None
) -> None:
    world.names["turning.test"] = [[PUBLIC], ["127.0.0.1"]]
    with pytest.raises(FetchError):
        read(f"http://turning.test:{inside}/")
    assert set(world.tried) == {PUBLIC}


def test_a_name_that_turns_inside_is_vetted_anew_each_time(
    world: World, inside: int, live: None
) -> None:
    world.names["turning.test"] = [[PUBLIC], ["127.0.0.1"]]
    for _ in range(3):
        with pytest.raises(FetchError):
            read(f"http://turning.test:{inside}/")
    assert set(world.tried) == {PUBLIC}


class Leading(BaseHTTPRequestHandler):
    """A storage that leads elsewhere: to what the test says, or round in circles."""

    target = ""

    def do_GET(self) -> None:
        self.send_response(302)
        self.send_header("Location", self.target)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def storage() -> Iterator[Callable[[type[BaseHTTPRequestHandler]], str]]:
    """Return a call that starts a storage on this machine and gives its address."""
    servers = []

    def start(handler: type[BaseHTTPRequestHandler]) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for server in servers:
        server.shutdown()


@pytest.mark.parametrize(
    "target",
    [
        *("http://169.254.169.254/", "http://localhost:{port}/", "http://[::1]:{port}/"),
        *("//localhost:{port}/", "file:///etc/passwd", "http://inside.test:{port}/", "ftp://a/"),
        *("http://127.0.0.1:{port}@localhost:{port}/", "http://2130706433:{port}/"),
        "\\\\localhost:{port}/",
    ],
)
def test_a_redirect_is_vetted_as_well(
    target: str, world: World, inside: int, storage: Any, settings: Settings
) -> None:
    # The API's own host may be on this machine here; where it leads to may not.
    api = storage(Leading)
    settings.VIDGO_API_URL, settings.API_ON_LOOPBACK = api.rstrip("/"), False
    Leading.target = target.format(port=inside)
    with pytest.raises(FetchError):
        read(api)
    assert set(world.tried) <= {"127.0.0.1"}
    assert len(world.tried) == 1 or target.startswith("\\"), "one look at the API's own host only"


def test_redirects_in_circles_end(storage: Any, settings: Settings) -> None:
    api = storage(Leading)
    settings.VIDGO_API_URL, settings.API_ON_LOOPBACK = api.rstrip("/"), True
    Leading.target = api
    with pytest.raises(FetchError, match="circles"):
        read(api)


@pytest.mark.parametrize(("times", "arrives"), [(0, True), (1, True), (5, True), (6, False)])
def test_so_many_redirects_are_followed(
    times: int, arrives: bool, storage: Any, settings: Settings
) -> None:
    class Counting(Inside):
        def do_GET(self) -> None:
            left = int(self.path.strip("/"))
            if not left:
                super().do_GET()
                return
            self.send_response(302)
            self.send_header("Location", f"/{left - 1}")
            self.end_headers()

    api = storage(Counting)
    settings.VIDGO_API_URL, settings.API_ON_LOOPBACK = api.rstrip("/"), True
    if arrives:
        assert read(f"{api}{times}") == b"ID3secret"
        return
    with pytest.raises(FetchError, match="circles"):
        read(f"{api}{times}")


@pytest.mark.parametrize(
    ("status", "gone"),
    [(401, True), (403, True), (404, True), (410, True), (400, False), (500, False), (302, False)],
)
def test_whether_a_result_is_gone_shows_in_the_status(
    status: int, gone: bool, storage: Any, settings: Settings
) -> None:
    class Refusing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    api = storage(Refusing)
    settings.VIDGO_API_URL, settings.API_ON_LOOPBACK = api.rstrip("/"), True
    with pytest.raises(FetchError, match=f"storage answered {status}") as error:
        read(api)
    assert error.value.gone == gone


def test_the_key_goes_to_no_storage(storage: Any, settings: Settings, monkeypatch: Any) -> None:
    heard: list[str] = []

    class Listening(Inside):
        def do_GET(self) -> None:
            heard.append(str(self.headers))
            super().do_GET()

    api = storage(Listening)
    settings.VIDGO_API_URL, settings.API_ON_LOOPBACK = api.rstrip("/"), True
    settings.VIDGO_API_KEY = "a very secret key"
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    read(api)
    assert "secret" not in heard[0]
    assert "Authorization" not in heard[0]
    # Packed, it could not be resumed.
    assert "Accept-Encoding: identity\n" in heard[0]


def test_a_file_that_comes_in_drops_is_given_up(
    storage: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "LONGEST", 0.5)
    stop = threading.Event()

    class Dripping(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "1000000")
            self.end_headers()
            while not stop.wait(0.05):
                self.wfile.write(b"x")

        def log_message(self, *_: Any) -> None:
            pass

    api = storage(Dripping)
    settings.VIDGO_API_URL, settings.API_ON_LOOPBACK = api.rstrip("/"), True
    with pytest.raises(FetchError, match="too slow"):
        read(api)
    stop.set()


def test_a_file_that_stops_in_the_middle_is_given_up(
    storage: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "TIMEOUT", (10, 0.3))
    go = threading.Event()

    class Stopping(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "6")
            self.end_headers()
            self.wfile.write(b"ID3")
            # Whoever waits for ten seconds gets the rest.
            go.wait(10)
            self.wfile.write(b"end")

        def log_message(self, *_: Any) -> None:
            pass

    api = storage(Stopping)
    settings.VIDGO_API_URL, settings.API_ON_LOOPBACK = api.rstrip("/"), True
    with pytest.raises(FetchError, match=r"broke off \(ReadTimeoutError\)") as error:
        read(api)
    # It is there still, and is tried again.
    assert not error.value.gone
    go.set()


def test_a_file_whose_headers_come_in_drops_is_given_up(
    storage: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "PATIENCE", 0.5)
    was_cut = threading.Event()

    class Dripping(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Padding: ")
            # Whoever waits for ten seconds gets it.
            for _ in range(200):
                time.sleep(0.05)
                try:
                    self.wfile.write(b"x")
                except OSError:
                    was_cut.set()
                    return
            self.wfile.write(b"\r\n\r\nID3")

        def log_message(self, *_: Any) -> None:
            pass

    api = storage(Dripping)
    settings.VIDGO_API_URL, settings.API_ON_LOOPBACK = api.rstrip("/"), True
    with pytest.raises(FetchError):
        read(api)
    assert was_cut.wait(60), "who never ends is hung up on"


def test_a_file_larger_than_allowed_is_not_kept(
    storage: Any, settings: Settings, make_task: Any
) -> None:
    class Endless(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            try:
                # 64 MB: endless enough.
                for _ in range(1024):
                    self.wfile.write(b"x" * 65536)
            except OSError:
                return

        def log_message(self, *_: Any) -> None:
            pass

    api = storage(Endless)
    settings.VIDGO_API_URL, settings.API_ON_LOOPBACK = api.rstrip("/"), True
    settings.STUDIO_MAX_RESULT = 1024**2
    asset = save(make_task(), api)
    assert "larger" in asset.error
    assert not asset.file


PAGE = b"<!DOCTYPE html><script>alert(document.domain)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
LIES = {
    "a page that says it is an mp3": ("audio/mpeg", "a.mp3", PAGE),
    "a page that says it is a film": ("video/mp4", "a.mp4", PAGE),
    "a page that says it is a picture": ("image/png", "a.png", b"\n\t " + PAGE),
    "a drawing with a script": ("image/svg+xml", "a.svg", SVG),
    "a page that is a page": ("text/html", "a.html", PAGE),
    "a script": ("text/javascript", "a.js", b"alert(document.domain)"),
    "xml": ("application/xml", "a.xml", b'<?xml version="1.0"?><a/>'),
    "a message": ("application/json", "a.json", b'{"error": "expired"}'),
    "a document": ("application/pdf", "a.pdf", b"%PDF-1.7 /JS (app.alert(1))"),
    "a page behind a tag": ("audio/mpeg", "a.mp3", b"ID3\x03\0\0\0\0\0\0" + PAGE),
    "a page behind a picture": ("image/gif", "a.gif", b"GIF89a/*" + PAGE),
    "a flash film": ("application/x-shockwave-flash", "a.swf", b"CWS\x09" + b"x" * 40),
}


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("kind", ["audio", "image", "file"])
def test_a_file_that_lies_is_not_served_as_what_it_claims(
    lie: str, kind: str, storage: Any, settings: Settings, make_task: Any, signed_in: Client
) -> None:
    claimed, name, body = LIES[lie]

    class Lying(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", claimed)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    api = storage(Lying)
    settings.VIDGO_API_URL, settings.API_ON_LOOPBACK = api.rstrip("/"), True
    asset = save(make_task(), api + name, kind)
    response = signed_in.get(f"/media/{asset.pk}/")
    if response.status_code == 404:
        assert not asset.file
        return
    harmless = ("audio/", "video/", "image/gif", "image/png", "image/jpeg", "image/webp")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in response["Content-Security-Policy"]
    if not response["Content-Type"].startswith(harmless):
        assert response["Content-Type"] == "application/octet-stream"
        assert response["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    "content_type", ["text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", ""]
)
def test_whatever_stands_in_the_row_a_page_is_never_shown(
    content_type: str, make_task: Any, signed_in: Client, settings: Settings, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    asset = Asset(task=make_task(), key="a", kind="file", label="a", state=Asset.State.SAVED)
    asset.content_type, asset.sha256 = content_type, "0"
    asset.file.save("", ContentFile(PAGE))
    response = signed_in.get(f"/media/{asset.pk}/")
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment")


def save(task: Task, url: str, kind: str = "audio") -> Asset:
    """Have one result copied as the worker does it."""
    asset = Asset.objects.create(
        task=task, key="a", kind=kind, label="Night", url=url, due_at=task.created_at
    )
    lease = leases.take(Asset, asset.pk, 60)
    archive.save(asset.pk, lease)
    asset.refresh_from_db()
    assert lifecycle.Status(task.status) == task.status
    return asset
