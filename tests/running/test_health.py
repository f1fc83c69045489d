"""Alive and ready, told to anybody; logs that follow a task and give nothing away."""

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.storage import InMemoryStorage
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from studio.lifecycle import account
from studio.models import Account, Event, Task
from studio.running import health
from tests.product import ROOT, lend_static, until
from vidgo_sandbox import Sandbox
from vidgo_site.logs import Json, Redact, redact


@pytest.fixture(autouse=True)
def _fresh() -> None:
    cache.clear()


def test_alive_needs_no_database(client: Client) -> None:
    # Without the `db` fixture any query would be an error.
    assert client.get("/healthz").json() == {"alive": True}


def test_ready_with_a_worker_and_not_without(client: Client, db: None) -> None:
    assert client.get("/readyz").status_code == 503
    assert client.get("/readyz").json()["worker"] is False
    health.beat()
    response = client.get("/readyz")
    assert response.status_code == 200
    parts = dict.fromkeys(("database", "migrations", "worker", "storage"), True)
    assert response.json() == {**parts, "backup": {"good": True, "hours": None}}
    gone = timezone.now() - health.GONE - timedelta(seconds=1)
    Account.objects.update(worker_at=gone)
    assert client.get("/readyz").json()["worker"] is False


def test_a_beat_is_written_once_in_a_while(db: None, django_assert_num_queries: Any) -> None:
    health.beat()
    first = account.get().worker_at
    health.beat()
    assert account.get().worker_at == first


def test_storage_that_takes_nothing_is_not_ready(
    client: Client, db: None, settings: Settings, tmp_path: Path
) -> None:
    health.beat()
    in_the_way = tmp_path / "media"
    in_the_way.write_text("a file where the folder should be")
    settings.MEDIA_ROOT = in_the_way
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["storage"] is False
    assert str(tmp_path) not in response.text


class Stalled(InMemoryStorage):
    """A storage that takes a file only once it may."""

    may = threading.Event()
    asked = 0

    def _save(self, name: str, content: Any) -> str:
        Stalled.asked += 1
        self.may.wait(60)
        return str(super()._save(name, content))  # type: ignore[misc]


def test_a_storage_that_stalls_holds_nobody_who_asks(
    client: Client, db: None, settings: Settings
) -> None:
    health.beat()
    cache.clear()
    Stalled.may.clear()
    Stalled.asked = 0
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": f"{__name__}.Stalled"}}

    answers = [client.get("/readyz").json()["storage"] for _ in range(5)]

    assert answers == [False] * 5
    assert not Stalled.may.is_set(), "each was answered while the storage still stalled"
    assert Stalled.asked == 1
    Stalled.may.set()
    until(health.is_storage_well, what="the storage that is well again")


