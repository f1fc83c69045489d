"""Files of the team's own: taken by content, kept once, never lost by an error in the form."""

import os
import re
import time
import uuid
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as product_settings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from studio.media import archive, uploads
from studio.models import Task, Upload
from studio.team import roles
from tests.recorder import Recorder
from tests.sounds import KINDS, record, silence, tone

SEPARATE, ACCOMPANY = "upload-and-separate-vocals", "add-instrumental"


def sent(path: Path, name: str = "") -> SimpleUploadedFile:
    return SimpleUploadedFile(name or path.name, path.read_bytes(), "application/octet-stream")


def add(client: Client, path: Path, name: str = "", model: str = SEPARATE) -> Any:
    return client.post(f"/new/{model}/upload/", {"file": sent(path, name)})


def chosen(page: str) -> list[str]:
    """Return the files that are chosen on a page."""
    inputs = re.findall(r'<input type="\w+"\s+name="upload"\s+value="(\d+)"([^>]*)>', page)
    return [key for key, rest in inputs if "checked" in rest]


def incoming() -> list[Path]:
    return [*Path(product_settings.FILE_UPLOAD_TEMP_DIR).glob("*.upload*")]


def kept() -> list[Path]:
    return [*(Path(product_settings.MEDIA_ROOT) / "uploads").glob("*")]


@pytest.mark.once
@pytest.mark.parametrize("name", KINDS)
def test_each_kind_of_sound_is_taken_by_its_content_whatever_its_name(
    name: str, signed_in: Client, tmp_path: Path
) -> None:
    options, content_type = KINDS[name]
    sound = tone(tmp_path / name, *options)

    answer = add(signed_in, sound, name="whatever.doc")

    assert answer.status_code == 201, answer.content.decode()
    upload = Upload.objects.get()
    assert upload.content_type == content_type
    assert upload.duration == pytest.approx(2, abs=0.1)
    assert upload.file.read() == sound.read_bytes()
    again = signed_in.get(f"/media/uploads/{upload.pk}/")
    assert again["Content-Type"] == content_type


@pytest.mark.once
@pytest.mark.parametrize("name", ["record.mp3", "record.m4a", "record.flac"])
def test_a_record_with_its_cover_in_it_is_a_sound_and_no_film(
    name: str, signed_in: Client, tmp_path: Path
) -> None:
    assert add(signed_in, record(tmp_path / name, tmp_path)).status_code == 201


@pytest.mark.once
def test_what_players_write_behind_an_mp3_does_no_harm(signed_in: Client, tmp_path: Path) -> None:
    sound = tone(tmp_path / "a.mp3")
    ape = b"APETAGEX" + (2000).to_bytes(4, "little") + (32).to_bytes(4, "little") + b"\0" * 16
    sound.write_bytes(sound.read_bytes() + ape + b"TAG" + b"x" * 125)

    assert add(signed_in, sound).status_code == 201


@pytest.mark.once
def test_title_and_tags_come_from_the_file(signed_in: Client, tmp_path: Path) -> None:
    tags = ("-metadata", "title=Low tide 🌊", "-metadata", "genre=Ambient")
    sound = tone(tmp_path / "take 3 final.mp3", *tags)

    page = add(signed_in, sound, model=ACCOMPANY).content.decode()

    upload = Upload.objects.get()
    assert (upload.title, upload.tags, upload.name) == ("Low tide 🌊", "Ambient", "take 3 final")
    assert 'data-title="Low tide 🌊"' in page
    assert 'data-tags="Ambient"' in page
    assert f'value="{upload.pk}"' in page
    assert "0:02" in page


@pytest.mark.once
@pytest.mark.parametrize("title", ["", " ", "\0"])
def test_a_title_of_no_length_gives_way_to_the_name(
    title: str, signed_in: Client, tmp_path: Path
) -> None:
    sound = tone(tmp_path / "Rehearsal.mp3", "-id3v2_version", "0")
    frame = b"TIT2" + bytes([0, 0, 0, 1 + len(title), 0, 0, 3]) + title.encode()
    tag = b"ID3\x04\0\0" + bytes([0, 0, 0, len(frame)]) + frame
    sound.write_bytes(tag + sound.read_bytes())

    assert add(signed_in, sound).status_code == 201
    assert Upload.objects.get().title == "Rehearsal"


