"""A real Chromium and two products: one as a stranger starts it, one whose API misbehaves.

Both end with the last test of this folder: what runs after it needs the processor.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, expect

from tests.browser.pages import Visit, finish_imports, sign_in
from tests.engines.machine import chromium
from tests.material import put, sound
from tests.product import PATIENCE, Product
from vidgo_sandbox import SONGS, Sandbox

# A violation of the page's policy is an event; told on the console it fails the test like an error.
TELL_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI}`));
"""
# What a page shows may wait for a worker that shares a busy machine with everything else.
LONG = PATIENCE * 1000
expect.set_options(timeout=LONG)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Start the system's own Chromium without its windows, which take 40 % of the processor."""
    return {**browser_type_launch_args, **chromium("chromium-headless-shell")}


@pytest.fixture
def whole(playwright: Playwright) -> Iterator[Browser]:
    """Return Chromium as one has it, for what it has by its windows: `visit(…, on=whole)`."""
    with playwright.chromium.launch(**chromium()) as running:
        yield running


@pytest.fixture(scope="package")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """Return the product as `make run` starts it without a key: with its own sandbox."""
    with Product(tmp_path_factory.mktemp("product")) as running:
        yield running


@pytest.fixture
def bring_in(product: Product, tmp_path: Path) -> Callable[[str], int]:
    """Return a call that brings a song in, as a teammate does, and returns its task."""
    sound(tmp_path / "song.wav", 1)

    def make(title: str) -> int:
        file = {"name": "song.wav", "kind": "audio", "type": "audio/x-wav", "label": title}
        return put(product, tmp_path, "import-song", title, files=[{**file, "song": True}])

    return make


@pytest.fixture(scope="package")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Return a quick API that a test can script (`api.script`)."""
    with Sandbox(tmp_path_factory.mktemp("api"), pace=0.2, light=True) as running:
        yield running


@pytest.fixture(scope="package")
def scripted(api: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """Return a second product, which works against `api` and has its songs."""
    data = tmp_path_factory.mktemp("scripted")
    with Product(data, VIDGO_API_URL=api.url, VIDGO_API_KEY="sandbox") as running:
        finish_imports(running, [song.task_id for song in SONGS])
        yield running


@pytest.fixture
def open_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Return a call that opens a new browser context; each is closed, and none may have complained.

    The page's own faults fail the test: errors on the console, uncaught exceptions, violations of
    its policy. `complaints=[...]` collects them elsewhere, for a test that provokes one.
    """
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def make(
        complaints: list[str] | None = None, on: Browser = browser, **options: Any
    ) -> BrowserContext:
        told = faults if complaints is None else complaints
        context = on.new_context(**options)
        context.set_default_timeout(LONG)
        context.add_init_script(TELL_VIOLATIONS)

        def on_console(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning"):
                told.append(f"{message.page.url if message.page else ''}: {message.text}")

        context.on("console", on_console)
        context.on("weberror", lambda error: told.append(f"uncaught: {error.error}"))
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()
    assert not faults, "\n".join(faults)


@pytest.fixture(scope="session")
def _states(browser: Browser) -> dict[str, Any]:
    return {}


@pytest.fixture
def visit(
    browser: Browser, open_context: Callable[..., BrowserContext], _states: dict[str, Any]
) -> Callable[..., Page]:
    """Return a call that opens a signed-in page of a product: `visit(product, "/songs/", ...)`."""

    def make(product: Product, path: str = "/", **options: Any) -> Page:
        if product.url not in _states:
            context = browser.new_context(base_url=product.url)
            sign_in(context.new_page())
            _states[product.url] = context.storage_state()
            context.close()
        context = open_context(base_url=product.url, storage_state=_states[product.url], **options)
        page = context.new_page()
        page.goto(path)
        return page

    return make


@pytest.fixture
def page(visit: Visit, product: Product) -> Page:
    """Return a signed-in page of the product, at its list."""
    return visit(product)
