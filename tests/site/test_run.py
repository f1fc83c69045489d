"""The whole product as one command starts it: its processes, its end, its next start."""

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.product import Product, until
from vidgo_sandbox import Sandbox

KEY = "a-key-of-the-test"
PARTS = ("gunicorn", "manage.py worker", "vidgo_sandbox")
STEMS = {"audio_url": "https://example.com/a.mp3", "title": "My Song"}


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product as a stranger starts it: no key, no password, its own sandbox."""
    data = tmp_path_factory.mktemp("run")
    unset = {"DJANGO_SUPERUSER_USERNAME": "", "DJANGO_SUPERUSER_PASSWORD": ""}
    with Product(data, True, **unset) as running:
        yield running


def told(product: Product) -> str:
    return product.log.read_text()


def answers(product: Product) -> bool:
    try:
        return requests.get(f"{product.url}/login/", timeout=5).status_code == 200
    except requests.RequestException:
        return False


def everything(product: Product) -> list[int]:
    return product.pids("")


@pytest.mark.once
def test_it_tells_its_address_and_how_to_sign_in(product: Product) -> None:
    until(lambda: product.url in told(product), "the address")
    match = re.search(r"Sign in as admin with the password (\S+) ", told(product))
    assert match

    session = requests.Session()
    page = session.get(f"{product.url}/login/").text
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token
    form = {"username": "admin", "password": match[1], "csrfmiddlewaretoken": token[1]}
    answer = session.post(f"{product.url}/login/", form, headers={"Referer": product.url})

    assert answer.url == f"{product.url}/"
    assert "Sandbox" in answer.text


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_is_killed_is_started_again(product: Product, part: str) -> None:
    before = set(until(lambda: product.pids(part), part))

    product.kill(part)

    until(lambda: set(product.pids(part)) - before, f"{part} again")
    until(lambda: answers(product), "the pages again")
    assert product.process.poll() is None


def test_a_child_of_the_web_server_that_is_killed_is_started_again(product: Product) -> None:
    before = until(lambda: product.pids("gunicorn")[1:], "the web server's children")

    os.kill(before[0], signal.SIGKILL)

    until(
        lambda: (
            len(set(product.pids("gunicorn")[1:]) - set(before)) >= 1
            and len(product.pids("gunicorn")) >= len(before) + 1
        ),
        "another child",
    )
    assert answers(product)


@pytest.mark.once
def test_an_address_that_opens_a_task_is_not_logged(product: Product) -> None:
    token = "t" * 43

    answer = requests.post(f"{product.url}/callback/{token}/", json={}, timeout=5)

    assert answer.status_code == 404
    until(lambda: "/callback/" in told(product), "the line of the log")
    assert token not in told(product)


def test_a_second_start_keeps_all_data(product: Product) -> None:
    """How quick it is: `make bench`."""
    secret = (product.data / "secret-key").read_text()
    length = len(told(product))

    assert product.stop() == 0
    assert everything(product) == []
    product.start()

    assert "password" not in told(product)[length:]
    assert (product.data / "secret-key").read_text() == secret


def test_after_the_supervisor_is_killed_nothing_is_left_and_the_next_start_works(
    product: Product,
) -> None:
    until(lambda: all(product.pids(part) for part in PARTS), "every part")

    product.stop(signal.SIGKILL)
    until(lambda: not everything(product), "the end of every part")

    product.start()
    assert answers(product)


@pytest.mark.once
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_everything(product: Product, number: int) -> None:
    if product.process.poll() is not None:
        product.start()
    until(lambda: all(product.pids(part) for part in PARTS), "every part")

    assert product.stop(number) == 0

    assert everything(product) == []
    assert not answers(product)


@pytest.mark.once
def test_against_a_test_server_with_any_key_everything_works_over_plain_http(
    tmp_path: Path,
) -> None:
    with (
        Sandbox(tmp_path / "api", key=KEY, pace=0.05, light=True) as api,
        Product(tmp_path / "data", VIDGO_API_URL=api.url, VIDGO_API_KEY=KEY) as product,
    ):
        assert product.pids("vidgo_sandbox") == []
        session = product.session()
        answer = product.post(session, "/new/upload-and-separate-vocals/", STEMS)
        page = product.url + answer.headers["Location"]
        until(lambda: 'data-status="finished"' in session.get(page).text, "the stems")

        def saved() -> set[str]:
            return set(re.findall(r'"(/media/\d+/)"', session.get(page).text))

        until(lambda: len(saved()) == 6, "six saved stems")
        for stem in saved():
            assert session.get(product.url + stem).headers["Content-Type"].startswith("audio/")
            assert requests.get(product.url + stem, timeout=5).url.startswith(
                f"{product.url}/login/"
            )
        (got,) = api.requests()
        assert got["body"]["callback_url"].startswith(f"{product.url}/callback/")
        assert KEY not in told(product)
        assert got["body"]["callback_url"].split("/")[-2] not in told(product)
        product.stop()
        assert everything(product) == []