@pytest.mark.once
@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("../../etc/passwd.wav", "passwd"),
        ("..\\..\\boot.wav", "boot"),
        ("/absolute/song.wav", "song"),
        ("C:song.wav", "C:song"),
        ("a\x07b\x1b[31m.wav", "ab[31m"),
        ("\u202eevil\u202c.wav", "evil"),
        ("con.wav", "con"),
        (".wav", ".wav"),
        ("   .wav", "Untitled"),
        ("x" * 400 + ".wav", "x" * 200),
        ("שיר 🎵.wav", "שיר 🎵"),
        ("<b>&amp;.wav", "<b>&"),
    ],
)
def test_a_tricky_name_becomes_a_title_and_never_a_path(
    name: str, title: str, signed_in: Client, tmp_path: Path
) -> None:
    body = tone(tmp_path / "a.wav").read_bytes()
    boundary = "b" * 20
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    raw = head.encode() + body + f"\r\n--{boundary}--\r\n".encode()

    answer = signed_in.generic(
        "POST",
        f"/new/{SEPARATE}/upload/",
        raw,
        content_type=f"multipart/form-data; boundary={boundary}",
    )

    assert answer.status_code == 201, answer.content.decode()
    upload = Upload.objects.get()
    assert upload.title == title
    assert Path(upload.file.path).parent == Path(product_settings.MEDIA_ROOT) / "uploads"
    disposition = signed_in.get(f"/media/uploads/{upload.pk}/?download=1")["Content-Disposition"]
    assert "/" not in disposition.replace("UTF-8''", "")
    assert "\\" not in disposition


def test_the_same_bytes_twice_are_one_upload(signed_in: Client, tmp_path: Path) -> None:
    sound = tone(tmp_path / "a.mp3")
    before = len(kept())

    first = add(signed_in, sound, "one.mp3")
    second = add(signed_in, sound, "another name.mp3")

    assert (first.status_code, second.status_code) == (201, 201)
    assert Upload.objects.count() == 1
    assert len(kept()) == before + 1


@pytest.mark.once
def test_a_file_over_the_limit_is_passed_over_and_the_form_comes_back_whole(
    signed_in: Client, tmp_path: Path, settings: Settings
) -> None:
    settings.STUDIO_MAX_UPLOAD = 1024**2
    big = tmp_path / "big.wav"
    big.write_bytes(b"RIFF" + b"\0" * (3 * 1024**2))

    alone = add(signed_in, big)
    form = signed_in.post(
        f"/new/{ACCOMPANY}/",
        {"title": "Low tide", "tags": "ambient", "negative_tags": "metal", "file": sent(big)},
    )

    assert (alone.status_code, alone.content.decode()) == (422, "This file is larger than 1 MB.")
    page = form.content.decode()
    assert "This file is larger than 1 MB." in page
    assert 'value="Low tide"' in page
    assert 'value="metal"' in page
    assert not Task.objects.exists()
    assert not incoming()


@pytest.mark.once
def test_a_file_just_over_the_limit_is_refused_too(
    signed_in: Client, tmp_path: Path, settings: Settings
) -> None:
    sound = tone(tmp_path / "a.wav")
    settings.STUDIO_MAX_UPLOAD = sound.stat().st_size - 1

    assert add(signed_in, sound).status_code == 422
    assert not Upload.objects.exists()


def test_nothing_of_a_stranger_or_of_a_viewer_is_kept(
    client: Client, tmp_path: Path, ann: User
) -> None:
    sound = tone(tmp_path / "a.mp3")
    stranger = add(client, sound)
    roles.give(ann, roles.Role.VIEWER)
    client.force_login(ann)
    viewer = add(client, sound)

    assert (stranger.status_code, viewer.status_code) == (302, 403)
    assert not Upload.objects.exists()
    assert not incoming()


@pytest.mark.once
def test_uploads_are_taken_by_post_for_operations_that_take_a_sound(signed_in: Client) -> None:
    assert signed_in.get(f"/new/{SEPARATE}/upload/").status_code == 405
    for model in ("create-music-video", "no-such-thing"):
        assert signed_in.post(f"/new/{model}/upload/").status_code == 404
    empty = signed_in.post(f"/new/{SEPARATE}/upload/")
    assert (empty.status_code, empty.content.decode()) == (422, "No file came.")


