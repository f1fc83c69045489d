"""What the tests share: people, a sandbox, and the worker run by hand."""

import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models.signals import post_migrate
from django.test import Client
from django.utils import timezone
from django_tasks_db.management.commands.db_worker import Worker
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from studio import jobs, lifecycle
from studio.models import Event, Task
from studio.team import roles
from tests.operations import posted
from tests.product import until
from tests.recorder import Recorder
from tests.timing import forget
from vidgo_sandbox import Sandbox


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Nobody pulls the plug during a test: its database need not wait for the disk."""
    options = connection.settings_dict["OPTIONS"]
    if connection.vendor == "sqlite":
        options["init_command"] += "PRAGMA synchronous=OFF;"
    else:
        options["options"] = "-c synchronous_commit=off"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> None:
    """A database that is emptied gets its groups again, but not Django's permissions.

    The product has no use for them (`studio.team.roles`), and they take longer than the rest.
    """
    post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")
    if connection.vendor == "postgresql":
        connection.ops.sql_flush = _delete_all  # type: ignore[method-assign]


def _delete_all(style: Any, tables: Sequence[str], **options: Any) -> list[str]:
    """Return what empties `tables`: to truncate them takes 216 ms here, and this 1 ms.

    In one transaction, at whose end alone Django's foreign keys are looked at.
    """
    return [f"DELETE FROM {connection.ops.quote_name(table)};" for table in tables]


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Settings) -> None:
    # A good hash takes a third of a second, for each test that has somebody in it.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _static_files_when_asked_for(settings: Settings) -> None:
    # Else each test client reads the whole folder of them before its first request: half its time.
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    # The next test's rows have the numbers of this one's.
    forget()


@pytest.fixture
def ann(db: None) -> User:
    """A member of the band."""
    user = User.objects.create_user("ann", password="correct horse battery")
    roles.give(user, roles.Role.MEMBER)
    return user


@pytest.fixture
def signed_in(ann: User, client: Client) -> Client:
    """Ann's browser, without JavaScript."""
    client.force_login(ann)
    return client


@pytest.fixture
def sandbox(live_server: LiveServer, settings: Settings, tmp_path: Path) -> Iterator[Sandbox]:
    """A quick sandbox that calls back to the live server."""
    with Sandbox(tmp_path / "sandbox", key="sandbox", pace=0.05, light=True) as running:
        settings.VIDGO_API_URL = running.url
        settings.STUDIO_PUBLIC_URL = live_server.url
        yield running


@pytest.fixture
def api(transactional_db: None, settings: Settings) -> Iterator[Recorder]:
    """A server in the API's place that writes down what it gets, and that takes anything."""
    with Recorder() as running:
        settings.VIDGO_API_URL = running.url
        settings.STUDIO_PUBLIC_URL = "https://your-domain.com"
        yield running


@pytest.fixture
def submit(signed_in: Client, api: Recorder, work: Callable[[], None]) -> Callable[..., Any]:
    """Return a call that posts a form as Ann and gives the one body that the API got for it."""

    def run(model: str, /, **fields: Any) -> Any:
        answer = signed_in.post(f"/new/{model}/", posted(fields))
        assert answer.status_code == 302, answer.content.decode()
        work()
        (got,) = api.submits
        return got.body

    return run


@pytest.fixture
def refuse(signed_in: Client) -> Callable[..., str]:
    """Return a call that posts a form as Ann, sees that nothing is kept, and gives the page."""

    def run(model: str, /, **fields: Any) -> str:
        answer = signed_in.post(f"/new/{model}/", posted(fields))
        assert answer.status_code == 200
        assert not Task.objects.exists()
        return answer.content.decode()

    return run


@pytest.fixture
def make(db: None) -> Callable[..., Task]:
    """Return a call that makes one task in whatever state, with one line of history."""

    def run(status: str = "finished", **values: Any) -> Task:
        values.setdefault("operation", "upload-and-separate-vocals")
        task = Task.objects.create(status=status, form_key=uuid.uuid4(), **values)
        Event.objects.create(task=task, text="Made")
        return task

    return run


@pytest.fixture
def song(db: None) -> Task:
    """A finished song of the team, made elsewhere, with one variation."""
    task = Task.objects.create(
        operation="import-song",
        status="finished",
        title="Harbour Lights",
        vidgo_id="song-1",
        input={"task_id": "song-1"},
        form_key=uuid.uuid4(),
        saved_at=timezone.now(),
    )
    task.tracks.create(audio_id="audio-1", title="Harbour Lights", tags="warm", duration=61.5)
    return task


@pytest.fixture
def work(db: None) -> Callable[[], None]:
    """Return a call that does, in this process, all the background work that is due now."""

    def run() -> None:
        jobs.sweep()
        Worker(
            queue_names=["sending", "asking", "saving"],
            interval=0,
            batch=True,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id=uuid.uuid4().hex,
            excluded_queue_names=[],
        ).run()

    return run


@pytest.fixture
def make_task(db: None) -> Callable[..., Task]:
    """Return a call that keeps one task to be sent."""

    def make(model: str = "create-music-video", /, user: Any = None, **input: Any) -> Task:
        given = input or {"task_id": f"source-{uuid.uuid4()}", "audio_id": "a1"}
        return lifecycle.create(lifecycle.Wish(model, given), user=user)[0]

    return make


@pytest.fixture
def finish(work: Callable[[], None]) -> Callable[[Task], Task]:
    """Return a call that works until a task is in a final state and everything is saved."""

    def run(task: Task) -> Task:
        def is_done() -> bool:
            work()
            task.refresh_from_db()
            unsaved = task.status == "finished" and not task.saved_at
            return task.is_final and not unsaved

        until(is_done, f"the end of {task}")
        return task

    return run
