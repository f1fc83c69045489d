"""Odd files that every player plays, and what musicians have: taken, made plain where needed."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from studio.media import sounds
from studio.models import Task, Upload
from tests.sounds import film, tone
from vidgo_sandbox import Sandbox

pytestmark = pytest.mark.once

SEPARATE = "upload-and-separate-vocals"
CASES = Path(__file__).parent.parent / "cases" / "uploads"
# What is sent on as it came; of everything else FLAC is made.
PLAIN = {"title-in-list-info.wav": "audio/x-wav", "title-with-signs.mp3": "audio/mpeg"}
OTHERS = {
    "a.aiff": ((), "AIFF"),
    "a.caf": ((), "CAF"),
    "a.wma": ((), "WMA"),
    "a.au": ((), "AU"),
    "a.wv": ((), "WavPack"),
    "a.w64": ((), "Wave64"),
    "lossless.m4a": (("-c:a", "alac"), "ALAC"),
    "fine.aiff": (("-c:a", "pcm_s24be", "-ar", "96000"), "AIFF"),
    "around.caf": (("-ac", "6"), "CAF"),
    "flac in.ogg": (("-c:a", "flac"), "Ogg"),
    "sound.webm": (("-c:a", "libopus"), "WebM"),
    "of QuickTime.mov": (("-c:a", "aac"), "M4A"),
}
FILMS = {
    "clip.mp4": (),
    "clip.mov": (),
    "clip.webm": ("-c:v", "libvpx", "-c:a", "libopus"),
    "clip.avi": (),
    "clip.wmv": (),
    "clip.ts": (),
    "clip.3gp": ("-c:v", "mpeg4", "-c:a", "aac", "-s", "176x144"),
}


def add(client: Client, content: bytes, name: str) -> Any:
    file = SimpleUploadedFile(name, content, "application/octet-stream")
    return client.post(f"/new/{SEPARATE}/upload/", {"file": file})


def taken(client: Client, content: bytes, name: str) -> Upload:
    answer = add(client, content, name)
    assert answer.status_code == 201, answer.content.decode()
    return Upload.objects.latest("pk")


def is_plain(upload: Upload) -> bool:
    """Whether what Vidgo fetches would itself be taken as it is."""
    found = sounds.examine(Path(upload.file.path))
    return not found.converts and found.content_type == upload.content_type


@pytest.fixture
def separating(live_server: LiveServer, settings: Settings, tmp_path: Path) -> Iterator[Sandbox]:
    """A sandbox that fetches and separates what it is sent."""
    with Sandbox(tmp_path / "sandbox", pace=0.05) as running:
        settings.VIDGO_API_URL = running.url
        settings.STUDIO_PUBLIC_URL = live_server.url
        yield running


@pytest.mark.slow
def test_every_odd_file_is_taken_and_separated(
    signed_in: Client, separating: Sandbox, finish: Callable[[Task], Task]
) -> None:
    files = sorted(CASES.iterdir())
    keys = [taken(signed_in, file.read_bytes(), file.name).pk for file in files]

    signed_in.post(f"/new/{SEPARATE}/", {"upload": keys, "output_type": "vocals"})

    tasks = list(Task.objects.all())
    assert len(tasks) == len(files) == 10
    for task in tasks:
        assert finish(task).status == "finished", (task.title, task.error)
        assert task.assets.get().file


@pytest.mark.parametrize("name", sorted(path.name for path in CASES.iterdir()))
def test_what_is_odd_is_kept_plain(name: str, signed_in: Client) -> None:
    content = (CASES / name).read_bytes()

    upload = taken(signed_in, content, name)

    assert upload.content_type == PLAIN.get(name, "audio/x-flac")
    assert is_plain(upload)
    assert upload.duration == pytest.approx(12 if "joined" in name else 6, abs=0.1)
    assert (upload.file.read() == content) == (name in PLAIN)
    assert upload.question == ""


@pytest.mark.parametrize("size", [0, 0x7FFFFFFF, 0xFFFFFFFF])
@pytest.mark.parametrize("behind", [b"", b"\0", b"junk" * 9])
def test_a_wav_whose_head_knows_no_length_is_read_to_its_end(
    size: int, behind: bytes, signed_in: Client, tmp_path: Path
) -> None:
    content = bytearray(tone(tmp_path / "a.wav").read_bytes())
    at = content.index(b"data") + 4
    content[at : at + 4] = size.to_bytes(4, "little")

    upload = taken(signed_in, bytes(content) + behind, "a.wav")

    assert upload.duration == pytest.approx(2, abs=0.01)
    assert (upload.sent_as, upload.question) == ("WAV", "")
    assert is_plain(upload)


@pytest.mark.parametrize("name", ["a.mp3", "a.flac", "a.aac"])
@pytest.mark.parametrize(
    ("before", "behind"),
    [
        (b"", b"TAG" + b"x" * 125),
        (b"", b"APETAGEX" + (2000).to_bytes(4, "little") + (32).to_bytes(4, "little") + b"\0" * 16),
        (b"", b"LYRICSBEGIN" + b"la " * 40 + b"000120LYRICS200" + b"TAG" + b"x" * 125),
        (b"", b"\0" * 3000),
        (b"ID3\x04\0\0\0\0\0\x10" + b"\0" * 16, b""),
    ],
)
def test_what_stands_before_and_behind_the_sound_does_no_harm(
    name: str, before: bytes, behind: bytes, signed_in: Client, tmp_path: Path
) -> None:
    sound = tone(tmp_path / name)

    upload = taken(signed_in, before + sound.read_bytes() + behind, name)

    assert upload.duration == pytest.approx(2, abs=0.1)
    assert upload.question == ""


@pytest.mark.parametrize("name", ["half.mp3", "half.aac"])
def test_half_a_frame_before_the_first_is_passed_over(
    name: str, signed_in: Client, tmp_path: Path
) -> None:
    content = tone(tmp_path / name, "-write_xing", "0", "-id3v2_version", "0").read_bytes()[100:]

    assert is_plain(taken(signed_in, content, name))


@pytest.mark.parametrize("name", OTHERS)
def test_what_vidgo_does_not_take_becomes_flac_and_the_page_says_so(
    name: str, signed_in: Client, tmp_path: Path
) -> None:
    options, called = OTHERS[name]
    content = tone(tmp_path / name, *options).read_bytes()

    answer = add(signed_in, content, name)

    assert answer.status_code == 201, answer.content.decode()
    assert f"converted to FLAC from {called}" in answer.content.decode()
    upload = Upload.objects.get()
    assert upload.duration == pytest.approx(2, abs=0.1)
    assert is_plain(upload)
    # Sent a second time it is known.
    assert add(signed_in, content, "again " + name).status_code == 201
    assert Upload.objects.count() == 1


@pytest.mark.parametrize("name", FILMS)
def test_of_a_video_the_sound_is_taken(name: str, signed_in: Client, tmp_path: Path) -> None:
    content = film(tmp_path / name, *FILMS[name], seconds=2).read_bytes()

    answer = add(signed_in, content, name)

    assert answer.status_code == 201, answer.content.decode()
    assert "converted to FLAC from the sound of a video" in answer.content.decode()
    upload = Upload.objects.get()
    assert upload.duration == pytest.approx(2, abs=0.2)
    assert is_plain(upload)


def test_a_converted_lossless_file_holds_the_same_samples(
    signed_in: Client, tmp_path: Path
) -> None:
    source = tone(tmp_path / "a.aiff", "-c:a", "pcm_s24be", "-ar", "96000")

    upload = taken(signed_in, source.read_bytes(), "a.aiff")

    def samples(path: str) -> bytes:
        import imageio_ffmpeg

        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", path, "-f", "s24le", "-"]
        return subprocess.run(command, capture_output=True, check=True).stdout

    assert samples(upload.file.path) == samples(str(source))


@pytest.mark.parametrize(
    ("name", "title", "genre"),
    [
        ("a.mp3", 'AC/DC: "Who Made Who?"', "Hip-Hop/Rap"),
        ("a.flac", 'AC/DC: "Who Made Who?"', "Hip-Hop/Rap"),
        ("a.wav", 'AC/DC: "Who Made Who?"', "Hip-Hop/Rap"),
        ("a.ogg", 'AC/DC: "Who Made Who?"', "Hip-Hop/Rap"),
        ("a.m4a", 'AC/DC: "Who Made Who?"', "Hip-Hop/Rap"),
        ("a.wma", "a = b; #1 \\o/", "R&B"),
        ("a.mp3", "夜に駆ける" * 16, "ポップ"),
        ("a.mp3", "نور\u200cی", "موسیقی"),
        ("a.mp3", "two\nlines\tand\x07 a bell", "a"),
    ],
)
def test_titles_are_text(
    name: str, title: str, genre: str, signed_in: Client, tmp_path: Path
) -> None:
    tags = ("-metadata", f"title={title}", "-metadata", f"genre={genre}")

    upload = taken(signed_in, tone(tmp_path / name, *tags).read_bytes(), name)

    assert (upload.title, upload.tags) == (
        title.replace("\n", " ").replace("\t", " ").replace("\x07", ""),
        genre,
    )
