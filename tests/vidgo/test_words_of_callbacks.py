"""What is read out of a callback's fields, and how much of it."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from studio.models import Task

pytestmark = pytest.mark.once

URL = "https://cdn.example.com/a"
Tell = Callable[..., Task]


@pytest.fixture
def tell(make: Callable[..., Task], client: Client) -> Tell:
    """Return a call that has the API tell something of a task, and gives the task."""

    def run(data: dict[str, Any], **beside: Any) -> Task:
        task = make("running", vidgo_id="t-1")
        sent = json.dumps({"data": {"task_id": "t-1", **data}, **beside})
        answer = client.post(f"/callback/{task.callback_token}/", sent, "application/json")
        assert answer.status_code == 200
        task.refresh_from_db()
        return task

    return run


LONG = f"{URL}/{'x' * 4000}"[:4000]
# One entry of `files`, and what is found in it.
FILES: list[tuple[Any, list[tuple[str, str]]]] = [
    ({"sheet": "http://cdn.example.com/a"}, [("0.sheet", "http://cdn.example.com/a")]),
    ({" Sheet_URL ": " HTTPS://cdn.example.com/a "}, [("0.sheet", "HTTPS://cdn.example.com/a")]),
    ({"_url": URL}, [("0.file", URL)]),
    ({"": URL}, [("0.file", URL)]),
    ({"n" * 101: URL}, [(f"0.{'n' * 100}", URL)]),
    ({"sheet": LONG}, [("0.sheet", LONG)]),
    ({"sheet": LONG + "x"}, []),
    ({"sheet": f"at {URL}"}, []),
    ({"a": [URL, {"b": f"{URL}2"}]}, [("0.a.0", URL), ("0.a.1.b", f"{URL}2")]),
    ({"a": f' ["{URL}"]'}, [("0.a.0", URL)]),
    ({"a": f'{{"b_url": "{URL}"}}'}, [("0.a.b", URL)]),
    ({"a": f'{{"b_url": "{URL}"', "c": URL}, [("0.c", URL)]),
    ({"a": {"b": {"c": {"d": {"e": {"f": URL}}}}}}, [("0.a.b.c.d.e.f", URL)]),
    ({"a": {"b": {"c": {"d": {"e": {"f": {"g": URL}}}}}}}, []),
    ({"a": [[[[[URL]]]]]}, [("0.a.0.0.0.0.0", URL)]),
    ({"a": [[[[[[URL]]]]]]}, []),
    ({"a": [f"{URL}{n}" for n in range(201)]}, [(f"0.a.{n}", f"{URL}{n}") for n in range(200)]),
    (
        {"a": [[f"{URL}{n}", f"{URL}{n}b", f"{URL}{n}c"] for n in range(70)]},
        [
            (f"0.a.{n}.{m}", f"{URL}{n}{letter}")
            for n in range(70)
            for m, letter in enumerate(("", "b", "c"))
        ][:200],
    ),
    (json.dumps({"sheet": URL}), [("0.sheet", URL)]),
]


@pytest.mark.parametrize(("entry", "found"), FILES)
def test_where_addresses_are_found(tell: Tell, entry: Any, found: list[tuple[str, str]]) -> None:
    task = tell({"status": "finished", "files": [entry]})

    assert [(one.key, one.url) for one in task.assets.order_by("order", "pk")] == found


def test_no_more_entries_are_read_than_results_are_kept(tell: Tell) -> None:
    task = tell({"status": "finished", "files": [*([{"a": ""}] * 199), {"b": URL}, {"c": URL}]})

    assert [one.key for one in task.assets.all()] == ["199.b"]


WORDS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"error_message": " No. "}, {"message": "Yes."}, "No."),
    ({"message": "No."}, {}, "No."),
    ({"msg": "No."}, {}, "No."),
    ({"error": "No."}, {}, "No."),
    ({"error": {"message": "No.", "type": "x"}}, {}, "No."),
    ({"error_message": "", "message": None, "msg": {}, "error": "No."}, {}, "No."),
    ({}, {"message": "No."}, "No."),
    ({"error_message": 7}, {}, "7"),
    ({"error_message": True}, {"msg": "No."}, "No."),
    ({"error_message": ["No."]}, {}, "Vidgo gave no reason."),
    ({"error_message": "N\0o\ud800."}, {}, "No."),
    ({"error_message": "n" * 1001}, {}, "n" * 1000),
]


@pytest.mark.parametrize(("data", "beside", "error"), WORDS)
def test_which_words_say_why(
    tell: Tell, data: dict[str, Any], beside: dict[str, Any], error: str
) -> None:
    task = tell({"status": "failed", **data}, **beside)

    assert (task.status, task.error) == ("failed", error)


@pytest.mark.parametrize(
    ("data", "beside", "code"),
    [
        ({"error": {"type": " file_format "}}, {"error": {"type": "x"}}, "file_format"),
        ({}, {"error": {"type": "file_format"}}, "file_format"),
        ({"error": {"type": "t" * 41}}, {}, "t" * 40),
        ({"error": {"type": {}}}, {}, "vidgo"),
        ({"error": "type"}, {}, "vidgo"),
    ],
)
def test_which_kind_of_error_it_was(
    tell: Tell, data: dict[str, Any], beside: dict[str, Any], code: str
) -> None:
    assert tell({"status": "failed", **data}, **beside).error_code == code


@pytest.mark.parametrize(
    ("told", "amount"),
    [
        *((0, "0"), (0.5, "0.5"), (4, "4"), ("4", "4"), (4.567, "4.57"), (4.5612, "4.56")),
        *((999_999_999, "999999999"), (1e9, None), (-1, None), ("four", None), (None, None)),
        *(("1e999", None), ([4], None), ({}, None)),
    ],
)
def test_which_price_is_one(tell: Tell, told: Any, amount: str | None) -> None:
    task = tell({"status": "running", "credits_amount": told})

    assert task.credits_amount == (None if amount is None else Decimal(amount))
