"""A real browser and a served results page, for the tests that look at it."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from conftest import CHROMIUM, Scratch

# As root there is no sandbox; the rest keeps the browser's own traffic away.
ARGUMENTS = [
    "--no-sandbox", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--disable-gpu", "--disable-quic",
]  # fmt: skip
MOST_SECONDS = 60


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def served(scratch: Scratch) -> Iterator[str]:
    """Serve the published files of a folder; yield the address of the page."""
    with serving(scratch.folder, scratch.environment) as (address, _):
        yield address


@contextmanager
def serving(
    folder: Path, environment: dict[str, str], with_browser: bool = False
) -> Iterator[tuple[str, subprocess.Popen]]:
    """Serve the page with some settings; yield its address and the process."""
    port = free_port()
    log = folder / "serve.log"
    with log.open("w") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "pointwise.cli", "serve", "--port", str(port),
             *([] if with_browser else ["--no-browser"])],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        wait_for(f"http://localhost:{port}/_stcore/health", server, log)
        yield f"http://localhost:{port}", server
    finally:
        server.terminate()
        server.wait(timeout=20)


def wait_for(address: str, server: subprocess.Popen, log: Path) -> None:
    """Wait until an address answers; fail with the log if the server ends."""
    for _ in range(MOST_SECONDS * 5):
        assert server.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"{address} does not answer\n{log.read_text()}")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


class Viewer:
    """A browser window on the results page that notes what it should not see."""

    def __init__(
        self,
        browser: Browser,
        address: str,
        viewport: ViewportSize,
        color_scheme: str = "light",
    ) -> None:
        self.address = address
        self.requests: list[str] = []
        self.errors: list[str] = []
        # One context, so that only the first page loads and compiles the scripts.
        (context,) = browser.contexts or [browser.new_context()]
        self.page: Page = context.new_page()
        self.page.set_viewport_size(viewport)
        self.page.emulate_media(color_scheme=color_scheme)
        self.page.set_default_timeout(MOST_SECONDS * 1000)
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("websocket", lambda socket: self.requests.append(socket.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("dialog", lambda dialog: self.errors.append(dialog.message))

    def open(self, path: str = "") -> Page:
        """Go to a page and wait until it is there."""
        self.page.goto(f"{self.address}/{path}")
        self.page.wait_for_selector("h1")
        self.settled()
        assert self.page.locator('[data-testid="stException"]').count() == 0
        return self.page

    def settled(self) -> Page:
        """Wait until the server has nothing more to say."""
        self.page.wait_for_timeout(150)
        self.page.wait_for_selector('.stApp[data-test-script-state="notRunning"]')
        for waiting in ("stSpinner", "stSkeleton"):
            self.page.wait_for_selector(f'[data-testid="{waiting}"]', state="detached")
        self.page.wait_for_timeout(150)
        return self.page

    def text(self) -> str:
        """Return the text of the page."""
        return self.page.inner_text('[data-testid="stMain"]')

    def metric(self, name: str) -> str:
        """Return the value of a figure by its name."""
        figure = self.page.locator('[data-testid="stMetric"]').filter(has_text=name)
        return figure.locator('[data-testid="stMetricValue"]').first.inner_text()

    def band(self, name: str) -> str:
        """Return what the strip says about a band: how many to talk to, and more."""
        return self.page.locator(f'[data-band="{name}"]').inner_text()

    def away(self) -> list[str]:
        """Return the requests that left this machine."""
        return [
            url
            for url in self.requests
            if urlsplit(url).scheme in ("http", "https", "ws", "wss")
            and urlsplit(url).hostname not in ("localhost", "127.0.0.1")
        ]
