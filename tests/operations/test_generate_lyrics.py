"""`generate-lyrics`: what its form sends, how its answer is read and where it goes on to.

docs.vidgo.ai/api-manual/music-series/generate-lyrics
"""

from collections.abc import Callable

import pytest
from django.test import Client

from studio import operations
from studio.models import Task
from tests.operations import sandbox_takes

pytestmark = pytest.mark.once

MODEL = "generate-lyrics"
EXAMPLE = {
    "prompt": "A nostalgic song about childhood memories and growing up in a small town",
}
FIELDS = {*EXAMPLE}
ENTRIES = [
    {"title": "Small Town", "text": "[Verse]\nOne"},
    {"text": "Two", "cover_url": "https://cdn.example.com/2.png"},
    {"title": "Nothing", "text": " "},
]


@pytest.mark.parametrize("more", [0, 1])
def test_two_hundred_words_are_taken(signed_in: Client, more: int) -> None:
    typed = {"prompt": "word\n " * (200 + more)}

    assert signed_in.post(f"/new/{MODEL}/", typed).status_code == (200 if more else 302)
    assert sandbox_takes(MODEL, typed) == (not more)


def test_every_variation_is_kept_and_nothing_else_lost() -> None:
    found = operations.get(MODEL).read(ENTRIES)

    assert [(one.kind, one.label, one.data) for one in found] == [
        ("words", "Small Town", {"title": "Small Town", "text": "[Verse]\nOne"}),
        ("words", "Lyrics 2", {"title": "", "text": "Two"}),
        ("image", "Cover", None),
    ]


def test_words_are_shown_told_and_put_into_a_new_song(
    signed_in: Client, make: Callable[..., Task]
) -> None:
    task = make(operation=MODEL, input=EXAMPLE)
    data = {"title": "Small Town", "text": "[Verse]\n<b>One</b>"}
    words = task.assets.create(key="0", kind="words", label="x", state="saved", data=data)

    page = signed_in.get(task.get_absolute_url()).text
    told = signed_in.get(f"/tasks/{task.pk}/words.json").json()
    form = signed_in.get(f"/new/generate-music/?words={words.pk}").text

    assert "&lt;b&gt;One&lt;/b&gt;" in page
    assert f"/new/generate-music/?words={words.pk}" in page
    assert told["words"] == [{"pk": words.pk, "label": "x", **data}]
    assert (told["status"], told["is_final"], told["error"]) == ("finished", True, "")
    assert "&lt;b&gt;One&lt;/b&gt;</textarea>" in form
    assert 'value="Small Town"' in form


@pytest.mark.parametrize("odd", ["x", "", "999999", "9" * 30])
def test_words_that_are_not_there_are_no_error(signed_in: Client, odd: str) -> None:
    assert signed_in.get(f"/new/generate-music/?words={odd}").status_code == 200
