"""The admin: everything to look at, histories read-only, nothing that opens a task."""

import json
import re
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.apps import apps
from django.conf import LazySettings
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client

from studio import lifecycle
from studio.lifecycle import account
from studio.models import Account, Asset, Delivery, Event, Task, Track, Upload

HISTORIES: tuple[type[Model], ...] = (Task, Asset, Delivery, Event)
KEY = "sk-very-secret-key-of-the-band"


@pytest.fixture
def root(db: None, client: Client) -> Client:
    """An administrator's browser."""
    client.force_login(User.objects.create_superuser("root"))
    return client


@pytest.fixture
def furnished(song: Task, settings: LazySettings) -> Task:
    """A task with one row of everything, and everything secret near it."""
    settings.VIDGO_API_KEY = KEY
    given = {"upload_url": "https://x.example/a.mp3", "title": "Relaxing Piano"}
    wish = lifecycle.Wish("add-instrumental", given, title="Relaxing Piano")
    task, _ = lifecycle.create(wish, user=None)
    address = f"{settings.STUDIO_PUBLIC_URL}/callback/{task.callback_token}/"
    Asset.objects.create(task=task, key="0.x", kind="stem", label="Drums", url="https://x.example/")
    # As a provider's JSON may write it, too.
    body = json.dumps({"callback_url": address}) + json.dumps(address).replace("/", r"\/")
    Delivery.objects.create(task=task, origin="callback", body=body)
    Event.objects.create(task=task, text="Sent")
    Track.objects.create(task=task, audio_id="a", title="Relaxing Piano")
    Upload.objects.create(
        file="uploads/x",
        name="a",
        title="Voice",
        content_type="audio/mpeg",
        size=1,
        sha256="a",
        duration=1,
    )
    return task


def pages() -> list[str]:
    return [
        f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        for model in admin.site._registry
    ]


def address(model: type[Model]) -> str:
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/"


def test_tasks_assets_deliveries_and_users_are_there(root: Client) -> None:
    index = root.get("/admin/").content.decode()

    models: list[type[Model]] = [*HISTORIES, Track, Upload, User]
    for model in models:
        assert address(model) in index


def test_every_list_opens_and_is_searched_and_filtered(root: Client, furnished: Task) -> None:
    for page in pages():
        answer = root.get(page)
        assert answer.status_code == 200, page
        assert root.get(page, {"q": "piano"}).status_code in (200, 302), page
        links = set(re.findall(r'href="(\?[^"]+)"', answer.content.decode()))
        for link in links:
            assert root.get(page + unescape(link)).status_code == 200, page + link


@pytest.mark.parametrize(
    ("model", "q", "count"),
    [(Task, "relaxing", 1), (Task, "nobody", 0), (Asset, "drums", 1), (Delivery, "relaxing", 1)],
)
def test_a_search_finds(
    root: Client, furnished: Task, model: type[Model], q: str, count: int
) -> None:
    page = root.get(address(model), {"q": q}).content.decode()

    assert len(re.findall(r'<th class="field-', page)) == count


def test_a_filter_narrows_the_list(root: Client, furnished: Task) -> None:
    page = root.get(address(Task), {"status__exact": "finished"}).content.decode()

    assert "Harbour Lights" in page
    assert "Relaxing Piano" not in page


@pytest.mark.parametrize("model", HISTORIES)
def test_a_history_is_read_only(root: Client, furnished: Task, model: type[Model]) -> None:
    row = model._default_manager.first()
    assert row
    before = model._default_manager.filter(pk=row.pk).values().get()
    page = address(model)

    assert root.get(f"{page}{row.pk}/change/").status_code == 200
    assert root.get(f"{page}add/").status_code == 403
    for path in (f"{page}add/", f"{page}{row.pk}/change/", f"{page}{row.pk}/delete/"):
        assert root.post(path, {"post": "yes", "status": "failed"}).status_code == 403
    selected = {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"}
    root.post(page, selected)

    assert model._default_manager.filter(pk=row.pk).values().get() == before


def test_no_page_shows_what_opens_something(root: Client, furnished: Task) -> None:
    secrets = [
        KEY,
        furnished.callback_token,
        *filter(None, [getattr(furnished, "sound_token", "")]),
    ]
    paths = ["/admin/", *pages()]
    for page, model in zip(pages(), admin.site._registry, strict=True):
        for row in model._default_manager.all()[:20]:
            paths += [f"{page}{row.pk}/{end}/" for end in ("change", "history")]

    for path in paths:
        answer = root.get(path)
        assert answer.status_code == 200, path
        assert not [secret for secret in secrets if secret in answer.content.decode()], path


def test_nobody_else_gets_in(signed_in: Client, furnished: Task) -> None:
    for path in ("/admin/", *pages(), f"{address(Task)}{furnished.pk}/change/"):
        assert signed_in.get(path).status_code in (302, 403), path
        assert Client().get(path).status_code == 302, path


def test_every_table_of_ours_that_people_ask_about_is_there() -> None:
    hidden = {model.__name__ for model in apps.get_app_config("studio").get_models()} - {
        model.__name__ for model in admin.site._registry
    }

    assert hidden.isdisjoint({"Task", "Asset", "Track", "Upload", "Delivery", "Event", "Account"})


@pytest.mark.parametrize("typed", ["12,5", "12.50"])
def test_a_number_is_read_as_it_is_written_in_any_country(root: Client, typed: str) -> None:
    answer = _rules(root, warn_below=typed)

    assert answer.status_code == 302
    assert Account.objects.get().warn_below == Decimal("12.5")


@pytest.mark.parametrize("field", ["warn_below", "keep_results"])
@pytest.mark.parametrize("typed", ["1,000", "1.000", "a few"])
def test_a_number_that_is_none_or_could_be_two_changes_nothing(
    root: Client, field: str, typed: str
) -> None:
    page = _rules(root, **{field: typed})

    assert f'value="{typed}"' in page.content.decode()
    assert f'id="id_{field}_error"' in page.content.decode()
    assert getattr(Account.objects.get(), field) is None


def _rules(root: Client, **given: str) -> Any:
    account.get()
    rules = ("warn_below", "keep_results", "keep_uploads", "keep_deliveries")
    return root.post("/admin/studio/account/1/change/", {**dict.fromkeys(rules, ""), **given})
