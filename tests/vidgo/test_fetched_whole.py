"""Results are kept whole and unpacked, however the provider's storage answers."""

import gzip
import hashlib
import random
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import pytest
from pytest_django import Settings

from studio import leases
from studio.media import archive
from studio.models import Asset, Task
from tests.fileserver import FileServer

pytestmark = pytest.mark.once

SOUND = b"ID3\x04\x00\x00\x00\x00\x00\x00" + random.Random(1).randbytes(300_000)
Save = Callable[..., Asset]


@pytest.fixture
def storage(settings: Settings, tmp_path: Path) -> Iterator[FileServer]:
    """The provider's storage, and a data folder of our own."""
    settings.STUDIO_DATA_DIR = tmp_path / "data"
    settings.STUDIO_DATA_DIR.mkdir()
    settings.API_ON_LOOPBACK, settings.VIDGO_API_URL = True, "http://127.0.0.1"
    with FileServer() as running:
        yield running


@pytest.fixture
def save(make: Callable[..., Task], storage: FileServer) -> Save:
    """Return a call that has the file at `/a` copied, as often as wished, as the worker does it."""
    asset = Asset.objects.create(
        task=make(), key="a", kind="stem", label="Drums", url=f"{storage.url}/a"
    )

    def run() -> Asset:
        Asset.objects.filter(pk=asset.pk).update(due_at=asset.task.created_at, held_until=None)
        archive.save(asset.pk, leases.take(Asset, asset.pk, 60))
        asset.refresh_from_db()
        return asset

    return run


def is_kept(asset: Asset, sent: bytes) -> bool:
    """Return whether our copy is what was sent, and is described as it is."""
    with asset.file.open("rb") as file:
        same = file.read() == sent
    return same and (asset.size, asset.sha256) == (len(sent), hashlib.sha256(sent).hexdigest())


PACKED = {
    "gzip": ("gzip", gzip.compress(SOUND)),
    "an old name": ("x-gzip", gzip.compress(SOUND)),
    "capitals": ("GZIP", gzip.compress(SOUND)),
    "two members": ("gzip", gzip.compress(SOUND[:1000]) + gzip.compress(SOUND[1000:])),
    "deflate": ("deflate", zlib.compress(SOUND)),
    "brotli": ("br", brotli.compress(SOUND, quality=1)),
}


@pytest.mark.parametrize("packed", PACKED)
def test_a_packed_object_is_unpacked(save: Save, storage: FileServer, packed: str) -> None:
    encoding, content = PACKED[packed]
    storage.put("/a", content).encoding = encoding

    assert is_kept(save(), SOUND)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "aws-chunked", "identity"])
def test_what_is_not_packed_as_it_says_is_kept_as_it_came(
    save: Save, storage: FileServer, encoding: str
) -> None:
    storage.put("/a", SOUND).encoding = encoding

    assert is_kept(save(), SOUND)


def test_a_packed_object_that_breaks_off_begins_anew(save: Save, storage: FileServer) -> None:
    stored = storage.put("/a", gzip.compress(SOUND))
    stored.encoding, stored.cuts = "gzip", [100_000]

    assert save().state == "waiting"
    assert is_kept(save(), SOUND)
    assert [asked for _, asked in storage.asked] == ["", ""]


def test_a_bomb_is_not_unpacked(save: Save, storage: FileServer, settings: Settings) -> None:
    # 200 MB of nothing in 200 kB; a real sound becomes a few times as large.
    storage.put("/a", gzip.compress(bytes(200 * 1024**2), 9)).encoding = "gzip"

    asset = save()

    assert "larger than this studio takes" in asset.error
    assert not asset.file


def test_a_partial_answer_to_a_plain_question_is_taken(save: Save, storage: FileServer) -> None:
    storage.put("/a", SOUND).always_partial = True

    assert is_kept(save(), SOUND)


@pytest.mark.parametrize("has_etag", [True, False])
def test_a_file_that_comes_piece_by_piece_is_put_together(
    save: Save, storage: FileServer, has_etag: bool
) -> None:
    stored = storage.put("/a", SOUND)
    stored.longest, stored.has_etag = 70_000, has_etag

    assert is_kept(save(), SOUND)
    assert [asked for _, asked in storage.asked] == [
        "",
        *(f"bytes={n * 70_000}-" for n in range(1, 5)),
    ]


def test_a_copy_that_was_whole_when_its_worker_died_is_not_fetched_again(
    save: Save, storage: FileServer, settings: Settings
) -> None:
    stored = storage.put("/a", SOUND)
    stored.cuts = [200_000]
    asset = save()
    (part,) = (Path(settings.STUDIO_DATA_DIR) / "incoming").glob(f"asset-{asset.pk}-*[!g]")
    part.write_bytes(SOUND)

    assert is_kept(save(), SOUND)
    assert [asked for _, asked in storage.asked] == ["", f"bytes={len(SOUND)}-"]
