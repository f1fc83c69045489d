"""The public address of a sound: for one task, while it waits, by RFC 9110, and nothing else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from studio.models import Task, Upload
from tests.recorder import Recorder
from tests.sounds import tone

SEPARATE = "upload-and-separate-vocals"
Shared = tuple[str, bytes]
TRICKS = [
    "/public/{guess}/sound.wav",
    "/public/{token}/sound.mp3",
    "/public/{token}/sound.wav/",
    "/public/{token}/sound.wav%00",
    "/public/{token}/sound.wav%0a",
    "/public/{token}/../../../etc/passwd",
    "/public/{token}/..%2f..%2fetc%2fpasswd",
    "/public/{token}/%2e%2e/sound.wav",
    "/public/{token}/sound.wav/../secret-key",
    "/public/{token}//sound.wav",
    "/public/{token}%20/sound.wav",
    "/public/{lower}/sound.wav",
    "/public/{short}/sound.wav",
    "/public/{token}x/sound.wav",
    "/public/*/sound.wav",
    "/public//sound.wav",
    "/public/{token}/",
    "/public/{token}",
    "/public/",
    "/public/{callback}/sound.wav",
]


def send(client: Client, sound: Path) -> None:
    file = SimpleUploadedFile(sound.name, sound.read_bytes())
    assert client.post(f"/new/{SEPARATE}/", {"file": file}).status_code == 302


def path_of(submit: Any) -> str:
    """Return the path of the public address that the API was sent."""
    url = submit.body["input"]["audio_url"]
    assert url.startswith("https://your-domain.com/public/"), url
    return urlsplit(url).path


@pytest.fixture
def shared(signed_in: Client, api: Recorder, work: Callable[[], None], tmp_path: Path) -> Shared:
    """A sound at its public address, which the API was just sent: the path and the bytes."""
    sound = tone(tmp_path / "Low tide.wav")
    send(signed_in, sound)
    work()
    return path_of(api.submits[0]), sound.read_bytes()


@pytest.fixture
def vidgo() -> Client:
    """Vidgo's own fetcher: nobody that is signed in."""
    return Client()


