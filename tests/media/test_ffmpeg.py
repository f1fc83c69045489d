"""The one door to ffmpeg: what may be opened, and how much one run may take."""

from pathlib import Path

import pytest

from studio.media import analysis, ffmpeg
from tests.sounds import tone

pytestmark = pytest.mark.once

MANIFESTS = {
    "ffconcat": "ffconcat version 1.0\nfile 'other.mp3'\n",
    "hls": "#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:2,\nother.mp3\n#EXT-X-ENDLIST\n",
    "dash": (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static">'
        "<Period><AdaptationSet><Representation><BaseURL>other.mp3</BaseURL>"
        "</Representation></AdaptationSet></Period></MPD>"
    ),
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=audio 5004 RTP/AVP 0\n",
}


@pytest.mark.parametrize("kind", MANIFESTS)
def test_what_names_another_file_is_no_sound(kind: str, tmp_path: Path) -> None:
    tone(tmp_path / "other.mp3")
    stem = tmp_path / "stem.m3u8"
    stem.write_text(MANIFESTS[kind])

    with pytest.raises(analysis.PreviewError):
        analysis.listen(stem)


def test_a_run_that_takes_too_much_memory_or_disk_or_time_is_ended(tmp_path: Path) -> None:
    sound, target = tone(tmp_path / "a.wav", seconds=5), tmp_path / "b.raw"
    quiet = ("-v", "quiet")

    big = ffmpeg.run(
        [*quiet, "-f", "lavfi", "-i", "color=s=8000x8000:d=1", "-f", "null", "-"],
        ffmpeg.Limits(memory=256 * ffmpeg.MB),
    )
    long = ffmpeg.run(
        [*quiet, *ffmpeg.source(sound), "-f", "s16le", str(target)],
        ffmpeg.Limits(output=100 * 1024),
    )
    slow = ffmpeg.run(
        [*quiet, *ffmpeg.source(sound, "-re", "-stream_loop", "-1"), "-f", "null", "-"],
        ffmpeg.Limits(seconds=1),
    )

    assert big[0]
    assert long[0]
    assert target.stat().st_size <= 100 * 1024
    assert slow[0]


def test_nothing_of_the_studios_environment_is_handed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound, report = tone(tmp_path / "a.mp3"), tmp_path / "report.log"
    monkeypatch.setenv("FFREPORT", f"file={report}")

    ffmpeg.run(["-v", "quiet", *ffmpeg.source(sound), "-f", "null", "-"])

    assert not report.exists()


def test_a_flood_of_words_is_kept_from_its_beginning_and_its_end(tmp_path: Path) -> None:
    sound = tone(tmp_path / "a.mp3")

    code, told = ffmpeg.run(["-v", "trace", *ffmpeg.source(sound), "-f", "null", "-"])

    assert code == 0
    assert "Input #0, mp3" in told
    assert len(told) <= 128 * 1024
