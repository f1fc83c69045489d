"""What all forms have in common; what each sends stands in `tests/operations/`."""

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from studio.models import Task
from studio.operations import OPERATIONS
from tests.operations import described, posted
from tests.recorder import Recorder, body

pytestmark = pytest.mark.once

FILES = described()
LISTS = ("from", "track_q", "upload_q", "persona_q")
OURS = {"form_key", "csrfmiddlewaretoken", "track", "upload", "file", *LISTS}


@pytest.mark.parametrize("model", FILES)
def test_fields_are_named_as_the_api_names_them(
    signed_in: Client, make: Callable[..., Task], model: str
) -> None:
    # Without one nobody is asked which.
    make().assets.create(key="0", kind="persona", label="Persona", value="persona-1")
    page = signed_in.get(f"/new/{model}/").content.decode()
    form = page[page.index('<form method="post"\n        enctype') :]

    names = set(re.findall(r'<(?:input|select|textarea)[^>]*\bname="([^"]+)"', form))

    assert names - OURS == FILES[model].FIELDS


@pytest.mark.parametrize("model", FILES)
def test_a_good_form_leads_to_its_task_at_once_with_nothing_sent_yet(
    signed_in: Client, api: Recorder, model: str
) -> None:
    answer = signed_in.post(f"/new/{model}/", posted(FILES[model].EXAMPLE))

    task = Task.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/tasks/{task.pk}/")
    assert task.status == "pending"
    assert api.received == []


def test_every_operation_has_a_file_of_its_own() -> None:
    assert FILES.keys() == OPERATIONS.keys()


@pytest.mark.parametrize("model", FILES)
def test_a_form_with_an_error_sends_and_keeps_nothing(
    signed_in: Client, api: Recorder, work: Callable[[], None], model: str
) -> None:
    page = signed_in.post(f"/new/{model}/", {}).content.decode()
    work()

    assert not Task.objects.exists()
    assert api.submits == []
    assert 'role="alert"' in page
    assert "nothing you typed is lost" in page


@pytest.mark.parametrize("model", FILES)
def test_the_same_form_twice_is_one_task(
    signed_in: Client, api: Recorder, work: Callable[[], None], model: str
) -> None:
    sent = {**posted(FILES[model].EXAMPLE), "form_key": str(uuid.uuid4())}

    first = signed_in.post(f"/new/{model}/", sent)
    work()
    second = signed_in.post(f"/new/{model}/", sent)
    work()

    assert first["Location"] == second["Location"]
    assert len(api.submits) == 1


@pytest.mark.parametrize("model", FILES)
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
        *((model, "http://studio.example.com") for model in FILES),
        *(("add-instrumental", url) for url in UNREACHABLE),
    ],
)
def test_an_address_that_vidgo_cannot_reach_is_told_before_anything_is_sent(
    signed_in: Client, settings: LazySettings, model: str, url: str
) -> None:
    settings.API_ON_LOOPBACK, settings.STUDIO_PUBLIC_URL = False, url
    sent = posted(FILES[model].EXAMPLE)

    assert "STUDIO_PUBLIC_URL" in signed_in.get(f"/new/{model}/").content.decode()
    answer = signed_in.post(f"/new/{model}/", sent)

    assert answer.status_code == 200
    page = answer.content.decode()
    assert "STUDIO_PUBLIC_URL" in page
    assert all(str(value) in page for value in sent.values())
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
