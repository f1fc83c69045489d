"""The list that is drawn once for everybody who looks: never older than what one of them knows."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from django.db import OperationalError, connection, connections, transaction
from django.db.backends.signals import connection_created
from django.test import Client
from pytest_django.live_server_helper import LiveServer

from studio import lifecycle
from studio.lifecycle import account
from studio.models import Task
from studio.vidgo.client import Refused
from tests.product import PATIENCE, until

HTMX = {"HX-Request": "true"}
# How the query for the newest change is known.
REVISION = "studio_event"
Make = Callable[..., Task]
Watch = Callable[..., Any]


@contextmanager
def watched(watch: Watch) -> Iterator[None]:
    """Have every query pass through `watch`, whichever thread's connection asks it."""

    def put(sender: Any, connection: Any, **kwargs: Any) -> None:
        connection.execute_wrappers.append(watch)

    connection_created.connect(put)
    try:
        with connection.execute_wrapper(watch):
            yield
    finally:
        connection_created.disconnect(put)


@pytest.fixture
def take(live_server: LiveServer, signed_in: Client) -> Callable[[], int]:
    """Return a call that looks at the list, of one song, and gives the number of its take."""
    headers = {**HTMX, "Cookie": f"sessionid={signed_in.cookies['sessionid'].value}"}

    def look() -> int:
        page = requests.get(live_server.url + "/tasks/", headers=headers, timeout=PATIENCE).text
        (number,) = re.findall(r"<bdi>Take (\d+)</bdi>", page)
        return int(number)

    return look


@pytest.mark.django_db(transaction=True)
def test_whoever_looks_while_much_changes_sees_what_had_changed_before(
    take: Callable[[], int], make: Make
) -> None:
    """A list that is drawn for many is none from before one of them asked for it."""
    task = make("running", title="Take 0")
    told = [0]

    def look() -> int:
        looks = 0
        while told[-1] < 60:
            known = told[-1]
            assert take() >= known
            looks += 1
        return looks

    with ThreadPoolExecutor(6) as pool:
        looking = [pool.submit(look) for _ in range(6)]
        for number in range(1, 61):
            task.title = f"Take {number}"
            lifecycle.tell(task, task.title)
            told.append(number)
        assert sum(one.result() for one in looking) > 6


def test_a_list_is_known_by_when_it_was_drawn(signed_in: Client, make: Make) -> None:
    """Another has drawn it since this one came; what changed after that is still to be told."""
    task = make("running", title="Take 0")
    begun = threading.Event()

    def watch(execute: Any, query: str, *args: Any) -> Any:
        if REVISION in query and not begun.is_set():
            begun.set()
            signed_in.get("/tasks/", headers=HTMX)
            task.title = "Take 1"
            lifecycle.tell(task, task.title)
        return execute(query, *args)

    with watched(watch):
        first = signed_in.get("/tasks/", headers=HTMX)
    again = signed_in.get("/tasks/", headers={**HTMX, "If-None-Match": first["ETag"]})

    assert "Take 1" in first.text + again.text


@pytest.mark.parametrize(
    "tag", ["x", "W/", 'W/"', 'W/"-1-', 'W/"1', 'W/"' + "9" * 30 + '-1"', "*", 'W/"٣-1-1"']
)
def test_a_tag_that_is_none_of_ours_gets_the_list(signed_in: Client, make: Make, tag: str) -> None:
    make("running", title="Take 0")
    for _ in range(2):
        answer = signed_in.get("/tasks/", headers={**HTMX, "If-None-Match": tag})
        assert (answer.status_code, "Take 0" in answer.text) == (200, True)


def test_a_change_that_is_seen_late_is_seen(signed_in: Client, make: Make) -> None:
    """Its line of history has an earlier number than what others have written meanwhile."""
    task = make("running", title="Take 0")
    early = task.events.create(text="Changed")
    number = early.pk
    early.delete()
    for _ in range(100):
        make("running", title="Another")
    address = "/tasks/?q=take"
    assert "Take 0" in signed_in.get(address).text

    task.title = "Take 1"
    task.save()
    task.events.create(pk=number, text="Changed")

    assert "Take 1" in signed_in.get(address).text


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", ["a new title", "a new picture", "the account's end of trouble"])
def test_many_tasks_are_taken_in_the_order_of_their_keys(song: Task, make: Make, way: str) -> None:
    """Else two who take many wait for each other."""
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has no lock on a row")
    account.block("credits", "")
    track = song.tracks.get()
    older, newer = (make("pending", error_code="credits", source_track=track) for _ in "12")
    files = [{"audio_id": track.audio_id, "title": "Low Tide"}]
    body = {"task_id": song.vidgo_id, "status": "finished", "files": files}

    def run() -> None:
        try:
            if way == "a new title":
                lifecycle.receive(song.pk, json.dumps(body), "query")
            elif way == "a new picture":
                lifecycle.asset_saved(song.pk, "Saved: Cover")
            else:
                account.record_balance(Refused(404, "There is no balance"))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            held = Task.objects.select_for_update(of=("self",))
            held.get(pk=older.pk)
            other = pool.submit(run)
            until(_is_waited_for, "the other to wait")
            try:
                held_too = Task.objects.select_for_update(of=("self",), nowait=True)
                held_too.get(pk=newer.pk)
            except OperationalError:
                pytest.fail("the newer one was taken before the older one")
        other.result()


def _is_waited_for() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_locks"
            " WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
        )
        return cursor.fetchone() is not None
