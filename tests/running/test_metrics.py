"""Figures for Prometheus: behind a token, in its format, cheap; and errors that are reported."""

import gzip
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import brotli  # type: ignore[import-untyped]
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from studio.models import Account, Alarm, Asset, Backup, Delivery, Task
from studio.running import health
from tests.product import ROOT

TOKEN = "0123456789abcdef0123"
LINE = re.compile(r'vidgo_studio_([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\]|\\.)*",?)+)\})? (-?[0-9.]+)')


@pytest.fixture
def prometheus(db: None, client: Client, settings: Settings) -> Client:
    """Who brings the token."""
    settings.METRICS_TOKEN = TOKEN
    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {TOKEN}"
    return client


def read(prometheus: Client) -> dict[str, float]:
    """Return every figure by its name and labels."""
    answer = prometheus.get("/metrics")
    assert answer["Content-Type"] == "text/plain; version=0.0.4"
    found = {}
    for line in answer.text.splitlines():
        if not line.startswith("# "):
            match = LINE.fullmatch(line)
            assert match, line
            found[f"{match[1]} {match[2]}" if match[2] else match[1]] = float(match[3])
    return found


def test_only_who_brings_the_token_may_read(
    db: None, client: Client, admin_client: Client, settings: Settings
) -> None:
    assert client.get("/metrics", headers={"authorization": "Bearer "}).status_code == 404
    settings.METRICS_TOKEN = TOKEN
    for brought in ("", "Bearer ", f"Bearer {TOKEN}x", TOKEN):
        assert client.get("/metrics", headers={"authorization": brought}).status_code == 401
    assert admin_client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_each_figure_tells_what_is(prometheus: Client, make_task: Any) -> None:
    health.beat()
    now = timezone.now()
    for _ in range(3):
        Task.objects.filter(pk=make_task().pk).update(due_at=now - timedelta(seconds=90))
    for origin in ("callback", "query"):
        task = make_task()
        Task.objects.filter(pk=task.pk).update(
            status="finished", finished_at=now, sent_at=now, due_at=None
        )
        Delivery.objects.create(task=task, origin=origin, body="{}", applied_at=now)
    Asset.objects.create(task=task, key="0", kind="audio", label="x", due_at=now)
    Account.objects.update(balance=Decimal("12.5"), balance_at=now, trouble="key")
    Backup.objects.create(place="x", began_at=now, ended_at=now)
    Alarm.objects.create(kind="disk", is_on=True)

    found = read(prometheus)

    assert found['due kind="sending"'] == 3
    assert found['due_oldest_seconds kind="sending"'] >= 90
    assert (found['due kind="saving"'], found['due kind="asking"']) == (1, 0)
    assert found['tasks_open status="pending"'] == 3
    assert found['results_day told_by="callback"'] == 1
    assert found['results_day told_by="asking"'] == 1
    assert found['files_unsaved state="waiting"'] == 1
    assert found["balance_credits"] == 12.5
    assert found['account_blocked why="key"'] == 1
    assert abs(found["backup_last_good_seconds"] - now.timestamp()) < 1
    assert found["backup_ok"] == 1
    assert (found['alarm kind="disk"'], found['alarm kind="worker"']) == (1, 0)
    assert any(name.startswith("worker_beat_age_seconds") for name in found)
    assert any(name.startswith("disk_free_bytes") for name in found)


def test_as_many_queries_for_many_tasks_as_for_none(prometheus: Client, make_task: Any) -> None:
    read(prometheus)
    with CaptureQueriesContext(connection) as few:
        read(prometheus)
    for _ in range(20):
        make_task()
    with CaptureQueriesContext(connection) as many:
        read(prometheus)
    assert len(many) == len(few) < 30


def test_the_dashboard_asks_for_figures_that_there_are(prometheus: Client) -> None:
    told = set(re.findall(r"# TYPE vidgo_studio_(\w+)", prometheus.get("/metrics").text))
    board = json.loads((ROOT / "deploy/grafana.json").read_text())
    asked = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    names = {name for one in asked for name in re.findall(r"vidgo_studio_(\w+)", one)}
    assert names
    assert names <= told


PACKED = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}


@pytest.fixture
def reports() -> Iterator[tuple[str, list[str]]]:
    """A service that takes reports. Returns its DSN, and what came."""
    came: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            came.append(PACKED[self.headers.get("Content-Encoding")](body).decode())
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://public@127.0.0.1:{server.server_address[1]}/1", came
    server.shutdown()
    server.server_close()


SCRIPT = """
import django; django.setup()
import sentry_sdk
from django.conf import settings
import logging
try: raise ValueError("no such row near " + settings.VIDGO_API_KEY)
except ValueError: logging.getLogger("studio").exception("a job failed at /callback/" + "a" * 43)
sentry_sdk.flush(20)
"""


def test_errors_are_reported_without_what_opens_a_door(
    reports: tuple[str, list[str]], tmp_path: Path
) -> None:
    pytest.importorskip("sentry_sdk")
    dsn, came = reports
    key = "vg-0123456789abcdef"
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=ROOT,
        env={
            **os.environ,
            "STUDIO_SENTRY_DSN": dsn,
            "STUDIO_DATA_DIR": str(tmp_path),
            "VIDGO_API_KEY": key,
            "DJANGO_SETTINGS_MODULE": "vidgo_site.settings",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (report,) = [one for one in came if "ValueError" in one]
    assert "a job failed at /callback/[secret]" in report
    assert "no such row near [secret]" in report
    assert key not in report
    assert "a" * 43 not in report
    assert "vidgo-studio@" in report
