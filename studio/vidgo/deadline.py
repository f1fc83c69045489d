"""One deadline for all of an HTTP request. The library's own timeouts bound each read alone, so
that an answer which comes byte by byte would never end.
"""

import socket
import threading
from contextlib import suppress
from typing import Any, Self

import requests
from django.conf import settings
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class Deadline:
    """`with Deadline(seconds)`: the connections of its `session` are cut once the time is over.

    `has_connected` says whether a connection was made at all: nothing of a request leaves before.
    """

    def __init__(self, seconds: float) -> None:
        self.is_over = False
        self.has_connected = False
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._timer.cancel()
        self._timer.join()
        for own in self._sockets:
            own.close()

    def session(self) -> requests.Session:
        """Return a session whose every connection this deadline holds for."""
        session = requests.Session()
        # Proxies and .netrc of the machine are no part of the configuration.
        session.trust_env = False
        session.verify = settings.CERTIFICATES
        if settings.HTTPS_PROXY:
            session.proxies = {"https": settings.HTTPS_PROXY}
        for scheme in ("http", "https"):
            self.mount(session, scheme, requests.adapters.HTTPAdapter())
        return session

    def mount(
        self, session: requests.Session, scheme: str, adapter: requests.adapters.HTTPAdapter
    ) -> None:
        """Have `session` use `adapter` for a scheme, under this deadline."""
        pools = {
            "http": self._pool(HTTPConnectionPool, HTTPConnection),
            "https": self._pool(HTTPSConnectionPool, HTTPSConnection),
        }
        managers = [adapter.poolmanager]
        if settings.HTTPS_PROXY:
            # It is asked for what the adapter would connect to: for the address that was vetted.
            managers.append(adapter.proxy_manager_for(settings.HTTPS_PROXY))
        for manager in managers:
            manager.pool_classes_by_scheme = pools
        session.mount(f"{scheme}://", adapter)

    def watch(self, connected: socket.socket) -> None:
        """Cut this connection too when the time is over; it may turn into one of TLS meanwhile."""
        self._sockets.append(connected.dup())
        if self.is_over:
            self._cut()

    def check(self) -> None:
        """Raise requests.Timeout if the time is over: what came may be half of an answer, which
        looks like a whole one.
        """
        if self.is_over:
            raise requests.Timeout

    def _cut(self) -> None:
        self.is_over = True
        for own in self._sockets:
            with suppress(OSError):
                own.shutdown(socket.SHUT_RDWR)

    def _pool(self, pool: type, connection: type) -> type:
        # urllib3 makes connections of a class that the pool's class names (`ConnectionCls`), and
        # hands nothing else on to them: so each deadline has classes of its own.
        watched = type("Connection", (_Watched, connection), {"deadline": self})
        return type("Pool", (pool,), {"ConnectionCls": watched})


class _Watched(HTTPConnection):
    """A connection that its deadline knows of, from the first moment on."""

    deadline: Deadline

    def _new_conn(self) -> socket.socket:
        fresh = super()._new_conn()
        self.deadline.watch(fresh)
        return fresh

    def connect(self) -> None:
        super().connect()
        # Looking the name up can have taken all the time there was.
        self.deadline.check()
        self.deadline.has_connected = True
