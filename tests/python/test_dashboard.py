"""The results page as a person sees it: in a real browser, over a real build.

Skipped where there is no Chromium. Screenshots go to target/screenshots: look at them.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from itertools import combinations
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page

from browser import Viewer, chromium, served, serving
from colour_blindness import least_difference
from conftest import BIN, PROJECT, Scratch, last_lines
from pointwise.core.published import connect
from pointwise.page.colors import (
    BAND_COLORS,
    DRIFT_COLORS,
    GAIN_COLOR,
    LOSS_COLOR,
    LOWEST_BAND_COLOR,
    MODEL_COLORS,
    OTHER_COLOR,
    SERIES_COLORS,
    TOTAL_COLOR,
)

PAGES = [
    *("", "why", "changes", "companies", "trust", "what-if", "experiments", "how"),
]
SCREENSHOTS = PROJECT / "target" / "screenshots"
WIDE = {"viewport": {"width": 1280, "height": 900}}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests."""
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def address(browser: Browser, default_world: Scratch) -> Iterator[str]:
    """The page over the default world."""
    del browser  # without one nothing need be served
    with served(default_world) as found:
        yield found


@pytest.fixture
def viewer(browser: Browser, address: str) -> Iterator[Viewer]:
    """A window on the page; it must not see errors or ask other machines."""
    window = Viewer(browser, address, **WIDE)
    yield window
    window.page.close()
    assert window.errors == window.away() == []


def published(scratch: Scratch, query: str) -> list[tuple]:
    """Return the rows of a query on the published files of a folder."""
    with connect(scratch.published) as connection:
        return connection.execute(query).fetchall()


def copy_world(world: Scratch, target: Scratch) -> None:
    """Give a folder the warehouse and the published files of another one."""
    shutil.copy2(world.warehouse, target.warehouse)
    shutil.copytree(world.published, target.published, symlinks=True)
    for name in ("POINTWISE_EVENTS", "POINTWISE_USERS"):
        target.environment[name] = world.environment[name]


def cells(grid: Locator, row: int) -> list[str]:
    """Return the texts of a row of a table."""
    grid.locator('[role="gridcell"]').first.wait_for(state="attached")
    rows = grid.locator('tbody [role="row"]')
    return rows.nth(row).locator('[role="gridcell"]').all_text_contents()


def grids(page: Page) -> Locator:
    """Return the tables of a page."""
    return page.locator('[data-testid="stDataFrame"]')


def choose_first_user(page: Page) -> None:
    """Click the user in the first row of the list: a table that moves misses clicks."""
    cells(grids(page).first, 0)
    rows = grids(page).first.locator(".dvn-scroller").first
    chosen = page.get_by_text("Every point of this user")
    for _ in range(10):
        rows.click(position={"x": 100, "y": 55})
        page.wait_for_timeout(1000)
        if chosen.is_visible():
            return


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (400, "dark")])
def test_every_page_is_there_in_both_sizes_and_themes(
    browser: Browser, address: str, path: str, width: int, scheme: str
) -> None:
    shape = {"viewport": {"width": width, "height": 2200}, "color_scheme": scheme}
    viewer = Viewer(browser, address, **shape)
    page = viewer.open(path)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{path or 'who'}-{width}-{scheme}.png")
    inner = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    cells = {*page.locator("table.rows td").all_text_contents()}
    page.close()
    assert inner <= width, "the page is wider than the window"
    assert not cells & {"nan", "None", "NaT", "<NA>"}
    assert viewer.errors == viewer.away() == []


def test_the_first_page_shows_the_numbers_of_the_build(
    viewer: Viewer, default_world: Scratch
) -> None:
    page = viewer.open()
    bands = published(
        default_world,
        "select band, count(*), count(*) filter (not is_customer and is_named)"
        " from user_scores group by band",
    )
    for band, users, to_talk_to in bands:
        shown = viewer.band(band)
        assert shown.startswith(f"{to_talk_to:,} {band}")
        assert f"{users:,} with customers and visitors" in shown
    best = published(
        default_world,
        "select rank::varchar, user_id, coalesce(account_id, ''), score::varchar"
        " from user_scores left join (select user_id, account_id"
        " from account_people where is_current) using (user_id)"
        " where not is_customer and is_named order by rank limit 3",
    )
    for row, expected in enumerate(best):
        assert tuple(cells(grids(page).first, row)[:4]) == expected
    top = grids(page).first.bounding_box()["y"]
    assert top + 6 * 66 < 900, "the list is below the fold"


