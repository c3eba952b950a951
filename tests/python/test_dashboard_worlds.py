"""The page over worlds of their own: a model, an experiment, hostile texts, a build."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import duckdb
import pytest
from playwright.sync_api import Browser

from browser import Viewer, chromium, served
from conftest import PROJECT, Scratch, last_lines, planting
from live_server import Server
from pointwise.page import verdicts
from test_dashboard import (
    PAGES,
    SCREENSHOTS,
    WIDE,
    cells,
    choose_first_user,
    copy_world,
    grids,
    published,
)

HOSTILE = "<script>alert(1)</script> **b** $x$ ![i](http://192.0.2.1/a.png)"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests."""
    with chromium() as started:
        yield started


def test_a_trained_model_is_drawn_beside_the_rules(
    browser: Browser, default_world: Scratch, scratch: Scratch
) -> None:
    """Not one trained here, which takes long: the marts of a model are made up."""
    copy_world(default_world, scratch)
    with duckdb.connect() as connection, planting(scratch) as folder:
        connection.execute(
            "create table curves as select model, hundredth::int as hundredth,"
            " 2000 as examples, 0.1 / hundredth as predicted_rate,"
            " 0.09 / hundredth as conversion_rate,"
            " (hundredth / 100) ** 0.3 as converted_share,"
            " hundredth / 100 as others_share from (select"
            " unnest(['base rate', 'rules', 'logistic', 'xgboost', 'mean']) as model),"
            " range(1, 101) as numbers (hundredth)"
        )
        connection.execute(
            "create table figures as select distinct 'all users' as population, model,"
            " 'auc' as figure, 0.8125 as value, 0.7 as low, 0.9 as high, 2000 as"
            " examples, 60 as converted, 900 as users from curves"
        )
        connection.execute(
            "create table checks as select 'calibration_slope' as check_name,"
            " 'logistic' as learner, 0.4::double as value, 0.3::double as low,"
            " 0.5::double as high, 0.8::double as least, 1.25::double as most,"
            " false as is_passed, 'calibration slope 0.40' as says"
        )
        for table, mart in (
            *(("curves", "curves"), ("figures", "comparison"), ("checks", "checks")),
        ):
            file = folder / f"model_{mart}.parquet"
            connection.execute(f"copy {table} to '{file}'")
    with served(scratch) as address:
        shape = {"viewport": {"width": 1280, "height": 3000}}
        viewer = Viewer(browser, address, **shape)
        page = viewer.open("trust")
        for words in ("Lift", "Calibration", "AUC"):
            page.locator(f'[aria-label^="{words} of"]').first.wait_for()
        text = viewer.text()
        assert "2,000 users at later dates" in text
        assert "trained model (logistic regression)" in text
        assert "Do not trust the model's probabilities" in text
        assert "calibration slope 0.40" in text
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOTS / "trust-model.png")
        page.close()
    assert viewer.errors == []
    assert viewer.away() == []


def test_an_experiment_past_its_end_is_read_out(
    browser: Browser, default_world: Scratch, scratch: Scratch
) -> None:
    """Made up: users joined until May, and every outcome is known."""
    copy_world(default_world, scratch)
    made_up = {
        "experiments": "select * replace ('running' as status, date '2026-05-01' as"
        " start_date, date '2026-05-31' as end_date)",
        "experiment_plan": "select * replace ('running' as status, 400 as"
        " assigned_users)",
        "experiment_balance": "select 'call_promising_users' as experiment, 'call' as"
        " arm, unnest(['(assigned users)', 'score']) as check_name, 200.0 as arm_value,"
        " 200.0 as control_value, 0.0 as difference, 'balanced' as verdict union all by"
        " name",
        "experiment_results": "select 'call_promising_users' as experiment, 'call' as"
        " arm, unnest(['all', 'all', 'high']) as cell, unnest(['difference', 'always"
        " valid', 'shrunken']) as method, date '2026-06-28' as as_of_date, true as"
        " is_final, 200 as users, 200 as control_users, 0.05 as estimate, 0.01 as"
        " lower, 0.09 as upper, 0.96 as level, unnest(['call wins', null, 'no"
        " difference']) as"
        " verdict union all by name",
    }
    with duckdb.connect() as connection, planting(scratch) as folder:
        for mart, query in made_up.items():
            file = folder / f"{mart}.parquet"
            connection.execute(f"create table {mart} as {query} from '{file}'")
            connection.execute(f"copy {mart} to '{file}'")
    with served(scratch) as address:
        viewer = Viewer(browser, address, **WIDE)
        page = viewer.open("experiments")
        page.locator('[aria-label="Effects with their intervals"]').first.wait_for()
        text = viewer.text()
        assert "users joined from 1 May 2026 to 31 May 2026" in text
        assert "control 50 % against call 50 %" in text
        assert "every outcome is known" in text
        assert "call, all users: call wins" in text
        assert viewer.metric("Users assigned") == "400"
        assert cells(grids(page).first, 0)[1] == "assigned users"
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOTS / "experiments-ended.png")
        page.close()
    assert viewer.errors == []


