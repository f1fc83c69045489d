"""One window of a browser, in the few words that every engine's driver understands."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement

from tests.product import PATIENCE, until

# Whether what is meant is there to be used; it is brought into sight, for a click.
IN_SIGHT = """
(css, number) => {
  const found = document.querySelectorAll(css)[number];
  if (!found?.checkVisibility() || found.disabled) return false;
  found.scrollIntoView({ block: "center", behavior: "instant" });
  return true;
}
"""


class Window(ABC):
    """A window; what is meant is named by CSS selectors, and waited for."""

    def __init__(self) -> None:
        self.complaints: list[str] = []

    def faults(self) -> list[str]:
        """Return what pages did wrong by themselves since this was last asked."""
        told, self.complaints = self.complaints, []
        return told

    @property
    @abstractmethod
    def url(self) -> str:
        """Return the address of the page."""

    @abstractmethod
    def open(self, url: str) -> None:
        """Go to a page and wait until it is loaded."""

    @abstractmethod
    def back(self) -> None:
        """Press Back."""

    @abstractmethod
    def run(self, function: str, *arguments: Any) -> Any:
        """Return what a function of JavaScript gives or promises."""

    @abstractmethod
    def click(self, css: str, number: int = 0) -> None:
        """Click once the first such element, or the one of this number, can be seen."""

    @abstractmethod
    def fill(self, css: str, text: str) -> None:
        """Type into a field instead of what is there."""

    @abstractmethod
    def press(self, key: str) -> None:
        """Press a key, wherever the focus is."""

    def wait(self, function: str, *arguments: Any) -> Any:
        """Wait until a function of JavaScript gives something true, and return it."""
        return until(lambda: self.run(function, *arguments), function)

    def see(self, css: str) -> None:
        """Wait until such an element can be seen."""
        self.wait("css => document.querySelector(css)?.checkVisibility()", css)

    def text(self, css: str) -> str:
        """Return the text of the first such element."""
        return str(self.run("css => document.querySelector(css).textContent.trim()", css))


def promised(page: Page, function: str, *arguments: Any) -> Any:
    """Return what a function of JavaScript gives or promises in a page.

    What is promised may never come, and a page can be lost: `evaluate` would wait for ever.
    """
    call = f"async all => ({{ value: await ({function})(...all) }})"
    told = page.wait_for_function(call, arg=list(arguments), timeout=PATIENCE * 1000)
    return told.json_value().get("value")


class PlaywrightWindow(Window):
    """Chromium."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self.page = page
        page.set_default_timeout(PATIENCE * 1000)
        page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))
        page.on("console", self._listen)

    def _listen(self, message: Any) -> None:
        # That something is not there, as a test will have it, the browser itself tells of.
        if message.type == "error" and "404" not in message.text:
            self.complaints.append(f"{message.text} ({message.location})")

    @property
    def url(self) -> str:
        """Return the address of the page."""
        return self.page.url

    def open(self, url: str) -> None:
        """Go to a page and wait until it is loaded."""
        self.page.goto(url)

    def back(self) -> None:
        """Press Back."""
        self.page.go_back()

    def run(self, function: str, *arguments: Any) -> Any:
        """Return what a function of JavaScript gives or promises."""
        return promised(self.page, function, *arguments)

    def click(self, css: str, number: int = 0) -> None:
        """Click once the first such element, or the one of this number, can be seen."""
        self.page.locator(css).nth(number).click()

    def fill(self, css: str, text: str) -> None:
        """Type into a field instead of what is there."""
        field = self.page.locator(css).first
        field.fill("")
        field.press_sequentially(text)

    def press(self, key: str) -> None:
        """Press a key, wherever the focus is."""
        self.page.keyboard.press(key)


class SeleniumWindow(Window):
    """WebKitGTK, of which no faults are known, and Firefox."""

    def __init__(self, driver: WebDriver, errors: Callable[[], list[str]] = list) -> None:
        super().__init__()
        self._errors = errors
        self.driver = driver
        driver.set_script_timeout(PATIENCE)
        driver.set_page_load_timeout(PATIENCE)

    def faults(self) -> list[str]:
        """Return what pages did wrong by themselves since this was last asked."""
        return self._errors()

    @property
    def url(self) -> str:
        """Return the address of the page."""
        return self.driver.current_url

    def open(self, url: str) -> None:
        """Go to a page and wait until it is loaded."""
        self.driver.get(url)

    def back(self) -> None:
        """Press Back."""
        self.driver.back()

    def run(self, function: str, *arguments: Any) -> Any:
        """Return what a function of JavaScript gives or promises."""
        given = self.driver.execute_async_script(
            "const [all, done] = arguments;"
            f"Promise.resolve().then(() => ({function})(...all))"
            ".then((value) => done({ value }), (error) => done({ error: String(error) }))",
            list(arguments),
        )
        assert "error" not in given, given["error"]
        return given.get("value")

    def click(self, css: str, number: int = 0) -> None:
        """Click once the first such element, or the one of this number, can be seen."""
        self._find(css, number).click()

    def fill(self, css: str, text: str) -> None:
        """Type into a field instead of what is there."""
        field = self._find(css)
        field.clear()
        field.send_keys(text)

    def press(self, key: str) -> None:
        """Press a key, wherever the focus is."""
        # ArrowRight is ARROW_RIGHT here.
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key).upper()
        keys = getattr(Keys, name, key) if len(key) > 1 else key
        self.driver.switch_to.active_element.send_keys(keys)

    def _find(self, css: str, number: int = 0) -> WebElement:
        # The driver does not scroll to what it clicks.
        self.wait(IN_SIGHT, css, number)
        return self.driver.find_elements(By.CSS_SELECTOR, css)[number]
