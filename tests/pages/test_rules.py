"""What can be made from what: the API pages' rules as a table, told before anything is sent."""

import itertools
import re
import uuid
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client

from studio import operations
from studio.models import Task, Track
from tests.recorder import Recorder

VIDEO, COVER, PERSONA = "create-music-video", "generate-music-cover", "generate-persona"
ACCOMPANY, SEPARATE = "add-instrumental", "upload-and-separate-vocals"
IMPORTED = "import-song"
MADE_BY_VIDGO = "Vidgo makes {} only from songs it wrote or extended."
FOR_PERSONAS = "Vidgo makes personas only from songs it wrote, extended or covered."
UNFINISHED = "It is still being made."
UNSAVED = "Its sound is not saved yet."

# The pages' own words, and what they mean for a song: which it is, its status, whether its sound is
# saved, and the reason why not ("" where it may be used).
TABLE = [
    # 000: "Task ID from a completed music generation (Generate Music or Extend Music)".
    (VIDEO, IMPORTED, "finished", True, ""),
    (VIDEO, IMPORTED, "finished", False, ""),
    (VIDEO, IMPORTED, "running", True, UNFINISHED),
    (VIDEO, IMPORTED, "not_started", False, UNFINISHED),
    (VIDEO, IMPORTED, "failed", True, "It was never finished."),
    (VIDEO, ACCOMPANY, "finished", True, MADE_BY_VIDGO.format("videos")),
    # 001: "Must be a valid task_id returned from the Generate Music or Extend Music endpoints. The
    # original task must have completed successfully".
    (COVER, IMPORTED, "finished", True, ""),
    (COVER, IMPORTED, "finished", False, ""),
    (COVER, IMPORTED, "running", True, UNFINISHED),
    (COVER, ACCOMPANY, "finished", True, MADE_BY_VIDGO.format("covers")),
    # 002: "Task ID from a completed music generation (Generate, Extend, Upload Cover, or Upload
    # Extend)".
    (PERSONA, IMPORTED, "finished", True, ""),
    (PERSONA, IMPORTED, "running", True, UNFINISHED),
    (PERSONA, ACCOMPANY, "finished", True, FOR_PERSONAS),
    # 003 and 004 take the URL of an audio file: any sound that we have.
    (ACCOMPANY, IMPORTED, "finished", True, ""),
    (ACCOMPANY, IMPORTED, "finished", False, UNSAVED),
    (ACCOMPANY, ACCOMPANY, "finished", True, ""),
    (ACCOMPANY, ACCOMPANY, "running", True, ""),
    (SEPARATE, IMPORTED, "finished", True, ""),
    (SEPARATE, ACCOMPANY, "finished", True, ""),
    (SEPARATE, IMPORTED, "finished", False, UNSAVED),
]
# Developer notes: "Each audio track can only have one music video generated" (000), "A cover can
# only be generated once per original task" (001), one persona a track (vidgo-api.md); 003 and 004
# know no such limit. Whether the same song, and its other variation, can be used once more.
ONCE = [
    (VIDEO, False, True),
    (COVER, False, False),
    (PERSONA, False, True),
    (ACCOMPANY, True, True),
    (SEPARATE, True, True),
    # docs.vidgo.ai: once per audio track.
    ("separate-vocals", False, True),
    ("stem-split", False, True),
    ("convert-to-wav", False, True),
    # Nothing is paid for twice: a song's words stay the same.
    ("get-timestamped-lyrics", False, True),
    ("extend-music", True, True),
]
FIELDS: dict[str, dict[str, str]] = {
    PERSONA: {"name": "The voice", "description": "Warm"},
    ACCOMPANY: {"title": "Low tide", "tags": "ambient", "negative_tags": "metal"},
    "extend-music": {"default_param_flag": "false", "mv": "V5"},
}
numbers = itertools.count(1)


def make_song(model: str = IMPORTED, status: str = "finished", saved: bool = True) -> list[Track]:
    """Keep a song with two variations."""
    number = next(numbers)
    task = Task.objects.create(
        operation=model,
        status=status,
        title=f"Song {number}",
        vidgo_id=f"song-{number}",
        form_key=uuid.uuid4(),
    )
    tracks = []
    for order in range(2):
        sound = task.assets.create(key=f"{order}.audio", kind="audio", label="x", order=order)
        if saved:
            sound.state, sound.content_type = "saved", "audio/mpeg"
            sound.file.save("", ContentFile(b"sound"))
        audio_id = f"audio-{number}-{order}"
        tracks.append(
            task.tracks.create(
                audio_id=audio_id, title=task.title, order=order, sound=sound, duration=61
            )
        )
    return tracks


