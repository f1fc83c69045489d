"""Whatever script a title is written in, two letters of it find it: tasks, songs and files."""

import importlib
import unicodedata
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client

from studio.models import Task, Track, Upload

TITLE = "夜のバスto海 ガラス รถไฟ"
QUERIES = [
    *("のバ", "バス", "スto", "to海", "夜", "海", "のバス", "ガラ", "ラス", "ถไ", "バス ガラ"),
    # As another machine writes the same: marks of their own, and letters of half the width.
    *(unicodedata.normalize("NFD", "ガラ"), "ｶﾞﾗ"),
]
OTHERS = ["バの", "夜バ", "スバ", "山", "รไ"]


@pytest.fixture
def titled(make_task: Callable[..., Task]) -> Task:
    """Return a task, beside others whose titles have the same letters in another order."""
    for title in ("バ夜スの", "Night bus", "ラ海"):
        other = make_task()
        other.title = title
        other.save()
    task = make_task()
    task.title = TITLE
    task.save()
    return task


def _list(client: Client, q: str) -> str:
    return client.get("/tasks/", {"q": q}).text


@pytest.mark.parametrize("q", QUERIES)
def test_two_letters_in_a_row_find_a_task(signed_in: Client, titled: Task, q: str) -> None:
    assert f'id="task-{titled.pk}"' in _list(signed_in, q)


@pytest.mark.parametrize("q", OTHERS)
def test_letters_in_another_order_do_not(signed_in: Client, titled: Task, q: str) -> None:
    assert f'id="task-{titled.pk}"' not in _list(signed_in, q)


@pytest.mark.parametrize("q", QUERIES)
def test_two_letters_find_a_song_and_a_file(signed_in: Client, titled: Task, q: str) -> None:
    Track.objects.create(task=titled, audio_id="a", title=unicodedata.normalize("NFD", TITLE))
    Upload.objects.create(title=TITLE, size=1, duration=60, sha256="a", content_type="audio/wav")

    assert "<bdi>" in signed_in.get("/songs/", {"q": q}).text.partition('id="rows"')[2]
    form = signed_in.get("/new/add-instrumental/", {"upload_q": q}).text
    assert f"<bdi>{TITLE}</bdi>" in form


def test_what_was_kept_before_is_found_as_well(signed_in: Client, titled: Task) -> None:
    words = f"  video  {TITLE.replace(' ', '  ')}\n"
    Task.objects.filter(pk=titled.pk).update(search=words)
    assert f'id="task-{titled.pk}"' not in _list(signed_in, "のバ")

    migration = importlib.import_module("studio.migrations.0008_letters_alone")
    migration.space(apps, SimpleNamespace(connection=connection))

    assert f'id="task-{titled.pk}"' in _list(signed_in, "夜の")
