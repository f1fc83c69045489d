"""No page says an old word for what docs/words.md names."""

import re

import pytest

from tests.product import ROOT

pytestmark = pytest.mark.once

OLD = (
    *("What was asked for", "Again with these settings", "What you sent", "Taken by Vidgo"),
    *("It is not known whether Vidgo took", "With what is chosen", "Choose none", "No task fits"),
    *("Waiting to be sent", "In the queue", "Being made", "Take up this task", "Give it up"),
    *("This mix as", "Waiting for the sound", "Styles to leave out", "Vocal gender"),
    *("Ask Vidgo now", "Nothing has cost anything", "this is a rehearsal", "Rescued by asking"),
    *("Or a song", "Your files", "Task ids", "A callback came", "has a slip in it"),
)


def test_no_page_says_an_old_word() -> None:
    sources = [
        *(ROOT / "templates").rglob("*.html"),
        *(ROOT / "static" / "js").glob("*.js"),
        *(path for path in (ROOT / "studio").rglob("*.py") if "migrations" not in path.parts),
        *(ROOT / "vidgo_site").glob("*.py"),
    ]
    pattern = re.compile("|".join(map(re.escape, OLD)))

    found = {path: pattern.findall(path.read_text()) for path in sources}

    assert not {path.name: words for path, words in found.items() if words}
