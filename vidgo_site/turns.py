"""Turns: a limit on the requests at work at once. One that waits for its client does not count.

The web server has a thread for each connection (`gunicorn.py`). Most wait: for a body that drips
in, for a player that reads no further. They hold neither a turn nor a connection to the database,
so that slow clients, however many threads they take, leave room for everybody else's work.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from queue import LifoQueue
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from vidgo_site.encoding import Wsgi

# In each process. More at once would only wait for each other: for the interpreter, for SQLite's
# one writer. Each has a connection to the database, which goes from thread to thread.
AT_WORK = 8

Turns = LifoQueue[BaseDatabaseWrapper]


def in_turn(application: Wsgi, at_work: int = AT_WORK) -> Wsgi:
    """Return `application`, entered by `at_work` requests at once; the others wait.

    A turn ends with the view, before its answer is sent.
    """
    turns: Turns = LifoQueue()
    for _ in range(at_work):
        connection = connections.create_connection(DEFAULT_DB_ALIAS)
        connection.inc_thread_sharing()
        turns.put(connection)

    def take(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ["wsgi.input"] = _Body(environ["wsgi.input"], turns)
        _begin(turns)
        try:
            return application(environ, start_response)
        finally:
            _end(turns)

    return take


class _Body:
    """A request's body (PEP 3333, by the two methods that Django calls).

    Whoever waits for more of it gives the turn back meanwhile, but not within a transaction.
    """

    def __init__(self, source: Any, turns: Turns) -> None:
        self._source = source
        self._turns = turns

    def read(self, *size: int) -> bytes:
        """Return the next bytes."""
        with self._waiting():
            return self._source.read(*size)

    def readline(self, *size: int) -> bytes:
        """Return the next line."""
        with self._waiting():
            return self._source.readline(*size)

    @contextmanager
    def _waiting(self) -> Iterator[None]:
        if connections[DEFAULT_DB_ALIAS].in_atomic_block:
            yield
            return
        _end(self._turns)
        try:
            yield
        finally:
            _begin(self._turns)


def _begin(turns: Turns) -> None:
    connections[DEFAULT_DB_ALIAS] = turns.get()


def _end(turns: Turns) -> None:
    connection = connections[DEFAULT_DB_ALIAS]
    try:
        # Django itself looks after it only when the answer has been sent.
        connection.close_if_unusable_or_obsolete()
    finally:
        del connections[DEFAULT_DB_ALIAS]
        turns.put(connection)
