"""The bytes of a callback become the text that is kept, whatever was done to them on the way."""

import gzip
import json
import tracemalloc
import zlib
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.test import Client

from studio.models import Task

pytestmark = pytest.mark.once

TOLD = {
    "task_id": "t-1",
    "status": "finished",
    "files": [{"vocal_removal": {"bass": "https://cdn.example.com/é.mp3"}}],
}
TEXT = json.dumps(TOLD, ensure_ascii=False)
SENT = TEXT.encode()
FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=cut"
MB = 1024**2
Post = Callable[..., int]


@pytest.fixture
def task(make: Callable[..., Task]) -> Task:
    """A task that the API has taken."""
    return make("running", vidgo_id="t-1")


@pytest.fixture
def post(client: Client, task: Task) -> Post:
    """Return a call that posts bytes to the task's own address and gives the answer's status."""

    def run(raw: bytes, content_type: str = "application/json", encoding: str = "") -> int:
        headers = {"Content-Encoding": encoding} if encoding else {}
        path = f"/callback/{task.callback_token}/"
        answer = client.post(path, raw, content_type, headers=headers)
        task.refresh_from_db()
        return answer.status_code

    return run


def bare(sent: bytes) -> bytes:
    packing = zlib.compressobj(wbits=-15)
    return packing.compress(sent) + packing.flush()


def part(name: str, sent: bytes, more: str = "") -> bytes:
    head = f'--cut\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'
    return head.encode() + sent + b"\r\n"


def parts(*each: bytes) -> bytes:
    return b"".join(each) + b"--cut--\r\n"


FILE = '; filename="a.json"'
FIELDS = {"task_id": "t-1", "status": "finished", "files": json.dumps(TOLD["files"]), "msg": ""}
NUL = SENT[:-1] + b', "a": "\x00"}'
IN_A_STRING = json.dumps({"code": 200, "data": TEXT})
NOT_IT = b'{"a": 1}'
# What is posted, what its headers say, and the text that is kept of it.
READ: dict[str, tuple[bytes, str, str, str]] = {
    "as documented": (SENT, "", "", TEXT),
    "blanks around it": (b"\n " + SENT + b"\r\n", "", "", TEXT),
    "gzip": (gzip.compress(SENT), "", "gzip", TEXT),
    "gzip, not said": (gzip.compress(SENT), "", "", TEXT),
    "gzip, said to be deflate": (gzip.compress(SENT), "", "deflate", TEXT),
    "gzip in gzip": (gzip.compress(gzip.compress(SENT)), "", "gzip, gzip", TEXT),
    "deflate": (zlib.compress(SENT), "", "deflate", TEXT),
    "deflate, not said": (zlib.compress(SENT), "", "", TEXT),
    "deflate, bare": (bare(SENT), "", "Deflate", TEXT),
    "bare in gzip": (gzip.compress(bare(SENT)), "", "deflate, gzip", TEXT),
    "unpacked on the way": (SENT, "", "deflate", TEXT),
    "a mark": (b"\xef\xbb\xbf" + SENT, "", "", TEXT),
    "two marks": (b"\xef\xbb\xbf" * 2 + SENT, "", "", TEXT),
    "UTF-16": (TEXT.encode("utf-16"), "", "", TEXT),
    "UTF-16, no mark": (TEXT.encode("utf-16-be"), "", "", TEXT),
    "UTF-32": (TEXT.encode("utf-32-le"), "", "", TEXT),
    "no UTF-8": (SENT[:-1] + b', "a": "\xff"}', "", "", TEXT[:-1] + ', "a": "\ufffd"}'),
    "NUL": (NUL, "", "", TEXT[:-1] + ', "a": ""}'),
    "in a string": (json.dumps(TEXT).encode(), "", "", json.dumps(TEXT)),
    "alone in a list": (b"[" + SENT + b"]", "", "", f"[{TEXT}]"),
    "a list in a string": (json.dumps(f"[{TEXT}]").encode(), "", "", json.dumps(f"[{TEXT}]")),
    "data as a string": (IN_A_STRING.encode(), "", "", IN_A_STRING),
    "data alone in a list": (f'{{"data": [{TEXT}]}}'.encode(), "", "", f'{{"data": [{TEXT}]}}'),
    "a form's field": (urlencode({"a": NOT_IT, "b": SENT}).encode(), FORM, "", TEXT),
    "a form that does not say so": (urlencode({"b": SENT}).encode(), "", "", TEXT),
    # "hb" is how something that is packed may begin.
    "a form that looks packed": (urlencode({"hb": 1, "b": SENT}).encode(), FORM, "", TEXT),
    "a form's fields": (urlencode(FIELDS).encode(), FORM, "", json.dumps(FIELDS)),
    "a field, an id beside it": (urlencode({"task_id": 7, "b": SENT}).encode(), FORM, "", TEXT),
    "JSON said to be a form": (SENT, FORM, "", TEXT),
    "a part": (parts(part("a", NOT_IT), part("b", SENT)), PARTS, "", TEXT),
    "a part that is a file": (parts(part("a", SENT, FILE)), PARTS, "", TEXT),
    "NUL in a file": (parts(part("a", NUL, FILE)), PARTS, "", TEXT[:-1] + ', "a": ""}'),
    "a type in capitals": (parts(part("a", SENT)), "Multipart/Form-Data; Boundary=cut", "", TEXT),
    "parts in gzip": (gzip.compress(parts(part("a", SENT))), PARTS, "gzip", TEXT),
}


