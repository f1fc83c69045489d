"""A tiny HTTP server in the API's place: it writes down what comes and answers as it is told."""

import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

BODIES = Path(__file__).parent / "bodies"


def body(name: str) -> Any:
    """Return a recorded body out of `tests/bodies/`."""
    return json.loads((BODIES / f"{name}.json").read_text())


@dataclass(frozen=True)
class Received:
    """One request as it came; `body` is decoded JSON, None where there was none."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: Any


class Recorder:
    """The API at `url`. `answers[path]` is used up in order as (status, headers, body).

    Without an answer left it takes every submit, and says of a task what stands in `told` under its
    task_id: of any other that it is running.
    """

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.answers: dict[str, list[tuple[int, dict[str, str], Any]]] = {}
        self.held: dict[str, threading.Event] = {}
        self.told: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def submits(self) -> list[Received]:
        """Return the submits that came."""
        return [one for one in self.received if one.path == "/api/generate/submit"]

    @property
    def queries(self) -> list[Received]:
        """Return the questions after a task that came."""
        return [one for one in self.received if one.path == "/api/generate/detail/music"]

    def answer(
        self, path: str, body: Any, status: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        """Have the next request for `path` answered so."""
        self.answers.setdefault(path, []).append((status, headers or {}, body))

    def hold(self, path: str) -> threading.Event:
        """Have what comes for `path` wait for its answer until the event given is set."""
        self.held[path] = threading.Event()
        return self.held[path]

    def next_answer(self, got: Received) -> tuple[int, dict[str, str], Any]:
        """Note a request and give what is answered to it."""
        with self._lock:
            self.received.append(got)
            if self.answers.get(got.path):
                return self.answers[got.path].pop(0)
            number = len(self.received)
        data: dict[str, Any] = {"credits_amount": 100}
        if got.path == "/api/generate/submit":
            data = {"task_id": f"task-unified-{number}", "status": "not_started"}
        elif got.path == "/api/generate/detail/music":
            task_id = got.query["task_id"][0]
            data = {"task_id": task_id, "status": "running", "files": []}
            data |= self.told.get(task_id, {})
        return 200, {}, {"code": 200, "data": data}


def _handler_of(recorder: Recorder) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            sent = json.loads(self.rfile.read(length)) if length else None
            headers = dict(self.headers.items())
            query = parse_qs(parts.query)
            got = Received(self.command, parts.path, query, headers, sent)
            status, extra, answer = recorder.next_answer(got)
            if parts.path in recorder.held:
                recorder.held[parts.path].wait(60)
            raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            for name, value in {"Content-Length": str(len(raw)), **extra}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: Any) -> None:
            """Log nothing."""

    return Handler
