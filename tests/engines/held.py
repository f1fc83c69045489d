"""A server in front of the product that lets nothing through of what a test holds."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.product import Product

# Where browsers tell what the policy of a page kept out: the same policy once more, as a report.
VIOLATED = "/violated"
_HOP = {"connection", "keep-alive", "transfer-encoding", "server", "date"}


class Front:
    """Passes everything on to `product`; answers for what a test holds wait."""

    def __init__(self, product: Product) -> None:
        self.product = product
        self.held: dict[str, threading.Event] = {}
        self.lost = ""
        self.violations: list[str] = []
        handler = type("Handler", (_Handler,), {"front": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> "Front":
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._server.shutdown()
        self._server.server_close()

    @contextmanager
    def hold(self, pattern: str) -> Iterator[None]:
        """Hold every answer for paths of this regular expression until the end of the block."""
        self.held[pattern] = threading.Event()
        try:
            yield
        finally:
            self.held.pop(pattern).set()

    @contextmanager
    def lose(self, pattern: str) -> Iterator[None]:
        """Answer that such paths are not there, as after a deletion, until the end of the block."""
        self.lost = pattern
        try:
            yield
        finally:
            self.lost = ""

    def pass_on(self, path: str) -> None:
        """Wait as long as the path is held."""
        for held, freed in list(self.held.items()):
            if re.search(held, path):
                freed.wait(120)


class _Handler(BaseHTTPRequestHandler):
    front: Front

    def do_GET(self) -> None:
        """Pass a request on, and its answer back."""
        if self.path == VIOLATED:
            return self._note()
        if self.front.lost and re.search(self.front.lost, self.path):
            return self.send_error(404)
        self.front.pass_on(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        product = HTTPConnection("127.0.0.1", self.front.product.port, timeout=60)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
        product.request(self.command, self.path, self.rfile.read(length), headers)
        self._give(product.getresponse())
        return product.close()

    do_POST = do_HEAD = do_GET  # noqa: N815

    def _give(self, answer: HTTPResponse) -> None:
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in _HOP:
                self.send_header(name, value)
            if name == "Content-Security-Policy":
                report = f"{value}; report-uri {VIOLATED}"
                self.send_header("Content-Security-Policy-Report-Only", report)
        self.end_headers()
        # Whoever has heard enough hangs up.
        try:
            while piece := answer.read(65536):
                self.wfile.write(piece)
        except ConnectionError:
            self.close_connection = True

    def _note(self) -> None:
        told = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        # Firefox shows a sound or a picture alone by styles of its own.
        if not re.search(r'"source-file": *"(chrome|resource):', told):
            self.front.violations.append(told)
        self.send_response_only(204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Log nothing."""
