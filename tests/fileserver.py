"""A provider's storage that does as a test tells it: cuts, waits, changes, refuses."""

import hashlib
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self, cast

CHUNK = 64 * 1024


@dataclass
class Stored:
    """One file and how it is sent: cut after `cut` bytes, or held there until `go` is set."""

    content: bytes
    status: int = 200
    cuts: list[int] = field(default_factory=list)
    hold_at: int | None = None
    go: threading.Event = field(default_factory=threading.Event)
    reached: threading.Event = field(default_factory=threading.Event)
    declared: int | None = None
    # At most so many bytes in one answer, which says so in its Content-Range.
    longest: int | None = None
    # A plain GET is answered with 206 as well.
    always_partial: bool = False
    # Sent as Content-Encoding; `content` is packed already.
    encoding: str = ""
    has_etag: bool = True

    @property
    def etag(self) -> str:
        """Return what names the content."""
        return f'"{hashlib.sha256(self.content).hexdigest()[:16]}"'


class FileServer:
    """Serves `files[path]` at `url + path`; `asked` holds the Range header of each request."""

    def __init__(self) -> None:
        self.files: dict[str, Stored] = {}
        self.asked: list[tuple[str, str]] = []
        self._server = _Server(self)
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
        for stored in self.files.values():
            stored.go.set()
        self._server.shutdown()
        self._server.server_close()

    def put(self, path: str, content: bytes) -> Stored:
        """Serve `content` at `path` from now on. Returns it, to say how."""
        self.files[path] = Stored(content)
        return self.files[path]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, owner: FileServer) -> None:
        self.owner = owner
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        server = cast(_Server, self.server).owner
        server.asked.append((self.path, self.headers.get("Range", "")))
        # Signed addresses lead to the same file.
        stored = server.files.get(self.path) or server.files.get(self.path.partition("?")[0])
        if stored is None or stored.status != 200:
            self.send_response(stored.status if stored else 404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        begin, size = self._begin(stored), len(stored.content)
        if begin > 0 and begin >= size:
            self._refuse(size)
            return
        end = min(begin + (stored.longest or size), size)
        partial = begin or end < size or stored.always_partial
        self.send_response(206 if partial else 200)
        if partial:
            self.send_header("Content-Range", f"bytes {begin}-{end - 1}/{size}")
        if stored.has_etag:
            self.send_header("ETag", stored.etag)
        if stored.encoding:
            self.send_header("Content-Encoding", stored.encoding)
        length = end - begin if stored.declared is None else stored.declared
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self._send(stored, begin, end)

    def _refuse(self, size: int) -> None:
        self.send_response(416)
        self.send_header("Content-Range", f"bytes */{size}")
        self.send_header("Content-Length", "7")
        self.end_headers()
        self.wfile.write(b"Nothing")

    def _begin(self, stored: Stored) -> int:
        asked = self.headers.get("Range", "")
        same = self.headers.get("If-Range", stored.etag) == stored.etag
        if not asked or not same:
            return 0
        return int(asked.removeprefix("bytes=").rstrip("-"))

    def _send(self, stored: Stored, begin: int, end: int) -> None:
        cut = stored.cuts.pop(0) if stored.cuts else None
        end = end if cut is None else min(begin + cut, end)
        while begin < end:
            stop = min(begin + CHUNK, end)
            if stored.hold_at is not None and begin < stored.hold_at:
                stop = min(stop, stored.hold_at)
            self.wfile.write(stored.content[begin:stop])
            begin = stop
            if begin == stored.hold_at:
                stored.reached.set()
                stored.go.wait(60)
        if cut is not None:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""
