"""How long things are kept: listed for a week, then gone, with costs and history left."""

from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from studio.lifecycle import account
from studio.models import Account, Asset, Delivery, Event, Preview, Task, Track, Upload
from studio.running import retention

OLD = timedelta(days=100)


@pytest.fixture
def made(make_task: Any, settings: Settings, tmp_path: Path) -> Any:
    """Return a call that keeps a finished task of some age, with its file, song and delivery."""
    settings.MEDIA_ROOT = tmp_path / "media"
    account.get()

    def make(age: timedelta) -> Task:
        then = timezone.now() - age
        task: Task = make_task()
        asset = Asset(task=task, key="a", kind="audio", label="Track", state="saved", size=4)
        asset.file.save("", ContentFile(b"song"))
        persona = Asset(
            task=task, key="p", kind="persona", label="Voice", state="saved", value="p1"
        )
        persona.save()
        Preview(asset=asset).poster.save("", ContentFile(b"drawn"))
        Track.objects.create(task=task, audio_id="a1", title="Night", sound=asset)
        delivery = Delivery.objects.create(task=task, origin="callback", body="{}", applied_at=then)
        Delivery.objects.filter(pk=delivery.pk).update(received_at=then)
        Task.objects.filter(pk=task.pk).update(
            status="finished", finished_at=then, saved_at=then, credits_amount=5, due_at=None
        )
        return task

    return make


@pytest.fixture
def sent(made: Any) -> Any:
    """Return a call that keeps an upload of some age."""

    def make(age: timedelta, sha256: str = "1") -> Upload:
        upload = Upload(name="a", title="a", content_type="audio/wav", size=4, duration=1)
        upload.sha256 = sha256
        upload.file.save("", ContentFile(b"RIFF"))
        Upload.objects.filter(pk=upload.pk).update(created_at=timezone.now() - age)
        return upload

    return make


def rule(**days: int) -> None:
    """Set rules that are in effect already."""
    Account.objects.update(removes_from=timezone.now() - timedelta(seconds=1), **days)


def listed() -> str:
    out = StringIO()
    call_command("retention", stdout=out)
    return out.getvalue()


def test_without_a_rule_nothing_goes(made: Any, sent: Any) -> None:
    task, upload = made(OLD), sent(OLD)
    assert retention.remove() == []
    assert task.assets.count() == 2
    assert Upload.objects.filter(pk=upload.pk).exists()


def test_an_old_result_goes_with_its_files_and_its_history_and_cost_stay(
    made: Any, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    old, young = made(OLD), made(timedelta(days=1))
    files = [str(old.assets.get(key="a").file.name), str(Preview.objects.first().poster.name)]  # type: ignore[union-attr]
    rule(keep_results=30)
    with django_capture_on_commit_callbacks(execute=True):
        retention.remove()
    assert not any(default_storage.exists(name) for name in files)
    assert [asset.kind for asset in old.assets.all()] == ["persona"]
    assert not old.tracks.exists()
    old.refresh_from_db()
    assert old.credits_amount == 5
    assert Event.objects.filter(task=old, text__startswith="Removed").exists()
    assert default_storage.exists(str(young.assets.get(key="a").file.name))
    assert young.tracks.exists()


def test_the_page_of_an_emptied_task_still_opens(
    made: Any,
    signed_in: Client,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    old = made(OLD)
    rule(keep_results=30)
    with django_capture_on_commit_callbacks(execute=True):
        retention.remove()
    assert "Removed, as the studio" in signed_in.get(f"/tasks/{old.pk}/").text
    assert signed_in.get("/tasks/").status_code == 200


def test_open_lists_show_that_a_picture_is_gone(
    made: Any,
    signed_in: Client,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    old, cover = made(OLD), made(timedelta(days=1))
    picture = Asset(task=old, key="i", kind="image", label="Cover", state="saved")
    picture.file.save("", ContentFile(b"drawn"))
    old.tracks.update(image=picture)
    # The song stays: its sound could not be saved.
    old.assets.filter(kind="audio").update(state="failed")
    Task.objects.filter(pk=cover.pk).update(source_track=old.tracks.get())
    before = signed_in.get("/tasks/")
    # As the picture of the old one, and of what is made from it.
    assert before.text.count(f'src="/media/{picture.pk}/poster"') == 2
    rule(keep_results=30)
    with django_capture_on_commit_callbacks(execute=True):
        retention.remove()
    after = signed_in.get("/tasks/")
    assert old.tracks.exists()
    assert f"/media/{picture.pk}/" not in after.text
    assert after["ETag"] != before["ETag"]


def test_open_lists_show_that_an_upload_is_gone(
    made: Any,
    sent: Any,
    signed_in: Client,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    task, upload = made(timedelta(days=1)), sent(OLD)
    Upload.objects.update(title="Old Demo")
    Task.objects.filter(pk=task.pk).update(source_upload=upload)
    before = signed_in.get("/tasks/")
    assert "Old Demo" in before.text
    rule(keep_uploads=30)
    with django_capture_on_commit_callbacks(execute=True):
        retention.remove()
    after = signed_in.get("/tasks/")
    assert "Old Demo" not in after.text
    assert after["ETag"] != before["ETag"]


def test_what_a_task_under_way_is_made_from_stays(made: Any, sent: Any, make_task: Any) -> None:
    old, upload = made(OLD), sent(OLD)
    Task.objects.filter(pk=make_task().pk).update(source_track=old.tracks.get())
    Task.objects.filter(pk=make_task().pk).update(source_upload=upload)
    rule(keep_results=30, keep_uploads=30)
    assert retention.remove() == []


def test_uploads_and_deliveries_go_by_their_own_rules(
    made: Any, sent: Any, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    task, old, young = made(OLD), sent(OLD), sent(timedelta(days=1), "2")
    unread = Delivery.objects.create(task=task, origin="callback", body="x")
    Delivery.objects.filter(pk=unread.pk).update(received_at=timezone.now() - OLD)
    rule(keep_uploads=30, keep_deliveries=30)
    with django_capture_on_commit_callbacks(execute=True):
        retention.remove()
    assert list(Upload.objects.all()) == [young]
    assert not default_storage.exists(str(old.file.name))
    # What was never applied is not thrown away unread.
    assert list(Delivery.objects.all()) == [unread]
    assert task.assets.count() == 2


def test_what_goes_is_listed_for_a_week_before_it_goes(
    made: Any, admin_client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    task = made(OLD)
    form = {"keep_results": "30", "warn_below": "", "keep_uploads": "", "keep_deliveries": ""}
    assert admin_client.post("/admin/studio/account/1/change/", form).status_code == 302
    assert retention.remove() == []
    assert "Goes within a week" in admin_client.get("/admin/").text
    assert "Nothing goes before" in listed()
    assert f"Track of task {task.pk}" in listed()
    Account.objects.update(removes_from=timezone.now())
    with django_capture_on_commit_callbacks(execute=True):
        assert [each.count for each in retention.remove()] == [1]
    assert "Goes within a week" not in admin_client.get("/admin/").text


def test_what_is_near_its_time_is_listed_but_stays(made: Any) -> None:
    task = made(timedelta(days=25))
    rule(keep_results=30)
    assert "Results: 1" in listed()
    assert retention.remove() == []
    assert task.assets.count() == 2