def test_search_and_bands_narrow_the_list(
    viewer: Viewer, default_world: Scratch
) -> None:
    page = viewer.open()
    expected = "select count(*) from user_scores where not is_customer and is_named"
    page.get_by_role("button", name="medium").click()
    ((users,),) = published(default_world, f"{expected} and band = 'medium'")
    page.get_by_text(f"{users:,} users, best first").wait_for()
    page.get_by_label("Search", exact=True).first.fill("SIGNED up")
    page.keyboard.press("Enter")
    ((users,),) = published(
        default_world,
        f"{expected} and band = 'medium' and concat_ws(' ', reason_1, reason_2,"
        " reason_3) ilike '%signed up%'",
    )
    page.get_by_text(f"{users:,} users, best first").wait_for()
    page.get_by_label("Search", exact=True).first.fill("nobody' or 1=1 --")
    page.keyboard.press("Enter")
    page.get_by_text("Nobody matches").wait_for()


def test_unknown_visitors_are_left_out_until_asked_for_and_marked(
    viewer: Viewer, default_world: Scratch
) -> None:
    ((visitor, users),) = published(
        default_world,
        "select arg_min(user_id, rank) filter (not is_named), count(*)"
        " from user_scores where not is_customer",
    )
    page = viewer.open()
    page.get_by_text("best first, customers and unknown visitors left out").wait_for()
    # The page moves while it opens, and the header may lie over it: not by the mouse.
    page.get_by_text("More filters").dispatch_event("click")
    viewer.settled()
    page.get_by_text("Unknown visitors too").click()
    page.get_by_text(f"{users:,} users, best first, customers left out").wait_for()
    page.get_by_label("Search", exact=True).first.fill(visitor)
    page.keyboard.press("Enter")
    page.get_by_text("1 user, best first").wait_for()
    # The table may still show the list without the search.
    marked = f"{visitor} (unknown visitor)"
    grids(page).first.get_by_text(marked).first.wait_for(state="attached")
    assert cells(grids(page).first, 0)[1] == marked
    viewer.open(f"why?user={visitor}")
    page.get_by_text("unknown visitor").first.wait_for()


def test_a_chosen_user_is_explained_and_leads_to_every_point(
    viewer: Viewer, default_world: Scratch
) -> None:
    page = viewer.open()
    user, score, explanation = published(
        default_world,
        "select user_id, score, explanation from user_scores"
        " where not is_customer and is_named order by rank limit 1",
    )[0]
    choose_first_user(page)
    page.get_by_text(f"{user}: {explanation}").wait_for()
    page.get_by_text("Every point of this user").click()
    page.wait_for_selector("[data-score]")
    viewer.settled()
    assert page.get_attribute("[data-score]", "data-score") == str(score)


def test_the_points_by_part_add_up_to_each_score(
    viewer: Viewer, default_world: Scratch
) -> None:
    ((user, score, fit, part, most),) = published(
        default_world,
        "select user_id, user_scores.score, fit_score, max(label),"
        " max_by(max_points, label) from user_scores join score_contributions"
        " using (user_id, as_of_date) join score_groups as groups"
        " on rule = 'cap:' || groups.rule_group and groups.score is null"
        " where max_points > 0 and fit_score > 1"
        " group by 1, 2, 3, rank order by rank limit 1",
    )
    page = viewer.open(f"why?user={user}")
    assert page.get_attribute("[data-score]", "data-score") == str(score)
    for place, (name, total) in enumerate([("intent", score), ("fit", fit)]):
        lines = page.locator(".parts").nth(place).locator("[data-points]")
        points = lines.evaluate_all("ps => ps.map(p => Number(p.dataset.points))")
        query = (
            f"select points from score_contributions where user_id = '{user}' and"
            f" score_name = '{name}' and as_of_date = (select max(as_of_date) from"
            " user_scores) order by points"
        )
        assert [(value,) for value in sorted(points)] == published(default_world, query)
        assert sum(points) == total
    assert f"{part} {most} of {most}, earned" in viewer.text().replace("\n", " ")


def test_an_unknown_user_is_named_as_text(viewer: Viewer) -> None:
    viewer.open("why?user=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E'%20or%20''%3D'")
    assert "No score for the user" in viewer.text()
    assert "<img src=x onerror=alert(1)>" in viewer.text()


