"""Small files that would become large: what they cost is bounded."""

import resource
import struct
import zlib
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from studio.media import analysis
from tests.sounds import tone

pytestmark = pytest.mark.once

MB = 1024**2
PATH = "/new/upload-and-separate-vocals/upload/"


def seven_bits(number: int) -> bytes:
    """Return a length as an ID3v2 tag has it."""
    return bytes(number >> 7 * place & 0x7F for place in (3, 2, 1, 0))


def packed_tag() -> bytes:
    """Return a tag of 0.4 MB, four of whose frames are 100 MB each once they are unpacked."""
    size = 100 * MB
    packer = zlib.compressobj(9)
    text = packer.compress(b"\x03x\0" + b"a" * size) + packer.flush()
    content = seven_bits(size + 3) + text
    # Its flags: compressed, and the length before the content.
    frame = b"TXXX" + seven_bits(len(content)) + b"\0\x09" + content
    return b"ID3\x04\0\0" + seven_bits(4 * len(frame)) + 4 * frame


def slow_wav(seconds: int) -> bytes:
    """Return a WAV of one sample a second."""
    form = struct.pack("<HHIIHH", 1, 1, 1, 1, 1, 8)
    data = bytes(number * 37 % 256 for number in range(seconds))
    head = b"WAVEfmt " + struct.pack("<I", len(form)) + form
    chunks = head + b"data" + struct.pack("<I", seconds) + data
    return b"RIFF" + struct.pack("<I", len(chunks)) + chunks


def peaks() -> tuple[int, int]:
    """Return the most bytes that this process, and that any of its children has ever taken."""
    return tuple(  # type: ignore[return-value]
        resource.getrusage(who).ru_maxrss * 1024
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )


def test_a_packed_tag_is_unpacked_by_nobody_without_bounds(
    signed_in: Client, tmp_path: Path
) -> None:
    bomb = packed_tag() + tone(tmp_path / "a.mp3", "-id3v2_version", "0").read_bytes()
    before = peaks()

    answer = signed_in.post(PATH, {"file": SimpleUploadedFile("a.mp3", bomb)})

    assert answer.status_code in (201, 422)
    grown = [after - was for after, was in zip(peaks(), before, strict=True)]
    assert sum(grown) < 300 * MB


def test_a_stem_of_one_sample_a_second_fills_no_disk(tmp_path: Path) -> None:
    stem, samples = tmp_path / "stem.wav", tmp_path / "samples"
    # Half an hour: 318 MB of samples.
    stem.write_bytes(slow_wav(1800))

    analysis.listen(stem, samples)

    assert samples.stat().st_size < 50 * MB


@pytest.mark.parametrize(("seconds", "status"), [(300, 201), (20_000, 422)])
def test_an_upload_of_one_sample_a_second_becomes_no_more_than_a_sound(
    seconds: int, status: int, signed_in: Client
) -> None:
    file = SimpleUploadedFile("a.wav", slow_wav(seconds))

    answer = signed_in.post(PATH, {"file": file})

    assert answer.status_code == status, answer.content.decode()