@pytest.mark.parametrize("way", READ)
def test_a_body_is_kept_as_its_text_and_read(post: Post, task: Task, way: str) -> None:
    raw, content_type, encoding, text = READ[way]

    assert post(raw, content_type or "application/json", encoding) == 200

    assert task.deliveries.get().body == text
    assert task.status == "finished"
    assert [asset.url for asset in task.assets.all()] == ["https://cdn.example.com/é.mp3"]


CUT = bare(SENT)[:-3]
TWO_OF_THEM = bare(SENT) + b"more"
MANY = urlencode({**{f"a{n}": n for n in range(100)}, **FIELDS})
# What is none of these stays as it came.
KEPT: dict[str, tuple[bytes, str, str]] = {
    "an X": (b"X marks the spot", "", ""),
    "no gzip": (b"\x1f\x8b and no more", "", "gzip"),
    "nearly gzip": (b"\x1f\x8b", "", "gzip"),
    "bare deflate, half of it": (CUT, "", "deflate"),
    "bare deflate and more": (TWO_OF_THEM, "", "deflate"),
    "bare deflate, not said": (bare(SENT), "", ""),
    "a form of something else": (b"a=1&b=%7B%22a%22%3A+1%7D", FORM, ""),
    "a form of very many fields": (MANY.encode(), FORM, ""),
    "parts without what parts them": (parts(part("a", SENT)), "multipart/form-data", ""),
    "no part of it": (parts(part("a", b"1")), PARTS, ""),
    "a list of two": (b"[" + SENT + b", 1]", "", ""),
}


@pytest.mark.parametrize("what", KEPT)
def test_what_cannot_be_read_is_kept_as_it_came(post: Post, task: Task, what: str) -> None:
    raw, content_type, encoding = KEPT[what]

    assert post(raw, content_type or "application/json", encoding) == 200

    text = raw.decode("utf-8", "replace").replace("\x00", "").strip()
    assert task.deliveries.get().body == text
    assert task.status == "running"


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zlib.compress, bare])
@pytest.mark.parametrize("over", [0, 1])
def test_the_limit_is_that_of_what_was_unpacked(
    post: Post, task: Task, pack: Callable[[bytes], bytes], over: int
) -> None:
    rest = settings.STUDIO_MAX_CALLBACK + over - len(SENT) - len(b',"a":""')
    sent = SENT[:-1] + b',"a":"' + b"x" * rest + b'"}'

    status = post(pack(sent), encoding="" if pack is bytes else "deflate")

    assert (status, task.status) == ((413, "running") if over else (200, "finished"))


def test_a_bomb_is_unpacked_no_further_than_is_taken(post: Post) -> None:
    bomb = gzip.compress(gzip.compress(bytes(64 * MB), 9), 9)
    tracemalloc.start()

    status = post(bomb)

    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert status == 413
    assert most < 20 * MB


LONG = "9" * 40
# A number that stands in a message, and the words of it: none where it is no number to be read.
NUMBERS = {
    "7": "7",
    "0.5": "0.5",
    LONG: LONG,
    LONG + "9": "",
    "9" * 5000: "",
    "0." + "1" * 398: "0.1111111111111111",
    "0." + "1" * 399: "",
    "NaN": "",
    "-Infinity": "",
}


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_of_too_many_digits_costs_only_itself(post: Post, task: Task, number: str) -> None:
    post(f'{{"task_id": "t-1", "status": "failed", "message": {number}}}'.encode())

    assert (task.status, task.error) == ("failed", NUMBERS[number] or "Vidgo gave no reason.")
