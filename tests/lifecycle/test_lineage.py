"""Where a song came from, and everything that anybody made from it; what can be made next."""

import itertools
import re
import uuid
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from studio import lifecycle
from studio.models import Task, Track, Upload
from studio.operations import OPERATIONS
from studio.team import roles

VIDEO, COVER, PERSONA = "create-music-video", "generate-music-cover", "generate-persona"
ACCOMPANY, SEPARATE = "add-instrumental", "upload-and-separate-vocals"
numbers = itertools.count(1)


@pytest.fixture
def bea(db: None) -> User:
    """Another member of the band."""
    user = User.objects.create_user("bea", password="correct horse battery")
    roles.give(user, roles.Role.MEMBER)
    return user


def make(model: str, title: str, user: User | None = None, **more: Any) -> Task:
    return Task.objects.create(
        operation=model,
        title=title,
        created_by=user,
        status=more.pop("status", "finished"),
        form_key=uuid.uuid4(),
        vidgo_id=f"task-{next(numbers)}",
        **more,
    )


def song_of(task: Task, title: str, order: int = 0) -> Track:
    audio_id = f"audio-{task.pk}-{order}"
    return task.tracks.create(audio_id=audio_id, title=title, order=order, duration=60)


def page(client: Client, path: str) -> str:
    return unescape(client.get(path).content.decode())


def made(client: Client, track: Track) -> list[int]:
    """Return the tasks that a song's page lists as made from it."""
    return [int(pk) for pk in re.findall(r'id="task-(\d+)"', page(client, f"/songs/{track.pk}/"))]


def test_everything_made_from_a_song_is_listed_whoever_made_it(
    signed_in: Client, ann: User, bea: User
) -> None:
    origin = make("import-song", "Harbour Lights", ann, input={"task_id": "x"})
    track, variation = (song_of(origin, "Harbour Lights", order) for order in range(2))
    ids = {"task_id": origin.vidgo_id, "audio_id": track.audio_id}
    video = make(VIDEO, "Video", ann, input=ids, source_track=track)
    by_hand = make(PERSONA, "By hand", bea, input={**ids, "name": "x"})
    cover = make(COVER, "Cover", bea, input={"task_id": origin.vidgo_id}, source_track=variation)
    backing = make(ACCOMPANY, "Backing", bea, source_track=track)
    backed = song_of(backing, "Backing")
    stems = make(SEPARATE, "Stems", ann, source_track=backed)
    failed = make(SEPARATE, "Failed", ann, source_track=track, status="failed")
    make(VIDEO, "Of another song", ann, input={"task_id": "other", "audio_id": "other"})
    make(VIDEO, "Of another song", ann, input={"task_id": "other", "audio_id": track.audio_id})
    make(COVER, "Of another song", ann, input={"task_id": "other"})
    drums = stems.assets.create(key="0.drums", kind="stem", label="Drums")
    of_stem = make("add-vocals", "On the drums", bea, source_stem=drums)
    longer = make("extend-music", "Longer", bea, input={"audio_id": track.audio_id})
    # What tells its own id, as a song that was brought in does, is not made from itself.
    Task.objects.filter(pk=origin.pk).update(input={"task_id": origin.vidgo_id})

    everything = [longer, of_stem, failed, stems, backing, cover, by_hand, video]
    assert made(signed_in, track) == [task.pk for task in everything]
    # The cover is of the whole task, so of both variations; the rest is of one.
    assert made(signed_in, variation) == [cover.pk]
    assert made(signed_in, backed) == [of_stem.pk, stems.pk]
    text = page(signed_in, f"/songs/{track.pk}/")
    assert "<bdi>bea</bdi>" in text
    assert "<bdi>ann</bdi>" in text


def test_a_song_tells_where_it_came_from_to_the_very_beginning(
    signed_in: Client, ann: User, bea: User
) -> None:
    voice = Upload.objects.create(
        name="Voice", title="Voice memo", content_type="audio/mp4", size=1, sha256="1", duration=1
    )
    first = song_of(make(ACCOMPANY, "First", ann, source_upload=voice), "First try")
    second = song_of(make(ACCOMPANY, "Second", bea, source_track=first), "Second try")

    text = page(signed_in, f"/songs/{second.pk}/")

    assert f'<a href="{second.task.get_absolute_url()}"><bdi>Second</bdi></a>' in text
    assert f'<a href="/songs/{first.pk}/"><bdi>First try</bdi></a>' in text
    assert f'<a href="/recordings/{voice.pk}/"><bdi>Voice memo</bdi></a>' in text
    assert text.index("First try") < text.index("Voice memo")
    assert "<bdi>bea</bdi>" in text


def test_a_song_made_from_a_stem_tells_of_the_song_that_the_stem_is_of(signed_in: Client) -> None:
    first = song_of(make("generate-music", "First"), "First try")
    drums = make(SEPARATE, "Stems", source_track=first).assets.create(
        key="0.drums", kind="stem", label="Drums"
    )
    second = song_of(make("add-vocals", "Second", source_stem=drums), "Second try")

    text = page(signed_in, f"/songs/{second.pk}/")

    assert f'<a href="/songs/{first.pk}/"><bdi>First try</bdi></a>' in text


def test_ten_generations_are_told_and_no_more(signed_in: Client) -> None:
    songs = [song_of(make("generate-music", "Song"), "Song")]
    for _ in range(12):
        songs.append(song_of(make("extend-music", "Song", source_track=songs[-1]), "Song"))

    text = page(signed_in, f"/songs/{songs[-1].pk}/")

    told = [song for song in songs if f'<a href="/songs/{song.pk}/"><bdi>Song' in text]
    assert told == songs[2:12]
    everything = made(signed_in, songs[0])
    assert everything == [song.task_id for song in reversed(songs[1:12])]


