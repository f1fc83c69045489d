"""A band at home: no public address, results by asking alone, and it is said what does not work."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from studio.media import sharing
from studio.models import Delivery, Task
from studio.running import alarms, doctor
from vidgo_sandbox import SONGS, Sandbox

pytestmark = pytest.mark.once


@pytest.fixture
def at_home(sandbox: Sandbox, settings: Settings) -> Sandbox:
    settings.STUDIO_PUBLIC_URL = ""
    return sandbox


def test_a_song_is_made_and_saved_by_asking_alone(
    at_home: Sandbox, make_task: Any, finish: Callable[[Task], Task]
) -> None:
    song = SONGS[0]
    given = {"task_id": song.task_id, "audio_id": song.audio_ids[0]}
    task = finish(make_task("create-music-video", **given))

    assert task.status == "finished", task.error
    assert task.saved_at
    assert {one.origin for one in Delivery.objects.all()} == {"query"}
    assert alarms.TROUBLES["callbacks"]() == ""


def test_the_form_says_what_cannot_be_sent(signed_in: Client, db: None, settings: Settings) -> None:
    settings.STUDIO_PUBLIC_URL, settings.API_ON_LOOPBACK = "", False
    told = "Vidgo could not fetch your recording"

    assert told not in signed_in.get("/new/generate-music/").text
    assert told in signed_in.get("/new/upload-and-separate-vocals/").text
    settings.S3_BUCKET = "studio"
    assert told not in signed_in.get("/new/upload-and-separate-vocals/").text


def test_the_address_of_a_callback_leads_nowhere(
    make_task: Any, db: None, settings: Settings
) -> None:
    settings.STUDIO_PUBLIC_URL = ""
    assert sharing.callback_url(make_task()) == "https://no-callback.invalid/"


def test_the_doctor_says_what_works(at_home: Sandbox) -> None:
    found = {one.what: one for one in doctor.examine()}
    assert found["Public address"].is_good
    assert "by asking alone" in found["Public address"].seen
    assert "Round trip of a callback" not in found