def test_a_pasted_user_is_found_and_an_empty_field_says_what_to_type(
    viewer: Viewer, default_world: Scratch
) -> None:
    page = viewer.open("why")
    query = "select user_id, score from user_scores where rank = 5"
    ((user, score),) = published(default_world, query)
    field = page.get_by_label("User", exact=True)
    field.fill(f" {user} ")
    page.keyboard.press("Enter")
    page.wait_for_selector(f'[data-score="{score}"]')
    field.fill("")
    page.keyboard.press("Enter")
    page.get_by_text("Type or paste the id of a user").wait_for()
    field.fill("nobody")
    page.keyboard.press("Enter")
    page.get_by_text("No score for the user nobody").wait_for()
    page.get_by_test_id("stMain").get_by_text("Who should we talk to?").click()
    page.get_by_role("heading", name="Who should we talk to?").wait_for()


def test_rules_and_their_points_are_those_of_the_build(
    viewer: Viewer, default_world: Scratch
) -> None:
    page = viewer.open("how")
    expected = published(
        default_world,
        "select rules.points, count(scores.user_id),"
        " coalesce(sum(given.points), 0)::bigint from scoring_rules as rules"
        " left join score_contributions as given using (rule)"
        " left join user_scores as scores using (user_id, as_of_date)"
        " where rules.rule_group = 'hand_raise' and scores.user_id is not null"
        " group by all order by rules.points desc",
    )
    rows = page.locator("table.rows").first.locator("tbody tr")
    for row, (points, users, total) in enumerate(expected):
        shown = rows.nth(row).locator("td").all_text_contents()
        numbers = [int(shown[place].replace(",", "")) for place in (0, 2, 3)]
        assert numbers == [points, users, total]


def test_what_scores_were_worth_and_the_data_are_those_of_the_build(
    viewer: Viewer, default_world: Scratch
) -> None:
    viewer.open("trust")
    text = viewer.text()
    ((area,),) = published(
        default_world,
        "select avg(if(c.score > o.score, 1, if(c.score = o.score, 0.5, 0)))"
        " from (from training_examples where is_converted) as c,"
        " (from training_examples where not is_converted) as o",
    )
    assert f"AUC {area:.3f}" in text
    rows = dict(
        published(
            default_world,
            "select item, quantity from data_quality where section = 'rows'",
        )
    )
    assert viewer.metric("Rows of events") == f"{sum(rows.values()):,}"
    assert viewer.metric("Quarantined") == f"{rows['quarantined']:,}"
    assert viewer.metric("Used") == f"{100 * rows['used'] / sum(rows.values()):.1f} %"
    assert default_world.query(
        "select sum(raw_events), sum(used_events) from internal.int_event_ledger"
    ) == [(sum(rows.values()), rows["used"])]


def test_other_points_score_everyone_again_and_the_file_has_the_edit(
    viewer: Viewer, default_world: Scratch
) -> None:
    page = viewer.open("what-if")
    bands = dict(
        published(default_world, "select band, count(*) from user_scores group by 1")
    )
    for band, users in bands.items():
        assert viewer.metric(f"Band {band}") == f"{users:,}"
    assert "Nobody: every score stays as it is" in viewer.text()
    ((matching,),) = published(
        default_world,
        "select count(*) from score_contributions semi join user_scores"
        " using (user_id, as_of_date) where rule = 'size_51_200'",
    )
    page.get_by_text("Fits our customers", exact=True).first.click()
    viewer.settled()
    field = page.get_by_label("Company with 51-200 employees")
    field.fill("0")
    field.press("Enter")
    page.get_by_text("the mean goes from").wait_for()
    viewer.settled()
    changed = int(re.search(r"([\d,]+) of [\d,]+ scores change", viewer.text())[1])
    assert 0 < changed <= matching
    first = page.get_by_label("The users whose score changes most").locator("tr").nth(1)
    shown = [
        text.replace("\N{MINUS SIGN}", "-")
        for text in first.locator("td").all_text_contents()
    ]
    mover = dict(zip(("user", "before", "after", "change"), shown, strict=False))
    query = f"select score from user_scores where user_id = '{mover['user']}'"
    ((score,),) = published(default_world, query)
    assert int(mover["before"]) == score
    assert int(mover["after"]) - score == int(mover["change"])
    why = shown[5]
    moved = re.findall(r"([+-]\d+) \S ([+-]\d+)", why)
    steps = sum(int(after) - int(before) for before, after in moved)
    assert steps == int(mover["change"]), "what changed does not add up"
    before, after = re.search(r"high\t(\d+)\t(\d+)\t", viewer.text()).groups()
    assert re.search(r"AUC 0.\d+ to 0.\d+, [+-]0.\d+ \([+-]0", viewer.text())
    assert int(after) < int(before), "the back-test stays the same"
    with page.expect_download() as download:
        page.get_by_role("button", name="Download scoring_rules.csv").click()
    seed = (PROJECT / "seeds" / "scoring_rules.csv").read_text()
    assert Path(download.value.path()).read_text() == seed.replace(
        "size_51_200,fit,company_size,,,51-200,8,",
        "size_51_200,fit,company_size,,,51-200,0,",
    )
    page.get_by_role("button", name="As published").click()
    page.get_by_text("Nobody: every score stays as it is").wait_for()


