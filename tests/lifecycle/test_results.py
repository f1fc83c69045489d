"""What a body's files become: each thing once, by whatever address, and what is told last of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.files.base import ContentFile
from django.utils import timezone
from pytest_django import Settings

from studio import jobs
from studio.lifecycle import results
from studio.models import Asset, Preview, Task
from tests.callbacks import call_back, history
from tests.recorder import Recorder

CDN = "https://cdn.example.com"
STEMS, PERSONA = "upload-and-separate-vocals", "generate-persona"
LYRICS, MUSIC = "generate-lyrics", "generate-music"
REMOVED = "Vidgo was asked: what else a callback told is not so, and is removed"
Taken = Callable[..., Task]


@pytest.fixture(autouse=True)
def _own_storage(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def taken(api: Recorder, make_task: Taken, work: Callable[[], None]) -> Taken:
    """Return a call that makes a task which Vidgo has taken."""

    def run(model: str = STEMS, /, **input: Any) -> Task:
        task = make_task(model, **(input or {"task_id": "song-1", "audio_id": "a-1"}))
        work()
        task.refresh_from_db()
        assert task.vidgo_id
        return task

    return run


def report(task: Task, status: str, *files: dict[str, Any]) -> None:
    call_back(task, {"task_id": task.vidgo_id, "status": status, "files": files})


def ask(api: Recorder, task: Task, status: str, *files: dict[str, Any]) -> None:
    """Have Vidgo asked, which says so."""
    api.told[str(task.vidgo_id)] = {"status": status, "files": files}
    asked = len(api.queries)
    jobs.ask.call(task.pk)
    assert len(api.queries) == asked + 1
    task.refresh_from_db()


def keep(asset: Asset, **values: Any) -> Asset:
    """Have a file be in our storage, with what a page draws of it."""
    asset.file.save("", ContentFile(b"a sound"))
    preview = Preview(asset=asset)
    preview.samples.save("", ContentFile(b"its samples"))
    values = {"state": "saved", "due_at": None, "held_until": None, **values}
    Asset.objects.filter(pk=asset.pk).update(**values)
    asset.refresh_from_db()
    return asset


def stored() -> int:
    return sum(path.is_file() for path in Path(django_settings.MEDIA_ROOT).rglob("*"))


SAME = {
    "Amazon's signature": ("X-Amz-Date=1&X-Amz-Signature=a", "X-Amz-Date=2&X-Amz-Signature=b"),
    "in small letters": ("x-amz-signature=a", "x-amz-signature=b"),
    "CloudFront's": ("Expires=1&Key-Pair-Id=a", "Expires=2&Key-Pair-Id=b"),
    "Azure's": ("sv=1&se=2&sig=a", "sv=2&se=3&sig=b"),
    "Azure's in capitals": ("SIG=a", "SIG=b"),
    "signed now": ("id=1", "id=1&token=b"),
    "in another order": ("id=1&size=2", "size=2&id=1"),
}
OTHER = {
    "another id": ("id=1", "id=2"),
    "one besides the signature": ("id=1&sig=a", "id=2&sig=b"),
    "what begins like Azure's": ("sigma=1", "sigma=2"),
    "what is blank": ("sig=a", "sig=a&original="),
}


@pytest.mark.parametrize("way", [*SAME, *OTHER])
def test_a_known_file_at_an_address_that_is_signed_anew_is_no_news(
    taken: Taken, api: Recorder, way: str
) -> None:
    first, then = {**SAME, **OTHER}[way]
    task = taken()
    report(task, "finished", {"drums": f"{CDN}/drums?{first}"})
    ask(api, task, "finished", {"drums": f"{CDN}/drums?{first}"})
    assert task.due_at is None

    report(task, "finished", {"drums": f"{CDN}/drums?{then}"})

    assert (task.due_at is None) == (way in SAME), "of what is new Vidgo is asked"
    assert task.assets.get().url.endswith(first)


@pytest.mark.parametrize("other", ["https://other.example.com/a", f"{CDN}/b", "http" + CDN[5:]])
def test_another_host_path_or_scheme_is_another_file(
    taken: Taken, api: Recorder, other: str
) -> None:
    task = taken()
    report(task, "finished", {"drums": f"{CDN}/a"})
    ask(api, task, "finished", {"drums": f"{CDN}/a"})

    report(task, "finished", {"drums": other})

    assert task.due_at


@pytest.mark.parametrize("other", ["http://[oops", "http://[ouch"])
def test_what_is_no_address_is_compared_as_it_stands(
    taken: Taken, api: Recorder, other: str
) -> None:
    task = taken()
    report(task, "finished", {"drums": "http://[oops"})
    ask(api, task, "finished", {"drums": "http://[oops"})

    report(task, "finished", {"drums": other})

    assert (task.due_at is None) == (other == "http://[oops")


SAYS = {
    PERSONA: ({"persona_id": "forged"}, {"persona_id": "true"}),
    LYRICS: ({"title": "Forged", "text": "La"}, {"title": "True", "text": "Lo"}),
}


@pytest.mark.parametrize("model", SAYS)
def test_what_is_no_file_gives_way_to_what_vidgo_says_when_asked(
    taken: Taken, api: Recorder, model: str
) -> None:
    forged, true = SAYS[model]
    task = taken(model)
    report(task, "finished", forged)
    assert task.saved_at, "there is nothing to be copied"
    asset = task.assets.get()
    assert (asset.value or asset.data) == (forged.get("persona_id") or forged)

    ask(api, task, "finished", true)

    asset.refresh_from_db()
    assert (asset.value or asset.data) == (true.get("persona_id") or true)
    assert (asset.label, asset.state) == (true.get("title", "Persona"), "saved")
    assert (asset.due_at, asset.url) == (None, "")
    assert REMOVED not in history(task)

    report(task, "finished", true)
    assert task.due_at is None, "that is known"
    report(task, "finished", forged)
    assert task.due_at, "that is not"
    assert task.assets.get().value == asset.value


def test_of_two_songs_that_were_told_the_wrong_way_round_each_has_its_place(
    taken: Taken, api: Recorder
) -> None:
    one, two = ({"audio_id": name, "audio_url": f"{CDN}/{name}?s=1"} for name in ("a", "b"))
    task = taken(MUSIC, prompt="x")
    report(task, "finished", two, one)
    one, two = ({**song, "audio_url": f"{CDN}/{song['audio_id']}?s=2"} for song in (one, two))

    ask(api, task, "finished", one, two)

    found = task.assets.order_by("key").values_list("key", "label", "order")
    assert [*found] == [("a.audio", "Variation 1", 0), ("b.audio", "Variation 2", 2)]
    assert [track.audio_id for track in task.tracks.order_by("order")] == ["a", "b"]
    sounds = task.tracks.order_by("order").values_list("sound__key", flat=True)
    assert [*sounds] == ["a.audio", "b.audio"]


def test_what_was_only_called_back_goes_with_all_that_is_stored_of_it(
    taken: Taken, api: Recorder
) -> None:
    task = taken()
    report(task, "finished", {"bass": f"{CDN}/bass", "other": f"{CDN}/other"})
    for asset in task.assets.all():
        assert asset.due_at, "it is to be copied"
        keep(asset)
    assert stored() == 4

    ask(api, task, "finished", {"drums": f"{CDN}/drums"})

    assert [asset.key for asset in task.assets.all()] == ["0.drums"]
    assert stored() == 0
    assert history(task).count(REMOVED) == 1


def test_a_song_that_was_only_called_back_goes_with_its_file(taken: Taken, api: Recorder) -> None:
    task = taken(MUSIC, prompt="x")
    report(task, "finished", {"audio_id": "forged", "audio_url": f"{CDN}/forged"})

    ask(api, task, "finished", {"audio_id": "true", "audio_url": f"{CDN}/true"})

    assert [track.audio_id for track in task.tracks.all()] == ["true"]
    assert [asset.key for asset in task.assets.all()] == ["true.audio"]
    assert history(task).count(REMOVED) == 1


def test_an_end_of_which_vidgo_names_no_file_any_more_takes_nothing_away(
    taken: Taken, api: Recorder
) -> None:
    task = taken()
    report(task, "finished", {"drums": f"{CDN}/drums"})

    ask(api, task, "finished")

    assert (task.status, task.assets.count()) == ("finished", 1)
    assert REMOVED not in history(task)


def test_what_is_told_while_it_is_made_is_not_all_of_it_and_told_again_no_news(
    taken: Taken,
) -> None:
    task = taken(PERSONA)
    for _ in range(2):
        report(task, "running", {"persona_id": "p-1"})

    assert task.assets.get().state == "saved"
    assert task.saved_at is None
    assert history(task)[-2:] == ["Vidgo accepted it", "Vidgo is making it"]


def test_each_step_is_told_once(taken: Taken, api: Recorder) -> None:
    task = taken(MUSIC, prompt="x")
    words = {"audio_id": "a", "title": "Low Tide", "prompt": "La"}
    song = {**words, "audio_url": f"{CDN}/a"}
    for _ in range(2):
        report(task, "running", words)
    for _ in range(2):
        report(task, "running", song)
    for _ in range(2):
        report(task, "finished", song)
        ask(api, task, "finished", song)
        Task.objects.filter(pk=task.pk).update(due_at=timezone.now())

    told = history(task)
    assert told[told.index("Vidgo accepted it") + 1 :] == [
        "Vidgo is making it",
        "More of the result came",
        "Vidgo finished",
    ]


@pytest.mark.parametrize(
    ("first", "then", "attempts"),
    [
        ("a?s=1", "a?s=2", 3),
        ("a", "a?s=2", 3),
        ("a?s=1", "a", 3),
        ("a?s=1?x", "a?s=2?y", 3),
        ("a?s=1", "b?s=1", 0),
        ("a", "b", 0),
    ],
)
def test_a_file_that_did_not_come_is_fetched_from_where_it_is_told_to_be_now(
    taken: Taken, first: str, then: str, attempts: int
) -> None:
    task = taken()
    report(task, "finished", {"drums": f"{CDN}/{first}"})
    # An earlier one of it is here, as after its first stage.
    asset = keep(task.assets.get(), state="failed", attempts=3, error="Gone.", lease="old")

    report(task, "finished", {"drums": f"{CDN}/{then}"})

    asset.refresh_from_db()
    assert (asset.url, asset.attempts) == (f"{CDN}/{then}", attempts)
    assert (asset.state, asset.error, asset.lease) == ("waiting", "", "")
    assert asset.due_at
    assert asset.file, "it is shown until the new one is there"
    assert history(task)[-1] == "More of the result came"


def test_what_is_here_is_not_fetched_from_another_address_that_is_only_called_back(
    taken: Taken,
) -> None:
    task = taken()
    report(task, "finished", {"drums": f"{CDN}/a", "bass": f"{CDN}/b"})
    asset = keep(task.assets.get(key="0.drums"))

    report(task, "finished", {"drums": f"{CDN}/x", "bass": f"{CDN}/b"})

    asset.refresh_from_db()
    assert (asset.state, asset.url) == ("saved", f"{CDN}/a")


def test_what_is_here_is_not_fetched_again_because_its_address_is_signed_anew(
    taken: Taken, api: Recorder
) -> None:
    task = taken()
    report(task, "finished", {"drums": f"{CDN}/a?sig=1"})
    asset = keep(task.assets.get())

    ask(api, task, "finished", {"drums": f"{CDN}/a?sig=2"})

    asset.refresh_from_db()
    assert (asset.state, asset.url) == ("saved", f"{CDN}/a?sig=1")
    assert history(task)[-2:] == ["Vidgo finished", "Every file is saved"]


def test_what_a_body_leaves_out_of_a_song_stays_and_what_it_adds_is_kept(taken: Taken) -> None:
    task = taken(MUSIC, prompt="x")
    told = {"title": "Low Tide", "tags": "slow", "prompt": "La", "duration": 61.5}
    sound = {"audio_url": f"{CDN}/a", "image_url": f"{CDN}/a.jpg"}
    report(task, "running", {"audio_id": "a", **told, **sound})
    report(
        task,
        "running",
        {"audio_id": "a", "title": "Low Tide"},
        {"audio_id": "b", "title": "High Tide"},
        {"audio_id": "c", "title": "No Tide"},
    )

    first, *others = task.tracks.order_by("order")
    assert [getattr(first, name) for name in told] == [*told.values()]
    assert task.tracks.filter(sound__url=f"{CDN}/a", image__url=f"{CDN}/a.jpg").get() == first
    assert [track.title for track in others] == ["High Tide", "No Tide"]
    assert history(task)[-2:] == ["Vidgo is making it", "More of the result came"]


def test_a_title_that_a_later_body_leaves_out_stays(taken: Taken) -> None:
    task = taken(MUSIC, prompt="x")
    titles = []

    for song in (
        {"audio_id": "a"},
        {"audio_id": "a", "title": "A"},
        {"audio_id": "a", "tags": "b"},
    ):
        report(task, "running", song)
        titles.append((task.title, task.tracks.get().title))

    assert titles == [("Untitled", "Untitled"), ("A", "A"), ("A", "A")]
    assert task.tracks.get().tags == "b"


@pytest.mark.parametrize("title", ["", "Ours"])
def test_a_task_is_called_what_a_person_called_it_or_else_after_its_first_song(
    taken: Taken, title: str
) -> None:
    task = taken(MUSIC, prompt="x", **({"title": title} if title else {}))
    Task.objects.filter(pk=task.pk).update(title=title)

    report(task, "running", {"audio_id": "a", "title": "A"}, {"audio_id": "b", "title": "B"})

    assert task.title == (title or "A")


def test_a_task_that_has_all_it_can_have_takes_no_more(
    taken: Taken, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "MAX_ASSETS", 2)
    songs = [{"audio_id": name, "title": name, "audio_url": f"{CDN}/{name}"} for name in "abc"]
    task = taken(MUSIC, prompt="x")

    report(task, "running", *songs[:2])
    assert task.deliveries.latest("pk").note == "", "so many are all right"
    report(task, "running", songs[2], {"audio_id": "a", "title": "New"})

    assert {asset.key for asset in task.assets.all()} == {"a.audio", "b.audio"}
    assert {track.title for track in task.tracks.all()} == {"New", "b"}
    assert "more results" in task.deliveries.latest("pk").note


def test_what_was_asked_for_here_is_not_taken_for_something_else(taken: Taken) -> None:
    task = taken(STEMS, audio_url=f"{CDN}/mine.mp3")

    report(task, "finished", {"video_url": f"{CDN}/a.mp4"})

    assert (task.operation, task.input) == (STEMS, {"audio_url": f"{CDN}/mine.mp3"})
