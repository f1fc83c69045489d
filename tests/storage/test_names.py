"""Names of files: what a person would give, and what no system takes for anything else."""

import pytest

from studio.storage.names import file_name

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("Relaxing Piano", "drums"), "Relaxing Piano - drums.mp3"),
        (("Relaxing Piano", ""), "Relaxing Piano.mp3"),
        (("", ""), "Untitled.mp3"),
        (("...", " . "), "Untitled.mp3"),
        (('a/b\\c:d*e?f"g<h>i|j',), "a b c d e f g h i j.mp3"),
        (("../../../etc/passwd",), "etc passwd.mp3"),
        (("line\r\nbreak\ttab\x00nul\x7f",), "line break tab nul.mp3"),
        (("ends with dots...",), "ends with dots.mp3"),
        (("nul",), "_nul.mp3"),
        (("COM1.txt",), "_COM1.txt.mp3"),
        (("Connie",), "Connie.mp3"),
        (("café",), "café.mp3"),
        (("👩‍🎤 live 🇫🇷",), "👩‍🎤 live 🇫🇷.mp3"),
        (("שיר ערב",), "שיר ערב.mp3"),
        (("abc\u202egpj.exe\u2066",), "abc gpj.exe.mp3"),
        (("日本語",), "日本語.mp3"),
        (("\ud800broken",), "broken.mp3"),
        (("cafe\u0301",), "café.mp3"),
        (("می\u200cخواهم",), "می\u200cخواهم.mp3"),
        (("COM¹",), "_COM¹.mp3"),
        (("nul .x",), "_nul .x.mp3"),
        (("CONIN$",), "_CONIN$.mp3"),
        (("AC/DC: 50%41",), "AC DC 50%41.mp3"),
    ],
)
def test_a_name_is_readable_and_safe(parts: tuple[str, ...], name: str) -> None:
    assert file_name(*parts, content_type="audio/mpeg") == name


@pytest.mark.parametrize("title", ["x" * 5000, "é" * 5000, "🎹" * 5000, "日" * 300])
def test_a_long_name_fits_every_file_system(title: str) -> None:
    name = file_name(title, "drums", content_type="audio/mpeg")

    assert len(name.encode()) <= 255
    assert name.endswith(" - drums.mp3")


@pytest.mark.parametrize(
    ("content_type", "extension"),
    [("video/mp4", ".mp4"), ("image/jpeg", ".jpg"), ("audio/x-wav", ".wav"), ("text/html", ".bin")],
)
def test_the_extension_is_that_of_the_content(content_type: str, extension: str) -> None:
    assert file_name("a.exe", content_type=content_type) == f"a.exe{extension}"
