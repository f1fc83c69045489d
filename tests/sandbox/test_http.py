"""The sandbox, over real HTTP: what it accepts, what it makes, and how it misbehaves on request."""

from __future__ import annotations

import hashlib
import json
import math
import re
import subprocess
import threading
import wave
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy
import pytest
import requests
from imageio_ffmpeg import get_ffmpeg_exe
from numpy.typing import NDArray

from tests.product import until
from vidgo_sandbox import SONGS, Sandbox
from vidgo_sandbox.faults import Faults

pytestmark = pytest.mark.once

KEY = {"Authorization": "Bearer sandbox"}
BARE = {"Authorization": "sandbox"}
SONG = SONGS[0]
TRACK = {"task_id": SONG.task_id, "audio_id": SONG.audio_ids[0]}
PERSONA = TRACK | {"name": "Quiet singer", "description": "Soft and warm."}
UPLOAD = "https://uploads.example.com/voice.mp3"
INSTRUMENTAL = {"upload_url": UPLOAD, "title": "Mine", "tags": "piano", "negative_tags": "metal"}
INPUTS: dict[str, dict[str, Any]] = {
    "create-music-video": TRACK | {"author": "The Band", "domain_name": "band.example"},
    "generate-music-cover": {"task_id": SONG.task_id},
    "generate-persona": PERSONA,
    "add-instrumental": INSTRUMENTAL,
    "upload-and-separate-vocals": {"audio_url": UPLOAD},
}


class Listener(ThreadingHTTPServer):
    """Takes callbacks; answers with the statuses in ``answers`` first, then with 200."""

    daemon_threads = True

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.answers: list[int] = []
        super().__init__(("127.0.0.1", 0), _Receiver)
        self.url = f"http://127.0.0.1:{self.server_address[1]}/callback"

    def seen(self) -> list[dict[str, Any]]:
        """The data of all callbacks, whatever form they came in."""
        return [body.get("data", body) for body in self.bodies]


class _Receiver(BaseHTTPRequestHandler):
    server: Listener

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.bodies.append(body)
        self.send_response(self.server.answers.pop(0) if self.server.answers else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox(tmp_path / "light", pace=0.02, light=True, retries=(0.02, 0.04, 0.08)) as running:
        yield running


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("real"), pace=0.02) as running:
        yield running


def post(sandbox: Sandbox, path: str, body: Any, **options: Any) -> requests.Response:
    return requests.post(sandbox.url + path, json=body, timeout=30, **options)


def submit(
    sandbox: Sandbox,
    model: str,
    given: dict[str, Any] | None = None,
    callback_url: str | None = "http://127.0.0.1:9/nobody-listens",
) -> requests.Response:
    body = {"model": model, "input": INPUTS[model] if given is None else given}
    if callback_url is not None:
        body["callback_url"] = callback_url
    return post(sandbox, "/api/generate/submit", body, headers=KEY)


