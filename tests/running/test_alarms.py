"""Alarms reach administrators by e-mail and webhook: once, and once when all is well again."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from studio.lifecycle import account
from studio.models import Account, Alarm, Asset, Beat, Delivery, Task
from studio.running import alarms, health, standing
from studio.running.dumps import BackupError
from tests.mailserver import MailServer
from tests.product import ROOT, Product, free_port, until
from tests.recorder import Recorder


@pytest.fixture
def post(transactional_db: None, settings: Settings, ann: User) -> Iterator[MailServer]:
    """A mail server; two administrators have an address, a member has one as well."""
    for name in ("chief", "second"):
        User.objects.create_superuser(name, f"{name}@band.example")
    User.objects.create_superuser("without", "")
    ann.email = "ann@band.example"
    ann.save()
    with MailServer() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.DEFAULT_FROM_EMAIL = "studio@band.example"
        yield server


@pytest.fixture
def hook(settings: Settings) -> Iterator[Recorder]:
    """A webhook."""
    with Recorder() as server:
        settings.ALARM_WEBHOOK = f"{server.url}/services/secret"
        yield server


@pytest.fixture
def case(transactional_db: None, tmp_path: Path, settings: Settings, make_task: Any) -> "Case":
    """All that can be made ill and well again."""
    settings.MEDIA_ROOT = tmp_path / "media"
    health.beat()
    Beat.objects.update(disk_free=90 * 1024**3, disk_total=100 * 1024**3)
    settings.BACKUP_TO = str(tmp_path / "kept")
    standing.keep(settings.BACKUP_TO)
    return Case(tmp_path, settings, make_task)


class Case:
    """Each kind of trouble, by its name: how it comes, and how it goes."""

    def __init__(self, folder: Path, settings: Settings, make_task: Any) -> None:
        self.folder, self.settings, self.make_task = folder, settings, make_task

    def worker(self) -> None:
        Account.objects.update(worker_at=timezone.now() - timedelta(minutes=4))

    def worker_well(self) -> None:
        health.beat()

    def key(self) -> None:
        account.block("key", "The API refuses the key")

    def key_well(self) -> None:
        Account.objects.update(trouble="", message="")

    def credits(self) -> None:
        Account.objects.update(balance=9, warn_below=10)

    def credits_well(self) -> None:
        Account.objects.update(balance=11)

    def backup(self) -> None:
        (self.folder / "kept").rename(self.folder / "unmounted")
        with pytest.raises(BackupError):
            standing.keep(self.settings.BACKUP_TO)

    def backup_well(self) -> None:
        (self.folder / "unmounted").rename(self.folder / "kept")
        standing.keep(self.settings.BACKUP_TO)

    def files(self) -> None:
        asset = Asset(task=self.make_task(), key="0", kind="audio", label="x", state="saved")
        asset.file.save("x.mp3", ContentFile(b"sound"))
        default_storage.delete(str(asset.file.name))
        assert standing.keep(self.settings.BACKUP_TO).missing

    def files_well(self) -> None:
        default_storage.save(str(Asset.objects.get().file.name), ContentFile(b"sound"))
        assert not standing.keep(self.settings.BACKUP_TO).missing

    def disk(self) -> None:
        Beat.objects.update(disk_free=4 * 1024**3)

    def disk_well(self) -> None:
        Beat.objects.update(disk_free=40 * 1024**3)

    def callbacks(self) -> None:
        now = timezone.now()
        for _ in range(alarms.RESCUED):
            task = self.make_task()
            Task.objects.filter(pk=task.pk).update(status="finished", finished_at=now, sent_at=now)
            Delivery.objects.create(task=task, origin="query", body="{}", applied_at=now)

    def callbacks_well(self) -> None:
        Delivery.objects.update(origin="callback")


@pytest.mark.parametrize("kind", alarms.TROUBLES)
def test_each_arrives_once_and_once_when_it_is_over(
    kind: str, case: Case, post: MailServer, hook: Recorder
) -> None:
    alarms.look()
    assert (post.messages, hook.received) == ([], [])

    getattr(case, kind)()
    alarms.look()
    alarms.look()

    (message,), (told,) = post.messages, hook.received
    assert post.receivers == [["chief@band.example", "second@band.example"]]
    assert message["Subject"] == f"Vidgo Studio: {kind}"
    text = Alarm.objects.get(kind=kind).text
    assert text in message.get_content()
    assert told.body["text"] == f"Vidgo Studio: {text}"
    assert (told.body["kind"], told.body["on"]) == (kind, True)

    getattr(case, f"{kind}_well")()
    alarms.look()
    alarms.look()

    assert post.messages[1]["Subject"] == f"Vidgo Studio: well again: {kind}"
    assert [(one.body["kind"], one.body["on"]) for one in hook.received[1:]] == [(kind, False)]
    assert len(post.messages) == 2


def test_one_way_that_fails_is_tried_again_and_the_other_tells_once(
    case: Case, post: MailServer, hook: Recorder
) -> None:
    hook.answers["/services/secret"] = [(500, {}, {})]
    case.disk()
    alarms.look()
    assert (len(post.messages), len(hook.received)) == (1, 1)
    alarms.look()
    assert len(hook.received) == 1, "not at once"

    Alarm.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    alarms.look()

    assert (len(post.messages), len(hook.received)) == (1, 2)


def test_what_was_over_before_anybody_could_be_told_is_not_told(
    case: Case, post: MailServer, settings: Settings
) -> None:
    settings.EMAIL_PORT, port = free_port(), settings.EMAIL_PORT
    case.disk()
    alarms.look()
    case.disk_well()
    settings.EMAIL_PORT = port
    Alarm.objects.update(held_until=None)
    alarms.look()
    assert post.messages == []


def test_the_address_of_the_webhook_is_in_no_log(
    case: Case, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.ALARM_WEBHOOK = f"http://127.0.0.1:{free_port()}/services/secret-path"
    case.disk()
    alarms.look()
    assert "could not be told by webhook" in caplog.text
    assert "the connection was refused" in caplog.text
    assert "secret-path" not in caplog.text


def test_the_cockpit_shows_what_is_on(case: Case, admin_client: Client) -> None:
    case.disk()
    alarms.look()
    assert "are free on the disk of" in admin_client.get("/admin/").text


def test_a_trial_goes_each_way(case: Case, post: MailServer, hook: Recorder) -> None:
    call_command("alarms", "--try", stdout=StringIO())
    assert "This is a trial." in post.messages[0].get_content()
    assert hook.received[0].body["kind"] == "trial"


def test_without_any_way_a_trial_is_an_error(case: Case) -> None:
    with pytest.raises(CommandError, match="reach nobody"):
        call_command("alarms", "--try")


def test_a_backup_that_fails_at_night_is_told_by_itself(case: Case, hook: Recorder) -> None:
    (case.folder / "kept").rename(case.folder / "unmounted")
    with pytest.raises(CommandError):
        call_command("backup")
    assert [one.body["kind"] for one in hook.received] == ["backup"]


@pytest.mark.slow
def test_the_web_server_tells_that_the_worker_is_silent(tmp_path: Path) -> None:
    with Recorder() as hook:
        product = Product(tmp_path / "data", STUDIO_ALARM_WEBHOOK=f"{hook.url}/hook")
        with product:
            until(lambda: product.rows("SELECT * FROM studio_beat"), "a worker's beat")
            product.stop()
            then = timezone.now() - timedelta(minutes=10)
            at = f"{then:%Y-%m-%d %H:%M:%S}"
            assert product.rows(f"UPDATE studio_account SET worker_at = '{at}' RETURNING id")
            web = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "--config", "vidgo_site/gunicorn.py"],
                cwd=ROOT,
                env=product.environment
                | {"VIDGO_API_URL": "http://127.0.0.1:9", "VIDGO_API_KEY": "sandbox"},
            )
            try:
                until(lambda: hook.received, "the alarm")
            finally:
                web.terminate()
                web.wait(60)
    # Two processes of the web server look, and one of them tells.
    assert [(one.body["kind"], one.body["on"]) for one in hook.received] == [("worker", True)]
