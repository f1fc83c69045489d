"""`boost-music-style`: what its form sends, how its answer is read and where it goes on to.

docs.vidgo.ai/api-manual/music-series/boost-music-style
"""

from collections.abc import Callable

import pytest
from django.test import Client

from studio import operations
from studio.models import Task

pytestmark = pytest.mark.once

MODEL = "boost-music-style"
EXAMPLE = {"content": "Pop, Mysterious"}
FIELDS = {*EXAMPLE}


def test_the_styles_are_words() -> None:
    found = operations.get(MODEL).read([{"style": "Pop, dark and slow"}, {"style": None}])

    assert [(one.kind, one.data) for one in found] == [
        ("words", {"title": "", "text": "Pop, dark and slow"})
    ]


def test_they_are_put_into_a_new_song(signed_in: Client, make: Callable[..., Task]) -> None:
    data = {"title": "", "text": "Pop, dark and slow"}
    task = make(operation=MODEL, input=EXAMPLE)
    words = task.assets.create(key="0", kind="words", label="x", state="saved", data=data)

    form = signed_in.get(f"/new/generate-music/?words={words.pk}").text

    assert 'value="Pop, dark and slow"' in form
