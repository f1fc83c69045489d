"""Three engines, each with one window, a product and a server in front of it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Playwright
from selenium import webdriver
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service

from tests.browser.pages import finish_imports, listened
from tests.engines.held import Front
from tests.engines.machine import chromium, loudspeaker, program, screen
from tests.engines.marionette import firefox
from tests.engines.window import PlaywrightWindow, SeleniumWindow, Window
from tests.material import put, put_stems, sound, tone
from tests.product import NAME, PASSWORD, Product
from vidgo_sandbox import SONGS, Sandbox

# Engines differ in the pages and not in the database.
collect_ignore_glob = ["test_*"] if os.environ.get("TEST_DATABASE_URL") else []


@contextmanager
def _chromium(playwright: Playwright, folder: Path) -> Iterator[Window]:
    with playwright.chromium.launch(**chromium()) as browser:
        yield PlaywrightWindow(browser.new_page())


@contextmanager
def _firefox(playwright: Playwright, folder: Path) -> Iterator[Window]:
    with loudspeaker(folder) as sound, firefox(folder, sound) as (driver, spoken):
        yield SeleniumWindow(driver, spoken.errors)


@contextmanager
def _webkit(playwright: Playwright, folder: Path) -> Iterator[Window]:
    options = Options()
    options.binary_location = str(next(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser")))
    options.add_argument("--automation")
    with loudspeaker(folder) as sound, screen() as display:
        service = Service(program("WebKitWebDriver"), env={**os.environ, **sound, **display})
        driver = webdriver.WebKitGTK(options=options, service=service)
        try:
            yield SeleniumWindow(driver)
        finally:
            driver.quit()


ENGINES = {"chromium": _chromium, "firefox": _firefox, "webkit": _webkit}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Return a quick API that makes tiny files."""
    with Sandbox(tmp_path_factory.mktemp("api"), pace=0.2, light=True) as running:
        yield running


@pytest.fixture(scope="module")
def product(api: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """Return a product that has a song."""
    data = tmp_path_factory.mktemp("product")
    with Product(data, VIDGO_API_URL=api.url, VIDGO_API_KEY="sandbox") as running:
        finish_imports(running, [SONGS[0].task_id])
        yield running


@pytest.fixture(scope="module")
def front(product: Product) -> Iterator[Front]:
    """Return the product behind a server that can hold what it answers."""
    with Front(product) as running:
        yield running


@pytest.fixture(scope="module")
def _signed_in(
    request: pytest.FixtureRequest,
    playwright: Playwright,
    front: Front,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Window]:
    with ENGINES[request.module.ENGINE](playwright, tmp_path_factory.mktemp("home")) as window:
        window.open(front.url)
        window.fill("[name=username]", NAME)
        window.fill("[name=password]", PASSWORD)
        window.click(".gate-form button")
        window.see("#library")
        yield window


@pytest.fixture
def window(_signed_in: Window, front: Front) -> Iterator[Window]:
    """Return the engine's window, signed in; a fault that a page told of fails the test."""
    _signed_in.faults()
    yield _signed_in
    assert not _signed_in.faults()
    assert not front.violations


@pytest.fixture(scope="module")
def instrumental(product: Product, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the path of an instrumental in two variations of half a minute."""
    folder = tmp_path_factory.mktemp("instrumental")
    kind = {"kind": "audio", "type": "audio/x-wav", "song": True}
    files = []
    for number, name in enumerate(("one", "two")):
        sound(folder / f"{name}.wav", 30, seed=number)
        files.append({"name": f"{name}.wav", "label": name, **kind})
    task = put(product, folder, "add-instrumental", "Low tide", files=files)
    listened(product)
    return f"/tasks/{task}/"


@pytest.fixture(scope="module")
def stems(product: Product, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the path of a separation of twenty seconds."""
    task = put_stems(product, tmp_path_factory.mktemp("stems"), 20)
    listened(product)
    return f"/tasks/{task}/"


@pytest.fixture(scope="module")
def tuned(product: Product, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the path of a separation of half a minute: an A of 440 Hz, and silence."""
    folder = tmp_path_factory.mktemp("tuned")
    tone(folder / "tone.wav", 30, 440)
    sound(folder / "silence.wav", 30, level=0)
    kind = {"kind": "stem", "type": "audio/x-wav"}
    files = [{"name": f"{name}.wav", "label": name, **kind} for name in ("tone", "silence")]
    task = put(product, folder, "upload-and-separate-vocals", "A", files=files)
    listened(product)
    return f"/tasks/{task}/"
