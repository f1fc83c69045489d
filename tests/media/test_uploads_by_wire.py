"""Large files, slow lines and lines that break, against the product's real processes."""

import os
import re
import socket
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from tests.product import Product, until

pytestmark = [pytest.mark.once, pytest.mark.slow]

MB = 1024**2
BOUNDARY = "the-boundary-of-this-test"
PATH = "/new/upload-and-separate-vocals/upload/"
END = f"\r\n--{BOUNDARY}--\r\n".encode()


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product as it runs, with an API that is never asked."""
    data = tmp_path_factory.mktemp("studio")
    with Product(data, VIDGO_API_URL="http://127.0.0.1:9", VIDGO_API_KEY="none") as running:
        yield running


@pytest.fixture(scope="module")
def member(studio: Product) -> requests.Session:
    """A browser that is signed in."""
    return studio.session()


def wav(size: int) -> bytes:
    """Return about `size` bytes of noise: 24 bit, stereo, 96,000 a second."""
    block = os.urandom(6 * 128 * 1024)
    data = block * (size // len(block))
    form = struct.pack("<HHIIHH", 1, 2, 96_000, 576_000, 6, 24)
    chunks = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", len(data))
    return b"RIFF" + struct.pack("<I", len(chunks) + len(data)) + chunks + data


def connect(studio: Product, member: requests.Session, length: int) -> socket.socket:
    """Begin an upload of `length` bytes: the request's head and the form's first field."""
    token = member.cookies["csrftoken"]
    field = 'Content-Disposition: form-data; name="csrfmiddlewaretoken"'
    file = 'Content-Disposition: form-data; name="file"; filename="long take.wav"'
    start = f"--{BOUNDARY}\r\n{field}\r\n\r\n{token}\r\n--{BOUNDARY}\r\n{file}\r\n\r\n".encode()
    cookies = "; ".join(f"{name}={value}" for name, value in member.cookies.items())
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1:{studio.port}\r\nCookie: {cookies}\r\n"
        f"Referer: {studio.url}/\r\nContent-Type: multipart/form-data; boundary={BOUNDARY}\r\n"
        f"Content-Length: {len(start) + length + len(END)}\r\nConnection: close\r\n\r\n"
    )
    line = socket.create_connection(("127.0.0.1", studio.port), timeout=60)
    line.sendall(head.encode() + start)
    return line


def send_slowly(line: socket.socket, content: bytes, rate: int, look: Callable[[], None]) -> None:
    """Send `content` at `rate` bytes a second, and `look` after each piece."""
    piece, began = 256 * 1024, time.monotonic()
    for at in range(0, len(content), piece):
        line.sendall(content[at : at + piece])
        look()
        ahead = at / rate - (time.monotonic() - began)
        if ahead > 0:
            time.sleep(ahead)


def answer(line: socket.socket) -> tuple[int, str]:
    """Return status and body of what comes back."""
    raw = b""
    while piece := line.recv(65536):
        raw += piece
    head, _, body = raw.partition(b"\r\n\r\n")
    status = re.match(rb"HTTP/1\.1 (\d+)", head)
    assert status, raw[:200]
    return int(status[1]), body.decode()


def memory(studio: Product) -> int:
    """Return the resident bytes of the web server, all its processes together."""
    total = 0
    for pid in studio.pids("gunicorn"):
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        total += pages * os.sysconf("SC_PAGE_SIZE")
    return total


def incoming(studio: Product) -> int:
    """Return the bytes that lie in the folder of arriving files."""
    return sum(path.stat().st_size for path in (studio.data / "incoming").glob("*.upload*"))


def kept(studio: Product) -> list[Path]:
    return [path for path in (studio.data / "media").rglob("*") if path.is_file()]


def test_a_large_file_over_a_slow_line_keeps_the_web_servers_memory_flat(
    studio: Product, member: requests.Session
) -> None:
    content = wav(40 * MB)
    before, seen, arriving = memory(studio), [], []
    line = connect(studio, member, len(content))

    def look() -> None:
        seen.append(memory(studio))
        arriving.append(incoming(studio))

    send_slowly(line, content, 20 * MB, look)
    line.sendall(END)
    status, body = answer(line)

    assert status == 201, body
    assert 'data-title="long take"' in body
    # It came in bit by bit, to disk.
    assert len({size // MB for size in arriving}) > 10
    # The first upload of a process has its own price, which does not grow with the file.
    assert max(seen) - before < 12 * MB
    assert memory(studio) - before < 12 * MB
    assert incoming(studio) == 0
    (file,) = kept(studio)
    assert file.read_bytes() == content


def test_a_broken_line_leaves_nothing_behind(studio: Product, member: requests.Session) -> None:
    before = kept(studio)
    content = wav(8 * MB)
    line = connect(studio, member, len(content))
    line.sendall(content[: 6 * MB])
    until(lambda: incoming(studio) > MB, what="the file's beginning on disk")

    line.close()

    until(lambda: incoming(studio) == 0, what="nothing left of it")
    assert kept(studio) == before
    page = member.get(studio.url + "/new/upload-and-separate-vocals/")
    assert page.text.count('name="upload"') == len(before)
    assert "Traceback" not in studio.log.read_text()


def test_a_line_that_breaks_before_the_last_byte_leaves_nothing_behind(
    studio: Product, member: requests.Session
) -> None:
    before = kept(studio)
    content = wav(2 * MB)
    line = connect(studio, member, len(content))
    # All of the sound, but not the end of the form: who knows what would have come?
    line.sendall(content)
    until(lambda: incoming(studio) > MB, what="the file on disk")

    line.close()

    until(lambda: incoming(studio) == 0, what="nothing left of it")
    assert kept(studio) == before


def test_a_file_over_the_limit_is_answered_and_never_written(
    studio: Product, member: requests.Session
) -> None:
    size, arriving = 202 * MB, []
    line = connect(studio, member, size)
    block = b"\0" * MB
    for _ in range(size // MB):
        line.sendall(block)
        arriving.append(incoming(studio))
    line.sendall(END)

    status, body = answer(line)

    assert (status, body) == (422, "This file is larger than 200 MB.")
    assert max(arriving) == 0
