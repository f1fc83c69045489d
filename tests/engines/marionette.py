"""Firefox by Marionette, which every Firefox speaks itself: what `geckodriver` would pass on.

A message is its length, a colon and JSON: `[0, number, command, parameters]` is answered by
`[1, number, error, result]`
(https://firefox-source-docs.mozilla.org/testing/marionette/Protocol.html).
"""

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.options import ArgOptions
from selenium.webdriver.remote.command import Command
from selenium.webdriver.remote.webdriver import WebDriver

from tests.engines.machine import program
from tests.product import PATIENCE, until

# Selenium's names of what is done here, and Marionette's.
COMMANDS = {
    Command.NEW_SESSION: "WebDriver:NewSession",
    Command.SET_TIMEOUTS: "WebDriver:SetTimeouts",
    Command.GET: "WebDriver:Navigate",
    Command.GET_CURRENT_URL: "WebDriver:GetCurrentURL",
    Command.GO_BACK: "WebDriver:Back",
    Command.W3C_EXECUTE_SCRIPT_ASYNC: "WebDriver:ExecuteAsyncScript",
    Command.FIND_ELEMENTS: "WebDriver:FindElements",
    Command.CLICK_ELEMENT: "WebDriver:ElementClick",
    Command.CLEAR_ELEMENT: "WebDriver:ElementClear",
    Command.SEND_KEYS_TO_ELEMENT: "WebDriver:ElementSendKeys",
    Command.W3C_GET_ACTIVE_ELEMENT: "WebDriver:GetActiveElement",
}
PREFERENCES = {
    "marionette.port": 0,
    "media.autoplay.default": 0,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "app.update.enabled": False,
}
# What the pages did wrong by themselves, since it was last asked.
ERRORS = """
const told = Services.console.getMessageArray();
Services.console.reset();
return told
  .filter((one) => one instanceof Ci.nsIScriptError && one.category === "content javascript")
  .filter((one) => !(one.flags & Ci.nsIScriptError.warningFlag))
  .map(String);
"""


LOST = "Firefox answers nothing any more, not even that a script takes too long"


class Marionette:
    """Selenium's way to a browser, instead of HTTP to a driver."""

    def __init__(self, port: int) -> None:
        self.number = 0
        # It tells itself of what takes it longer than it may.
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE + 30)
        self._read()

    def execute(self, command: str, given: dict[str, Any]) -> dict[str, Any]:
        """Return what Selenium makes of an answer; raises WebDriverException."""
        parameters = {name: value for name, value in given.items() if name != "sessionId"}
        if command == Command.NEW_SESSION:
            parameters = parameters["capabilities"]["firstMatch"][0]
        result = self.ask(COMMANDS[command], parameters)
        # Lists and sessions come without the name that all else comes under.
        return result if isinstance(result, dict) and "value" in result else {"value": result}

    def ask(self, command: str, parameters: dict[str, Any]) -> Any:
        """Return the answer to one command of Marionette's own."""
        if self.socket.fileno() < 0:
            raise WebDriverException(LOST)
        self.number += 1
        text = json.dumps([0, self.number, command, parameters])
        self.socket.sendall(f"{len(text.encode())}:{text}".encode())
        _, _, error, result = self._read()
        if error:
            raise WebDriverException(f"{error['error']}: {error['message']}")
        return result

    def errors(self) -> list[str]:
        """Return the uncaught errors of pages since this was last asked."""
        self.ask("Marionette:SetContext", {"value": "chrome"})
        try:
            told = self.ask("WebDriver:ExecuteScript", {"script": ERRORS, "args": []})
        finally:
            self.ask("Marionette:SetContext", {"value": "content"})
        return list(told["value"])

    def close(self) -> None:
        """Hang up."""
        self.socket.close()

    def _read(self) -> Any:
        length = b""
        while not length.endswith(b":"):
            length += self._receive(1)
        return json.loads(self._receive(int(length[:-1])))

    def _receive(self, size: int) -> bytes:
        got = b""
        while len(got) < size:
            try:
                piece = self.socket.recv(size - len(got))
            except TimeoutError:
                self.close()
                raise WebDriverException(LOST) from None
            if not piece:
                raise WebDriverException("Firefox has hung up")
            got += piece
        return got


@contextmanager
def firefox(folder: Path, environment: dict[str, str]) -> Iterator[tuple[WebDriver, Marionette]]:
    """Return a Firefox of its own profile, and what it is spoken to by."""
    profile = folder / "profile"
    profile.mkdir()
    lines = [f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in PREFERENCES.items()]
    (profile / "user.js").write_text("\n".join(lines))
    # The last lets `errors` look at what pages cannot.
    command = [
        *(program("firefox-esr"), "--marionette", "--headless", "--no-remote"),
        "--remote-allow-system-access",
    ]
    port = profile / "MarionetteActivePort"
    with subprocess.Popen(
        [*command, "--profile", str(profile)],
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            until(lambda: port.exists() and port.read_text(), "Firefox's port")
            spoken = Marionette(int(port.read_text()))
            yield WebDriver(command_executor=spoken, options=_Options()), spoken  # type: ignore[arg-type]
            spoken.close()
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()


class _Options(ArgOptions):
    @property
    def default_capabilities(self) -> dict[str, Any]:
        """Return what is asked of a session."""
        return {"browserName": "firefox"}
