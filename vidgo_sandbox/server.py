"""HTTP: reads requests, writes answers, serves files, and disturbs both when told to."""

import contextlib
import json
import logging
import mimetypes
import re
import socket
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, unquote, urlsplit

from vidgo_sandbox.answers import error_body
from vidgo_sandbox.api import Api
from vidgo_sandbox.checks import RefusedError

_LARGEST_BODY = 1 << 20
_CHUNK = 1 << 16
_SLOW_STEPS = 8
_log = logging.getLogger(__name__)


class _DroppedError(Exception):
    """The connection is to end without an answer."""


class _DisturbedError(RefusedError):
    """An error by fault: ``status`` is HTTP's, which can differ from the body's ``code``."""

    def __init__(self, code: int, status: int) -> None:
        message = "Too many requests." if code == 429 else "The service is away for a moment."
        super().__init__(code, message)
        self.status = status


class Server(ThreadingHTTPServer):
    """The listening socket, and all connections that are open."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], api: Api) -> None:
        self.api = api
        self.open: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def stop(self) -> None:
        """Listen no more and end what is open, so that no answer comes from a stopped sandbox."""
        self.shutdown()
        self.server_close()
        for connection in list(self.open):
            _end(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log nothing of connections that break: the sandbox breaks many itself."""
        _log.debug("connection with %s ended", client_address, exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "VidgoSandbox"
    timeout = 60
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        cast(Server, self.server).open.add(self.connection)
        self.api = cast(Server, self.server).api

    def finish(self) -> None:
        cast(Server, self.server).open.discard(self.connection)
        super().finish()

    def log_message(self, *told: Any) -> None:
        _log.debug(*told)

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path.startswith("/files/"):
            self._respond(self._file)
        else:
            self._respond(
                {
                    "/api/generate/detail/music": self._detail,
                    "/api/user/balance": self._balance,
                    "/_sandbox/ledger": self._ledger,
                    "/_sandbox/requests": self._requests,
                    "/_sandbox/faults": self._faults,
                }.get(path, self._unknown)
            )

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        # The body is read in any case: a connection that stays open must not choke on it.
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > _LARGEST_BODY:
            self.close_connection = True
            self._error(RefusedError(400, "The body must have a Content-Length of at most 1 MB."))
            return
        self.body = self.rfile.read(int(length))
        self._respond(
            {
                "/api/generate/submit": self._submit,
                "/_sandbox/expire": self._expire,
                "/_sandbox/balance": self._set_balance,
                "/_sandbox/key": self._set_key,
                "/_sandbox/calm": self._calm,
            }.get(urlsplit(self.path).path, self._unknown)
        )

    def _respond(self, answer: Callable[[], None]) -> None:
        if (
            self.path.startswith("/_sandbox/")
            and not ip_address(self.client_address[0]).is_loopback
        ):
            answer = self._unknown
        try:
            answer()
        except RefusedError as refused:
            self._error(refused)
        except _DroppedError:
            self.close_connection = True
            _end(self.connection)

    def _unknown(self) -> None:
        raise RefusedError(404, "There is nothing here.")

    def _submit(self) -> None:
        try:
            body = json.loads(self.body)
        except ValueError:
            body = None
        headers = dict(self.headers.items())
        if "Authorization" in headers:
            headers["Authorization"] = headers["Authorization"].split(" ")[0] + " ..."
        request = self.api.note_request(headers, body)
        callable_back = isinstance(body, dict) and body.get("callback_url")
        fault = self.api.faults.take("submit", without=() if callable_back else ("early",))
        code = None
        try:
            self._disturb(fault)
            self.api.authorise(self.headers.get("Authorization"))
            data = self.api.submit(body, request, hurry=fault == "early")
            if fault == "drop_after":
                raise _DroppedError
            code = 200
        except RefusedError as refused:
            code = refused.code
            raise
        finally:
            self.api.note_answer(request, code, fault)
        self._write(200, {"code": 200, "data": data})

    def _detail(self) -> None:
        fault = self.api.faults.take("detail")
        self._disturb(fault)
        self.api.authorise(self.headers.get("Authorization"))
        task_id = parse_qs(urlsplit(self.path).query).get("task_id", [""])[0]
        if not task_id:
            raise RefusedError(400, "task_id is required.")
        data = self.api.detail(task_id)
        if fault == "drop_after":
            raise _DroppedError
        self._write(200, {"code": 200, "data": data})

    def _balance(self) -> None:
        self.api.authorise(self.headers.get("Authorization"))
        data = {"email": "sandbox@example.com", "credits_amount": self.api.balance()}
        self._write(200, {"code": 200, "data": data})

    def _disturb(self, fault: str | None) -> None:
        """Do what a fault does before a request is processed."""
        if fault == "drop_before":
            raise _DroppedError
        if fault == "delay":
            time.sleep(self.api.faults.between(0.2, 1.5))
        if fault in ("500", "429", "455"):
            raise _DisturbedError(int(fault), int(fault))
        if fault in ("code_500", "code_429"):
            raise _DisturbedError(int(fault.removeprefix("code_")), 200)

    def _ledger(self) -> None:
        self._write(200, self.api.ledger())

    def _requests(self) -> None:
        self._write(200, self.api.requests())

    def _faults(self) -> None:
        self._write(200, self.api.faults.counts)

    def _expire(self) -> None:
        self._write(200, {"deleted": self.api.expire()})

    def _set_balance(self) -> None:
        self.api.set_balance(self._given("credits_amount", int, float))
        self._write(200, {})

    def _set_key(self) -> None:
        self.api.set_key(self._given("key", str))
        self._write(200, {})

    def _calm(self) -> None:
        self.api.faults.calm()
        self._write(200, {})

    def _given(self, name: str, *kinds: type) -> Any:
        try:
            value = json.loads(self.body)[name]
        except (ValueError, KeyError, TypeError):
            value = None
        if not isinstance(value, kinds):
            raise RefusedError(400, f"{name} is required.")
        return value

    def _write(self, status: int, answer: Any, headers: dict[str, str] | None = None) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        usual = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        for name, value in (usual | (headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _error(self, refused: RefusedError) -> None:
        status = refused.status if isinstance(refused, _DisturbedError) else refused.code
        headers = {"Retry-After": "1"} if refused.code == 429 else {}
        self._write(status, error_body(refused), headers)

    def _file(self) -> None:
        found = self.api.file(unquote(urlsplit(self.path).path))
        if found is None:
            self._unknown()
            return
        path, sha256 = found
        fault = self.api.faults.take("file") if self.command == "GET" else None
        if fault == "500":
            raise _DisturbedError(500, 500)
        size, etag = path.stat().st_size, f'"{sha256[:32]}"'
        asked = self.headers.get("Range", "")
        if self.headers.get("If-Range", etag) != etag:
            asked = ""
        first, last, status = _range(asked, size)
        self.send_response(status)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("ETag", etag)
        if status == 416:
            self.send_header("Content-Range", f"bytes */{size}")
        elif status == 206:
            self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
        length = last - first + 1
        self.send_header("Content-Type", mimetypes.guess_type(path)[0] or "")
        self.send_header("Content-Length", str(length))
        self.end_headers()
        if self.command == "GET":
            self._send_bytes(path, first, length, fault)

    def _send_bytes(self, path: Path, first: int, length: int, fault: str | None) -> None:
        step = max(1, length // _SLOW_STEPS) if fault == "slow" else _CHUNK
        left = length // 2 if fault == "cut" else length
        with path.open("rb") as file:
            file.seek(first)
            while left > 0:
                chunk = file.read(min(step, left))
                self.wfile.write(chunk)
                left -= len(chunk)
                if fault == "slow":
                    time.sleep(0.2)
        if fault == "cut":
            raise _DroppedError


def _range(asked: str, size: int) -> tuple[int, int, int]:
    """Return first byte, last byte and HTTP status for a Range header."""
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", asked.strip())
    if not match or not any(match.groups()):
        return 0, size - 1, 200
    start, end = match.groups()
    first = int(start) if start else max(0, size - int(end))
    last = min(int(end), size - 1) if start and end else size - 1
    # A range that can't be met has no bytes: its length is 0.
    return (first, last, 206) if first <= last else (0, -1, 416)


def _end(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
