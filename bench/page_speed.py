"""Measure how fast the results page is over what is published.

    python bench/page_speed.py
    POINTWISE_PUBLISHED=/tmp/large/published python bench/page_speed.py --repeats 5

Each page is opened first on a server that has only just started, then again by another
visitor; then come the things a visitor does. Times are what the visitor waits, from
the click until the page is at rest and drawn, in seconds; beside them, the processor
time of the server, which other work on the machine lengthens less. Medians, in
headless Chromium. No part of the tests.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import NamedTuple

PROJECT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(PROJECT / "scripts"), str(PROJECT / "tests" / "python")]

from playwright.sync_api import Browser, Page  # noqa: E402

from browser import Viewer, chromium, serving  # noqa: E402
from common import PointwiseError, console, print_table, run, setting  # noqa: E402
from conftest import CHROMIUM  # noqa: E402
from published import connect  # noqa: E402

PAGES = ("", "why", "trust", "what-if", "experiments", "how")
FIRST = "who"  # The address of the first page is that of the server.
WIDE = {"viewport": {"width": 1280, "height": 900}}
# A page that did not move for so long is at rest.
REST = 0.3
AT_REST = """rest => {
    const all = name => [...document.querySelectorAll(`[data-testid="${name}"]`)]
        .filter(found => found.checkVisibility());
    const app = document.querySelector('.stApp');
    const idle = app && app.dataset.testScriptState === 'notRunning'
        && document.querySelector('h1') && !all('stSpinner').length
        && !all('stSkeleton').length && !all('stException').length
        && all('stVegaLiteChart').every(chart => chart.querySelector('svg, canvas'))
        && all('stDataFrame').every(table => table.querySelector('canvas'));
    const now = performance.now() / 1000;
    if (!idle) { window.idleSince = null; return false; }
    window.idleSince = window.idleSince ?? now;
    return now - window.idleSince >= rest;
}"""


class Measured(NamedTuple):
    """What a step took: seconds of the visitor, and of the server's processors."""

    waited: float
    computed: float


class Visitor:
    """A window on a served page, with a watch."""

    def __init__(self, browser: Browser, address: str, server: int) -> None:
        self.server = server
        self.viewer = Viewer(browser, address, **WIDE)
        self.page: Page = self.viewer.page

    def measure(self, action: Callable[[], object]) -> Measured:
        """Do something and return what it took until the page is at rest."""
        before, started = processor_seconds(self.server), time.perf_counter()
        self.page.evaluate("window.idleSince = null")
        action()
        self.page.wait_for_function(AT_REST, arg=REST, polling=20)
        waited = time.perf_counter() - started - REST
        return Measured(waited, processor_seconds(self.server) - before)

    def open(self, path: str) -> Measured:
        """Open a page and return what it took."""
        return self.measure(
            lambda: self.page.goto(f"{self.viewer.address}/{path}", wait_until="commit")
        )


def processor_seconds(process: int) -> float:
    """Return the processor time of a process so far; 0 where no file tells it."""
    state = Path(f"/proc/{process}/stat")
    if not state.exists():
        return 0.0
    fields = state.read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def a_new_server(browser: Browser) -> Iterator[Callable[[], Visitor]]:
    """Serve what is published; yield how a visitor comes in."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "POINTWISE_PUBLISHED": str(setting("POINTWISE_PUBLISHED")),
        }
        with serving(Path(folder), environment) as (address, server):
            yield lambda: Visitor(browser, address, server.pid)


def search(page: Page, word: str) -> None:
    """Look for a word in the list."""
    page.get_by_label("Search", exact=True).first.fill(word)
    page.keyboard.press("Enter")


def choose_band(page: Page, band: str) -> None:
    """Show one band more in the list, or one less."""
    page.get_by_role("button", name=band, exact=True).click()


def turn_to(page: Page, number: int) -> None:
    """Turn to a page of the list."""
    page.get_by_label("Page of").fill(str(number))
    page.keyboard.press("Enter")


def filter_by(page: Page, attribute: str, value: str) -> None:
    """Show the users with a value of an attribute only."""
    box = page.get_by_role("combobox", name=attribute)
    if not box.is_visible():
        page.get_by_text("More filters").click()
    box.fill(value)
    page.keyboard.press("Enter")


def ask_for(page: Page, user: str) -> None:
    """Explain another user."""
    page.get_by_label("User", exact=True).fill(user)
    page.keyboard.press("Enter")


def move_slider(page: Page, key: str) -> None:
    """Move the first slider by a step."""
    page.get_by_role("slider").first.focus()
    page.keyboard.press(key)


def actions() -> dict[str, list[tuple[str, Callable[[Page], object]]]]:
    """Return what a visitor does, by page: each step a few times, never the same."""
    with connect() as connection:
        users = connection.execute(
            "select user_id from user_scores using sample 3 rows (reservoir, 7)"
        ).fetchall()
        bands = connection.execute(
            "select band from score_bands order by min_score desc limit 3"
        ).fetchall()
        words = connection.execute(
            "select reason[:9] from scoring_rules where reason is not null limit 3"
        ).fetchall()
    return {
        "": [
            *(("search for words", partial(search, word=word)) for (word,) in words),
            *(("search for an id", partial(search, word=user)) for (user,) in users),
            ("", partial(search, word="")),
            *(("choose a band", partial(choose_band, band=band)) for (band,) in bands),
            *(("turn the page", partial(turn_to, number=n)) for n in (2, 3, 500)),
        ],
        "why": [("another user", partial(ask_for, user=user)) for (user,) in users],
        "what-if": [
            (f"move a slider{when}", partial(move_slider, key="ArrowLeft"))
            for when in (" at once, as features load", "", "", "")
        ],
    }


def measured(browser: Browser, repeats: int) -> Iterator[tuple[str, list[Measured]]]:
    """Yield every step with what it took each time."""
    for path in PAGES:
        cold, warm = [], []
        for _ in range(repeats):
            with a_new_server(browser) as come_in:
                for found in (cold, warm):
                    visitor = come_in()
                    found.append(visitor.open(path))
                    visitor.page.close()
        yield f"{path or FIRST}: on a new server", cold
        yield f"{path or FIRST}: again", warm
    for path, steps in actions().items():
        with a_new_server(browser) as come_in:
            visitor = come_in()
            visitor.open(path)
            done: dict[str, list[Measured]] = {}
            for name, action in steps:
                took = visitor.measure(partial(action, visitor.page))
                done.setdefault(name, []).append(took)
            visitor.page.close()
        yield from (
            (f"{path or FIRST}: {name}", took) for name, took in done.items() if name
        )


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--repeats", type=int, default=3, help="times each page is opened (3)"
    )
    arguments = parser.parse_args()
    if CHROMIUM is None:
        raise PointwiseError("no Chromium here: `apt-get install chromium` first")
    rows = []
    with chromium() as browser:
        for name, took in measured(browser, arguments.repeats):
            rows.append(
                [
                    name,
                    f"{median(one.waited for one in took):.2f}",
                    f"{max(one.waited for one in took):.2f}",
                    f"{median(one.computed for one in took):.2f}",
                ]
            )
            console.print(" ".join(rows[-1]), markup=False)
    with connect() as connection:
        ((users,),) = connection.execute("select count(*) from user_scores").fetchall()
    headings = ["median", "slowest", "processor"]
    print_table(
        f"The results page with {users:,} users, in seconds",
        ["", *headings],
        rows,
        right=headings,
    )


if __name__ == "__main__":
    run(main)
