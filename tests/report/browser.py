"""Chromium without a window, spoken to over a pipe: no port, no driver, no library."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 60.0  # Seconds for an answer on a busy machine.
QUIET = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--hide-scrollbars",
)
OFFLINE = ("--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-default-browser-check")


class BrowserError(Exception):
    """There is no browser, or it does not do what it is told."""


def program() -> str:
    """Path of the browser.

    Raises:
        BrowserError: There is none.
    """
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if not found:
        raise BrowserError("There is no Chromium here: install Debian's package chromium (make browser, as root).")
    return found


class Page:
    """One tab, with all that it asked of a network and wrote on its console."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands, self._answers = commands, answers
        self._number, self._rest, self._session, self._loaded = 0, b"", "", False
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.dialogs: list[str] = []
        self.blocked: list[str] = []

    def attach(self) -> None:
        """Open the tab and listen to it."""
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log", "DOM"):
            self.send(f"{domain}.enable")

    def look(self, path: Path, width: int = 1280, height: int = 900, *, dark: bool = False, script: bool = True, media: str = "") -> None:
        """Load a file as a window of a width shows it, and wait until it is there."""
        self.requests.clear()
        self.complaints.clear()
        self.blocked.clear()
        self.send("Emulation.setScriptExecutionDisabled", value=not script)
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.send("Emulation.setEmulatedMedia", media=media, features=[scheme])
        self._loaded = False
        self.send("Page.navigate", url=path.resolve().as_uri())
        self._read(lambda: self._loaded)

    def ask(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page."""
        found = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in found:
            raise BrowserError(json.dumps(found["exceptionDetails"])[:600])
        return found["result"].get("value")

    def picture(self, whole: bool = True, width: int = 0, height: int = 0) -> bytes:
        """A PNG of the page, or of its upper part."""
        clip = {}
        if width:
            clip = {"clip": {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}}
        return base64.b64decode(self.send("Page.captureScreenshot", format="png", captureBeyondViewport=whole, **clip)["data"])

    def paper(self) -> bytes:
        """The page as a PDF of A4 paper."""
        return base64.b64decode(self.send("Page.printToPDF", printBackground=False, paperWidth=8.27, paperHeight=11.69)["data"])

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Give a command and return its answer."""
        self._number += 1
        command = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            command["sessionId"] = self._session
        os.write(self._commands, json.dumps(command).encode() + b"\0")
        answers: dict[int, dict[str, Any]] = {}
        self._read(lambda: self._number in answers, answers)
        answer = answers[self._number]
        if "error" in answer:
            raise BrowserError(f"{method}: {answer['error']}")
        return answer["result"]

    def _read(self, done: Any, answers: dict[int, dict[str, Any]] | None = None) -> None:
        end = time.monotonic() + PATIENCE
        while not done():
            if time.monotonic() > end:
                raise BrowserError(f"Chromium has not answered for {PATIENCE:.0f} s.")
            message, mark, rest = self._rest.partition(b"\0")
            if mark:
                self._rest = rest
                self._take(json.loads(message), {} if answers is None else answers)
                continue
            if select.select([self._answers], [], [], 1.0)[0]:
                more = os.read(self._answers, 1 << 20)
                if not more:
                    raise BrowserError("Chromium has ended.")
                self._rest += more

    def _take(self, message: dict[str, Any], answers: dict[int, dict[str, Any]]) -> None:
        """Keep an answer, or what an event says."""
        method, details = message.get("method", ""), message.get("params", {})
        if "id" in message:
            answers[message["id"]] = message
        elif method == "Page.loadEventFired":
            self._loaded = True
        elif method == "Network.requestWillBeSent":
            self.requests.append(details["request"]["url"])
        elif method == "Network.loadingFailed":
            self.blocked.append(details.get("blockedReason", ""))
        elif method == "Log.entryAdded":
            self.complaints.append(details["entry"]["text"])
        elif method in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown"):
            self.complaints.append(json.dumps(details)[:600])
        elif method == "Page.javascriptDialogOpening":
            self.dialogs.append(details["message"])


@contextmanager
def browser() -> Iterator[Page]:
    """A page of a browser that ends with the context.

    Raises:
        BrowserError: There is no browser, or it does not answer.
    """
    found = program()
    command_read, command_write = os.pipe()
    answer_read, answer_write = os.pipe()
    # --remote-debugging-pipe takes commands on 3 and gives answers on 4; copied high first, as 3 or 4 may be one of them.
    commands, answers = (fcntl.fcntl(each, fcntl.F_DUPFD, 50) for each in (command_read, answer_write))
    with tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True) as home:
        process = subprocess.Popen(
            ["bash", "-c", f'exec "$@" 3<&{commands} 4>&{answers}', "bash", found, *QUIET, *OFFLINE, f"--user-data-dir={home}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(commands, answers),
            env={**os.environ, "HOME": home},
        )
        for each in (command_read, answer_write, commands, answers):
            os.close(each)
        page = Page(command_write, answer_read)
        try:
            page.attach()
            yield page
        finally:
            process.terminate()
            process.wait(PATIENCE)
            os.close(command_write)
            os.close(answer_read)
