"""`add-instrumental`: what its form sends and refuses (API page 003)."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.recorder import body

pytestmark = pytest.mark.once

MODEL = "add-instrumental"
EXAMPLE = body(f"submit-{MODEL}")["input"]
WEIGHTS = ("style_weight", "weirdness_constraint", "audio_weight")
FIELDS = {*EXAMPLE, "model", "vocal_gender", *WEIGHTS}


def test_the_body_equals_the_pages_example(submit: Callable[..., Any]) -> None:
    example = body(f"submit-{MODEL}")

    sent = submit(MODEL, **example["input"])

    assert sent.pop("callback_url").startswith(example.pop("callback_url") + "/")
    assert sent == example


def test_every_optional_parameter_goes_out_typed_as_the_page_says(
    submit: Callable[..., Any],
) -> None:
    options = {"model": "V5", "vocal_gender": "f"}
    weights = {"style_weight": "0.65", "weirdness_constraint": "0", "audio_weight": "1"}

    sent = submit(MODEL, **EXAMPLE, **options, **weights)

    numbers = {"style_weight": 0.65, "weirdness_constraint": 0, "audio_weight": 1}
    assert sent["input"] == {**EXAMPLE, **options, **numbers}
    assert all(type(sent["input"][name]) in (int, float) for name in WEIGHTS)


def test_options_left_alone_are_left_out(submit: Callable[..., Any]) -> None:
    options = dict.fromkeys(("model", "vocal_gender", *WEIGHTS), "")

    assert submit(MODEL, **EXAMPLE, **options)["input"] == EXAMPLE


@pytest.mark.parametrize(
    ("field", "value"),
    [("model", "V4_5PLUS"), ("model", "V5"), ("vocal_gender", "m"), ("vocal_gender", "f")],
)
def test_each_choice_of_the_page_is_taken(
    submit: Callable[..., Any], field: str, value: str
) -> None:
    assert submit(MODEL, **EXAMPLE, **{field: value})["input"] == {**EXAMPLE, field: value}


@pytest.mark.parametrize(
    ("field", "value"),
    [("model", "V4"), ("model", "v5"), ("model", MODEL), ("vocal_gender", "male")],
)
def test_any_other_choice_is_refused(refuse: Callable[..., str], field: str, value: str) -> None:
    page = refuse(MODEL, **EXAMPLE, **{field: value})

    assert f'id="id_{field}_error"' in page
    assert all(typed in page for typed in EXAMPLE.values())


@pytest.mark.parametrize("typed", ["0.5", "0,5", ",5", " 0,50 ", "０．５", "٠٫٥"])
def test_a_weight_is_read_as_it_is_written_in_any_country(
    submit: Callable[..., Any], typed: str
) -> None:
    sent = submit(MODEL, **EXAMPLE, style_weight=typed)

    assert sent["input"]["style_weight"] == 0.5


@pytest.mark.parametrize("field", WEIGHTS)
@pytest.mark.parametrize(
    "value", ["0.655", "1.01", "-0.1", "-0.01", "nan", "inf", "-inf", "1e1", "half", "0,5,", "1e-3"]
)
def test_a_weight_that_is_none_is_refused_and_kept_in_the_form(
    refuse: Callable[..., str], field: str, value: str
) -> None:
    page = refuse(MODEL, **EXAMPLE, **{field: value})

    assert f'id="id_{field}_error"' in page
    assert f'value="{value}"' in page
    assert all(typed in page for typed in EXAMPLE.values())


@pytest.mark.parametrize("field", ["title", "tags", "negative_tags"])
def test_what_is_required_is_asked_for_and_the_rest_kept(
    refuse: Callable[..., str], field: str
) -> None:
    page = refuse(MODEL, **{**EXAMPLE, field: " "}, style_weight="0.5")

    assert f'id="id_{field}_error"' in page
    assert all(value in page for name, value in EXAMPLE.items() if name != field)
    assert 'value="0.5"' in page


def test_without_a_sound_every_fault_is_told_at_once(refuse: Callable[..., str]) -> None:
    page = refuse(MODEL, tags="soft")

    assert 'id="id_file_error"' in page
    assert 'id="id_title_error"' in page
    assert 'value="soft"' in page


@pytest.mark.parametrize(
    "url", ["vocals.mp3", "ftp://example.com/a.mp3", "javascript:alert(1)", "https://", "http://"]
)
def test_a_url_that_is_none_is_refused(refuse: Callable[..., str], url: str) -> None:
    page = refuse(MODEL, **{**EXAMPLE, "upload_url": url})

    assert 'id="id_upload_url_error"' in page
    assert all(value in page for name, value in EXAMPLE.items() if name != "upload_url")
