"""The ZIP of a task at its real size: at once, flat, and whole for those who open it."""

import re
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.material import STEMS, put
from tests.product import Product

pytestmark = pytest.mark.once

SIZE = 50 * 1024**2


@pytest.fixture(scope="module")
def stems(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return six files of 50 MB, sparse on the disk."""
    folder = tmp_path_factory.mktemp("stems")
    for number, name in enumerate(STEMS):
        with (folder / f"{name}.wav").open("wb") as file:
            file.write(bytes([number]) * 1000)
            file.truncate(SIZE)
    return folder


def memory(product: Product) -> int:
    """Return the megabytes that the web server's processes hold for themselves."""
    told = [Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in product.pids("gunicorn")]
    return (
        sum(int(size) for text in told for size in re.findall(r"Private_\w+: +(\d+)", text)) >> 10
    )


@pytest.mark.slow
def test_six_stems_of_50_mb_stream_with_flat_memory(tmp_path: Path, stems: Path) -> None:
    """How soon its first byte comes: `make bench`."""
    files = [
        {"name": f"{name}.wav", "kind": "file", "type": "audio/x-wav", "label": name}
        for name in STEMS
    ]
    with Product(tmp_path / "product") as product:
        task = put(product, stems, "upload-and-separate-vocals", "Piano", files=files)
        session = product.session()
        address = f"{product.url}/tasks/{task}/files.zip"
        session.head(address)
        before, most = memory(product), 0
        with session.get(address, stream=True) as answer, (tmp_path / "all.zip").open("wb") as zip:
            for piece in answer.iter_content(8 * 1024**2):
                zip.write(piece)
                most = max(most, memory(product))
            assert zip.tell() == int(answer.headers["Content-Length"])
    assert most - before < 20, (before, most)
    subprocess.run(["unzip", "-tq", tmp_path / "all.zip"], check=True)
    with zipfile.ZipFile(tmp_path / "all.zip") as bundle:
        assert bundle.testzip() is None
        assert sorted(bundle.namelist()) == [f"Piano - {name}.wav" for name in sorted(STEMS)]
