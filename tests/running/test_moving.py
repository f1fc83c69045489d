"""From SQLite and a disk to PostgreSQL and S3, cut off twice on the way: same rows, same bytes."""

import hashlib
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import boto3
import psycopg
import pytest
from moto.server import ThreadedMotoServer
from psycopg import sql

from tests.product import ROOT, Product, free_port, until

SERVER = os.environ.get("TEST_DATABASE_URL", "")
pytestmark = pytest.mark.skipif(not SERVER, reason="it moves to PostgreSQL")
MODELS = ("studio.task", "studio.track", "studio.asset", "studio.event", "studio.upload")
PEOPLE = ("auth.user", "auth.group", "auth.permission")


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the data folder of a studio on SQLite that has its songs, and is stopped."""
    data = tmp_path_factory.mktemp("old")
    with Product(data, DATABASE_URL="") as running:
        until(lambda: is_settled(running), "the sandbox's songs, saved")
    return data


def is_settled(product: Product) -> bool:
    """Return whether there are songs, and every one is saved."""
    with closing(sqlite3.connect(product.data / "studio.sqlite3", timeout=20)) as database:
        query = "SELECT count(*), count(saved_at) FROM studio_task"
        songs, saved = database.execute(query).fetchone()
    return 0 < songs == saved


@pytest.fixture
def new(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Return the settings of an empty database and an empty bucket."""
    service = ThreadedMotoServer(ip_address="127.0.0.1", port=free_port())
    service.start()
    host, port = service.get_host_and_port()
    name = f"studio_moved_{os.getpid()}"
    given = {
        "STUDIO_DATA_DIR": str(tmp_path / "new"),
        "DATABASE_URL": SERVER.rpartition("/")[0] + f"/{name}",
        "STUDIO_S3_BUCKET": "moved",
        "STUDIO_S3_ENDPOINT": f"http://{host}:{port}",
        "STUDIO_S3_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "trial",
        "AWS_SECRET_ACCESS_KEY": "trial-secret",
        "VIDGO_API_URL": "http://127.0.0.1:9",
        "VIDGO_API_KEY": "sandbox",
    }
    own = sql.Identifier(name)
    with psycopg.connect(SERVER, autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(own))
        server.execute(sql.SQL("CREATE DATABASE {}").format(own))
        bucket(given).create()
        yield os.environ | given
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(own))
    service.stop()


def bucket(given: dict[str, str]) -> Any:
    """Return the bucket of the new place."""
    found = boto3.resource(
        "s3",
        endpoint_url=given["STUDIO_S3_ENDPOINT"],
        region_name=given["STUDIO_S3_REGION"],
        aws_access_key_id="trial",
        aws_secret_access_key="trial-secret",
    )
    return found.Bucket(given["STUDIO_S3_BUCKET"])


def manage(environment: dict[str, str], *arguments: str) -> str:
    """Return what a command of the product prints."""
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert not done.returncode, done.stderr
    return done.stdout


def move(old: Path, new: dict[str, str], until_it_says: str = "") -> str:
    """Move, or begin to and be killed when it says this. Return the last that it said."""
    command = [sys.executable, "manage.py", "move", str(old)]
    pipe = subprocess.PIPE
    said = ""
    with subprocess.Popen(
        command, cwd=ROOT, env=new, stdout=pipe, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout
        for line in process.stdout:
            said = line
            if until_it_says and until_it_says in line:
                process.kill()
                break
    return said


def rows(environment: dict[str, str]) -> list[Any]:
    """Return every row of what people have made and who they are."""
    dumped = manage(environment, "dumpdata", "--natural-foreign", *MODELS, *PEOPLE)
    return sorted(json.loads(dumped), key=lambda row: (row["model"], row["pk"]))


def quiet(old: Path) -> dict[str, str]:
    """Return the settings of the old place, whose worker was last heard of long ago."""
    environment = os.environ | {
        "STUDIO_DATA_DIR": str(old),
        "DATABASE_URL": "",
        "VIDGO_API_URL": "http://127.0.0.1:9",
        "VIDGO_API_KEY": "sandbox",
    }
    forget = "from studio.models import Account; Account.objects.update(worker_at=None)"
    manage(environment, "shell", "--command", forget)
    return environment


def test_all_of_it_arrives_though_it_is_killed_twice(old: Path, new: dict[str, str]) -> None:
    before = rows(quiet(old))
    move(old, new, "File 1 of")
    with psycopg.connect(new["DATABASE_URL"]) as server:
        assert server.execute("SELECT count(*) FROM studio_task").fetchone() == (0,)
    move(old, new, "The rows")

    assert move(old, new).startswith("Moved: the database and ")
    assert rows(new) == before
    media = old / "media"
    names = {row["fields"]["file"] for row in before if row["fields"].get("file")}
    assert names
    for name in names:
        there = bucket(new).Object(name).get()["Body"].read()
        assert (
            hashlib.sha256(there).digest() == hashlib.sha256((media / name).read_bytes()).digest()
        )
    # A new row has a number of its own.
    add = "from django.contrib.auth.models import User; print(User.objects.create_user('bob').pk)"
    known = {row["pk"] for row in before if row["model"] == "auth.user"}
    assert int(manage(new, "shell", "--verbosity", "0", "--command", add)) not in known
    assert "There are tasks in the new database already." in move(old, new)


def test_a_studio_at_work_is_not_moved(old: Path, new: dict[str, str]) -> None:
    beat = "from studio.running import health; health.beat()"
    manage(quiet(old), "shell", "--command", beat)
    assert "Stop the studio first." in move(old, new)
