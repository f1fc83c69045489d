"""What a form offers to start from, and what it says of a wrong one."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client

from studio.models import Task, Track, Upload
from studio.operations import OPERATIONS
from tests.pages.test_rules import make_song

pytestmark = pytest.mark.once

SEPARATE, VIDEO, EXTEND = "upload-and-separate-vocals", "create-music-video", "extend-music"
OPEN = re.compile(r'name="from"\s+value="(\w+)"\s+form="search"\s+checked')
# How Django itself begins to say that something is wrong.
DJANGOS = re.compile(r"Ensure |This field|Select a valid|Enter a valid|is not one of the available")


def get(client: Client, address: str) -> str:
    return unescape(client.get(address).content.decode())


@pytest.fixture
def upload(db: None) -> Upload:
    return Upload.objects.create(
        file="uploads/a", name="a", title="Take", content_type="audio/mpeg", size=1, duration=3
    )


def test_a_tab_is_open_where_something_is_chosen_asked_for_or_searched(
    signed_in: Client, song: Task, upload: Upload
) -> None:
    form = f"/new/{SEPARATE}/"

    opened = {
        "": "file",
        "?from=track": "track",
        "?from=nothing": "file",
        f"?track={song.tracks.get().pk}": "track",
        f"?upload={upload.pk}": "upload",
        "?upload_q=take": "upload",
    }

    assert {asked: OPEN.findall(get(signed_in, form + asked)) for asked in opened} == {
        asked: [tab] for asked, tab in opened.items()
    }
    assert 'name="from"' not in get(signed_in, f"/new/{VIDEO}/")


def test_a_form_with_something_chosen_shows_it_as_one_row(signed_in: Client, song: Task) -> None:
    chosen = get(signed_in, f"/new/{VIDEO}/?track={song.tracks.get().pk}")

    assert 'class="sources settled"' in chosen
    assert 'class="sources"' in get(signed_in, f"/new/{VIDEO}/")


def test_songs_that_can_be_used_stand_before_newer_ones_that_cannot(signed_in: Client) -> None:
    usable = make_song()[0]
    for _ in range(25):
        make_song("add-instrumental")

    page = get(signed_in, f"/new/{VIDEO}/")

    assert page.count('<li class="option') == 40
    assert page.index(f'value="{usable.pk}"') < page.index("These cannot be used here")
    assert page.count("These cannot be used here") == 1


def test_personas_are_bounded_and_found(
    signed_in: Client, make_task: Callable[..., Task], song: Task
) -> None:
    for number in range(45):
        task = make_task("generate-persona", name=f"Voice {number}", status="finished")
        task.assets.create(key="0", kind="persona", label="Persona", value=f"persona-{number}")
    form = "/new/generate-music/?custom_mode=true"

    plain, found = get(signed_in, form), get(signed_in, form + "&persona_q=voice+7")
    chosen = get(signed_in, form + "&persona_id=persona-3")

    # One more line is "None".
    assert plain.count('<li class="option') == 41
    assert "Voice 44" in plain
    assert "Voice 3<" not in plain
    assert found.count('<li class="option') == 5
    assert "Voice 7<" in found
    assert "Voice 3<" in chosen
    assert chosen.count('<li class="option') == 41
    assert signed_in.get(form + "&persona_id=%00").status_code == 200


def test_a_song_goes_on_by_one_step_and_a_recording_by_the_other(
    signed_in: Client, song: Task
) -> None:
    whole = get(signed_in, f"/songs/{song.tracks.get().pk}/")
    # What can be done with a dropped file is no step of a song.
    page = whole.partition("<main")[2].partition("</main>")[0]

    assert f"/new/{EXTEND}/" in page
    assert "/new/upload-and-extend-audio/" not in page


def test_the_version_that_an_imported_song_needs_is_not_folded_away(signed_in: Client) -> None:
    page = get(signed_in, f"/new/{EXTEND}/")

    assert page.index('name="mv"') < page.index('<details class="fold"')


@pytest.mark.parametrize("model", OPERATIONS)
def test_everything_wrong_is_listed_with_links_that_lead_somewhere(
    signed_in: Client, model: str
) -> None:
    page = unescape(signed_in.post(f"/new/{model}/", {}).content.decode())
    listed = page.partition("data-problems")[2].partition("</ul>")[0]
    links = re.findall(r'<a href="#([^"]+)"', listed)

    assert links
    assert all(page.count(f'id="{link}"') == 1 for link in links)


@pytest.mark.parametrize("value", ["", "x" * 6000, "9" * 400, "\0", "-1", "nonsense"])
@pytest.mark.parametrize("model", OPERATIONS)
def test_what_is_wrong_is_said_in_our_words(signed_in: Client, model: str, value: str) -> None:
    form: Any = OPERATIONS[model].form
    fields = {name: value for name in form.base_fields if name != "file"}

    for way in ("true", "false") if form.way_field else ("",):
        answer = signed_in.post(f"/new/{model}/", fields | {form.way_field: way})
        assert DJANGOS.findall(unescape(answer.content.decode())) == []


def test_a_song_that_was_deleted_meanwhile_is_told_so(signed_in: Client, song: Task) -> None:
    key = song.tracks.get().pk
    Track.objects.all().delete()

    page = unescape(signed_in.post(f"/new/{VIDEO}/", {"track": key}).content.decode())

    assert "This is not here any more. Choose another." in page
