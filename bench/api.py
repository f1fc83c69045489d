"""A quick server in the API's place: it takes every submit and calls back with a persona."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

from bench.load import Caller


class Api:
    """Listens on `port` while it is entered; `taken[audio_id]` is when a submit came (monotonic).

    Each task is called back `after` seconds later; `called[audio_id]` is when that began.
    """

    def __init__(self, port: int, after: Callable[[], float]) -> None:
        self.port = port
        self.after = after
        self.taken: dict[str, float] = {}
        self.called: dict[str, float] = {}
        self._told: dict[str, dict[str, Any]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Api":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        return self

    async def __aexit__(self, *error: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()

    async def until_called(self, key: str) -> float:
        """Wait until the task of `key` is called back. Returns when that began."""
        while key not in self.called:
            await asyncio.sleep(0.005)
        return self.called[key]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = head.partition("content-length:")[2].split("\r\n")[0].strip()
        sent = json.loads(await reader.readexactly(int(length))) if length else {}
        data: dict[str, Any] = {"credits_amount": 100}
        if sent:
            key = sent["input"]["audio_id"]
            self.taken[key] = time.monotonic()
            data = {"task_id": f"task-of-{key}", "status": "not_started"}
            self._later(self._call_back(key, sent["callback_url"]))
        elif "task_id=" in head:
            task_id = head.partition("task_id=")[2].split()[0]
            data = self._told.get(task_id) or {"status": "running", "files": []}
        answer = json.dumps({"code": 200, "data": data}).encode()
        writer.write(
            b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\n"
            + f"Content-Length: {len(answer)}\r\n\r\n".encode()
            + answer
        )
        await writer.drain()
        writer.close()

    def _later(self, call: Awaitable[None]) -> None:
        task = asyncio.ensure_future(call)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _call_back(self, key: str, url: str) -> None:
        await asyncio.sleep(self.after())
        files = [{"persona_id": f"persona-of-{key}"}]
        told = {"task_id": f"task-of-{key}", "status": "finished", "files": files}
        # A callback is believed for as long as the query says nothing else.
        self._told[f"task-of-{key}"] = told
        body = json.dumps(told).encode()
        host, _, path = url.removeprefix("http://").partition("/")
        head = f"POST /{path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n\r\n"
        self.called[key] = time.monotonic()
        await Caller(f"http://{host}").ask(head.encode() + body, last=True)