def test_a_migration_that_is_missing_is_not_ready(client: Client, db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'studio'")
    assert client.get("/readyz").json()["migrations"] is False


def test_a_database_that_is_away_is_an_answer_and_no_error(tmp_path: Path) -> None:
    code = (
        "import django; django.setup(); from django.test import Client;"
        "r = Client().get('/readyz', headers={'host': 'localhost'}); print(r.status_code, r.text)"
    )
    told = _python(
        "-c",
        code,
        DATABASE_URL="postgres://nobody:secret-word@127.0.0.1:9/none",
        STUDIO_DATA_DIR=str(tmp_path),
        STUDIO_PUBLIC_URL="http://127.0.0.1:8000",
        VIDGO_API_URL="http://127.0.0.1:9",
        VIDGO_API_KEY="sandbox",
        DJANGO_SETTINGS_MODULE="vidgo_site.settings",
    )
    assert told.stdout.startswith("503 "), told.stderr
    assert json.loads(told.stdout[4:])["database"] is False
    assert "secret-word" not in told.stdout + told.stderr


def test_production_settings_leave_django_s_own_check_nothing_to_say(tmp_path: Path) -> None:
    command = ("manage.py", "check", "--deploy", "--fail-level=WARNING")
    told = _python(*command, **_production(tmp_path))
    assert told.returncode == 0, told.stderr
    assert "no issues (0 silenced)" in told.stdout + told.stderr


def test_in_production_a_plain_request_is_sent_to_the_public_address(tmp_path: Path) -> None:
    code = (
        "import django; django.setup(); from django.test import Client; c = Client();"
        "r = c.get('/login/', headers={'host': '127.0.0.1'});"
        "s = c.get('/healthz', headers={'host': '127.0.0.1'});"
        "t = c.get('/login/', headers={'host': 'evil.example', 'x-forwarded-proto': 'https'});"
        "h = c.get('/login/', headers={'x-forwarded-proto': 'https',"
        " 'host': 'studio.example.com'});"
        "print(r.status_code, r.headers['Location'], s.status_code, t.status_code);"
        "print(h.headers['Strict-Transport-Security']);"
        "print(h.cookies['csrftoken']['secure'])"
    )
    environment = _production(tmp_path) | {"DJANGO_SETTINGS_MODULE": "vidgo_site.settings"}
    lend_static(tmp_path)
    told = _python("-c", code, **environment).stdout.splitlines()
    assert told[0] == "301 https://studio.example.com/login/ 200 400"
    assert "max-age=31536000" in told[1]
    assert told[2] == "True"


@pytest.fixture
def written() -> Any:
    """What a log in JSON lines would hold of this test."""
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(Redact())
    handler.setFormatter(Json())
    logging.getLogger().addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.getLogger().removeHandler(handler)


def test_one_number_follows_a_task_through_form_job_callback_and_file(
    signed_in: Client,
    sandbox: Sandbox,
    finish: Callable[[Task], Task],
    written: Callable[[], list[dict[str, Any]]],
) -> None:
    form = {"task_id": "task-unified-1735689600-lofi", "name": "Voice", "description": "Warm"}
    response = signed_in.post("/songs/import/", {"task_id": _song(sandbox)})
    task = Task.objects.get(pk=int(response.headers["Location"].split("/")[2]))
    finish(task)
    track = task.tracks.first()
    assert track is not None
    form = {"track": str(track.pk), "description": "Warm", "name": "Voice"}
    response = signed_in.post("/new/create-music-video/", form)
    video = finish(Task.objects.get(pk=int(response.headers["Location"].split("/")[2])))
    lines = [line for line in written() if line.get("task") == video.pk]
    told = " | ".join(line["message"] for line in lines)
    for part in ("Created", "Sending to Vidgo", "Vidgo accepted it", "Vidgo finished", "Saved: "):
        assert part in told
    request = response.headers["X-Request-ID"]
    followed = " | ".join(line["message"] for line in written() if line.get("request") == request)
    for part in ("Created", "Sending to Vidgo", "Vidgo accepted it", "Saved: "):
        assert part in followed, "the form's own number follows it too, through every job"
    assert any(line.get("asset") for line in lines)
    # The way in, as Vidgo knows it, stands nowhere.
    everything = json.dumps(written())
    assert video.callback_token not in everything


def test_what_opens_something_is_taken_out() -> None:
    token = "a" * 43
    for text in (
        f"POST /callback/{token}/ failed",
        f"GET /public/{token}/sound.mp3",
        rf"https:\/\/studio.example\/callback\/{token}\/",
        rf"\\/callback\\/{token}\\/",
        rf"\u002Fcallback\u002f{token}\u002f",
        f"%2Fcallback%2f{token}%2F",
        f"%252Fpublic%252F{token}%252Fsound.mp3",
        f"&#x2F;callback&#47;{token}&#x2F;",
        f"https://cdn.example/a.mp3%3Ftoken%3D{token}%26x%3D1",
        rf"https://cdn.example/a.mp3?x\u0026Signature\u003d{token}",
        f"Authorization%3A+Bearer+{token}",
        f"Authorization: Bearer {token}",
        f"Basic {token}",
        f"https://cdn.example/a.mp3?X-Amz-Signature={token}&X-Amz-Expires=60",
        f"https://cdn.example/a.mp3?Expires=1&Signature={token}&Key-Pair-Id=1",
        f"https://cdn.example/a.mp3?token={token}",
        f"Cookie: sessionid={token}; csrftoken={token}",
    ):
        assert token not in redact(text), text


def test_keys_are_taken_out_wherever_they_stand(settings: Settings) -> None:
    settings.VIDGO_API_KEY = "vg-0123456789abcdef"
    assert "0123456789" not in redact("the key vg-0123456789abcdef is refused")
    assert settings.SECRET_KEY not in redact(f"x{settings.SECRET_KEY}y")


def test_a_traceback_is_redacted_as_well(
    settings: Settings, written: Callable[[], list[dict[str, Any]]]
) -> None:
    settings.VIDGO_API_KEY = "vg-0123456789abcdef"
    try:
        raise ValueError("Bearer vg-0123456789abcdef")
    except ValueError:
        logging.getLogger("studio").exception("it broke")
    (line,) = written()
    assert "Traceback" in line["traceback"]
    assert "0123456789" not in json.dumps(line)


def test_history_and_admin_show_no_secret(
    make_task: Any, admin_client: Client, settings: Settings
) -> None:
    settings.VIDGO_API_KEY = "vg-0123456789abcdef"
    from studio import lifecycle

    task = make_task()
    lifecycle.note(task.pk, "Vidgo said: Bearer vg-0123456789abcdef is wrong", None)
    url = f"https://studio.example/callback/{task.callback_token}/"
    delivery = lifecycle.receive(task.pk, json.dumps({"callback_url": url}), "callback")
    assert "0123456789" not in Event.objects.last().text  # type: ignore[union-attr]
    for path in (f"task/{task.pk}", f"delivery/{delivery.pk}"):
        page = admin_client.get(f"/admin/studio/{path}/change/").text
        assert task.callback_token not in page
        assert task.sound_token not in page


def _song(sandbox: Sandbox) -> str:
    from vidgo_sandbox import SONGS

    return SONGS[0].task_id


def _production(folder: Path) -> dict[str, str]:
    return {
        "STUDIO_PUBLIC_URL": "https://studio.example.com",
        "VIDGO_API_KEY": "none",
        "VIDGO_API_URL": "https://api.vidgo.ai",
        "STUDIO_DATA_DIR": str(folder),
    }


def _python(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    ours = ("STUDIO_", "VIDGO_", "DJANGO_", "DATABASE_URL")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=clean | environment,
        capture_output=True,
        text=True,
        check=False,
    )
