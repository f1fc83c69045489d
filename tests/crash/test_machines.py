"""Several machines by settings alone: each operation goes through once, whoever does the work."""

import os
from pathlib import Path

import pytest
import redis
import requests

from tests.product import Product, free_port, until
from vidgo_sandbox import SONGS, Sandbox

SONG = {"task_id": SONGS[0].task_id, "audio_id": SONGS[0].audio_ids[0]}
SOUND = "https://example.com/a.mp3"
FORMS: dict[str, dict[str, str]] = {
    "create-music-video": {**SONG, "author": "Ann"},
    "generate-music-cover": {"task_id": SONGS[0].task_id},
    "generate-persona": {**SONG, "name": "Voice", "description": "Warm"},
    "add-instrumental": {"upload_url": SOUND, "title": "T", "tags": "a", "negative_tags": "b"},
    "upload-and-separate-vocals": {"audio_url": SOUND},
}


def engine() -> dict[str, str]:
    """Return the settings of Redis as the engine, of its numbers one that is hardly anybody's."""
    url = f"redis://127.0.0.1:6379/{8 + os.getpid() % 8}"
    try:
        redis.Redis.from_url(url).flushdb()
    except redis.ConnectionError:
        pytest.skip("no Redis on this machine")
    return {"REDIS_URL": url, "WORKER_PARALLEL": "1"}


@pytest.mark.parametrize("name", ["the database's engine", "Redis"])
def test_each_operation_goes_through_once_whoever_does_the_work(name: str, tmp_path: Path) -> None:
    environment = engine() if name == "Redis" else {}
    # On the database that the suite runs on; of SQLite there is one machine.
    workers = 2 if name == "Redis" else 3
    with Sandbox(tmp_path / "sandbox", key="sandbox", pace=0.05, light=True) as sandbox:
        product = Product(
            tmp_path / "data", VIDGO_API_URL=sandbox.url, VIDGO_API_KEY="sandbox", **environment
        )
        with product:
            for _ in range(workers - 1):
                product.also("manage.py", "worker")
            webs = [product.url, _second_web(product)]
            session = product.session()
            for number, (model, form) in enumerate(FORMS.items()):
                _send(session, webs[number % 2], model, form)
            until(lambda: _saved(product) == len(FORMS), "every task to be saved")
            tasks = product.rows("SELECT task_id FROM studio_task")
        ledger, submits = sandbox.ledger(), sandbox.requests()

    assert sorted(entry["model"] for entry in ledger) == sorted(FORMS)
    assert {entry["task_id"] for entry in ledger} == {task["task_id"] for task in tasks}
    assert len(submits) == len(FORMS)


def _second_web(product: Product) -> str:
    port = free_port()
    product.also("-m", "gunicorn", "--config", "vidgo_site/gunicorn.py", PORT=str(port))
    url = f"http://127.0.0.1:{port}"
    until(lambda: _answers(url), "the second web server")
    return url


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/login/", timeout=5).ok
    except requests.RequestException:
        return False


def _send(session: requests.Session, url: str, model: str, form: dict[str, str]) -> None:
    token = {"csrfmiddlewaretoken": session.cookies["csrftoken"]}
    answer = session.post(f"{url}/new/{model}/", {**form, **token}, allow_redirects=False)
    assert answer.status_code == 302, answer.text


def _saved(product: Product) -> int:
    done = "status = 'finished' AND saved_at IS NOT NULL"
    (row,) = product.rows(f"SELECT COUNT(*) AS n FROM studio_task WHERE {done}")
    return int(row["n"])
