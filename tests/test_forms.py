"""What all five forms have in common; what each sends stands in `test_operations_*`."""

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from studio.models import Task
from tests.recorder import Recorder, body

FIELDS = {
    "create-music-video": {"task_id", "audio_id", "author", "domain_name"},
    "generate-music-cover": {"task_id"},
    "generate-persona": {"task_id", "audio_id", "name", "description"},
    "add-instrumental": {
        "upload_url",
        "title",
        "tags",
        "negative_tags",
        "model",
        "vocal_gender",
        "style_weight",
        "weirdness_constraint",
        "audio_weight",
    },
    "upload-and-separate-vocals": {"audio_url", "title", "model_name", "output_type"},
}
OURS = {"form_key", "csrfmiddlewaretoken", "track", "upload", "file", "track_q", "upload_q"}


@pytest.mark.parametrize("model", FIELDS)
def test_fields_are_named_as_the_api_names_them(signed_in: Client, model: str) -> None:
    page = signed_in.get(f"/new/{model}/").content.decode()
    form = page[page.index('<form method="post"\n        enctype') :]

    names = set(re.findall(r'<(?:input|select|textarea)[^>]*\bname="([^"]+)"', form))

    assert names - OURS == FIELDS[model]


@pytest.mark.parametrize("model", FIELDS)
def test_a_good_form_leads_to_its_task_at_once_with_nothing_sent_yet(
    signed_in: Client, api: Recorder, model: str
) -> None:
    answer = signed_in.post(f"/new/{model}/", body(f"submit-{model}")["input"])

    task = Task.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/tasks/{task.pk}/")
    assert task.status == "pending"
    assert api.received == []


@pytest.mark.parametrize("model", FIELDS)
def test_a_form_with_an_error_sends_and_keeps_nothing(
    signed_in: Client, api: Recorder, work: Callable[[], None], model: str
) -> None:
    page = signed_in.post(f"/new/{model}/", {}).content.decode()
    work()

    assert not Task.objects.exists()
    assert api.submits == []
    assert 'role="alert"' in page
    assert "nothing you typed is lost" in page


@pytest.mark.parametrize("model", FIELDS)
def test_the_same_form_twice_is_one_task(
    signed_in: Client, api: Recorder, work: Callable[[], None], model: str
) -> None:
    sent = {**body(f"submit-{model}")["input"], "form_key": str(uuid.uuid4())}

    first = signed_in.post(f"/new/{model}/", sent)
    work()
    second = signed_in.post(f"/new/{model}/", sent)
    work()

    assert first["Location"] == second["Location"]
    assert len(api.submits) == 1


@pytest.mark.parametrize("model", FIELDS)
def test_an_error_keeps_the_forms_key(signed_in: Client, model: str) -> None:
    key = str(uuid.uuid4())

    page = signed_in.post(f"/new/{model}/", {"form_key": key}).content.decode()

    assert key in page


UNREACHABLE = (
    "https://127.0.0.1",
    "https://192.168.1.5",
    "https://studio",
    "https://studio.local",
    "https://[::1]",
)


@pytest.mark.parametrize(
    ("model", "url"),
    [
        *((model, "http://studio.example.com") for model in FIELDS),
        *(("add-instrumental", url) for url in UNREACHABLE),
    ],
)
def test_an_address_that_vidgo_cannot_reach_is_told_before_anything_is_sent(
    signed_in: Client, settings: LazySettings, model: str, url: str
) -> None:
    settings.API_ON_LOOPBACK, settings.STUDIO_PUBLIC_URL = False, url
    sent = body(f"submit-{model}")["input"]

    assert "STUDIO_PUBLIC_URL" in signed_in.get(f"/new/{model}/").content.decode()
    answer = signed_in.post(f"/new/{model}/", sent)

    assert answer.status_code == 200
    page = answer.content.decode()
    assert "STUDIO_PUBLIC_URL" in page
    assert all(value in page for value in sent.values())
    assert not Task.objects.exists()


@pytest.mark.parametrize(
    "odd",
    [
        {"task_id": "a\x00b"},
        {"track": "99999999999999999999999"},
        {"track": "x"},
        {"form_key": "no-uuid"},
        {"author": "\ud800".encode("utf-8", "surrogatepass")},
    ],
)
def test_what_no_page_would_send_is_no_error_of_ours(signed_in: Client, odd: Any) -> None:
    ids = {"task_id": "t", "audio_id": "a"} if "track" not in odd else {}

    answer = signed_in.post("/new/create-music-video/", {**ids, **odd})

    assert answer.status_code in (200, 302)


def test_a_form_begins_with_an_earlier_tasks_settings(
    signed_in: Client, make_task: Callable[..., Task]
) -> None:
    given = {**body("submit-add-instrumental")["input"], "style_weight": 0.65, "model": "V5"}
    task = make_task("add-instrumental", **given)

    page = signed_in.get(f"/new/add-instrumental/?again={task.pk}").content.decode()

    assert 'value="0.65"' in page
    assert re.search(r'name="model"\s+value="V5"\s+checked', page)
    for name in ("upload_url", "title", "tags", "negative_tags"):
        assert given[name] in page


@pytest.mark.parametrize("again", ["x", "999999", "9" * 30, "-1", "%00"])
def test_an_earlier_task_that_is_none_is_no_error(signed_in: Client, again: str) -> None:
    for name in ("again", "track", "upload"):
        answer = signed_in.get(f"/new/upload-and-separate-vocals/?{name}={again}")
        assert answer.status_code == 200
