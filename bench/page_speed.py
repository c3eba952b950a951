"""Measure how fast the results page is over what is published.

    python bench/page_speed.py
    POINTWISE_PUBLISHED=/tmp/large/published python bench/page_speed.py --repeats 5
    python bench/page_speed.py --only what-if

Each page is opened first on a server that has only just started, then again by another
visitor; then come the things a visitor does, and a visit that goes from page to page.
Times are what the visitor waits, from the click until the page is at rest and drawn, in
seconds; beside them, the processor time of the server, which other work on the machine
lengthens less. Medians, in headless Chromium. No part of the tests.
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
from conftest import CHROMIUM  # noqa: E402
from pointwise.core.command_line import run  # noqa: E402
from pointwise.core.errors import PointwiseError  # noqa: E402
from pointwise.core.home import path_setting  # noqa: E402
from pointwise.core.published import connect  # noqa: E402
from pointwise.core.terminal import console, print_table  # noqa: E402

# What the menu calls a page, and its heading, by address.
PAGES = {
    "who": ("People", "Who should we talk to?"),
    "why": ("One person", "Why this user?"),
    "trust": ("Trust", "Can we trust it?"),
    "what-if": ("What if", "What if?"),
    "experiments": ("Experiments", "Experiments"),
    "how": ("How", "How is it scored?"),
}
FIRST = "who"  # Its address is that of the server.
VISIT = "a visit"
WIDE = {"viewport": {"width": 1280, "height": 900}}
# A page that did not move for this long is at rest.
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
        address = f"{self.viewer.address}/{path if path != FIRST else ''}"
        return self.measure(lambda: self.page.goto(address, wait_until="commit"))


def processor_seconds(process: int) -> float:
    """Return the processor time of a process so far; 0 where no file has it."""
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
            "POINTWISE_PUBLISHED": str(path_setting("POINTWISE_PUBLISHED")),
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
    page.get_by_label("Page (").fill(str(number))
    page.keyboard.press("Enter")


def filter_by(page: Page, attribute: str, value: str) -> None:
    """Show the users with a value of an attribute only, or with one value more."""
    page.get_by_role("combobox", name=attribute).fill(value)
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")


def download(page: Page) -> None:
    """Download the list."""
    with page.expect_download() as file:
        page.get_by_role("button", name="Download", exact=True).click()
    file.value.path()


def choose_user(page: Page, row: int) -> None:
    """Click the user in a row of the list."""
    table = page.locator('[data-testid="stDataFrame"] .dvn-scroller').first
    table.scroll_into_view_if_needed()
    table.click(position={"x": 100, "y": 65 + 66 * row})


def turn_to_page(page: Page, path: str) -> None:
    """Go to another page within the visit."""
    name, heading = PAGES[path]
    page.get_by_role("link", name=name, exact=True).click()
    page.get_by_role("heading", name=heading, exact=True).wait_for()


def ask_for(page: Page, user: str) -> None:
    """Explain another user."""
    page.get_by_label("User", exact=True).fill(user)
    page.keyboard.press("Enter")


def choose_experiment(page: Page, name: str) -> None:
    """Show another experiment."""
    page.get_by_role("combobox").first.fill(name)
    page.keyboard.press("Enter")


def change_points(page: Page, key: str) -> None:
    """Change the points of the first rule by a step."""
    page.get_by_role("spinbutton").nth(1).focus()
    page.keyboard.press(key)


def clicked(page: Page, words: str) -> None:
    """Click on some words."""
    page.get_by_text(words, exact=True).first.click()


def filters() -> list[tuple[str, Callable[[Page], object]]]:
    """Return how a visitor filters by each attribute, by its two commonest values."""
    steps: list = [("open the filters", partial(clicked, words="More filters"))]
    with connect() as connection:
        attributes = connection.execute(
            "select feature from features where measure = 'attribute'"
        ).fetchall()
        for (attribute,) in attributes:
            values = connection.execute(
                f'select "{attribute}" as value from user_features'
                " where value is not null group by all order by count(*) desc limit 2"
            ).fetchall()
            name = attribute.replace("_", " ").capitalize()
            steps += [
                ("filter by an attribute", partial(filter_by, attribute=name, value=v))
                for (v,) in values
            ]
    return [*steps, ("customers too", partial(clicked, words="Customers too"))]


def actions() -> dict[str, list[tuple[str, Callable[[Page], object]]]]:
    """Return what a visitor does, by page: each step a few times, never the same."""
    with connect() as connection:
        users = connection.execute(
            "select user_id from user_scores using sample 3 rows (reservoir, 7)"
        ).fetchall()
        bands = connection.execute(
            "select band from score_bands where score is null order by min_score desc"
        ).fetchall()
        words = connection.execute(
            "select reason[:9] from scoring_rules where reason is not null limit 3"
        ).fetchall()
        experiments = connection.execute(
            "select experiment from experiment_plan order by experiment"
        ).fetchall()
    return {
        "who": [
            *(("search for words", partial(search, word=word)) for (word,) in words),
            *(("search for an id", partial(search, word=user)) for (user,) in users),
            ("", partial(search, word="")),
            *(("choose a band", partial(choose_band, band=band)) for (band,) in bands),
            *(("turn the page", partial(turn_to, number=n)) for n in (2, 3, 10)),
            *(("choose a user", partial(choose_user, row=row)) for row in (1, 2, 3)),
            ("download the list", download),
            *filters(),
            ("download what is filtered", download),
        ],
        "why": [("another user", partial(ask_for, user=user)) for (user,) in users],
        "what-if": [
            (f"change points{when}", partial(change_points, key="ArrowUp"))
            for when in (" at once, as features load", "", "", "")
        ],
        "experiments": [
            ("another experiment", partial(choose_experiment, name=name))
            for (name,) in experiments[1:]
        ],
        VISIT: [
            (f"turn to {path}{when}", partial(turn_to_page, path=path))
            for when in ("", ", again")
            for path in [*list(PAGES)[1:], FIRST]
        ],
    }


def measured(
    browser: Browser, repeats: int, only: list[str]
) -> Iterator[tuple[str, list[Measured]]]:
    """Yield every step with what it took each time."""
    for path in [path for path in PAGES if path in only and repeats]:
        cold, warm = [], []
        for _ in range(repeats):
            with a_new_server(browser) as come_in:
                for found in (cold, warm):
                    visitor = come_in()
                    found.append(visitor.open(path))
                    visitor.page.close()
        yield f"{path}: on a new server", cold
        yield f"{path}: again", warm
    for path, steps in [
        (path, steps) for path, steps in actions().items() if path in only
    ]:
        with a_new_server(browser) as come_in:
            visitor = come_in()
            visitor.open(FIRST if path == VISIT else path)
            done: dict[str, list[Measured]] = {}
            for name, action in steps:
                took = visitor.measure(partial(action, visitor.page))
                done.setdefault(name, []).append(took)
            visitor.page.close()
        yield from ((f"{path}: {name}", took) for name, took in done.items() if name)


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--repeats",
        type=int,
        default=3,
        help="times each page is opened (3); 0: not at all",
    )
    every = [*PAGES, VISIT]
    parser.add_argument(
        "--only", nargs="+", choices=every, default=every, help="these pages (all)"
    )
    arguments = parser.parse_args()
    if CHROMIUM is None:
        raise PointwiseError("no Chromium here: `apt-get install chromium` first")
    rows = []
    with chromium() as browser:
        for name, took in measured(browser, arguments.repeats, arguments.only):
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
