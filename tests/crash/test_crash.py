"""A crash repeats work, never loses it: real processes, killed with -9 where it hurts."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests

from tests.fileserver import FileServer
from tests.product import PATIENCE, Product, until
from tests.recorder import Recorder

SUBMIT = "/api/generate/submit"
SOUND = b"ID3\x04\x00\x00\x00\x00\x00\x00" + bytes(range(256)) * 8192


@pytest.fixture(scope="module")
def api() -> Iterator[Recorder]:
    """The API, and on the same machine its storage."""
    with Recorder() as running:
        yield running


@pytest.fixture(scope="module")
def storage() -> Iterator[FileServer]:
    """The provider's storage."""
    with FileServer() as running:
        yield running


@pytest.fixture(scope="module")
def product(api: Recorder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product, which takes a worker for lost after a few seconds."""
    data = tmp_path_factory.mktemp("crash")
    short = {"VIDGO_CONNECT_TIMEOUT": "1", "VIDGO_READ_TIMEOUT": "4", "STUDIO_LEASE_MARGIN": "1"}
    short["STUDIO_QUEUE_PATIENCE"] = "3"
    with Product(data, VIDGO_API_URL=api.url, VIDGO_API_KEY="none", **short) as running:
        yield running


class Sent:
    """One task of the product, seen in its database."""

    def __init__(self, product: Product, api: Recorder, name: str) -> None:
        self.product, self.api = product, api
        self.url = f"https://example.com/{name}.mp3"
        form = {"audio_url": self.url}
        answer = product.post(product.session(), "/new/upload-and-separate-vocals/", form)
        assert answer.status_code == 302, answer.text
        self.pk = int(answer.headers["Location"].strip("/").split("/")[-1])

    @property
    def submits(self) -> list[Any]:
        """Return what the API got of it."""
        bodies = [one.body for one in self.api.submits]
        return [body for body in bodies if body["input"]["audio_url"] == self.url]

    def is_at(self, status: str) -> bool:
        (row,) = self.product.rows(f"SELECT status FROM studio_task WHERE id = {self.pk}")
        return str(row["status"]) == status

    def assets(self) -> list[dict[str, Any]]:
        return self.product.rows(f"SELECT * FROM studio_asset WHERE task_id = {self.pk}")

    def call_back(self, url: str) -> None:
        """Tell that it is ready, as the API does, and say so to whoever asks."""
        (row,) = self.product.rows(f"SELECT task_id FROM studio_task WHERE id = {self.pk}")
        stems = {"vocal_removal": {"drums": url}}
        body = {"task_id": row["task_id"], "status": "finished", "files": [stems]}
        self.api.told[row["task_id"]] = body
        requests.post(self.submits[0]["callback_url"], json=body, timeout=PATIENCE)


@pytest.fixture
def taken(product: Product, api: Recorder, request: pytest.FixtureRequest) -> Sent:
    """A task that the API has taken."""
    task = Sent(product, api, request.node.name)
    until(lambda: task.is_at("not_started"), "a task that is taken")
    return task


def test_a_worker_killed_between_intent_and_answer_never_sends_twice(
    product: Product, api: Recorder
) -> None:
    go = api.hold(SUBMIT)
    task = Sent(product, api, "held")
    until(lambda: task.submits, "the submit")
    product.kill("manage.py worker")
    go.set()

    until(lambda: task.is_at("unconfirmed"), "an end that a person decides on")
    # The restarted worker has been through all there is to do once it has sent another.
    other = Sent(product, api, "after")
    until(lambda: other.is_at("not_started"), "the next task")
    assert task.is_at("unconfirmed")
    assert len(task.submits) == 1


def test_a_worker_killed_while_it_saves_is_followed_by_one_that_goes_on(
    product: Product, taken: Sent, storage: FileServer
) -> None:
    stored = storage.put("/drums.mp3", SOUND)
    stored.hold_at = 1_000_000
    taken.call_back(storage.url + "/drums.mp3")
    incoming = product.data / "incoming"
    until(lambda: _bytes(incoming) > 500_000, "half of the file")
    product.kill("manage.py worker")
    stored.hold_at = None
    stored.go.set()

    until(lambda: taken.assets()[0]["state"] == "saved", "the file")
    (asset,) = taken.assets()
    assert (product.data / "media" / asset["file"]).read_bytes() == SOUND
    (first, second) = [part for path, part in storage.asked if path == "/drums.mp3"]
    assert first == ""
    assert second.startswith("bytes=")
    assert _bytes(incoming) == 0


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("asset-*") if path.suffix != ".etag")


def test_what_a_killed_worker_left_running_in_the_engine_is_cleaned_up(
    product: Product, taken: Sent, storage: FileServer
) -> None:
    stored = storage.put("/left.mp3", SOUND)
    stored.hold_at = 1_000_000
    taken.call_back(storage.url + "/left.mp3")
    assert stored.reached.wait(PATIENCE)
    running = "SELECT id FROM django_tasks_database_dbtaskresult WHERE status = 'RUNNING'"
    # As if that had been yesterday.
    changed = product.rows(
        "UPDATE django_tasks_database_dbtaskresult SET enqueued_at = '2025-01-01 00:00:00'"
        " WHERE status = 'RUNNING' RETURNING id"
    )
    left = {str(row["id"]) for row in changed}
    assert left
    product.kill("manage.py worker")
    stored.go.set()

    until(lambda: taken.assets()[0]["state"] == "saved", "the file")
    until(lambda: not left & {str(row["id"]) for row in product.rows(running)}, "its rows")


def test_a_web_server_killed_before_it_applied_a_callback_has_kept_it(
    product: Product, taken: Sent, storage: FileServer
) -> None:
    if "DATABASE_URL" not in product.environment:
        pytest.skip("SQLite has no lock on a row by which to stop the web server there")
    storage.put("/web.mp3", SOUND)
    with psycopg.connect(product.environment["DATABASE_URL"]) as elsewhere:
        elsewhere.execute(f"SELECT 1 FROM studio_task WHERE id = {taken.pk} FOR NO KEY UPDATE")
        calling = threading.Thread(target=_call, args=(taken, storage.url + "/web.mp3"))
        calling.start()
        kept = f"SELECT 1 FROM studio_delivery WHERE task_id = {taken.pk}"
        until(lambda: product.rows(kept), "the callback to be kept")
        product.kill("gunicorn")
        calling.join()

    until(lambda: taken.is_at("finished"), "the callback to be applied")


def _call(task: Sent, url: str) -> None:
    try:
        task.call_back(url)
    except requests.ConnectionError:
        return
    raise AssertionError("the web server answered")
