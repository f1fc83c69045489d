"""Each operation in each of its ways, and each limit: the form and the sandbox hold the same."""

import re
from collections.abc import Callable
from html import escape
from typing import Any

import pytest
from django.test import Client

from studio.models import Task
from tests.operations import described, posted, sandbox_takes

pytestmark = pytest.mark.once

FILES = described()
WAYS = [(m, way) for m, file in FILES.items() for way in getattr(file, "WAYS", [file.EXAMPLE])]
LIMITS = [(m, *limit) for m, file in FILES.items() for limit in getattr(file, "LIMITS", ())]


@pytest.mark.parametrize(("model", "input"), WAYS)
def test_what_is_sent_has_the_fields_and_types_of_the_page(
    submit: Callable[..., Any], model: str, input: dict[str, Any]
) -> None:
    sent = submit(model, **input)["input"]

    assert sent == input
    for name, value in sent.items():
        assert isinstance(value, bool) == isinstance(input[name], bool), name
    assert sandbox_takes(model, sent)


@pytest.mark.parametrize(("model", "input", "field", "longest"), LIMITS)
@pytest.mark.parametrize("more", [0, 1])
def test_each_limit_and_one_beyond(
    signed_in: Client, model: str, input: dict[str, Any], field: str, longest: int, more: int
) -> None:
    # The API counts characters; a browser sends a line break as two.
    text = "é\n" if field in ("prompt", "full_lyrics") else "éö"
    input = {**input, field: (text * longest)[: longest - 1 + more] + "x"}
    typed = {**posted(input), field: input[field].replace("\n", "\r\n")}

    answer = signed_in.post(f"/new/{model}/", typed)

    assert answer.status_code == (200 if more else 302)
    assert Task.objects.count() == (not more)
    assert sandbox_takes(model, input) == (not more)
    if more:
        assert f'id="id_{field}_error"' in answer.content.decode()


@pytest.mark.parametrize(("model", "input"), WAYS)
def test_a_form_begins_with_all_that_an_earlier_task_was_asked_for(
    signed_in: Client, make_task: Callable[..., Task], model: str, input: dict[str, Any]
) -> None:
    task = make_task(model, **input)

    page = signed_in.get(f"/new/{model}/?again={task.pk}").content.decode()
    for name, value in input.items():
        boxes = re.findall(rf'<input type="(?:radio|checkbox)"\s+name="{name}"[^>]*>', page)
        checked = [re.findall(r'value="([^"]*)"', box) for box in boxes if " checked" in box]
        if name == "instrumental":
            assert len(checked) == value
        elif boxes:
            assert checked == [[str(value).lower() if isinstance(value, bool) else value]], name
        else:
            text = f"{value:g}" if isinstance(value, float) else escape(str(value))
            assert text in page, name


def test_a_link_brings_a_persona_along(signed_in: Client, make: Callable[..., Task]) -> None:
    task = make(operation="generate-persona", input={"name": "Nadia"})
    task.assets.create(key="0", kind="persona", label="Persona", value="nadia-7", state="saved")

    page = signed_in.get("/new/generate-music/?custom_mode=true&persona_id=nadia-7").text

    for name, value in (("persona_id", "nadia-7"), ("custom_mode", "true")):
        assert re.search(rf'name="{name}"\s+value="{value}"\s+checked', page), name


@pytest.mark.parametrize("persona", ["unheard-of", "nadia\x00", "x" * 5000])
def test_a_persona_that_is_not_the_teams_is_refused(
    refuse: Callable[..., str], persona: str
) -> None:
    example = FILES["generate-music"].EXAMPLE

    page = refuse("generate-music", **example, persona_id=persona)

    assert "This persona is not here any more." in page
    assert example["title"] in page
