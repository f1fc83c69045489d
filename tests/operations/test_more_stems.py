"""Any sound that a separation gives is a stem: six are named, others come."""

import json
from collections.abc import Callable

import pytest
from django.core.files.base import ContentFile
from django.test import Client

from studio import operations
from studio.media import analysis
from studio.models import Preview, Task

pytestmark = pytest.mark.once

AT = "https://cdn.example.com/"
SIX = ["Vocals", "Drums", "Bass", "Guitar", "Piano", "Other"]


def found(vocal_removal: object) -> dict[str, str]:
    """Return the kind of each result by its label, in the order of the page."""
    read = operations.get("upload-and-separate-vocals").read([{"vocal_removal": vocal_removal}])
    return {one.label: one.kind for one in sorted(read, key=lambda one: one.order)}


@pytest.mark.parametrize("pack", [dict, json.dumps])
def test_a_sound_with_another_name_is_a_stem_after_the_six(pack: Callable[..., object]) -> None:
    sent = {"strings_url": AT + "7", "backing_vocals_url  ": AT + "8.wav"}
    sent |= {f"{name.lower()}_url": AT + name for name in reversed(SIX)}

    assert list(found(pack(sent)).items()) == [
        *((name, "stem") for name in SIX),
        ("Strings", "stem"),
        ("Backing vocals", "stem"),
    ]


def test_sounds_in_a_list_are_stems(settings: object) -> None:
    sent = [{"instrumental_url": AT + "1.mp3"}, {"drum kit": AT + "2.mp3"}]

    assert found(sent) == {"Instrumental": "stem", "Drum kit": "stem"}


def test_a_picture_beside_the_stems_is_a_picture() -> None:
    sent = {"drums": AT + "1", "cover_url": AT + "2", "spectrum": AT + "3.png"}

    assert found(sent) == {"Drums": "stem", "Cover": "image", "Spectrum": "image"}


def test_ten_stems_are_in_one_mixer_with_keys_for_nine(
    signed_in: Client, make: Callable[..., Task]
) -> None:
    task = make(title="Low tide")
    for order in range(10):
        label = f"Part {order}"
        asset = task.assets.create(key=label, kind="stem", label=label, order=order, state="saved")
        asset.file.save("x", ContentFile(b"sound"))
        analysis.expect(asset)
        Preview.objects.get(asset=asset).samples.save("x", ContentFile(bytes(400)))

    page = signed_in.get(task.get_absolute_url()).content.decode()

    assert page.count("data-stem=") == 10
    assert 'aria-keyshortcuts="9"' in page
    assert 'aria-keyshortcuts="10"' not in page
    assert signed_in.get(f"/tasks/{task.pk}/mix.wav").status_code == 200