def accepted(sandbox: Sandbox, *arguments: Any, **options: Any) -> str:
    answer = submit(sandbox, *arguments, **options)
    assert answer.json()["code"] == answer.status_code == 200, answer.text
    data = answer.json()["data"]
    assert data["status"] == "not_started"
    assert re.fullmatch(r"task-unified-\d+-[a-z0-9]{8}", data["task_id"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", data["created_time"])
    return str(data["task_id"])


def query(sandbox: Sandbox, task_id: str) -> requests.Response:
    url = f"{sandbox.url}/api/generate/detail/music"
    return requests.get(url, params={"task_id": task_id}, headers=KEY, timeout=30)


def ended(sandbox: Sandbox, task_id: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        data: dict[str, Any] = query(sandbox, task_id).json()["data"]
        return data if data["status"] in ("finished", "failed") else None

    data = until(look)
    assert data is not None
    return data


def finished(sandbox: Sandbox, *arguments: Any, **options: Any) -> list[dict[str, Any]]:
    data = ended(sandbox, accepted(sandbox, *arguments, **options))
    assert data["status"] == "finished", data
    files: list[dict[str, Any]] = data["files"]
    return files


def balance(sandbox: Sandbox) -> float:
    answer = requests.get(f"{sandbox.url}/api/user/balance", headers=KEY, timeout=30)
    return float(answer.json()["data"]["credits_amount"])


def urls_in(value: Any) -> list[str]:
    """Every file URL, however deep and in whatever text it stands."""
    return re.findall(r'http://[^"]+/files/[^"]+', json.dumps(value).replace("\\", ""))


def download(url: str, to: Path) -> Path:
    answer = requests.get(url, timeout=60)
    answer.raise_for_status()
    to.write_bytes(answer.content)
    return to


def described(path: Path) -> str:
    """Decode the whole file and give what ffmpeg says of it."""
    command = [get_ffmpeg_exe(), "-xerror", "-i", str(path), "-f", "null", "-"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stderr


def samples(path: Path) -> NDArray[Any]:
    """Return the samples of a sound, left and right in turn, on the scale of 16 bits."""
    command = [get_ffmpeg_exe(), "-v", "error", "-i", str(path), "-f", "s16le", "-ar", "44100", "-"]
    told = subprocess.run(command, capture_output=True, check=True).stdout
    return numpy.frombuffer(told, "<i2").astype(float)


def loudness(values: NDArray[Any]) -> float:
    return math.sqrt((values * values).mean())


def put_wav(tmp_path: Path, seconds: int = 2) -> tuple[str, NDArray[Any]]:
    """Serve a stereo sound with something in every band; give its URL and samples."""
    tones = [(60, 5000), (300, 4000), (600, 4000), (1500, 4000), (4000, 3000), (8000, 3000)]
    time = 2 * numpy.pi * numpy.arange(44100 * seconds) / 44100
    left = sum(size * numpy.sin(pitch * time) for pitch, size in tones)
    values = numpy.column_stack((left, left / 2)).astype("<i2").ravel()
    folder = tmp_path / "served"
    folder.mkdir()
    with wave.open(str(folder / "voice.wav"), "wb") as sound:
        sound.setnchannels(2)
        sound.setsampwidth(2)
        sound.setframerate(44100)
        sound.writeframes(values.tobytes())
    return serve(folder, "voice.wav"), values.astype(float)


def serve(folder: Path, name: str) -> str:
    """Serve one file for as long as the test run lasts; give its URL."""
    content = (folder / name).read_bytes()

    class Giver(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Giver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}/{name}"


# The five operations.


@pytest.mark.parametrize(
    ("model", "number"),
    [
        ("create-music-video", 1),
        ("generate-music-cover", 2),
        ("generate-persona", 0),
        ("add-instrumental", 4),
        ("upload-and-separate-vocals", 6),
    ],
)
def test_each_operation_finishes_with_files_that_can_be_played(
    sandbox: Sandbox, tmp_path: Path, model: str, number: int
) -> None:
    data = ended(sandbox, accepted(sandbox, model))
    assert data["status"] == "finished"
    assert data["error_message"] is None
    assert data["progress"] == 0
    assert balance(sandbox) == 1000 - data["credits_amount"]
    found = urls_in(data["files"])
    assert len(found) == number
    contents = [download(url, tmp_path / url.rsplit("/", 1)[1]) for url in found]
    assert len({path.read_bytes() for path in contents}) == number
    for path in contents:
        assert described(path)


def test_the_forms_of_files(sandbox: Sandbox) -> None:
    (video,) = finished(sandbox, "create-music-video")
    assert video["video_url"].endswith(".mp4")
    (persona,) = finished(sandbox, "generate-persona")
    assert persona["persona_id"]
    first, second = finished(sandbox, "add-instrumental")
    assert first["audio_id"] != second["audio_id"]
    usual = {"audio_id", "audio_url", "image_url", "title", "tags", "duration", "prompt"}
    assert usual <= first.keys()
    assert (first["title"], first["tags"]) == ("Mine", "piano")


def test_the_oddities_of_stems_come_in_turn(sandbox: Sandbox) -> None:
    found = [finished(sandbox, "upload-and-separate-vocals")[0] for _ in range(4)]
    removals = [entry["vocal_removal"] for entry in found]
    decoded = [json.loads(each) if isinstance(each, str) else each for each in removals]
    assert len({type(each) for each in removals}) == 2
    assert any("bass " in each for each in decoded)
    assert any("bass_url" in each for each in decoded)
    assert all(len(urls_in(each)) == 6 for each in decoded)


def test_the_oddities_of_covers_come_in_turn(sandbox: Sandbox) -> None:
    forms = []
    for song in SONGS:
        files = finished(sandbox, "generate-music-cover", {"task_id": song.task_id})
        assert len(urls_in(files)) == 2
        forms.append(type(files[0].get("generate_cover")))
    assert len(set(forms)) > 1


def test_one_stem_only(sandbox: Sandbox) -> None:
    for stem in ("bass", "drums", "other", "piano"):
        given = {"audio_url": UPLOAD, "output_type": stem}
        (url,) = urls_in(finished(sandbox, "upload-and-separate-vocals", given))
        assert url.endswith(f"/{stem}.mp3")


def test_own_songs_can_be_queried_and_played(sandbox: Sandbox, tmp_path: Path) -> None:
    for song in SONGS:
        data = query(sandbox, song.task_id).json()["data"]
        assert data["status"] == "finished"
        assert [entry["audio_id"] for entry in data["files"]] == list(song.audio_ids)
        for entry in data["files"]:
            assert "Audio: mp3" in described(download(entry["audio_url"], tmp_path / "song.mp3"))
            assert "Video: mjpeg" in described(download(entry["image_url"], tmp_path / "song.jpg"))


# Callbacks.


def test_instrumental_calls_back_at_three_stages(sandbox: Sandbox, listener: Listener) -> None:
    task_id = accepted(sandbox, "add-instrumental", callback_url=listener.url)
    until(lambda: len(listener.bodies) == 3)
    text, first, last = listener.seen()
    assert [text["status"], first["status"], last["status"]] == ["running", "running", "finished"]
    assert all(data["task_id"] == task_id for data in (text, first, last))
    assert [entry["title"] for entry in text["files"]] == ["Mine", "Mine"]
    assert not any(entry.get("audio_url") for entry in text["files"])
    assert [bool(entry.get("audio_url")) for entry in first["files"]] == [True, False]
    assert all(entry["audio_url"] for entry in last["files"])
    assert first["files"][0]["audio_url"] != last["files"][0]["audio_url"]
    assert requests.get(first["files"][0]["audio_url"], timeout=30).ok
    assert last == query(sandbox, task_id).json()["data"]


def test_both_forms_of_callbacks_are_used(sandbox: Sandbox, listener: Listener) -> None:
    for model in ("create-music-video", "generate-persona"):
        accepted(sandbox, model, callback_url=listener.url)
    until(lambda: len(listener.bodies) == 2)
    assert sorted("code" in body for body in listener.bodies) == [False, True]


def test_callback_is_tried_again_until_taken(sandbox: Sandbox, listener: Listener) -> None:
    listener.answers = [500, 302, 404]
    accepted(sandbox, "generate-persona", callback_url=listener.url)
    until(lambda: len(listener.bodies) == 4)
    assert all(body == listener.bodies[0] for body in listener.bodies)


def test_callback_is_given_up_after_three_retries(sandbox: Sandbox, listener: Listener) -> None:
    listener.answers = [500] * 4
    accepted(sandbox, "generate-persona", callback_url=listener.url)
    until(lambda: len(listener.bodies) == 4)
    # The next task's callback comes alone: nothing more of the first one is sent before or after.
    other = accepted(sandbox, "create-music-video", callback_url=listener.url)
    until(lambda: len(listener.bodies) == 5)
    assert listener.seen()[4]["task_id"] == other


def test_failed_task_says_why_and_costs_nothing(sandbox: Sandbox, listener: Listener) -> None:
    given = INSTRUMENTAL | {"upload_url": "https://nowhere.invalid/a.mp3"}
    data = ended(sandbox, accepted(sandbox, "add-instrumental", given, callback_url=listener.url))
    assert data["status"] == "failed"
    assert data["error_message"] == "The audio could not be fetched."
    assert balance(sandbox) == 1000
    until(lambda: len(listener.bodies) == 2)
    assert listener.seen()[1] == data


def test_credits_leave_when_a_task_finishes_and_not_before(sandbox: Sandbox) -> None:
    sandbox.pace = 3600
    accepted(sandbox, "generate-music-cover")
    assert balance(sandbox) == 1000
    sandbox.pace = 0.02
    data = ended(sandbox, accepted(sandbox, "generate-persona"))
    assert balance(sandbox) == 1000 - data["credits_amount"]
    assert sorted(entry["credits_amount"] for entry in sandbox.ledger()) == [0, 1]


def test_the_other_way_they_leave_at_once_and_come_back_when_it_fails(tmp_path: Path) -> None:
    with Sandbox(tmp_path, pace=0.3, light=True, charge_at_submit=True) as eager:
        eager.script.append(("task", "fail"))
        doomed = accepted(eager, "generate-persona")
        assert balance(eager) == 999
        assert ended(eager, doomed)["status"] == "failed"
        assert balance(eager) == 1000
        data = ended(eager, accepted(eager, "generate-persona"))
        assert balance(eager) == 1000 - data["credits_amount"]


# Refusals.


@pytest.mark.parametrize(
    ("model", "changes", "field"),
    [
        ("create-music-video", {"audio_id": None}, "audio_id"),
        ("create-music-video", {"author": "x" * 51}, "author"),
        ("create-music-video", {"domain_name": ""}, "domain_name"),
        ("create-music-video", {"audio_id": SONGS[1].audio_ids[0]}, "audio_id"),
        ("generate-persona", {"name": " "}, "name"),
        ("generate-persona", {"style": "x"}, "style"),
        ("add-instrumental", {"upload_url": "ftp://example.com/a.mp3"}, "upload_url"),
        ("add-instrumental", {"upload_url": "http://[::1/a.mp3"}, "upload_url"),
        ("add-instrumental", {"model": "V4"}, "model"),
        ("add-instrumental", {"vocal_gender": "x"}, "vocal_gender"),
        ("add-instrumental", {"style_weight": 1.01}, "style_weight"),
        ("add-instrumental", {"style_weight": 0.123}, "style_weight"),
        ("add-instrumental", {"weirdness_constraint": "0.5"}, "weirdness_constraint"),
        ("add-instrumental", {"audio_weight": True}, "audio_weight"),
        ("upload-and-separate-vocals", {"output_type": "flute"}, "output_type"),
        ("upload-and-separate-vocals", {"model_name": "best"}, "model_name"),
        ("upload-and-separate-vocals", {"title": 5}, "title"),
    ],
)
def test_wrong_input_is_refused(
    sandbox: Sandbox, model: str, changes: dict[str, Any], field: str
) -> None:
    answer = submit(sandbox, model, INPUTS[model] | changes)
    assert answer.status_code == answer.json()["code"] == 422
    assert f"input.{field} " in answer.json()["message"]
    assert balance(sandbox) == 1000


@pytest.mark.parametrize("model", INPUTS)
def test_every_required_field_is_required(sandbox: Sandbox, model: str) -> None:
    optional = {"author", "domain_name"}
    for name in INPUTS[model].keys() - optional:
        given = {key: value for key, value in INPUTS[model].items() if key != name}
        assert submit(sandbox, model, given).json()["message"] == f"input.{name} is required."


def test_limits_themselves_are_accepted(sandbox: Sandbox) -> None:
    weights = {"style_weight": 0, "weirdness_constraint": 1, "audio_weight": 0.29}
    chosen = {"model": "V5", "vocal_gender": "f"}
    accepted(sandbox, "add-instrumental", INSTRUMENTAL | weights | chosen)
    accepted(sandbox, "create-music-video", TRACK | {"author": "x" * 50})


@pytest.mark.parametrize(
    ("model", "callback_url", "code"),
    [
        ("create-music-video", None, 422),
        ("generate-music-cover", None, 422),
        ("upload-and-separate-vocals", None, 422),
        ("generate-persona", None, 200),
        ("add-instrumental", None, 200),
        ("generate-persona", "http://team.example.com/callback", 422),
        ("generate-persona", "https://team.example.com/" + "x" * 2048, 422),
        ("generate-persona", "callback", 422),
        ("generate-persona", "http://localhost:8000/callback", 200),
    ],
)
def test_callback_url(sandbox: Sandbox, model: str, callback_url: str | None, code: int) -> None:
    answer = submit(sandbox, model, callback_url=callback_url)
    assert answer.status_code == code
    assert code == 200 or answer.json()["message"].startswith("callback_url ")


def test_bodies_that_are_no_submit(sandbox: Sandbox) -> None:
    url = f"{sandbox.url}/api/generate/submit"
    assert requests.post(url, data="{", headers=KEY, timeout=30).status_code == 400
    assert post(sandbox, "/api/generate/submit", [], headers=KEY).status_code == 400
    bodies: list[dict[str, Any]] = [{}, {"model": []}, {"model": "generate-persona"}, {"mode": 1}]
    for body in bodies:
        assert post(sandbox, "/api/generate/submit", body, headers=KEY).status_code == 422
    assert all(not request["accepted"] for request in sandbox.requests())


def test_key_is_asked_for_everywhere(sandbox: Sandbox) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer "}, BARE):
        for answer in (
            post(sandbox, "/api/generate/submit", {}, headers=headers),
            requests.get(f"{sandbox.url}/api/user/balance", headers=headers, timeout=30),
            requests.get(f"{sandbox.url}/api/generate/detail/music", headers=headers, timeout=30),
        ):
            assert answer.status_code == answer.json()["code"] == 401
            assert answer.json()["message"]
    assert "wrong" not in json.dumps(sandbox.requests())
    assert post(sandbox, "/_sandbox/key", {"key": "new"}).ok
    assert submit(sandbox, "generate-persona").status_code == 401


def test_no_credits(sandbox: Sandbox) -> None:
    assert post(sandbox, "/_sandbox/balance", {"credits_amount": 0.5}).ok
    answer = submit(sandbox, "generate-persona")
    assert answer.status_code == answer.json()["code"] == 402
    assert answer.json()["error"]["type"] == "insufficient_credits"
    assert balance(sandbox) == 0.5


def test_what_is_on_its_way_is_not_taken_off_the_balance_that_a_submit_is_held_against(
    sandbox: Sandbox,
) -> None:
    sandbox.set_balance(10)
    sandbox.pace = 3600
    for _ in range(2):
        accepted(sandbox, "upload-and-separate-vocals")
    assert balance(sandbox) == 10


def test_unknown_tasks(sandbox: Sandbox) -> None:
    assert query(sandbox, "task-unified-1-none").json()["code"] == 404
    answer = submit(sandbox, "generate-music-cover", {"task_id": "task-unified-1-none"})
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "model", ["create-music-video", "generate-music-cover", "generate-persona"]
)
def test_instrumentals_are_no_sources(sandbox: Sandbox, model: str) -> None:
    source = accepted(sandbox, "add-instrumental")
    track = ended(sandbox, source)["files"][0]["audio_id"]
    given = {"task_id": source} | ({} if "cover" in model else {"audio_id": track})
    if model == "generate-persona":
        given |= {"name": "x", "description": "y"}
    assert submit(sandbox, model, given).status_code == 422


@pytest.mark.parametrize(
    "model", ["create-music-video", "generate-music-cover", "generate-persona"]
)
def test_once_only_and_failures_do_not_count(sandbox: Sandbox, model: str) -> None:
    sandbox.script.append(("task", "fail"))
    assert ended(sandbox, accepted(sandbox, model))["status"] == "failed"
    ended(sandbox, accepted(sandbox, model))
    answer = submit(sandbox, model)
    assert answer.status_code == answer.json()["code"] == 409
    other = {"task_id": SONGS[1].task_id}
    if "audio_id" in INPUTS[model]:
        other = {"audio_id": SONG.audio_ids[1]}
    accepted(sandbox, model, INPUTS[model] | other)


# Files.


def test_files_know_heads_and_ranges(sandbox: Sandbox) -> None:
    url = finished(sandbox, "create-music-video")[0]["video_url"]
    whole = requests.get(url, timeout=30)
    size = len(whole.content)
    head = requests.head(url, timeout=30)
    for answer in (whole, head):
        assert answer.headers["Content-Type"] == "video/mp4"
        assert answer.headers["Content-Length"] == str(size)
    assert head.headers["ETag"] == whole.headers["ETag"]

    def part(asked: str, **more: str) -> requests.Response:
        return requests.get(url, headers={"Range": asked} | more, timeout=30)

    assert part("bytes=10-19").content == whole.content[10:20]
    assert part("bytes=10-19").headers["Content-Range"] == f"bytes 10-19/{size}"
    assert part("bytes=10-").content == whole.content[10:]
    assert part("bytes=-7").content == whole.content[-7:]
    assert part(f"bytes=5-{size * 2}").status_code == 206
    assert part(f"bytes={size}-").status_code == 416
    assert part("bytes=1-2", **{"If-Range": '"other"'}).content == whole.content
    assert requests.get(url + "x", timeout=30).status_code == 404
    assert requests.get(f"{sandbox.url}/files/../sandbox.sqlite3", timeout=30).status_code == 404


def test_ledger_and_expiry(sandbox: Sandbox) -> None:
    finished(sandbox, "add-instrumental")
    submit(sandbox, "add-instrumental", {})
    ledger = requests.get(f"{sandbox.url}/_sandbox/ledger", timeout=30).json()
    assert [entry["status"] for entry in ledger] == ["finished"]
    assert ledger[0]["input"] == INSTRUMENTAL
    assert sum(file["final"] for file in ledger[0]["files"]) == 4
    for file in ledger[0]["files"]:
        content = requests.get(file["url"], timeout=30).content
        assert len(content) == file["size"]
        assert hashlib.sha256(content).hexdigest() == file["sha256"]
    received = requests.get(f"{sandbox.url}/_sandbox/requests", timeout=30).json()
    assert [request["accepted"] for request in received] == [True, False]
    assert received[0]["received"] < received[1]["received"]
    assert received[0]["body"]["input"] == INSTRUMENTAL
    assert post(sandbox, "/_sandbox/expire", {}).ok
    assert requests.get(ledger[0]["files"][0]["url"], timeout=30).status_code == 404
    assert sandbox.ledger()[0]["files"] == ledger[0]["files"]
    assert post(sandbox, "/_sandbox/balance", {"credits_amount": "x"}).status_code == 400


def test_restart_keeps_and_goes_on(tmp_path: Path, listener: Listener) -> None:
    with Sandbox(tmp_path, pace=0.02, light=True) as before:
        done = accepted(before, "create-music-video")
        url = ended(before, done)["files"][0]["video_url"]
        content = requests.get(url, timeout=30).content
        listener.answers = [500]
        undelivered = accepted(before, "generate-persona", callback_url=listener.url)
        until(lambda: len(listener.bodies) == 1)
    with Sandbox(tmp_path, pace=1, light=True) as paused:
        unfinished = accepted(paused, "generate-music-cover", callback_url=listener.url)
        left = balance(paused)
    with Sandbox(tmp_path, pace=0.02, light=True) as after:
        assert balance(after) == left
        moved = ended(after, done)["files"][0]["video_url"]
        assert moved.startswith(after.url)
        assert requests.get(moved, timeout=30).content == content
        assert ended(after, unfinished)["status"] == "finished"
        until(lambda: len(listener.bodies) == 3)
        delivered = {data["task_id"] for data in listener.seen()[1:]}
        assert delivered == {undelivered, unfinished}
        assert submit(after, "create-music-video").status_code == 409


# Faults.


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("500", 500, 500),
        ("429", 429, 429),
        ("455", 455, 455),
        ("code_500", 200, 500),
        ("code_429", 200, 429),
    ],
)
def test_scripted_errors(sandbox: Sandbox, kind: str, status: int, code: int) -> None:
    sandbox.script += [("submit", kind), ("detail", kind)]
    for answer in (submit(sandbox, "generate-persona"), query(sandbox, SONG.task_id)):
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert code != 429 or answer.headers["Retry-After"] == "1"
    assert sandbox.ledger() == []
    accepted(sandbox, "generate-persona")
    counts = requests.get(f"{sandbox.url}/_sandbox/faults", timeout=30).json()
    assert counts == {f"submit:{kind}": 1, f"detail:{kind}": 1}


@pytest.mark.parametrize(("kind", "taken"), [("drop_before", False), ("drop_after", True)])
def test_scripted_drops(sandbox: Sandbox, kind: str, taken: bool) -> None:
    sandbox.script += [("submit", kind), ("detail", kind)]
    with pytest.raises(requests.ConnectionError):
        submit(sandbox, "generate-persona")
    with pytest.raises(requests.ConnectionError):
        query(sandbox, SONG.task_id)
    (request,) = sandbox.requests()
    assert request["accepted"] is taken
    assert (request["code"], request["fault"]) == (None, kind)
    assert len(sandbox.ledger()) == taken
    until(lambda: (balance(sandbox) < 1000) is taken)


def test_scripted_delay(sandbox: Sandbox) -> None:
    sandbox.script.append(("submit", "delay"))
    accepted(sandbox, "generate-persona")


def test_scripted_early_callback(sandbox: Sandbox, listener: Listener) -> None:
    sandbox.script.append(("submit", "early"))
    task_id = accepted(sandbox, "generate-persona", callback_url=listener.url)
    assert [data["task_id"] for data in listener.seen()] == [task_id]


@pytest.mark.parametrize(
    ("kind", "statuses"),
    [
        ("doubled", ["finished", "finished"]),
        ("stale", ["finished", "running"]),
        ("foreign", ["finished", "finished"]),
    ],
)
def test_scripted_extra_callbacks(
    sandbox: Sandbox, listener: Listener, kind: str, statuses: list[str]
) -> None:
    other = accepted(sandbox, "create-music-video")
    ended(sandbox, other)
    sandbox.script.append(("callback", kind))
    task_id = accepted(sandbox, "generate-persona", callback_url=listener.url)
    until(lambda: len(listener.bodies) == 2)
    assert [data["status"] for data in listener.seen()] == statuses
    expected = [task_id, other if kind == "foreign" else task_id]
    assert [data["task_id"] for data in listener.seen()] == expected


def test_scripted_lost_and_late_callbacks(sandbox: Sandbox, listener: Listener) -> None:
    sandbox.script += [("callback", "lost"), ("callback", "late")]
    lost = accepted(sandbox, "generate-persona", callback_url=listener.url)
    ended(sandbox, lost)
    late = accepted(sandbox, "create-music-video", callback_url=listener.url)
    ended(sandbox, late)
    third = accepted(sandbox, "generate-music-cover", callback_url=listener.url)
    until(lambda: len(listener.bodies) == 2)
    assert [data["task_id"] for data in listener.seen()] == [third, late]


def test_scripted_reversed_callbacks(sandbox: Sandbox, listener: Listener) -> None:
    sandbox.script.append(("callback", "reversed"))
    accepted(sandbox, "add-instrumental", callback_url=listener.url)
    until(lambda: len(listener.bodies) == 3)
    assert [data["status"] for data in listener.seen()] == ["finished", "running", "running"]
    assert listener.seen()[1]["files"][0]["audio_url"]
    assert not listener.seen()[2]["files"][0].get("audio_url")


def test_scripted_file_faults(sandbox: Sandbox) -> None:
    url = query(sandbox, SONG.task_id).json()["data"]["files"][0]["audio_url"]
    whole = requests.get(url, timeout=30).content
    sandbox.script += [("file", "cut"), ("file", "500"), ("file", "slow")]
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        requests.get(url, timeout=30)
    assert requests.get(url, timeout=30).status_code == 500
    assert requests.get(url, timeout=30).content == whole


def test_faults_by_chance_until_calm(tmp_path: Path) -> None:
    with Sandbox(tmp_path, light=True, faults=7) as sandbox:

        def disturbed() -> bool:
            try:
                return bool(query(sandbox, SONG.task_id).json()["code"] != 200)
            except requests.ConnectionError:
                return True

        until(lambda: disturbed() and not disturbed())
        assert post(sandbox, "/_sandbox/calm", {}).ok
        assert not any(disturbed() for _ in range(30))
        assert sum(sandbox.faults.counts.values()) > 0


def test_misspelt_script_is_an_error() -> None:
    faults = Faults()
    faults.script.append(("submit", "explode"))
    with pytest.raises(ValueError, match="no such fault"):
        faults.take("submit")


# Real media.


@pytest.mark.slow
def test_video_has_the_track_and_the_texts(real: Sandbox, tmp_path: Path) -> None:
    named, plain = (
        download(finished(real, "create-music-video", given)[0]["video_url"], tmp_path / name)
        for name, given in (
            ("named.mp4", TRACK | {"author": "The Band", "domain_name": "band.example"}),
            ("plain.mp4", TRACK | {"audio_id": SONG.audio_ids[1]}),
        )
    )
    told = described(named)
    assert "Video: h264" in told
    assert "yuv420p" in told
    assert "Audio: aac" in told
    duration = re.search(r"Duration: 00:00:(\d+\.\d+)", told)
    assert duration
    assert float(duration[1]) == pytest.approx(SONG.tunes[0].song_seconds, abs=0.2)
    # Its index comes first, so it plays before it is loaded.
    start = named.read_bytes()
    assert start.index(b"moov") < start.index(b"mdat")

    def bright_below(path: Path, at: int) -> int:
        frame = tmp_path / "frame.gray"
        cut = ["-vf", "crop=640:30:0:320", "-frames:v", "1", "-pix_fmt", "gray", "-f", "rawvideo"]
        command = [get_ffmpeg_exe(), "-v", "error", "-y", "-ss", str(at), "-i", str(path), *cut]
        subprocess.run([*command, str(frame)], check=True)
        return sum(value > 235 for value in frame.read_bytes())

    assert bright_below(named, 5) > 100
    assert bright_below(plain, 5) == 0


def test_stems_add_up_to_the_upload(real: Sandbox, tmp_path: Path) -> None:
    url, original = put_wav(tmp_path)
    files = finished(real, "upload-and-separate-vocals", {"audio_url": url})
    found = urls_in(files)
    stems = [samples(download(each, tmp_path / f"{n}.mp3")) for n, each in enumerate(found)]
    assert len(stems) == 6
    assert {len(stem) for stem in stems} == {len(original)}
    assert loudness(sum(stems) - original) < 0.05 * loudness(original)
    assert min(loudness(stem) for stem in stems) > 300
    for index, stem in enumerate(stems):
        for other in stems[index + 1 :]:
            assert loudness(stem - other) > 0.5 * loudness(stem)


def test_two_accompaniments_differ_and_keep_the_voice(real: Sandbox, tmp_path: Path) -> None:
    url, original = put_wav(tmp_path)
    entries = finished(real, "add-instrumental", INSTRUMENTAL | {"upload_url": url})
    assert [entry["duration"] for entry in entries] == [2.0, 2.0]
    first, second = (
        samples(download(entry["audio_url"], tmp_path / f"{n}.mp3"))
        for n, entry in enumerate(entries)
    )
    assert len(first) == len(second) == len(original)
    assert loudness(first - second) > 300
    for mixed in (first, second):
        assert 300 < loudness(mixed - original) < loudness(original)
    assert "512x512" in described(download(entries[0]["image_url"], tmp_path / "a.jpg"))


def test_covers_are_pictures(real: Sandbox, tmp_path: Path) -> None:
    found = urls_in(finished(real, "generate-music-cover"))
    for number, url in enumerate(found):
        assert "1024x1024" in described(download(url, tmp_path / f"{number}.jpg"))


def test_inputs_that_can_not_be_used(real: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "text.mp3").write_text("<html>not a sound</html>")
    silence = ["-f", "lavfi", "-i", "anullsrc=r=8000:cl=mono", "-t", "481", "-b:a", "8k"]
    command = [get_ffmpeg_exe(), "-v", "error", *silence, str(tmp_path / "long.mp3")]
    subprocess.run(command, check=True)
    expected = {
        serve(tmp_path, "text.mp3"): "could not be decoded",
        serve(tmp_path, "long.mp3"): "longer than 8 minutes",
        f"{real.url}/files/none.mp3": "could not be fetched",
        "http://127.0.0.1:9/closed.mp3": "could not be fetched",
    }
    for url, reason in expected.items():
        data = ended(real, accepted(real, "upload-and-separate-vocals", {"audio_url": url}))
        assert data["status"] == "failed"
        assert reason in data["error_message"]
