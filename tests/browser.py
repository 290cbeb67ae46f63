"""A real browser without a window, driven over its DevTools protocol: one page, what it runs, and what it asks for.

https://chromedevtools.github.io/devtools-protocol/
"""

import base64
import itertools
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
MISSING = "no Chromium: `apt-get install chromium` brings it"
_OPTIONS = (
    "--headless",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-sandbox",  # for root, as in a container; the pages are ours
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)


class Browser:
    """A running browser with one page. `events` are what the protocol told of, by their methods."""

    def __init__(self, requests: int, answers: int) -> None:
        self._requests = os.fdopen(requests, "wb", buffering=0)
        self._answers = os.fdopen(answers, "rb")
        self._numbers = itertools.count(1)
        self._session = ""
        self.events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def close(self) -> None:
        """Close the pipes, which ends the browser."""
        self._requests.close()
        self._answers.close()

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Return the result of a command of the protocol."""
        number = next(self._numbers)
        request = {"id": number, "method": method, "params": parameters, "sessionId": self._session}
        self._requests.write(json.dumps({key: value for key, value in request.items() if value != ""}).encode() + b"\0")
        while (message := self._read()).get("id") != number:
            self.events.append(message)
        if "error" in message:
            raise ValueError(f"{method}: {message['error']}")
        return dict(message["result"])

    def open(self, path: Path) -> None:
        """Load a file, and wait until it has loaded."""
        self.events.clear()
        self.call("Page.navigate", url=path.as_uri())
        while "Page.loadEventFired" not in self.methods():
            self.events.append(self._read())

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression in the page. Raises ValueError if it throws."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise ValueError(str(result["exceptionDetails"]))
        return result["result"].get("value")

    def screenshot(self, *, width: int, dark: bool) -> bytes:
        """Return a picture of the whole page in PNG."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        return base64.b64decode(self.call("Page.captureScreenshot", captureBeyondViewport=True)["data"])

    def methods(self) -> set[str]:
        """Return what the protocol told of since the page was opened."""
        return {str(event.get("method")) for event in self.events}

    def requested(self) -> list[str]:
        """Return the addresses that the page asked for, those in it (`data:`) left out."""
        events = [event for event in self.events if event.get("method") == "Network.requestWillBeSent"]
        urls = [str(event["params"]["request"]["url"]) for event in events]
        return [url for url in urls if not url.startswith("data:")]

    def _read(self) -> dict[str, Any]:
        """Return the next message. Raises EOFError if the browser has ended."""
        data = bytearray()
        while (byte := self._answers.read(1)) != b"\0":
            if not byte:
                raise EOFError("the browser has ended")
            data += byte
        return dict(json.loads(data))


@contextmanager
def start(folder: Path) -> Iterator[Browser]:
    """Start the browser, with its files below `folder`."""
    assert CHROMIUM is not None
    read_end, requests = os.pipe()
    answers, write_end = os.pipe()
    # The browser reads requests from descriptor 3, and writes answers to 4.
    script = f'exec "$@" 3<&{read_end} 4>&{write_end}'
    command = ["bash", "-c", script, "bash", CHROMIUM, *_OPTIONS, f"--user-data-dir={folder / 'profile'}"]
    process = subprocess.Popen(
        command,
        pass_fds=(read_end, write_end),
        env={**os.environ, "HOME": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    os.close(read_end)
    os.close(write_end)
    try:
        browser = Browser(requests, answers)
        yield browser
        browser.close()
        process.wait(timeout=20)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, 9)
            process.wait()
