"""Clients that are slow on purpose: they drip what they send, or read no further."""

import select
import socket
import threading
from types import TracebackType
from typing import Self

# Seconds between two bytes of a drip.
PACE = 0.5


class Slow:
    """Connections of somebody with these cookies, which all end with `with`."""

    def __init__(self, port: int, cookies: str) -> None:
        self.port = port
        self.cookies = cookies
        self._drips: list[socket.socket] = []
        self._all: list[socket.socket] = []
        self._over = threading.Event()
        self._dripping = threading.Thread(target=self._drip)

    def __enter__(self) -> Self:
        self._dripping.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._dripping.join()
        for line in self._all:
            line.close()

    def drip(self, request: str, count: int, content_type: str = "") -> None:
        """Send `count` requests whose bodies drip; their heads, where no type is said."""
        more = (
            f"Content-Type: {content_type}\r\nContent-Length: 9000\r\n\r\n"
            if content_type
            else "X: "
        )
        self._drips += [self._send(request, more) for _ in range(count)]

    def stall(self, request: str, count: int, more: str = "") -> None:
        """Send `count` requests and wait until each is being answered, but read nothing."""
        for line in [self._send(request, f"{more}\r\n") for _ in range(count)]:
            answered, _, _ = select.select([line], [], [], 60)
            assert answered, f"{request} is not even begun to be answered"

    def _send(self, request: str, more: str) -> socket.socket:
        line = socket.socket()
        # As little as can be: what does not fit in here waits at the server.
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.settimeout(60)
        line.connect(("127.0.0.1", self.port))
        self._all.append(line)
        host = f"Host: 127.0.0.1:{self.port}\r\nReferer: http://127.0.0.1:{self.port}/\r\n"
        line.sendall(f"{request} HTTP/1.1\r\n{host}Cookie: {self.cookies}\r\n{more}".encode())
        return line

    def _drip(self) -> None:
        while not self._over.wait(PACE):
            for line in [*self._drips]:
                try:
                    line.send(b"a")
                except OSError:
                    # The server has had enough of it, which is its right.
                    self._drips.remove(line)
