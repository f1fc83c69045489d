"""Out by a company's proxy that signs its own certificates; what vets addresses stays as it is."""

import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from studio.vidgo import client
from studio.vidgo.fetching import FetchError, fetch

pytestmark = pytest.mark.once

PUBLIC = "93.184.215.14"
BALANCE = b'{"code": 200, "data": {"credits_amount": 42}}'


class _Api(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(BALANCE)))
        self.end_headers()
        self.wfile.write(BALANCE)

    def log_message(self, format: str, *args: Any) -> None:
        pass


class _Proxy(BaseHTTPRequestHandler):
    """Passes on what it is asked to connect to, if that is on this machine; remembers all of it."""

    asked: list[str]

    def do_CONNECT(self) -> None:
        self.asked.append(self.path)
        host, _, port = self.path.rpartition(":")
        if host != "127.0.0.1":
            self.send_error(502)
            return
        with socket.create_connection((host, int(port))) as there:
            self.send_response(200)
            self.end_headers()
            back = threading.Thread(target=_pour, args=(there, self.connection))
            back.start()
            _pour(self.connection, there)
            back.join()

    def log_message(self, format: str, *args: Any) -> None:
        pass


def _pour(source: socket.socket, target: socket.socket) -> None:
    # Either side may hang up first.
    with suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)


def _serve(server: ThreadingHTTPServer) -> Iterator[str]:
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a certificate for this machine that signs itself, its key behind it."""
    both = tmp_path_factory.mktemp("certificate") / "both.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", both, "-out", both.with_suffix(".crt")),
        ],
        check=True,
        capture_output=True,
    )
    both.write_bytes(both.read_bytes() + both.with_suffix(".crt").read_bytes())
    return both


@pytest.fixture
def api(certificate: Path, settings: Settings) -> Iterator[str]:
    """Return where an API answers over TLS, which the studio is set to."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Api)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    for address in _serve(server):
        settings.VIDGO_API_URL = f"https://{address}"
        settings.API_ON_LOOPBACK = False
        yield address


@pytest.fixture
def asked(settings: Settings, certificate: Path) -> Iterator[list[str]]:
    """Return what the studio's proxy is asked to connect to."""
    asked: list[str] = []
    handler = type("Proxy", (_Proxy,), {"asked": asked})
    for address in _serve(ThreadingHTTPServer(("127.0.0.1", 0), handler)):
        settings.HTTPS_PROXY = f"http://ann:secret@{address}"
        settings.CERTIFICATES = str(certificate.with_suffix(".crt"))
        yield asked


def test_the_api_is_asked_by_the_proxy(api: str, asked: list[str]) -> None:
    answer = client.balance()

    assert isinstance(answer, client.Accepted)
    assert answer.body.credits_amount == 42
    assert asked == [api]


def test_a_certificate_of_nobody_that_is_named_is_not_trusted(
    api: str, asked: list[str], settings: Settings
) -> None:
    settings.CERTIFICATES = True
    answer = client.balance()

    why = "its certificate is not trusted (self-signed certificate)"
    assert answer == client.Away(f"Vidgo could not be reached: {why}.")


def test_a_proxy_that_refuses_is_told_and_nothing_was_sent(
    asked: list[str], settings: Settings
) -> None:
    settings.VIDGO_API_URL = "https://api.example.com"
    answer = client.balance()

    why = "the proxy did not pass it on"
    assert answer == client.Away(f"Vidgo could not be reached: {why}.")
    assert asked == ["api.example.com:443"]


@pytest.mark.parametrize("url", ["https://127.0.0.1:1/a.mp3", "https://10.0.0.8/a.mp3"])
def test_it_is_asked_for_no_address_that_is_not_public(
    api: str, asked: list[str], url: str
) -> None:
    with pytest.raises(FetchError), fetch(url, {}):
        pass

    assert asked == []


def test_a_result_comes_by_it_from_the_address_that_was_judged(
    api: str, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    really = socket.getaddrinfo

    def look_up(host: str, port: int, *args: Any, **kwargs: Any) -> Any:
        name = PUBLIC if host == "files.example.com" else host
        return really(name, port, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(FetchError), fetch("https://files.example.com/a.mp3", {}):
        pass
    with fetch(f"https://{api}/a.mp3", {}) as response:
        assert response.raw.read() == BALANCE

    assert asked == [f"{PUBLIC}:443", api]