def test_nobody_else_can_reach_the_page(address: str) -> None:
    port = address.rsplit(":", 1)[1]
    sockets = Path("/proc/net/tcp")
    listening = sockets.read_text() if sockets.exists() else ""
    found = re.findall(rf": ([0-9A-F]{{8}}):{int(port):04X} 0+:0000 0A ", listening)
    assert set(found) <= {"0100007F"}, "it listens on more than 127.0.0.1"


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("localhost", "http://localhost", 101),
        ("localhost", "http://elsewhere.example", 403),
        ("elsewhere.example", "http://elsewhere.example", 403),
    ],
)
def test_pages_elsewhere_cannot_talk_to_ours(
    address: str, host: str, origin: str, status: int
) -> None:
    port = address.rsplit(":", 1)[1]
    connection = HTTPConnection("127.0.0.1", int(port), timeout=20)
    headers = {
        "Host": f"{host}:{port}",
        "Origin": f"{origin}:{port}",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "A" * 22 + "==",
    }
    connection.request("GET", "/_stcore/stream", headers=headers)
    assert connection.getresponse().status == status
    connection.close()


def test_a_browser_is_opened_once_on_the_page(scratch: Scratch) -> None:
    opened = scratch.folder / "opened.txt"
    browser = scratch.folder / "xdg-open"
    browser.write_text(f'#!/bin/sh\necho "$@" >> {opened}\n')
    browser.chmod(0o755)
    path = f"{scratch.folder}{os.pathsep}{scratch.environment['PATH']}"
    environment = {**scratch.environment, "PATH": path, "BROWSER": str(browser)}
    with serving(scratch.folder, environment, with_browser=True) as (address, _):
        for _ in range(50):
            if opened.exists():
                break
            time.sleep(0.1)
        time.sleep(1)
        assert opened.read_text() == f"{address}\n"


def test_without_chromium_nothing_is_built_to_skip_a_test(scratch: Scratch) -> None:
    scratch.environment["PATH"] = str(BIN)
    result = scratch.run(
        *(sys.executable, "-m", "pytest", "-rs", "--setup-show", "--no-header"),
        *("tests/python/test_dashboard.py", "-k", "test_the_first_page"),
    )
    assert result.returncode == 0, last_lines(result)
    assert "1 skipped" in result.stdout
    assert "no Chromium here: `apt-get install chromium`" in result.stdout
    assert "default_world" not in result.stdout


@pytest.mark.parametrize(
    "colors",
    [
        [*BAND_COLORS, LOWEST_BAND_COLOR],
        [*SERIES_COLORS, OTHER_COLOR],
        [GAIN_COLOR, LOSS_COLOR, TOTAL_COLOR],
        list(DRIFT_COLORS.values()),
        list(MODEL_COLORS.values()),
    ],
    ids=["bands", "events", "points", "drift", "models"],
)
def test_everybody_can_distinguish_the_colours(colors: list[str]) -> None:
    for one, other in combinations(colors, 2):
        assert least_difference(one, other) >= 15, (one, other)


def test_a_taken_or_wrong_port_is_a_one_line_error(
    address: str, scratch: Scratch
) -> None:
    for port, code in ((address.rsplit(":", 1)[1], 1), ("70000", 2)):
        result = scratch.pointwise("serve", "--no-browser", "--port", port)
        assert result.returncode == code
        assert result.stderr.startswith("error: ")
        assert result.stderr.count("\n") == 1