def test_hostile_texts_are_shown_as_text(
    browser: Browser, default_world: Scratch, scratch: Scratch
) -> None:
    copy_world(default_world, scratch)
    best = published(
        scratch,
        "select user_id from user_scores where not is_customer and is_named"
        " order by rank",
    )[0][0]
    with duckdb.connect() as connection, planting(scratch) as folder:
        for mart, edits in {
            "user_scores": "'=1+1' as reason_2, $2 as action, 'low' as band",
            "score_contributions": "$2 as reason",
            "user_activity": "$2 as event_type",
        }.items():
            file = folder / f"{mart}.parquet"
            connection.execute(
                f"create table {mart} as select * replace ({edits},"
                f" if(user_id = $1, $2, user_id) as user_id) from '{file}'",
                [best, HOSTILE],
            )
            connection.execute(f"copy {mart} to '{file}'")
        file = folder / "score_bands.parquet"
        connection.execute(
            f"create table bands as select * replace ($1 as action) from '{file}'",
            [HOSTILE],
        )
        connection.execute(f"copy bands to '{file}'")
    with served(scratch) as address:
        viewer = Viewer(browser, address, **WIDE)
        page = viewer.open()
        assert cells(grids(page).first, 0)[1] == HOSTILE
        with page.expect_download() as download:
            page.get_by_role("button", name="Download", exact=True).click()
        assert ",'=1+1," in Path(download.value.path()).read_text()
        page.get_by_label("Search", exact=True).first.fill("<script>")
        page.keyboard.press("Enter")
        page.get_by_text("1 user, best first").wait_for()
        viewer.settled()
        choose_first_user(page)
        viewer.settled()
        page.get_by_text("Every point of this user").click()
        page.wait_for_selector("[data-score]")
        viewer.settled()
        assert HOSTILE in viewer.text()
        viewer.open("what-if")
        viewer.open("how")
        assert HOSTILE in viewer.text()
        assert page.locator('img[src*="192.0.2.1"]').count() == 0
        page.close()
    assert viewer.errors == []
    assert viewer.away() == []


def test_without_a_build_the_page_says_what_to_run(
    browser: Browser, scratch: Scratch
) -> None:
    with served(scratch) as address:
        viewer = Viewer(browser, address, **WIDE)
        viewer.open()
        assert "pointwise run" in viewer.text()
        viewer.page.close()


def test_a_build_works_while_the_page_is_used_and_then_is_shown(
    browser: Browser,
    default_world: Scratch,
    scratch: Scratch,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    copy_world(default_world, scratch)
    # What the page writes of somebody is read like any other event, and moves no day.
    for file in default_world.events.glob("**/*.parquet"):
        (scratch.events / file.name).symlink_to(file)
    scratch.environment["POINTWISE_EVENTS"] = f"{scratch.events}/*.parquet"
    monkeypatch.setenv("POINTWISE_EVENTS", scratch.environment["POINTWISE_EVENTS"])
    ((worked_on,),) = published(scratch, "select user_id from worklist where place = 1")
    verdicts.record([worked_on], "contacted")
    panel = scratch.folder / "panel"
    shutil.copytree(PROJECT / "seeds", panel)
    bands = panel / "score_bands.csv"
    bands.write_text(bands.read_text().replace("high,50,", "high,60,"))
    scratch.environment["POINTWISE_CONTROL"] = str(panel)
    with served(scratch) as address:
        viewer = Viewer(browser, address, **WIDE)
        watched = Viewer(browser, address, **WIDE)
        watched.open()
        before = published(scratch, "select max(weights_version) from user_scores")
        with ThreadPoolExecutor(max_workers=1) as pool:
            build = pool.submit(scratch.dbt, "build")
            while not build.done():
                for path in PAGES:
                    viewer.open(path)
        assert build.result().returncode == 0, last_lines(build.result())
        day = "select as_of_date from publication"
        assert published(scratch, day) == published(default_world, day)
        assert (
            published(scratch, f"select * from worklist where user_id = '{worked_on}'")
            == []
        )
        after = published(scratch, "select max(weights_version) from user_scores")
        assert after != before
        watched.page.get_by_text(after[0][0]).wait_for()
        watched.settled()
        ((high,),) = published(
            scratch, "select count(*) from user_scores where band = 'high'"
        )
        assert f"{high:,} with customers" in watched.band("high")
        for window in (viewer, watched):
            window.page.close()
            assert window.errors == []
            assert window.away() == []


def test_live_scores_move_on_the_page_by_themselves(
    browser: Browser, default_world: Scratch, scratch: Scratch
) -> None:
    copy_world(default_world, scratch)
    scratch.environment["POINTWISE_EVENTS"] = f"{scratch.events}/*.parquet"
    ((user,),) = published(
        scratch,
        "select user_id from user_scores where band = 'low' and is_named"
        " and not is_customer order by rank limit 1",
    )
    asked = [
        {"user_id": user, "event_type": event_type, "occurred_at": "2026-06-28T09:00Z"}
        for event_type in ("calendar_booked", "demo_requested")
    ]
    with Server(scratch) as server, served(scratch) as address:
        server.wait_for(lambda found: found["status"] == "ok")
        everybody = Viewer(browser, address, **WIDE)
        person = Viewer(browser, address, **WIDE)
        everybody.open()
        everybody.page.get_by_text("Nobody to talk to has changed band").wait_for()
        person.open(f"why?user={quote(user)}")
        assert person.page.locator("[data-live-score]").count() == 0
        assert server.post(asked)[0] == 200
        everybody.page.get_by_text("1 came to high since midnight").wait_for()
        now = person.page.locator("[data-live-score]")
        now.wait_for()
        score = server.ask(f"/scores/{quote(user)}")[1]["score"]
        assert int(now.get_attribute("data-live-score")) == score >= 50
        crossed = server.ask("/crossed")[1]["people"]
        assert [(one["user_id"], one["previous_band"]) for one in crossed] == [
            (user, "low")
        ]
        assert server.ask("/crossed?since=2999-01-01")[1]["people"] == []
        assert server.ask("/crossed?since=noon")[0] == 400
        for window in (everybody, person):
            window.page.close()
            assert window.errors == []
            assert window.away() == []