def test_a_song_tells_who_sings_it_and_the_singers_song_lists_it(
    signed_in: Client, ann: User
) -> None:
    bo = make(PERSONA, "Bo", source_track=song_of(make("import-song", "Low"), "Low"))
    bo.assets.create(key="0.persona_id", kind="persona", label="Persona", value="voice-2")
    make("generate-music", "Sung by Bo", ann, input={"persona_id": "voice-2"})
    harbour = song_of(make("import-song", "Harbour Lights"), "Harbour Lights")
    nadia = make(PERSONA, "Nadia", ann, source_track=harbour, input={"name": "Nadia"})
    nadia.assets.create(key="0.persona_id", kind="persona", label="Persona", value="voice-1")
    tide = make("generate-music", "Tide Two", ann, input={"persona_id": "voice-1"})
    other = make("generate-music", "Nobody’s", ann, input={"title": "Nobody’s"})

    shown = page(signed_in, f"/songs/{song_of(tide, 'Tide Two').pk}/")

    told = " ".join(re.sub("<[^>]+>", " ", shown).split())
    assert "sung by Nadia (from Harbour Lights )" in told
    assert nadia.get_absolute_url() in shown
    assert made(signed_in, harbour) == [tide.pk, nadia.pk]
    assert "sung by" not in page(signed_in, f"/songs/{song_of(other, 'Nobody’s').pk}/")


def test_a_file_that_is_saved_has_the_lines_of_what_is_made_from_its_song_drawn_anew(
    ann: User,
) -> None:
    tracks = [song_of(make("import-song", name), name) for name in ("Harbour", "Low Tide")]
    of_song, of_other = (make(VIDEO, "Video", ann, source_track=track) for track in tracks)

    lifecycle.asset_saved(tracks[0].task_id, "Saved: Picture")

    drawn = [Task.objects.get(pk=one.pk).updated_at for one in (of_song, of_other)]
    assert drawn[0] > of_song.updated_at
    assert drawn[1] == of_other.updated_at


def test_each_next_step_opens_a_form_that_is_filled_in(signed_in: Client, song: Task) -> None:
    track = song.tracks.get()
    sound = song.assets.create(key="0.audio", kind="audio", label="x", state="saved")
    Track.objects.filter(pk=track.pk).update(sound=sound)
    steps = re.findall(r'class="step" href="([^"]+)"', page(signed_in, f"/songs/{track.pk}/"))

    takers = [one for one in OPERATIONS.values() if "track" in one.form.base_fields]
    assert len(steps) == len([one for one in takers if not one.is_for_recordings])
    for step in steps:
        form = page(signed_in, step)
        chosen = re.search(r'name="track"\s+value="(\d+)"[^>]*\schecked', form)
        assert chosen, step
        assert int(chosen[1]) == track.pk
    assert 'value="Harbour Lights"' in page(signed_in, f"/new/{ACCOMPANY}/?track={track.pk}")


@pytest.mark.once
@pytest.mark.parametrize(
    ("model", "asked"),
    [
        (VIDEO, {"author": "The Band", "domain_name": "band.example"}),
        (COVER, {}),
        (PERSONA, {"name": "The voice", "description": "Warm and close"}),
    ],
)
@pytest.mark.parametrize("status", ["finished", "failed", "cancelled", "running"])
def test_every_task_offers_its_settings_again(
    model: str, asked: dict[str, str], status: str, signed_in: Client, song: Task
) -> None:
    track = song.tracks.get()
    ids = {"task_id": "song-1", "audio_id": track.audio_id}
    task = make(model, "x", status=status, source_track=track, input={**ids, **asked})

    link = re.search(r'href="([^"]+again=\d+)"', page(signed_in, task.get_absolute_url()))

    assert link
    form = page(signed_in, link[1])
    for value in asked.values():
        assert value in form
    assert re.search(rf'name="track"\s+value="{track.pk}"[^>]*\schecked', form)


def test_settings_again_choose_the_same_file(signed_in: Client) -> None:
    upload = Upload.objects.create(
        name="Voice", title="Voice memo", content_type="audio/mp4", size=1, sha256="1", duration=1
    )
    input = {"title": "Low tide", "tags": "slow", "negative_tags": "fast", "style_weight": 0.4}
    task = make(ACCOMPANY, "Low tide", source_upload=upload, input=input)

    form = page(signed_in, f"/new/{ACCOMPANY}/?again={task.pk}")

    assert re.search(rf'name="upload"\s+value="{upload.pk}"[^>]*\schecked', form)
    for value in ("Low tide", "slow", "fast", "0.4"):
        assert f'value="{value}"' in form


def test_a_persona_has_its_voice_to_hear_and_its_id_to_copy(
    signed_in: Client, song: Task, bea: User
) -> None:
    track = song.tracks.get()
    sound = song.assets.create(
        key="0.audio", kind="audio", label="x", state="saved", content_type="audio/mpeg"
    )
    Track.objects.filter(pk=track.pk).update(sound=sound)
    persona = {"name": "The <b>voice</b>", "description": "Warm, close"}
    task = make(PERSONA, "The voice", bea, source_track=track, input=persona)
    task.assets.create(key="0.persona_id", kind="persona", label="Persona", value="persona-77")

    text = signed_in.get("/personas/").content.decode()

    assert "The &lt;b&gt;voice&lt;/b&gt;" in text
    assert "Warm, close" in text
    assert f'src="{sound.get_absolute_url()}"' in text
    assert f'<a href="/songs/{track.pk}/">' in text
    assert 'data-copy="persona-77"' in text


def test_the_personas_page_says_what_to_do_while_there_is_none(signed_in: Client) -> None:
    assert "No personas yet" in page(signed_in, "/personas/")
