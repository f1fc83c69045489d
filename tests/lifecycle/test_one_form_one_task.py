"""One form, one task; one once-only result, one task, whoever asks for it and however often."""

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
import requests
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.live_server_helper import LiveServer

from studio import lifecycle
from studio.models import Task, Upload
from studio.team import roles
from tests.recorder import Recorder
from vidgo_sandbox import SONGS, Sandbox

Post = Callable[[str, dict[str, str]], requests.Response]
ROUNDS = 200


@pytest.fixture
def teammate(live_server: LiveServer, settings: Any) -> Callable[[str], Post]:
    """Return a call that signs a teammate in and gives a call that posts as they do."""
    # No API: these tests are about rows.
    settings.VIDGO_API_URL = "http://127.0.0.1:9"

    def sign_in(name: str) -> Post:
        user = User.objects.create_user(name, password="correct horse battery")
        roles.give(user, roles.Role.MEMBER)
        client = Client()
        client.force_login(user)
        session = requests.Session()
        session.trust_env = False
        session.cookies["sessionid"] = client.cookies["sessionid"].value
        session.headers["Referer"] = live_server.url
        page = session.get(live_server.url + "/songs/import/")
        assert page.ok
        token = session.cookies["csrftoken"]

        def post(path: str, form: dict[str, str]) -> requests.Response:
            return session.post(
                live_server.url + path,
                {**form, "csrfmiddlewaretoken": token},
                allow_redirects=False,
            )

        return post

    return sign_in


def at_once(*calls: Callable[[], requests.Response]) -> list[str]:
    """Make all calls at the same moment and give where each led to."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], requests.Response]) -> str:
        barrier.wait()
        answer = call()
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_a_double_click_is_one_task(teammate: Callable[[str], Post]) -> None:
    hands = [teammate(name) for name in ("ann", "ann2", "ann3")]
    for _ in range(10):
        form = {"audio_url": "https://example.com/a.mp3", "form_key": str(uuid.uuid4())}
        before = Task.objects.count()

        path = "/new/upload-and-separate-vocals/"
        places = at_once(*(partial(post, path, form) for post in hands))

        assert len(set(places)) == 1
        assert Task.objects.count() == before + 1


def test_a_form_sent_again_by_reload_or_back_leads_to_its_task(
    signed_in: Client, api: Recorder, work: Callable[[], None]
) -> None:
    form = {"audio_url": "https://example.com/a.mp3", "form_key": str(uuid.uuid4())}
    places = []
    for _ in range(3):
        places.append(signed_in.post("/new/upload-and-separate-vocals/", form).headers["Location"])
        work()

    assert len(set(places)) == 1
    assert len(api.submits) == 1


@pytest.mark.parametrize("kind", ["track", "upload", "stem", "input"])
def test_a_form_gone_back_to_for_another_sound_is_another_task(
    kind: str, ann: User, song: Task
) -> None:
    """And the same once more is the one that is there."""
    sounds: dict[str, Callable[[str], Any]] = {
        "track": lambda name: song.tracks.create(audio_id=name),
        "upload": lambda name: Upload.objects.create(sha256=name, size=1, duration=1),
        "stem": lambda name: song.assets.create(key=name, kind="stem"),
    }
    form_key = uuid.uuid4()

    def wish(sound: Any) -> lifecycle.Wish:
        if kind == "input":
            return lifecycle.Wish("upload-and-separate-vocals", {"audio_url": sound})
        return lifecycle.Wish("upload-and-separate-vocals", {}, **{f"source_{kind}": sound})

    one, other = (sounds.get(kind, str)(name) for name in ("one", "other"))

    made = [
        lifecycle.create(wish(sound), user=ann, form_key=form_key) for sound in (one, other, other)
    ]

    assert [is_new for _, is_new in made] == [True, True, False]
    assert made[0][0] != made[1][0] == made[2][0]


def test_two_forms_are_two_tasks(signed_in: Client, api: Recorder) -> None:
    for _ in range(2):
        form = {"audio_url": "https://example.com/a.mp3", "form_key": str(uuid.uuid4())}
        signed_in.post("/new/upload-and-separate-vocals/", form)

    assert Task.objects.count() == 2


@pytest.mark.slow
def test_two_teammates_at_the_same_moment_get_one_task_two_hundred_times(
    teammate: Callable[[str], Post],
) -> None:
    ann, ben = teammate("ann"), teammate("ben")
    models: dict[str, dict[str, str]] = {
        "create-music-video": {},
        "generate-persona": {"name": "Voice", "description": "Warm"},
        "generate-music-cover": {},
        "separate-vocals": {},
        "stem-split": {},
        "convert-to-wav": {},
        "get-timestamped-lyrics": {},
    }
    names = [*models]
    for number in range(ROUNDS):
        model = names[number % len(names)]
        form = {**models[model], "task_id": f"song-{number}"}
        if model != "generate-music-cover":
            form["audio_id"] = "track-1"

        forms = [{**form, "form_key": str(uuid.uuid4())} for _ in range(2)]
        path = f"/new/{model}/"
        places = at_once(partial(ann, path, forms[0]), partial(ben, path, forms[1]))

        assert places[0] == places[1]
    assert Task.objects.count() == ROUNDS


def test_of_two_who_decide_at_the_same_moment_one_is_first(
    teammate: Callable[[str], Post],
) -> None:
    ann, ben = teammate("ann"), teammate("ben")
    for number in range(20):
        task = Task.objects.create(
            operation="upload-and-separate-vocals",
            status="unconfirmed",
            input={"audio_url": "https://example.com/a.mp3"},
            form_key=uuid.uuid4(),
        )
        path = f"/tasks/{task.pk}/adopt/"
        ids = [{"task_id": f"task-{number}-{name}"} for name in "ab"]
        at_once(partial(ann, path, ids[0]), partial(ben, path, ids[1]))

        given = task.events.filter(text="The task_id was given by hand")
        assert given.count() == 1


def test_the_second_is_led_to_the_first_and_told_so(
    sandbox: Sandbox, signed_in: Client, finish: Callable[[Task], Task]
) -> None:
    form = {"task_id": SONGS[0].task_id, "audio_id": SONGS[0].audio_ids[0]}
    first = signed_in.post("/new/create-music-video/", form).headers["Location"]
    finish(Task.objects.get())

    second = signed_in.post("/new/create-music-video/", form, follow=True)

    assert second.redirect_chain == [(first, 302)]
    assert "is there already" in second.content.decode()
    assert len(sandbox.requests()) == 1
