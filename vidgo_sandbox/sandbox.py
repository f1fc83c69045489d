"""The running service: the API's answers behind a listening socket."""

import threading
from ipaddress import ip_address
from pathlib import Path
from types import TracebackType
from typing import Self

from vidgo_sandbox.api import Api
from vidgo_sandbox.server import Server

RETRIES = (1.0, 2.0, 4.0)


class Sandbox(Api):
    """A running service; leaving the ``with`` block (or ``close``) stops it where it stands.

    ``pace`` is the time between two stages in seconds (it can be set anew for the tasks that
    follow), ``light`` makes tiny media without fetching
    anything, ``faults`` is the seed of random disturbances, ``retries`` are the waits before a
    callback is sent again. ``key`` is the accepted API key, unless it was changed earlier through
    the ledger of the same data directory. ``script`` takes faults that are to happen exactly and
    in order, as (place, kind) out of ``faults.KINDS``.

    Credits leave the balance when a task finishes, as the API's documentation says; with
    ``charge_at_submit`` they leave at once and come back if the task fails.
    """

    def __init__(
        self,
        data_dir: str | Path,
        key: str = "sandbox",
        pace: float = 0.1,
        light: bool = False,
        host: str = "127.0.0.1",
        port: int = 0,
        faults: int | None = None,
        retries: tuple[float, ...] = RETRIES,
        charge_at_submit: bool = False,
    ) -> None:
        super().__init__(
            Path(data_dir),
            key=key,
            pace=pace,
            light=light,
            faults=faults,
            retries=retries,
            charge_at_submit=charge_at_submit,
        )
        self._server = Server((host, port), self)
        bound, number = str(self._server.server_address[0]), self._server.server_address[1]
        self.url = f"http://{'127.0.0.1' if ip_address(bound).is_unspecified else bound}:{number}"
        self._engine.start()
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def go_on(self) -> None:
        """Let what is under way reach its next stage now, whatever the pace."""
        self._store.rows("UPDATE tasks SET due = 0 WHERE status IN ('not_started', 'running')")
        self._engine.wake()

    def close(self) -> None:
        """Stop at once; tasks and deliveries go on when a sandbox starts on the same directory."""
        self._server.stop()
        self._engine.stop()
        self._store.close()
