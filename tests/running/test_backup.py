"""Backup, wipe, restore: the same tasks, the same bytes; and nothing is put in place by half."""

import hashlib
import json
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
import requests
from django.db import connection

from studio.running import backup
from tests.product import ROOT, Product, until

pytestmark = pytest.mark.slow

# Tables whose rows may be due.
ROWS = ("task", "asset", "preview")


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """One that has saved all its songs, in the folder of an earlier release; it is wiped last."""
    data = tmp_path_factory.mktemp("product") / "data"
    for name in ("studio.sqlite3", "media/uploads/before", "backups/before.tar", "notes"):
        file = data / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
        file.chmod(0o644)
    for folder in (data, data / "media", data / "media/uploads", data / "backups"):
        folder.chmod(0o755)
    with Product(data) as running:
        until(lambda: is_settled(running), "the sandbox's songs, saved")
        yield running


def manage(product: Product, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the product beside it, as an administrator does."""
    environment = product.environment | {"VIDGO_API_URL": "http://127.0.0.1:9"}
    environment.setdefault("VIDGO_API_KEY", "sandbox")
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def seen(product: Product, session: requests.Session) -> dict[str, str]:
    """Return what the pages show of every task, and the digest of every file behind them."""
    found: dict[str, str] = {}
    dump = manage(product, "dumpdata", "studio.task", "studio.asset", "studio.event", "auth.user")
    rows = json.loads(dump.stdout)
    for row in rows:
        fields = row["fields"]
        # What is in the trash has its whole time there again.
        fields["deleted_at"] = bool(fields.get("deleted_at"))
        if row["model"] == "auth.user":
            # Signing in leaves its date.
            fields.pop("last_login")
        found[f"{row['model']} {row['pk']}"] = json.dumps(fields, sort_keys=True)
        if row["model"] == "studio.asset" and fields["file"]:
            answer = session.get(f"{product.url}/media/{row['pk']}/")
            assert answer.status_code == 200
            digest = hashlib.sha256(answer.content).hexdigest()
            assert digest == fields["sha256"]
            found[f"bytes {row['pk']}"] = digest
    return found


def is_settled(product: Product) -> bool:
    """Return whether the sandbox's songs are all saved and looked at."""
    unsaved = "SELECT id FROM studio_task WHERE saved_at IS NULL"
    due = [f"SELECT id FROM studio_{name} WHERE due_at IS NOT NULL" for name in ROWS]
    is_there = product.rows("SELECT id FROM studio_preview LIMIT 1")
    return bool(is_there) and not any(product.rows(query) for query in (unsaved, *due))


def wipe(product: Product) -> None:
    """Take away everything that the product has kept."""
    for path in sorted(product.data.rglob("*"), reverse=True):
        if path.name != "secret-key" and path.is_file():
            path.unlink()
    if product.database:
        with psycopg.connect(product.environment["DATABASE_URL"], autocommit=True) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")


def test_what_lies_in_the_data_folder_is_its_owner_s_alone(product: Product) -> None:
    assert manage(product, "backup").returncode == 0
    modes = {}
    for path in (product.data, *product.data.rglob("*")):
        # Some come and go while it runs.
        with suppress(FileNotFoundError):
            modes[path] = path.stat().st_mode
    names = {path.name for path in modes}
    assert {"secret-key", "static", "incoming", "results", "sandbox", "before"} <= names
    assert product.database or "studio.sqlite3" in names
    assert not {path for path, mode in modes.items() if mode & 0o077}


def test_a_damaged_backup_changes_nothing(product: Product, tmp_path: Path) -> None:
    session = product.session()
    file = tmp_path / "studio.tar"
    assert manage(product, "backup", str(file)).returncode == 0
    with tarfile.open(file) as archive:
        name = next(each for each in archive.getnames() if each.startswith("media/"))
        position = archive.getmember(name).offset_data
    whole = file.read_bytes()
    before = seen(product, session)
    turned = bytes([whole[position + 100] ^ 255])
    for damaged in (
        whole[: position + 100] + turned + whole[position + 101 :],
        whole[: len(whole) // 2],
        b"no tar at all",
    ):
        file.write_bytes(damaged)
        refused = manage(product, "restore", str(file), "--force")
        assert refused.returncode != 0
        assert "Traceback" not in refused.stderr
    assert seen(product, session) == before


def test_a_running_worker_is_not_overwritten(product: Product, tmp_path: Path) -> None:
    file = tmp_path / "studio.tar"
    until(lambda: requests.get(product.url + "/readyz", timeout=5).ok, "a worker")
    assert manage(product, "backup", str(file)).returncode == 0
    refused = manage(product, "restore", str(file))
    assert refused.returncode != 0
    assert "worker" in refused.stderr


def test_a_backup_holds_no_key(product: Product, tmp_path: Path) -> None:
    file = tmp_path / "studio.tar"
    session = product.session().cookies["sessionid"]
    assert manage(product, "backup", str(file)).returncode == 0
    key = (product.data / "secret-key").read_bytes().strip()
    assert key not in file.read_bytes()
    assert session.encode() not in file.read_bytes()


def test_a_nightly_backup_begins_at_once_where_there_is_none(
    product: Product, tmp_path: Path
) -> None:
    place = tmp_path / "kept"
    until(lambda: manage(product, "alive").returncode == 0, "a worker of this machine")
    product.also(
        *("manage.py", "backup", "--to", str(place), "--nightly", "03:30"),
        VIDGO_API_URL="http://127.0.0.1:9",
        VIDGO_API_KEY="sandbox",
    )
    until(lambda: list(place.glob("backups/*.json")), "the first backup")
    until(
        lambda: product.rows(
            f"SELECT * FROM studio_backup WHERE place = '{place}' AND ended_at IS NOT NULL"
        ),
        "its note",
    )


def test_after_backup_wipe_and_restore_the_same_tasks_and_the_same_bytes(
    product: Product, tmp_path: Path
) -> None:
    session = product.session()
    file = tmp_path / "studio.tar"
    # What rests in the trash is in a backup, too.
    asset = product.rows("SELECT id, task_id FROM studio_asset WHERE kind = 'audio' LIMIT 1")[0]
    deleted = {"task": str(asset["task_id"]), "sure": "yes"}
    assert product.post(session, "/tasks/delete/", deleted).status_code == 302
    # While it runs: nothing has to be stopped.
    made = manage(product, "backup", str(file))
    assert made.returncode == 0, made.stderr
    assert file.stat().st_mode & 0o777 == 0o600
    before = seen(product, session)
    assert sum(name.startswith("bytes") for name in before) >= 2
    product.stop()
    wipe(product)
    restored = manage(product, "restore", str(file), "--force")
    assert restored.returncode == 0, restored.stderr
    product.start()
    again = product.session()
    assert seen(product, again) == before
    assert product.post(again, f"/tasks/{asset['task_id']}/restore/", {}).status_code == 302
    assert again.get(f"{product.url}/media/{asset['id']}/").content
    assert product.rows("SELECT id FROM studio_task WHERE deleted_at IS NOT NULL") == []
    # Nobody is in who was in then.
    assert not {row["session_key"] for row in product.rows("SELECT * FROM django_session")} & {
        session.cookies["sessionid"]
    }
    assert "/login/" in session.get(product.url).url


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite needs no connection")
def test_a_dump_is_made_under_the_same_options_as_our_own_connection(
    transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {**connection.settings_dict["OPTIONS"], "sslmode": "require"}
    # Ours is open before: it would be refused under these options as well.
    connection.ensure_connection()
    with monkeypatch.context() as meanwhile:
        meanwhile.setitem(connection.settings_dict, "OPTIONS", options)
        with pytest.raises(backup.BackupError, match="SSL"):
            backup.make(tmp_path / "studio.tar")
