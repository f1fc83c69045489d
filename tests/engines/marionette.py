"""Firefox by Marionette, which every Firefox speaks itself: what `geckodriver` would pass on.

A message is its length, a colon and JSON: `[0, number, command, parameters]` is answered by
`[1, number, error, result]`
(https://firefox-source-docs.mozilla.org/testing/marionette/Protocol.html).
"""

import json
import os
import socket
import subprocess
import time
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


class LostError(WebDriverException):
    """Firefox answers nothing any more, not even that a script takes too long, and does nothing."""


class Marionette:
    """Selenium's way to a browser, instead of HTTP to a driver."""

    def __init__(self, port: int, group: int) -> None:
        self.group = group
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
            raise LostError("Firefox answers no more")
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
                if _is_busy(self.group):
                    raise WebDriverException("a page keeps Firefox busy for ever") from None
                raise LostError("Firefox answers no more") from None
            if not piece:
                raise WebDriverException("Firefox has hung up")
            got += piece
        return got


def _ticks(group: int) -> int:
    """Return the hundredths of a second that a group of processes has worked (proc(5))."""
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        # One that is just ending works no more.
        with suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[2]) == group:
                total += int(fields[11]) + int(fields[12])
    return total


def _is_busy(group: int) -> bool:
    """Return whether a group of processes works a quarter of the time or more."""
    before = _ticks(group)
    time.sleep(2)
    return _ticks(group) - before >= 50


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
            spoken = Marionette(int(port.read_text()), process.pid)
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
