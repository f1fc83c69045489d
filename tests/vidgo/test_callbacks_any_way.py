"""A callback is read however it comes: with the submit's answer lost it alone tells of a result.

Over real sockets to the product as it is started: what a web server makes of a body counts too.
"""

import gzip
import json
import socket
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from tests.fileserver import FileServer
from tests.product import Product, until
from tests.recorder import Recorder

pytestmark = pytest.mark.slow

SUBMIT = "/api/generate/submit"
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
Sent = tuple[dict[str, str], bytes]


def bare_deflate(sent: bytes) -> bytes:
    packing = zlib.compressobj(wbits=-15)
    return packing.compress(sent) + packing.flush()


def in_chunks(sent: bytes) -> bytes:
    pieces = [sent[at : at + 7] for at in range(0, len(sent), 7)]
    return b"".join(b"%x\r\n%s\r\n" % (len(one), one) for one in [*pieces, b""])


def multipart(name: str, sent: bytes, more: str = "") -> Sent:
    head = f'--cut\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode()
    body = head + sent + b"\r\n--cut--\r\n"
    return {"Content-Type": "multipart/form-data; boundary=cut"}, body


def fields(sent: bytes) -> bytes:
    told = json.loads(sent)
    return urlencode({**told, "files": json.dumps(told["files"])}).encode()


WAYS: dict[str, Callable[[bytes], Sent]] = {
    "as documented": lambda sent: (JSON, sent),
    "in chunks, without a length": lambda sent: (
        {**JSON, "Transfer-Encoding": "chunked"},
        in_chunks(sent),
    ),
    "gzip": lambda sent: ({**JSON, "Content-Encoding": "gzip"}, gzip.compress(sent)),
    "gzip that no header names": lambda sent: (JSON, gzip.compress(sent)),
    "gzip named, unpacked on the way": lambda sent: ({**JSON, "Content-Encoding": "gzip"}, sent),
    "deflate": lambda sent: ({**JSON, "Content-Encoding": "deflate"}, zlib.compress(sent)),
    "deflate, bare": lambda sent: ({**JSON, "Content-Encoding": "deflate"}, bare_deflate(sent)),
    "a mark before UTF-8": lambda sent: (JSON, b"\xef\xbb\xbf" + sent),
    "UTF-16": lambda sent: (JSON, sent.decode().encode("utf-16")),
    "UTF-16 without a mark": lambda sent: (JSON, sent.decode().encode("utf-16-le")),
    "UTF-16 in gzip": lambda sent: (JSON, gzip.compress(sent.decode().encode("utf-16-be"))),
    "JSON in a string": lambda sent: (JSON, json.dumps(sent.decode()).encode()),
    "a list of one": lambda sent: (JSON, b"[" + sent + b"]"),
    "data as a string": lambda sent: (
        JSON,
        json.dumps({"code": 200, "data": sent.decode()}).encode(),
    ),
    "a form's field": lambda sent: (FORM, urlencode({"x": 1, "payload": sent}).encode()),
    "a form's fields": lambda sent: (FORM, fields(sent)),
    "JSON that claims to be a form": lambda sent: (
        {"Content-Type": "application/x-www-form-urlencoded; charset=iso-8859-1"},
        sent,
    ),
    "a multipart form's field": lambda sent: multipart("anything", sent),
    "a multipart form's file": lambda sent: multipart("f", sent, '; filename="a.json"'),
    "a number of 100,000 digits": lambda sent: (JSON, sent[:-1] + b',"n":' + b"9" * 10**5 + b"}"),
}


@pytest.fixture(scope="module")
def api() -> Iterator[Recorder]:
    """The API, which loses the answer to every submit."""
    with Recorder() as running:
        for _ in range(len(WAYS) + 2):
            running.answer(SUBMIT, b"")
        yield running


@pytest.fixture(scope="module")
def storage() -> Iterator[FileServer]:
    with FileServer() as running:
        yield running


@pytest.fixture(scope="module")
def product(api: Recorder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    folder = tmp_path_factory.mktemp("any-way")
    with Product(folder, VIDGO_API_URL=api.url, VIDGO_API_KEY="none") as running:
        session = running.session()
        for number in range(len(WAYS) + 2):
            form = {"audio_url": f"https://example.com/{number}.mp3"}
            running.post(session, "/new/upload-and-separate-vocals/", form)
        unconfirmed = "SELECT id FROM studio_task WHERE status = 'unconfirmed'"
        until(lambda: len(running.rows(unconfirmed)) == len(WAYS) + 2, "the submits")
        yield running


def post(url: str, headers: dict[str, str], body: bytes) -> int:
    """Post bytes as they are, and give the answer's status."""
    parts = urlsplit(url)
    if "Transfer-Encoding" not in headers:
        headers = {**headers, "Content-Length": str(len(body))}
    lines = [f"POST {parts.path} HTTP/1.1", f"Host: {parts.netloc}", "Connection: close"]
    head = "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items())])
    address = (str(parts.hostname), parts.port or 80)
    with socket.create_connection(address, timeout=30) as connection:
        connection.sendall(head.encode() + b"\r\n\r\n" + body)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    return int(answer.split()[1])


def task_of(product: Product, url: str) -> dict[str, Any]:
    token = url.rstrip("/").rpartition("/")[2]
    (task,) = product.rows(f"SELECT * FROM studio_task WHERE callback_token = '{token}'")
    return task


@pytest.mark.parametrize("way", [*WAYS, "without the address's last slash"])
def test_a_callback_settles_an_unconfirmed_task_however_it_comes(
    product: Product, api: Recorder, storage: FileServer, way: str
) -> None:
    number = [*WAYS, "without the address's last slash"].index(way)
    url = api.submits[number].body["callback_url"]
    content = f"result {number}".encode()
    storage.put(f"/{number}.bin", content)
    told = {
        "task_id": f"t-{number}",
        "status": "finished",
        "files": [{"café": f"{storage.url}/{number}.bin"}],
    }
    api.told[f"t-{number}"] = told
    make = WAYS.get(way, WAYS["as documented"])

    status = post(
        url if way in WAYS else url.rstrip("/"),
        *make(json.dumps(told, ensure_ascii=False).encode()),
    )

    assert status == 200
    saved = until(
        lambda: product.rows(
            f"SELECT a.file FROM studio_asset a JOIN studio_task t ON t.id = a.task_id"
            f" WHERE t.task_id = 't-{number}' AND t.status = 'finished' AND a.state = 'saved'"
        ),
        f"the result of task {number}",
    )
    assert [Path(product.data, "media", one["file"]).read_bytes() for one in saved] == [content]