def test_without_scripts_a_file_outlives_an_error_in_the_form(
    signed_in: Client, tmp_path: Path, api: Recorder, work: Callable[[], None]
) -> None:
    sound = tone(tmp_path / "Low tide.mp3", "-metadata", "genre=Ambient")

    answer = signed_in.post(f"/new/{ACCOMPANY}/", {"file": sent(sound), "negative_tags": ""})

    assert answer.status_code == 200
    upload = Upload.objects.get()
    page = answer.content.decode()
    assert 'value="Low tide"' in page
    assert 'value="Ambient"' in page
    assert chosen(page) == [str(upload.pk)]
    fields = {"upload": upload.pk, "title": "Low tide", "tags": "Ambient", "negative_tags": "metal"}
    assert signed_in.post(f"/new/{ACCOMPANY}/", fields).status_code == 302
    work()
    (body,) = [one.body for one in api.submits]
    assert body["input"]["title"] == "Low tide"
    assert body["input"]["upload_url"].startswith("https://your-domain.com/public/")


def test_a_file_that_is_not_taken_is_told_beside_the_field_and_the_rest_stays(
    refuse: Callable[..., str], tmp_path: Path
) -> None:
    quiet = silence(tmp_path / "quiet.wav")

    page = refuse(ACCOMPANY, file=sent(quiet), title="Low tide", tags="ambient", negative_tags="x")

    assert "quiet.wav: This sound is silent from beginning to end." in unescape(page)
    assert 'id="id_file_error"' in page
    assert 'value="Low tide"' in page


def test_several_files_are_one_separation_each_under_their_own_titles(
    signed_in: Client, tmp_path: Path, api: Recorder, work: Callable[[], None]
) -> None:
    files = [tone(tmp_path / f"Song {n}.mp3", pitch=300 + 50 * n) for n in range(3)]
    key = str(uuid.uuid4())
    fields = {"form_key": key, "output_type": "vocals"}

    answer = signed_in.post(f"/new/{SEPARATE}/", {**fields, "file": [sent(file) for file in files]})
    again = signed_in.post(f"/new/{SEPARATE}/", {**fields, "file": [sent(file) for file in files]})

    assert answer.status_code == again.status_code == 302
    work()
    inputs = sorted((one.body["input"] for one in api.submits), key=lambda input: input["title"])
    assert [input["title"] for input in inputs] == ["Song 0", "Song 1", "Song 2"]
    assert {input["output_type"] for input in inputs} == {"vocals"}
    assert len({input["audio_url"] for input in inputs}) == 3


def test_one_bad_file_among_several_sends_nothing_and_keeps_the_good_ones_chosen(
    signed_in: Client, tmp_path: Path
) -> None:
    good, bad = tone(tmp_path / "good.mp3"), silence(tmp_path / "bad.wav")

    answer = signed_in.post(f"/new/{SEPARATE}/", {"file": [sent(good), sent(bad)]})

    page = unescape(answer.content.decode())
    assert "bad.wav: This sound is silent" in page
    assert not Task.objects.exists()
    upload = Upload.objects.get()
    assert upload.title == "good"
    assert chosen(page) == [str(upload.pk)]


def test_two_files_for_one_instrumental_are_refused(
    refuse: Callable[..., str], signed_in: Client, tmp_path: Path
) -> None:
    for number in range(2):
        add(signed_in, tone(tmp_path / f"{number}.mp3", pitch=300 + number * 50))
    keys = list(Upload.objects.values_list("pk", flat=True))

    page = refuse(ACCOMPANY, upload=keys, title="a", tags="b", negative_tags="c")

    assert "One file at once." in page


@pytest.mark.once
@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://ann:secret@example.com/a.mp3", "A name or password in the address"),
        ("https://ann@example.com/a.mp3", "A name or password in the address"),
        ("https://127.0.0.1/a.mp3", "Vidgo cannot reach this address"),
        ("https://10.1.2.3/a.mp3", "Vidgo cannot reach this address"),
        ("https://169.254.169.254/a.mp3", "Vidgo cannot reach this address"),
        ("https://[::1]/a.mp3", "Vidgo cannot reach this address"),
        ("https://localhost/a.mp3", "Vidgo cannot reach this address"),
        ("https://127.1/a.mp3", "This is no web address"),
        ("https://nas.local/a.mp3", "Vidgo cannot reach this address"),
        ("ftp://example.com/a.mp3", "This is no web address"),
        ("javascript:alert(1)", "This is no web address"),
        ("https://example.com/" + "a" * 2048, "At most 2048 characters"),
    ],
)
def test_a_url_by_hand_that_cannot_be_fetched_is_refused(
    url: str, reason: str, refuse: Callable[..., str], settings: Settings
) -> None:
    settings.API_ON_LOOPBACK = False
    settings.STUDIO_PUBLIC_URL = "https://studio.example.com"

    page = unescape(refuse(SEPARATE, audio_url=url))

    assert reason in page
    assert url in page


