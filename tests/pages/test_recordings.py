"""A recording's own page: to hear, to rename, and what was made and can be made from it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.test import Client
from pytest_django import Settings

from studio.models import Event, Task, Upload

Make = Callable[..., Task]


@pytest.fixture
def upload(ann: User, settings: Settings, tmp_path: Path) -> Upload:
    """A recording with its file."""
    settings.MEDIA_ROOT = tmp_path / "media"
    kept = Upload(name="rehearsal-07", title="rehearsal-07", content_type="audio/wav", size=4)
    kept.sha256, kept.duration, kept.created_by = "1", 61, ann
    kept.file.save("", ContentFile(b"RIFF"))
    return kept


def rename(client: Client, upload: Upload, title: str) -> int:
    return client.post(f"/recordings/{upload.pk}/rename/", {"title": title}).status_code


def test_it_is_heard_and_shows_what_was_made_from_it(
    signed_in: Client, upload: Upload, make: Make
) -> None:
    made = make("finished", source_upload=upload, title="Its stems")
    gone = make("finished", source_upload=upload, title="Thrown away", deleted_at=made.created_at)

    page = signed_in.get(f"/recordings/{upload.pk}/").text

    assert f'src="{upload.get_absolute_url()}"' in page
    assert f'href="{made.get_absolute_url()}"' in page
    assert gone.get_absolute_url() not in page
    assert signed_in.get(upload.get_absolute_url()).getvalue() == b"RIFF"


def test_it_offers_what_can_be_made_from_it(signed_in: Client, upload: Upload) -> None:
    page = signed_in.get(f"/recordings/{upload.pk}/").text

    steps = re.findall(rf'href="(/new/[\w-]+/\?upload={upload.pk})"', page)
    assert f"/new/upload-and-separate-vocals/?upload={upload.pk}" in steps
    for step in steps:
        assert re.search(
            rf'name="upload"\s+value="{upload.pk}"[^>]*checked', signed_in.get(step).text
        ), step


def test_another_title_is_another_title_and_the_file_is_the_same(
    signed_in: Client, upload: Upload, make: Make
) -> None:
    file = upload.file.name
    signed_in.get("/")

    assert rename(signed_in, upload, "  Harbour, first try ") == 302

    upload.refresh_from_db()
    assert (upload.title, upload.name, upload.file.name) == (
        "Harbour, first try",
        "rehearsal-07",
        file,
    )
    for path in ("/", "/recordings/", f"/recordings/{upload.pk}/"):
        assert "Harbour, first try" in signed_in.get(path).text
    event = Event.objects.latest("pk")
    assert event.actor
    assert event.actor.username == "ann"


@pytest.mark.parametrize(
    ("title", "error"),
    [
        ("", "Give it a title."),
        ("   ", "Give it a title."),
        ("x" * 201, "at most 200"),
        ("a\x00b", "Null"),
    ],
)
def test_a_title_that_is_none_is_told_beside_what_was_typed(
    signed_in: Client, upload: Upload, title: str, error: str
) -> None:
    answer = signed_in.post(f"/recordings/{upload.pk}/rename/", {"title": title})

    assert answer.status_code == 422
    assert error in answer.text
    assert title.strip() in answer.text
    upload.refresh_from_db()
    assert upload.title == "rehearsal-07"


def test_a_viewer_hears_and_changes_nothing(client: Client, upload: Upload) -> None:
    client.force_login(User.objects.create_user("vera"))
    page = client.get(f"/recordings/{upload.pk}/").text

    assert upload.get_absolute_url() in page
    for part in ("/rename/", "/delete/", "/new/"):
        assert part not in page
    assert rename(client, upload, "Mine") == 403
    assert client.post(f"/recordings/{upload.pk}/delete/", {"sure": "yes"}).status_code == 403


@pytest.mark.parametrize("pk", ["999999", "9" * 30])
def test_a_recording_that_is_none_is_not_found(signed_in: Client, pk: str) -> None:
    assert signed_in.get(f"/recordings/{pk}/").status_code == 404
    for name in ("rename", "delete", "restore"):
        assert signed_in.post(f"/recordings/{pk}/{name}/", {"title": "x"}).status_code == 404