def option(client: Client, model: str, track: Track) -> tuple[bool, str]:
    """Return whether a song can be chosen in a form, and what stands beside it."""
    page = unescape(client.get(f"/new/{model}/").content.decode())
    for item in page.split('<li class="option')[1:]:
        item = item.partition("</li>")[0]
        if f'value="{track.pk}"' in item and 'name="track"' in item:
            return " disabled" not in item.partition("</label>")[0], item
    raise AssertionError(f"{track} is not on the page")


def step(client: Client, model: str, track: Track) -> str:
    """Return what a song's own page says about making this from it."""
    page = unescape(client.get(f"/songs/{track.pk}/").content.decode())
    steps = page[page.index('class="steps"') :].split("<li>")[1:]
    return next(item for item in steps if f"<span>{operations.get(model).verb}</span>" in item)


@pytest.mark.parametrize(("model", "source", "status", "saved", "reason"), TABLE)
def test_a_song_can_be_chosen_or_says_why_not(
    model: str, source: str, status: str, saved: bool, reason: str, signed_in: Client
) -> None:
    track = make_song(source, status, saved)[0]

    can, text = option(signed_in, model, track)
    next_step = step(signed_in, model, track)
    before = Task.objects.count()
    answer = signed_in.post(f"/new/{model}/", {"track": track.pk, **FIELDS.get(model, {})})

    assert can == (not reason)
    assert reason in text
    assert reason in next_step
    assert (f"/new/{model}/?track={track.pk}" in next_step) == (not reason)
    assert (f"#{operations.get(model).icon}" in next_step) == (not reason)
    # There is nothing yet to be shown instead.
    assert "Show it" not in text + next_step
    # What the page does not let a person choose, the server refuses too.
    assert answer.status_code == (200 if reason else 302)
    assert Task.objects.count() == before + (not reason)


@pytest.mark.parametrize(
    ("source", "status", "saved", "first"),
    [
        (IMPORTED, "finished", True, VIDEO),
        # No video is made of it, but what takes any sound is.
        (ACCOMPANY, "running", True, ACCOMPANY),
        (IMPORTED, "running", False, None),
    ],
)
def test_a_songs_page_leads_to_the_first_that_can_be_made(
    source: str, status: str, saved: bool, first: str | None, signed_in: Client
) -> None:
    track = make_song(source, status, saved)[0]

    page = signed_in.get(f"/songs/{track.pk}/").text

    ways = re.findall(r'class="button primary"\s+href="/new/([^"]+)"', page)
    assert ways == ([f"{first}/?track={track.pk}"] if first else [])


def test_what_can_be_made_stands_in_groups(signed_in: Client) -> None:
    page = signed_in.get(f"/songs/{make_song()[0].pk}/").text

    groups = [part.partition("</section>")[0] for part in page.split("<h3>")[1:]]
    assert [group.partition("</h3>")[0] for group in groups] == [
        *("Show it", "Make a new song of it", "Take it apart")
    ]
    for group, model in zip(groups, (VIDEO, PERSONA, SEPARATE), strict=True):
        assert f"/new/{model}/" in group
    # What is for recordings has its like for songs.
    assert "/new/upload-and-extend-audio/" not in "".join(groups)


@pytest.mark.parametrize(("model", "again", "other"), ONCE)
@pytest.mark.parametrize("status", ["pending", "running", "finished"])
def test_what_is_made_once_only_leads_to_what_exists(
    model: str, again: bool, other: bool, status: str, signed_in: Client
) -> None:
    track, variation = make_song()
    fields = {"track": track.pk, **FIELDS.get(model, {})}
    signed_in.post(f"/new/{model}/", fields)
    task = Task.objects.get(operation=model)
    Task.objects.filter(pk=task.pk).update(status=status)

    for place, allowed in ((track, again), (variation, other)):
        can, text = option(signed_in, model, place)
        assert can == allowed
        if not allowed:
            words = "It has been made." if status == "finished" else "It is being made."
            assert words in text
            assert task.get_absolute_url() in text
            assert task.get_absolute_url() in step(signed_in, model, place)
    answer = signed_in.post(f"/new/{model}/", fields)
    assert answer.status_code == 302
    assert (answer["Location"] == task.get_absolute_url()) == (not again)
    assert Task.objects.filter(operation=model).count() == 1 + again


@pytest.mark.parametrize("model", [VIDEO, COVER, PERSONA])
@pytest.mark.parametrize("end", ["failed", "cancelled"])
def test_what_came_to_nothing_can_be_made_again(
    model: str, end: str, signed_in: Client, api: Recorder, work: Callable[[], None]
) -> None:
    track = make_song()[0]
    fields = {"track": track.pk, **FIELDS.get(model, {})}
    signed_in.post(f"/new/{model}/", fields)
    task = Task.objects.get(operation=model)
    if end == "cancelled":
        signed_in.post(f"/tasks/{task.pk}/cancel/")
    else:
        api.answer("/api/generate/submit", {"code": 422, "message": "No."})
        work()

    assert option(signed_in, model, track)[0]
    signed_in.post(f"/new/{model}/", fields)
    assert Task.objects.filter(operation=model).count() == 2


