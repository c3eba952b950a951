"""What people do on the page: say what became of somebody, keep a view, save points."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet
import pytest
from playwright.sync_api import Browser

from browser import Viewer, chromium, served
from conftest import PROJECT, Scratch
from pointwise.core.errors import PointwiseError
from pointwise.core.settings import vars_of_run
from pointwise.core.verdicts import VERDICTS
from pointwise.page import panel_files, verdicts
from pointwise.page.edit_panel import new_name
from pointwise.page.panel_files import FileEdits
from test_dashboard import WIDE, cells, choose_first_user, copy_world, grids, published


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests."""
    with chromium() as started:
        yield started


@pytest.fixture
def own(default_world: Scratch, scratch: Scratch) -> Scratch:
    """The default world as published, in a folder that tests may write to."""
    copy_world(default_world, scratch)
    scratch.environment["POINTWISE_EVENTS"] = f"{scratch.events}/**/*.parquet"
    scratch.environment["POINTWISE_HOME"] = str(scratch.folder)
    panel = scratch.folder / "panel"
    shutil.copytree(PROJECT / "seeds", panel)
    scratch.environment["POINTWISE_CONTROL"] = str(panel)
    return scratch


def said(scratch: Scratch) -> list[tuple[str, str]]:
    """Return whom verdicts were written of, and which."""
    files = list(scratch.events.glob("verdicts-*.parquet"))
    rows = [
        row for file in files for row in pyarrow.parquet.read_table(file).to_pylist()
    ]
    return [(row["user_id"], row["event_type"]) for row in rows]


def test_a_click_writes_an_event_and_the_person_leaves_the_list(
    browser: Browser, own: Scratch
) -> None:
    best = [
        user
        for (user,) in published(
            own,
            "select user_id from user_scores where not is_customer and is_named"
            " order by rank limit 2",
        )
    ]
    with served(own) as address:
        viewer = Viewer(browser, address, **WIDE)
        page = viewer.open()
        choose_first_user(page)
        page.get_by_role("button", name="Contacted").click()
        page.get_by_text(f"Contacted: {best[0]}").wait_for()
        viewer.settled()
        assert said(own) == [(best[0], "contacted")]
        assert cells(grids(page).first, 0)[1] == best[1]
        assert "who rests left out" in viewer.text()
        page.get_by_text("Worked on", exact=True).click()
        page.get_by_text("1 user, best first").wait_for()
        page.get_by_role("button", name="Take back").click()
        page.get_by_text("Nobody matches").wait_for()
        assert said(own) == []
        viewer.open(f"why?user={best[1]}")
        page.get_by_role("button", name="Not a fit").click()
        page.get_by_text(f"Not a fit: {best[1]}").wait_for()
        assert said(own) == [(best[1], "not_a_fit")]
        page.close()
    assert viewer.errors == []
    assert viewer.away() == []


def test_a_view_is_kept_with_its_filters(browser: Browser, own: Scratch) -> None:
    with served(own) as address:
        viewer = Viewer(browser, address, **WIDE)
        page = viewer.open()
        page.get_by_role("button", name="medium").click()
        viewer.settled()
        page.get_by_role("button", name="Save view").click()
        field = page.get_by_label("Name of the view")
        field.fill("My week")
        field.press("Enter")
        viewer.settled()
        page.get_by_role("button", name="Save", exact=True).click()
        viewer.settled()
        page = viewer.open()
        page.get_by_text("My week", exact=True).click()
        ((users,),) = published(
            own,
            "select count(*) from user_scores where not is_customer and is_named"
            " and band = 'medium'",
        )
        page.get_by_text(f"{users:,} users, best first").wait_for()
        page.close()
    assert viewer.errors == []


def test_points_are_saved_into_the_panel_and_nothing_else(
    browser: Browser, own: Scratch
) -> None:
    panel = Path(own.environment["POINTWISE_CONTROL"])
    before = (panel / "score_groups.csv").read_text()
    with served(own) as address:
        viewer = Viewer(browser, address, **WIDE)
        page = viewer.open("what-if")
        field = page.get_by_label("At most, the whole group")
        field.fill("44")
        field.press("Enter")
        page.get_by_text("+hand_raise,44,").wait_for()
        page.get_by_role("button", name="Save to the control panel").click()
        page.get_by_text("The next build scores with it").wait_for()
        page.close()
    after = (panel / "score_groups.csv").read_text()
    assert after == before.replace("hand_raise,50,", "hand_raise,44,")
    assert viewer.errors == []


def at(monkeypatch: pytest.MonkeyPatch, own: Scratch) -> None:
    """Let this process see the folder as the page does."""
    for name, value in own.environment.items():
        if name.startswith("POINTWISE_"):
            monkeypatch.setenv(name, value)


def test_rules_are_added_and_removed_as_lines(
    own: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, own)
    panel = Path(own.environment["POINTWISE_CONTROL"])
    file = panel / "scoring_rules.csv"
    before = file.read_text().splitlines()
    row = {"rule": "many_searches", "rule_group": "web", "feature": "searches_28d",
           "points": "2", "reason": "Searched, often", "min_value": "3"}  # fmt: skip
    panel_files.save({"scoring_rules": FileEdits({}, (row,), ("used_core_feature",))})
    after = file.read_text().splitlines()
    gone = [line for line in before if line.startswith("used_core_feature,")]
    assert set(before) - set(after) == set(gone)
    assert after[-1] == 'many_searches,web,searches_28d,3,,,2,,,"Searched, often",'


def test_what_a_build_would_refuse_is_not_saved(
    own: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, own)
    file = Path(own.environment["POINTWISE_CONTROL"]) / "scoring_rules.csv"
    before = file.read_text()
    row = {"rule": "odd", "rule_group": "web", "feature": "nothing", "points": "2",
           "reason": "Odd"}  # fmt: skip
    with pytest.raises(PointwiseError, match=r"not saved: .*'nothing' is not in"):
        panel_files.save({"scoring_rules": FileEdits({}, (row,))})
    assert file.read_text() == before


def test_a_folder_that_builds_do_not_read_gets_no_verdicts(
    own: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, own)
    monkeypatch.setenv("POINTWISE_EVENTS", f"{own.events}/2026-*.parquet")
    with pytest.raises(PointwiseError, match="does not mean files in"):
        verdicts.record(["u1"], "contacted")
    monkeypatch.setenv("POINTWISE_EVENTS", f"{own.events}/*.parquet")
    (own.folder / "settings.yml").write_text("event_columns: {user_id: uid}\n")
    with pytest.raises(PointwiseError, match="read user_id from another column"):
        verdicts.record(["u1"], "contacted")
    assert list(own.events.iterdir()) == []


def test_verdicts_have_one_home() -> None:
    assert vars_of_run(PROJECT, None)["contact_event_types"] == list(VERDICTS)
    listed = (PROJECT / "seeds" / "event_types.csv").read_text()
    assert all(f"\n{name},{name},1," in listed for name in VERDICTS)


def test_a_new_rule_has_a_name_of_its_own() -> None:
    assert new_name("Viewed {value} pages!", set()) == "viewed_value_pages"
    assert new_name("Limit", {"limit_2"}) == "limit_3"
    assert new_name("3 2 1", set()) == "rule"