@pytest.mark.once
@pytest.mark.parametrize(
    "public_url",
    [
        "http://127.0.0.1:8000",
        "https://localhost",
        "https://192.168.1.20",
        "http://studio.example.com",
        "https://studio.local",
    ],
)
@pytest.mark.parametrize("model", [SEPARATE, "create-music-video"])
def test_an_address_vidgo_cannot_reach_is_told_before_anything_is_sent(
    public_url: str, model: str, signed_in: Client, song: Task, settings: Settings
) -> None:
    settings.API_ON_LOOPBACK = False
    settings.STUDIO_PUBLIC_URL = public_url
    source = {"track": song.tracks.get().pk, "audio_url": "https://example.com/a.mp3"}

    page = signed_in.get(f"/new/{model}/").content.decode()
    answer = signed_in.post(f"/new/{model}/", source)

    assert "Vidgo cannot reach the studio" in page
    assert answer.status_code == 200
    assert "Nothing has been sent or paid" in answer.content.decode()
    assert Task.objects.count() == 1


@pytest.mark.once
def test_an_address_that_can_be_reached_is_not_complained_about(
    signed_in: Client, settings: Settings
) -> None:
    settings.API_ON_LOOPBACK = False
    settings.STUDIO_PUBLIC_URL = "https://studio.example.com"

    assert "cannot reach" not in signed_in.get(f"/new/{SEPARATE}/").content.decode()


def test_the_search_finds_files_by_every_word_and_keeps_what_is_chosen(
    signed_in: Client, tmp_path: Path
) -> None:
    for number, title in enumerate(["Low tide", "High tide", "Night bus"]):
        add(signed_in, tone(tmp_path / f"{title}.mp3", pitch=300 + 40 * number))
    bus = Upload.objects.get(title="Night bus")

    page = signed_in.get(f"/new/{SEPARATE}/?upload_q=tide+low&upload={bus.pk}").content.decode()

    assert "<bdi>Low tide</bdi>" in page
    assert "<bdi>High tide</bdi>" not in page
    assert "<bdi>Night bus</bdi>" in page


def test_what_killed_processes_left_is_cleared_but_not_what_arrives_or_goes_on(
    make: Callable[..., Task],
) -> None:
    folder = Path(product_settings.FILE_UPLOAD_TEMP_DIR)
    assets = {
        state: make().assets.create(key="a", kind="audio", label="A", state=state)
        for state in ("waiting", "failed", "saved")
    }
    gone = ["a.upload.wav", "copy-1", "preview-1-a", "slice-1", "asset-0-part", "asset-x"]
    gone.append(f"asset-{assets['saved'].pk}-part")
    stays = [f"asset-{assets[state].pk}-part" for state in ("waiting", "failed")]
    for name in (*gone, *stays, "b.upload.wav"):
        (folder / name).write_bytes(b"half")
    for name in (*gone, *stays):
        os.utime(folder / name, (time.time() - 86_400,) * 2)

    uploads.clean()
    archive.clean()

    assert {name for name in gone if (folder / name).exists()} == set()
    for name in (*stays, "b.upload.wav"):
        (folder / name).unlink()


@pytest.mark.parametrize("is_cut", [False, True])
def test_what_the_storage_has_lost_is_there_again_when_it_is_sent_again(
    signed_in: Client, tmp_path: Path, is_cut: bool
) -> None:
    path = tone(tmp_path / "song.mp3")
    add(signed_in, path)
    upload = Upload.objects.get()
    if is_cut:
        os.truncate(upload.file.path, 10)
    else:
        os.unlink(upload.file.path)

    add(signed_in, path)

    upload = Upload.objects.get()
    assert upload.file.read() == path.read_bytes()
    assert upload.size == path.stat().st_size
