"""Files about which a person is asked: kept, so that they are sent once, and used after a yes."""

import errno
import shutil
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.test import Client
from django.utils import timezone

from studio.media import sounds, uploads
from studio.models import Task, Upload
from studio.team import roles
from tests.recorder import Recorder
from tests.sounds import tone

SEPARATE, ACCOMPANY = "upload-and-separate-vocals", "add-instrumental"
CUT = "It ends after 0:03 of 0:06. Use it anyway?"
# What is made, how much of it is left, and what is asked.
BROKEN: dict[str, tuple[tuple[str, ...], float, str]] = {
    "a.mp3": ((), 0.5, CUT),
    "vbr.mp3": (("-q:a", "4"), 0.9, "It ends after 0:05 of 0:06. Use it anyway?"),
    "a.wav": ((), 0.5, CUT),
    "float.wav": (("-c:a", "pcm_f32le"), 0.5, CUT),
    "long.wav": (("-rf64", "always"), 0.5, CUT),
    "a.w64": ((), 0.5, CUT),
    "a.flac": ((), 0.5, CUT),
    "web.m4a": (("-movflags", "+faststart"), 0.5, CUT),
    "a.aiff": ((), 0.5, CUT),
    "a.caf": ((), 0.5, CUT),
    "a.wma": ((), 0.5, CUT),
    "a.au": ((), 0.5, CUT),
    "a.ogg": ((), 0.7, "It breaks off after 0:03. Use it anyway?"),
    "opus.ogg": (("-c:a", "libopus"), 0.5, "It breaks off after 0:03. Use it anyway?"),
}


def sent(content: bytes, name: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "application/octet-stream")


def add(client: Client, content: bytes, name: str) -> Any:
    return client.post(f"/new/{SEPARATE}/upload/", {"file": sent(content, name)})


def broken(name: str, folder: Path) -> bytes:
    options, share, _ = BROKEN[name]
    whole = tone(folder / name, *options, seconds=6).read_bytes()
    return whole[: int(len(whole) * share)]


@pytest.mark.once
@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_ends_before_it_says_is_kept_and_asked_about(
    name: str, signed_in: Client, tmp_path: Path
) -> None:
    answer = add(signed_in, broken(name, tmp_path), name)

    page = answer.content.decode()
    assert answer.status_code == 201, page
    assert BROKEN[name][2] in page
    # It is used by whoever chooses it, not by itself.
    assert "checked" not in page
    upload = Upload.objects.get()
    assert not sounds.examine(Path(upload.file.path)).question


@pytest.mark.once
def test_less_than_a_second_is_asked_about(signed_in: Client, tmp_path: Path) -> None:
    content = tone(tmp_path / "a.wav", seconds=0.4).read_bytes()

    page = add(signed_in, content, "a.wav").content.decode()

    assert "It is shorter than one second. Use it anyway?" in page


@pytest.mark.once
def test_damage_in_the_middle_is_told_as_such(signed_in: Client, tmp_path: Path) -> None:
    content = bytearray(tone(tmp_path / "a.flac", seconds=6).read_bytes())
    middle = len(content) // 2
    content[middle : middle + 30_000] = b"\xaa" * 30_000

    page = add(signed_in, bytes(content), "a.flac").content.decode()

    assert "of 0:06 can be played. Use it anyway?" in page


@pytest.mark.once
@pytest.mark.parametrize("name", ["a.aac", "last byte.flac", "last byte.wav"])
def test_what_lacks_no_more_than_a_frame_is_taken_without_a_question(
    name: str, signed_in: Client, tmp_path: Path
) -> None:
    content = tone(tmp_path / name, seconds=6).read_bytes()[:-1]

    assert add(signed_in, content, name).status_code == 201
    upload = Upload.objects.get()
    assert (upload.question, upload.content_type) == ("", "audio/x-flac")
    assert upload.duration == pytest.approx(6, abs=0.15)


def test_without_scripts_the_question_comes_with_the_form_and_choosing_it_is_the_yes(
    signed_in: Client, tmp_path: Path, api: Recorder, work: Callable[[], None]
) -> None:
    content = broken("a.wav", tmp_path)
    fields = {"title": "Low tide", "tags": "ambient", "negative_tags": "metal"}

    asked = signed_in.post(f"/new/{ACCOMPANY}/", {**fields, "file": sent(content, "Take 3.wav")})

    page = unescape(asked.content.decode())
    assert asked.status_code == 200
    assert f"Take 3: {CUT} If so, choose it below." in page
    assert 'value="Low tide"' in page
    assert not Task.objects.exists()
    upload = Upload.objects.get()
    assert f'value="{upload.pk}"' in page

    answer = signed_in.post(f"/new/{ACCOMPANY}/", {**fields, "upload": upload.pk})

    assert answer.status_code == 302, answer.content.decode()
    work()
    assert len(api.submits) == 1
    upload.refresh_from_db()
    assert upload.question == ""


def test_until_the_yes_it_is_nobody_elses(
    signed_in: Client, client: Client, tmp_path: Path
) -> None:
    add(signed_in, broken("a.mp3", tmp_path), "Take 3.mp3")
    assert "Take 3" in signed_in.get(f"/new/{SEPARATE}/").content.decode()
    other = User.objects.create_user("ben", password="correct horse battery")
    roles.give(other, roles.Role.MEMBER)
    theirs = Client()
    theirs.force_login(other)

    assert "Take 3" not in theirs.get(f"/new/{SEPARATE}/").content.decode()
    # Sent by another too, it is asked of them.
    assert CUT in add(theirs, broken("a.mp3", tmp_path), "Mine.mp3").content.decode()
    assert "Take 3" in theirs.get(f"/new/{SEPARATE}/").content.decode()


def test_a_question_that_nobody_answers_goes_with_its_file(
    signed_in: Client, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    add(signed_in, broken("a.mp3", tmp_path), "old.mp3")
    add(signed_in, broken("a.flac", tmp_path), "fresh.flac")
    old = Upload.objects.get(title="old")
    Upload.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=2))

    with django_capture_on_commit_callbacks(execute=True):
        uploads.clean()

    assert [upload.title for upload in Upload.objects.all()] == ["fresh"]
    assert not Path(old.file.path).exists()


FULL = "The studio's disk is full. Nothing of this file was kept: tell an administrator."


def test_a_disk_that_fills_up_while_a_file_comes_is_a_sentence(
    signed_in: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(TemporaryUploadedFile):
        """A file on a disk on which no more fits."""

        def write(self, content: Any) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("django.core.files.uploadhandler.TemporaryUploadedFile", Full)
    content = tone(tmp_path / "a.mp3").read_bytes()

    alone = add(signed_in, content, "a.mp3")
    form = signed_in.post(
        f"/new/{ACCOMPANY}/", {"title": "Low tide", "tags": "x", "file": sent(content, "a.mp3")}
    )

    assert (alone.status_code, alone.content.decode()) == (422, FULL)
    page = unescape(form.content.decode())
    assert FULL in page
    assert 'value="Low tide"' in page
    assert not Upload.objects.exists()


def test_a_file_for_which_no_room_is_left_is_not_written(
    signed_in: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = shutil.disk_usage(tmp_path)._replace(free=1024**2)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: free)

    answer = add(signed_in, tone(tmp_path / "a.mp3").read_bytes(), "a.mp3")

    assert (answer.status_code, answer.content.decode()) == (422, FULL)
