"""Each operation from its form to its saved result, with the sandbox in Vidgo's place."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from studio import lifecycle
from studio.lifecycle import trash
from studio.models import Asset, Task
from tests.operations import described, posted
from vidgo_sandbox import SONGS, Sandbox

pytestmark = pytest.mark.slow

FILES = described()
SONG = SONGS[0]
IDS = {"task_id": SONG.task_id, "audio_id": SONG.audio_ids[0]}
WORDS = {"generate-lyrics", "boost-music-style", "get-timestamped-lyrics", "generate-persona"}


def form(model: str, **changes: Any) -> dict[str, Any]:
    """Return the page's example for the sandbox's own song."""
    file = FILES[model]
    example = {**file.EXAMPLE, **getattr(file, "SHORT", {}), **changes}
    return posted(example | {name: IDS[name] for name in IDS if name in example})


SINGERS = {
    *("generate-music", "extend-music", "upload-and-cover-audio", "upload-and-extend-audio"),
    *("add-vocals", "add-instrumental", "replace-section"),
}


def test_each_ends_with_its_result_saved(
    sandbox: Sandbox, signed_in: Client, finish: Callable[[Task], Task]
) -> None:
    for model in FILES:
        answer = signed_in.post(f"/new/{model}/", form(model))
        assert answer.status_code == 302, answer.text
    for task in Task.objects.all():
        finish(task)
        assert task.status == "finished", (task, task.error)
        assets = task.assets.all()
        assert all(asset.state == Asset.State.SAVED for asset in assets), task
        assert assets.filter(file="").exists() == (task.operation in WORDS), task
        assert assets.exclude(file="").exists() != (task.operation in WORDS), task
        # Nothing that it gave is unknown to it.
        assert not assets.filter(order__gte=1000).exists(), task
        assert task.tracks.count() == (2 if task.operation in SINGERS else 0), task
        assert signed_in.get(task.get_absolute_url()).status_code == 200
    credits = {entry["task_id"]: entry["credits_amount"] for entry in sandbox.ledger()}
    assert credits == dict(Task.objects.values_list("vidgo_id", "credits_amount"))


def test_from_an_idea_to_a_song_sung_by_its_own_persona_and_on(
    sandbox: Sandbox, signed_in: Client, finish: Callable[[Task], Task]
) -> None:
    def make(model: str, **fields: Any) -> Task:
        answer = signed_in.post(f"/new/{model}/", posted(fields))
        assert answer.status_code == 302, answer.text
        return finish(Task.objects.latest("pk"))

    idea = {"custom_mode": False, "instrumental": "", "mv": "V4_5", "prompt": "Lamps by the sea"}
    first = make("generate-music", **idea)
    assert first.title == "Lamps By The"
    nadia = make(
        "generate-persona",
        track=first.tracks.all()[0].pk,
        name="Nadia",
        description="Low",
    )
    written = {**idea, "custom_mode": True, "prompt": "[Verse]\nOn we go", "mv": "V5"}
    written |= {"title": "Second", "style": "folk", "persona_id": nadia.assets.get().value}
    second = make("generate-music", **written)
    track = second.tracks.all()[0]
    longer = make(
        "extend-music",
        track=track.pk,
        default_param_flag=True,
        continue_at="0:00.5",
        mv="",
        prompt="And on",
        style="folk",
        title="Second, longer",
    )
    assert longer.input["mv"] == "V5"
    changed = make(
        "replace-section",
        track=longer.tracks.all()[0].pk,
        infill_start_s=0.1,
        infill_end_s=0.5,
        prompt="New",
        tags="folk",
        title="Changed",
    )
    assert changed.tracks.count() == 2
    for model in ("create-music-video", "generate-music-cover", "stem-split", "convert-to-wav"):
        make(model, track=longer.tracks.all()[0].pk)
    make("get-timestamped-lyrics", track=longer.tracks.all()[0].pk)

    page = signed_in.get(f"/songs/{longer.tracks.all()[0].pk}/").text
    assert "words.lrc" in page
    assert "Download <span" in page
    assert f'href="/songs/{track.pk}/"' in page
    assert "Nadia" in signed_in.get(f"/songs/{track.pk}/").text
    assert f'id="task-{second.pk}"' in signed_in.get(f"/songs/{first.tracks.all()[0].pk}/").text
    assert sandbox.requests()[0]["body"]["input"]["prompt"] == "Lamps by the sea"


@pytest.mark.parametrize("model", ["separate-vocals", "stem-split", "convert-to-wav"])
def test_what_vidgo_made_once_before_leads_to_the_import(
    model: str, sandbox: Sandbox, signed_in: Client, finish: Callable[[Task], Task]
) -> None:
    signed_in.post(f"/new/{model}/", form(model))
    task = finish(Task.objects.get())
    lifecycle.delete(task.pk, None)
    trash.purge(task.pk)

    signed_in.post(f"/new/{model}/", form(model))
    task = finish(Task.objects.get())

    assert (task.status, task.error_code) == ("failed", "409")
    assert "Import it by its task_id" in signed_in.get(task.get_absolute_url()).text