def body_of(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def test_vidgo_fetches_the_file_without_a_login(vidgo: Client, shared: Shared) -> None:
    path, content = shared

    answer = vidgo.get(path)

    assert answer.status_code == 200
    assert body_of(answer) == content
    assert answer["Content-Type"] == "audio/x-wav"
    assert answer["Content-Length"] == str(len(content))
    assert answer["Accept-Ranges"] == "bytes"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "no-store"
    assert "Low tide" not in answer["Content-Disposition"]
    assert "Set-Cookie" not in answer


@pytest.mark.once
def test_head_tells_the_same_without_the_bytes(vidgo: Client, shared: Shared) -> None:
    path, content = shared

    answer = vidgo.head(path)

    assert (answer.status_code, answer["Content-Type"]) == (200, "audio/x-wav")
    assert answer["Content-Length"] == str(len(content))
    assert body_of(answer) == b""


@pytest.mark.once
def test_a_range_is_served_as_asked(vidgo: Client, shared: Shared) -> None:
    path, content = shared
    size = len(content)
    for asked, begin, end in [
        ("bytes=0-0", 0, 0),
        ("bytes=0-99", 0, 99),
        ("bytes=1000-1999", 1000, 1999),
        ("bytes=1000-", 1000, size - 1),
        ("bytes=-500", size - 500, size - 1),
        ("bytes=-99999999", 0, size - 1),
        ("bytes=100-99999999", 100, size - 1),
    ]:
        answer = vidgo.get(path, headers={"Range": asked})

        assert answer.status_code == 206, asked
        assert answer["Content-Range"] == f"bytes {begin}-{end}/{size}"
        assert body_of(answer) == content[begin : end + 1], asked
        assert answer["Content-Length"] == str(end - begin + 1)


@pytest.mark.once
def test_a_range_beyond_the_end_is_unsatisfiable(vidgo: Client, shared: Shared) -> None:
    path, content = shared
    for asked in ("bytes=99999999-", "bytes=99999999-999999999", "bytes=-0"):
        answer = vidgo.get(path, headers={"Range": asked})

        assert answer.status_code == 416, asked
        assert answer["Content-Range"] == f"bytes */{len(content)}"
        assert body_of(answer) == b""


@pytest.mark.once
def test_several_ranges_and_what_is_no_range_give_the_whole(vidgo: Client, shared: Shared) -> None:
    path, content = shared
    for asked in ("bytes=0-1,5-9", "bytes=a-b", "bytes=-", "seconds=0-5", f"bytes={'9' * 5000}-"):
        answer = vidgo.get(path, headers={"Range": asked})

        assert (answer.status_code, body_of(answer)) == (200, content), asked


@pytest.mark.once
def test_a_range_counts_for_get_and_for_the_same_file_only(vidgo: Client, shared: Shared) -> None:
    path, content = shared
    etag = vidgo.head(path)["ETag"]

    head = vidgo.head(path, headers={"Range": "bytes=0-9"})
    other = vidgo.get(path, headers={"Range": "bytes=0-9", "If-Range": '"another"'})
    same = vidgo.get(path, headers={"Range": "bytes=0-9", "If-Range": etag})

    assert (head.status_code, head["Content-Length"]) == (200, str(len(content)))
    assert (other.status_code, len(body_of(other))) == (200, len(content))
    assert (same.status_code, len(body_of(same))) == (206, 10)


@pytest.mark.once
def test_the_address_takes_nothing(vidgo: Client, shared: Shared) -> None:
    for method in ("post", "put", "delete", "patch"):
        assert getattr(vidgo, method)(shared[0]).status_code == 405


@pytest.mark.once
def test_guesses_and_tricks_find_nothing(vidgo: Client, shared: Shared) -> None:
    token = shared[0].split("/")[2]
    guess = ("B" if token[0] == "A" else "A") + token[1:]
    words = {"token": token, "guess": guess, "lower": token.swapcase(), "short": token[:-1]}
    words["callback"] = Task.objects.get().callback_token

    for trick in TRICKS:
        answer = vidgo.get(trick.format(**words))
        assert answer.status_code == 404, trick
        assert "RIFF" not in answer.content.decode("latin-1"), trick


def test_each_task_has_its_own_address_for_its_own_file(
    vidgo: Client,
    signed_in: Client,
    api: Recorder,
    work: Callable[[], None],
    shared: Shared,
    tmp_path: Path,
) -> None:
    path, content = shared
    other = tone(tmp_path / "other.mp3", pitch=300)
    send(signed_in, other)
    signed_in.post(f"/new/{SEPARATE}/", {"upload": Upload.objects.get(title="Low tide").pk})
    work()

    second, third = (path_of(submit) for submit in api.submits[1:])

    assert len({path, second, third}) == 3
    assert body_of(vidgo.get(second)) == other.read_bytes()
    assert body_of(vidgo.get(third)) == content
    token = path.split("/")[2]
    assert vidgo.get(f"/public/{token}/sound.mp3").status_code == 404


@pytest.mark.parametrize("status", ["finished", "failed"])
def test_the_address_ends_with_its_task(
    vidgo: Client,
    signed_in: Client,
    api: Recorder,
    work: Callable[[], None],
    shared: Shared,
    status: str,
) -> None:
    path, content = shared
    (submit,) = api.submits
    task_id = Task.objects.get().vidgo_id
    news: dict[str, Any] = {
        "task_id": task_id,
        "status": status,
        "files": [],
        "error_message": "No voice found.",
    }

    api.told[str(task_id)] = news
    vidgo.post(urlsplit(submit.body["callback_url"]).path, news, content_type="application/json")

    assert vidgo.get(path).status_code == vidgo.head(path).status_code == 404
    # The same file again has an address of its own, and the old one stays ended.
    signed_in.post(f"/new/{SEPARATE}/", {"upload": Upload.objects.get().pk})
    work()
    assert body_of(vidgo.get(path_of(api.submits[1]))) == content
    assert vidgo.get(path).status_code == 404


def test_the_address_ends_when_the_task_is_taken_back(
    vidgo: Client, signed_in: Client, api: Recorder, tmp_path: Path
) -> None:
    send(signed_in, tone(tmp_path / "a.wav"))
    task = Task.objects.get()
    path = f"/public/{task.sound_token}/sound.wav"
    assert vidgo.get(path).status_code == 200

    signed_in.post(f"/tasks/{task.pk}/cancel/")

    assert vidgo.get(path).status_code == 404


def test_a_sent_again_task_has_an_address_that_works(
    vidgo: Client, signed_in: Client, api: Recorder, work: Callable[[], None], tmp_path: Path
) -> None:
    api.answer("/api/generate/submit", b"not JSON")
    send(signed_in, tone(tmp_path / "a.wav"))
    work()
    task = Task.objects.get()
    assert task.status == Task.Status.UNCONFIRMED
    first = path_of(api.submits[0])
    assert vidgo.get(first).status_code == 200, "it may have been accepted"

    signed_in.post(f"/tasks/{task.pk}/send-again/", {"sure": "1"})
    work()

    assert vidgo.get(path_of(api.submits[1])).status_code == 200
    assert vidgo.get(first).status_code == 404


def test_a_songs_saved_sound_is_served_to_vidgo_too(
    vidgo: Client, signed_in: Client, api: Recorder, work: Callable[[], None], song: Task
) -> None:
    track = song.tracks.get()
    track.sound = song.assets.create(
        key="0.audio",
        kind="audio",
        label="Variation 1",
        state="saved",
        content_type="audio/mpeg",
        file=ContentFile(b"sound of the song", "0"),
        sha256="1",
    )
    track.save()

    signed_in.post(f"/new/{SEPARATE}/", {"track": track.pk})
    work()

    path = path_of(api.submits[0])
    assert path.endswith("/sound.mp3")
    assert body_of(vidgo.get(path)) == b"sound of the song"


def test_a_task_that_needs_no_sound_opens_none(
    vidgo: Client, signed_in: Client, song: Task
) -> None:
    signed_in.post("/new/create-music-video/", {"track": song.tracks.get().pk})
    task = Task.objects.get(operation="create-music-video")

    for name in ("sound.mp3", "sound.bin", "sound.wav"):
        assert vidgo.get(f"/public/{task.sound_token}/{name}").status_code == 404


@pytest.mark.once
def test_a_url_by_hand_is_sent_as_it_is(
    vidgo: Client, signed_in: Client, api: Recorder, work: Callable[[], None]
) -> None:
    url = "https://example.com/a.mp3?x=1"
    signed_in.post(f"/new/{SEPARATE}/", {"audio_url": url})
    work()

    assert api.submits[0].body["input"] == {"audio_url": url}
    token = Task.objects.get().sound_token
    assert vidgo.get(f"/public/{token}/sound.mp3").status_code == 404


@pytest.mark.once
def test_a_file_that_is_gone_is_not_found(vidgo: Client, shared: Shared) -> None:
    Path(Upload.objects.get().file.path).unlink()

    assert vidgo.get(shared[0]).status_code == 404