@pytest.mark.parametrize("model", [VIDEO, COVER, PERSONA])
def test_ids_by_hand_of_a_song_of_ours_follow_the_same_rules(model: str, signed_in: Client) -> None:
    track = make_song(ACCOMPANY)[0]
    ids = {"task_id": track.task.vidgo_id, "audio_id": track.audio_id}

    answer = signed_in.post(f"/new/{model}/", {**ids, **FIELDS.get(model, {})})

    assert answer.status_code == 200
    assert "Vidgo makes" in answer.content.decode()
    assert not Task.objects.filter(operation=model).exists()


@pytest.mark.parametrize("model", [VIDEO, COVER, PERSONA])
def test_ids_by_hand_of_a_song_nobody_knows_are_the_apis_business(
    model: str, signed_in: Client
) -> None:
    ids = {"task_id": "unheard-of", "audio_id": "unheard-of"}

    assert signed_in.post(f"/new/{model}/", {**ids, **FIELDS.get(model, {})}).status_code == 302


def refused_as_existing(
    client: Client, api: Recorder, work: Callable[[], None], fields: dict[str, Any]
) -> str:
    """Have the API say 409 to a video, and give the failed task's page."""
    api.answer("/api/generate/submit", {"code": 409, "message": "A music video already exists."})
    answer = client.post(f"/new/{VIDEO}/", fields)
    work()
    page = unescape(client.get(answer["Location"]).content.decode())
    assert "A music video already exists." in page
    return page


def test_a_409_leads_to_the_teams_own_result(
    signed_in: Client, api: Recorder, work: Callable[[], None]
) -> None:
    track = make_song()[0]
    ids = {"task_id": track.task.vidgo_id, "audio_id": track.audio_id}
    there = Task.objects.create(
        operation=VIDEO, input=ids, status="finished", vidgo_id="video-1", form_key=uuid.uuid4()
    )

    page = refused_as_existing(signed_in, api, work, {"track": track.pk})

    assert "The team has this music video already." in page
    assert f'<a class="button" href="{there.get_absolute_url()}"' in page


def test_a_409_without_a_result_of_ours_leads_to_the_import(
    signed_in: Client, api: Recorder, work: Callable[[], None]
) -> None:
    page = refused_as_existing(signed_in, api, work, {"track": make_song()[0].pk})

    assert "made this music video before, but not here" in page
    assert '<a class="button" href="/songs/import/"' in page


def test_a_chosen_song_beyond_the_newest_is_on_the_list_and_found(signed_in: Client) -> None:
    old = make_song()[0]
    Track.objects.filter(pk=old.pk).update(title="Harbour Lights", tags="slow, warm")
    for _ in range(30):
        make_song()

    plain = signed_in.get(f"/new/{VIDEO}/").content.decode()
    chosen = signed_in.get(f"/new/{VIDEO}/?track={old.pk}").content.decode()
    found = signed_in.get(f"/new/{VIDEO}/?track_q=warm+harbour").content.decode()
    none = signed_in.get(f"/new/{VIDEO}/?track_q=no+such+song").content.decode()

    assert "Harbour Lights" not in plain
    assert chosen.count('<li class="option') == 40
    assert re.findall(r'value="(\d+)"[^>]*\schecked', chosen) == [str(old.pk)]
    assert not re.search(r'name="track"[^>]*\schecked', plain)
    assert "Harbour Lights" in chosen
    assert found.count('<li class="option') == 1
    assert "Harbour Lights" in found
    assert "Nothing fits." in none


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (VIDEO, MADE_BY_VIDGO.format("videos")),
        (COVER, MADE_BY_VIDGO.format("covers")),
        (PERSONA, FOR_PERSONAS),
    ],
)
def test_a_form_without_a_song_for_it_sends_nobody_to_make_one_that_it_refuses(
    signed_in: Client, model: str, words: str
) -> None:
    def box() -> str:
        page = unescape(signed_in.get(f"/new/{model}/").text)
        part = page.partition('class="box"')[2].partition("</div>")[0]
        return " ".join(part.split())

    for _ in range(2):
        assert words in box()
        assert "instrumental" not in box()
        assert "/songs/import/" in box()
        # The second time with songs, all of which it refuses.
        make_song(ACCOMPANY)
    make_song(IMPORTED)
    assert box() == ""


@pytest.mark.once
@pytest.mark.parametrize("length", [81, 201, 1000])
def test_a_title_is_as_long_as_somebody_likes_where_vidgo_names_no_limit(
    signed_in: Client, length: int
) -> None:
    title = "x" * length
    form = {**FIELDS[ACCOMPANY], "title": title, "upload_url": "https://example.com/a.mp3"}
    assert signed_in.post(f"/new/{ACCOMPANY}/", form).status_code == 302
    task = Task.objects.get()
    assert task.input["title"] == title
    assert task.title == title[:200]
