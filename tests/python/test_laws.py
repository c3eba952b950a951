# ruff: noqa: DTZ001 -- times in the sources are UTC and have no zone
"""The eight laws of the design, on real builds of small worlds.

`plain` is an ordinary half-year in two files, built from nothing. The other fixtures
get the same events in other ways, or something done to them.
"""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from conftest import CORE, KEPT, NO_TESTS, PROJECT, Scratch, last_lines
from law_tables import (
    as_of,
    assert_ledger_balances,
    assert_same_tables,
    changed,
    columns_of,
    is_until,
    places_of,
    published,
    run_experiments,
    scored,
    tables,
    without_history,
    write_plainly,
)
from oracle_events import Row
from world_files import (
    LAST_DAY,
    PRIVATE,
    read_panel,
    write_panel,
    write_profiles,
    write_raw,
)
from world_panels import with_points
from worlds import campaign

DATES = [LAST_DAY - timedelta(days=age) for age in (60, 14)]

# Tables that look at what followed; the others know nothing after the as-of date.
WITH_LABELS = {
    "main.user_outcomes",
    "main.training_examples",
    "main.snapshot_populations",
    "main.score_band_performance",
    "main.score_deciles",
    "main.feature_signals",
    "main.feature_drift",
}

# Columns that say what came later.
OF_LATER = ("late_event_share", "late_types", "happened_auc")


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return campaign(1)


@pytest.fixture(scope="module")
def new_scratch(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Scratch]:
    """Make scratch folders that have the profiles already."""

    def make(name: str) -> Scratch:
        scratch = Scratch(tmp_path_factory.mktemp(name))
        scratch.environment["POINTWISE_EVENTS"] = f"{scratch.events}/**/*.parquet"
        write_profiles(scratch.folder / "users.parquet")
        return scratch

    return make


@pytest.fixture(scope="module")
def plain(new_scratch: Callable[[str], Scratch], rows: list[Row]) -> Scratch:
    """The campaign, built from nothing, tested and published: read it only."""
    scratch = new_scratch("plain")
    run_experiments(scratch)
    write_plainly(scratch, rows)
    scratch.build("--threads", "2")
    return scratch


# -- 1 Points --------------------------------------------------------------------------


def test_points_add_up_to_every_score(plain: Scratch) -> None:
    sums = plain.query(
        "select as_of_date, user_id, score_name, sum(points)"
        " from main.score_contributions group by as_of_date, user_id, score_name"
    )
    score = "select as_of_date, user_id, '{}', {} from main.user_scores".format
    both = f"{score('intent', 'score')} union all {score('fit', 'fit_score')}"
    scores = plain.query(both)
    assert len(scores) > 80
    assert len({day for day, *_ in sums}) > 3
    assert all(1 <= points <= 100 for *_, points in sums)
    assert set(scores) == {row for row in sums if row[0] == LAST_DAY}
    users = "select 2 * count(*) from internal.int_user_as_of_dates"
    assert plain.query(users) == [(len(sums),)]


# -- 2 Events --------------------------------------------------------------------------


def test_ledger_balances_for_every_file(plain: Scratch) -> None:
    assert_ledger_balances(plain)
    columns = ("used", "duplicate", "unmapped", "quarantined")
    for column in columns:
        total = f"select sum({column}_events) > 0 from internal.int_event_ledger"
        assert plain.query(total) == [(True,)], f"the world has no {column} events"


# -- 3 No future -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def hindsight(plain: Scratch, new_scratch: Callable[[str], Scratch]) -> Scratch:
    """All events, asked for two days of the past, of which some came later."""
    scratch = new_scratch("hindsight")
    scratch.environment["POINTWISE_EVENTS"] = plain.environment["POINTWISE_EVENTS"]
    days = [str(day) for day in DATES]
    scratch.build(*as_of(LAST_DAY, snapshot_dates=days))
    return scratch


@pytest.mark.parametrize("day", DATES, ids=str)
def test_nothing_as_of_a_day_sees_what_came_later(
    day: date,
    hindsight: Scratch,
    rows: list[Row],
    new_scratch: Callable[[str], Scratch],
) -> None:
    scratch = new_scratch(f"until_{day}")
    write_plainly(scratch, [row for row in rows if is_until(day, row)])
    days = [str(each) for each in DATES]
    scratch.build(*as_of(day, snapshot_dates=days))
    late = "from internal.int_user_daily_activity where known_from_date > '{}'"
    late += " and activity_date <= '{}'"
    assert len(hindsight.query(late.format(day, day))) > 10
    compared = 0
    with hindsight.connect(), scratch.connect():
        for name in without_history(tables(hindsight, "table_schema = 'main'")):
            columns = columns_of(name, hindsight)
            if "as_of_date" not in columns or name == "main.user_scores":
                continue  # that is kept for one day only
            # A label is known when its horizon has passed.
            horizon = 14 if name in WITH_LABELS else 0
            # Snapshots leave out those of whom only attributes are known.
            kept = [name for name in columns if name not in OF_LATER]
            past = (
                f"select {', '.join(kept)} from {name}"
                f" where as_of_date + {horizon} <= '{day}'"
            )
            if "user_id" in columns:
                past += (
                    " and (user_id, as_of_date) in (select (user_id, as_of_date)"
                    " from internal.int_user_as_of_dates where has_activity)"
                )
            found, expected = scratch.query(past), hindsight.query(past)
            compared += len(expected)
            assert_same_tables({name: found}, {name: expected})
    assert compared > 100
    converted = "select count(*) > 0 from main.training_examples where is_converted"
    assert scratch.query(converted) == [(day != DATES[0],)]


# -- 4 Once ----------------------------------------------------------------------------


def test_events_count_once_however_often_they_are_loaded(
    plain: Scratch, rows: list[Row], new_scratch: Callable[[str], Scratch]
) -> None:
    scratch = new_scratch("once")
    run_experiments(scratch)
    write_plainly(scratch, rows)
    scratch.build(*KEPT)
    shutil.copy(scratch.events / "a.parquet", scratch.events / "replayed.parquet")
    write_raw(scratch.events / "shared.parquet", rows[len(rows) // 3 : -200])
    # The same rows again, in another order and at another time, over the old file.
    later = datetime(2026, 3, 2, 15)
    write_raw(scratch.events / "b.parquet", rows[len(rows) // 2 :][::-1], later)
    scratch.build(*NO_TESTS)
    assert_same_tables(scored(scratch), scored(plain))
    assert_ledger_balances(scratch)


# -- 5 Order ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lived(new_scratch: Callable[[str], Scratch], rows: list[Row]) -> Scratch:
    """The events of `plain` after a life.

    Shuffled, in many files, some of them late, some removed, one changed in place,
    every step an incremental build.
    """
    dice, shuffled = random.Random(5), list(rows)
    dice.shuffle(shuffled)
    scratch = new_scratch("lived")
    run_experiments(scratch)
    final, wrong = shuffled[:200], [changed(row, dice) for row in shuffled[:200]]
    write_raw(scratch.events / "z first.parquet", shuffled[200:900])
    write_raw(scratch.events / "corrected.parquet", wrong)
    write_raw(scratch.events / "mistake's.parquet", [*wrong[:99], *shuffled[850:950]])
    scratch.build(*KEPT)
    late = sorted(shuffled[900:1300], key=lambda row: str(row["occurred_at"]))
    write_raw(scratch.events / "month=2026-01" / "late.parquet", late[:200])
    write_raw(scratch.events / "month=2025-12" / "late.parquet", late[200:])
    scratch.build(*KEPT)
    (scratch.events / "mistake's.parquet").unlink()
    corrected_at = datetime(2026, 3, 2, 16)
    write_raw(scratch.events / "corrected.parquet", final, corrected_at)
    write_raw(scratch.events / "0 last.parquet", shuffled[1300:])
    write_raw(scratch.events / "empty.parquet", [])
    scratch.build(*NO_TESTS)
    return scratch


def test_order_and_files_do_not_matter(plain: Scratch, lived: Scratch) -> None:
    assert_same_tables(scored(lived), scored(plain))
    assert_ledger_balances(lived)


def test_incremental_build_equals_full_refresh(lived: Scratch) -> None:
    incremental = without_history(tables(lived))
    lived.build(*NO_TESTS, "--full-refresh")
    assert_same_tables(incremental, without_history(tables(lived)))


def test_warehouse_of_another_version_is_rebuilt(lived: Scratch) -> None:
    before = without_history(tables(lived))
    with duckdb.connect(str(lived.warehouse)) as connection:
        for name in ("stg_event_files", "int_event_file_days"):
            old = [f"alter table internal.{name} drop column modified_at"]
            readers = connection.execute(
                "select table_name from duckdb_columns() where schema_name = 'internal'"
                " and column_name = 'modified_at' and table_name like '%__loaded'"
            ).fetchall()
            old += [
                f'alter table internal."{reader}" drop column modified_at'
                for (reader,) in readers
            ]
            for statement in old:
                connection.execute(statement)
        for (name,) in connection.execute(
            "select table_name from duckdb_tables() where table_name like '%__loaded'"
        ).fetchall():
            connection.execute(f"comment on table internal.\"{name}\" is 'older'")
        # A version before the first that remembered what it had loaded.
        connection.execute("drop table internal.stg_event_files__loaded")
        connection.execute("alter table internal.stg_event_files drop column plan")
    lived.build(*CORE)
    assert_same_tables(without_history(tables(lived)), before)


def test_a_raised_version_rebuilds_what_the_last_one_made(
    lived: Scratch, tmp_path: Path
) -> None:
    """Another version of the project may differ in nothing but a macro."""
    others = shutil.ignore_patterns(".*", "data", "logs", "python", "scripts", "target")
    project = shutil.copytree(PROJECT, tmp_path / "project", ignore=others)
    macro = project / "macros" / "sources" / "activity_by_day.sql"
    text = macro.read_text()
    assert text.count("coalesce(used_events.duration_seconds, 0)") == 1
    macro.write_text(text.replace("coalesce(used_events.duration_seconds, 0)", "15"))
    version = project / "macros" / "incremental" / "events_version.sql"
    raised = re.sub(r'return\("\d+"\)', 'return("next")', version.read_text())
    version.write_text(raised)
    shutil.copy(lived.warehouse, tmp_path / "warehouse.duckdb")
    built = subprocess.run(
        (
            Path(sys.executable).with_name("dbt"), "--log-level-file=none", "build",
            *NO_TESTS, "--select", "int_user_daily_activity",
        ),
        cwd=project,
        env=lived.environment | {"POINTWISE_DB": str(tmp_path / "warehouse.duckdb")},
        capture_output=True,
        text=True,
    )  # fmt: skip
    assert built.returncode == 0, last_lines(built)
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        # Each event took 15 s, those beyond a daily limit too.
        wrong = (
            "select count(*),"
            " count(*) filter (seconds < 15 * events or seconds % 15 > 0)"
            " from internal.int_user_daily_activity"
        )
        ((days, wrong_days),) = connection.execute(wrong).fetchall()
    assert days > 0
    assert wrong_days == 0


def test_as_of_dates_are_kept_until_something_changes(lived: Scratch) -> None:
    dates = "select distinct as_of_date from main.user_feature_values order by 1"
    days = [day for (day,) in lived.query(dates)]
    mark = "update main.user_feature_values set text_value = 'kept' where value is null"
    with duckdb.connect(str(lived.warehouse)) as connection:
        connection.execute(mark)
    text = "select distinct as_of_date from main.user_feature_values"
    kept = f"{text} where text_value = 'kept' order by 1"
    lived.build(*KEPT)
    assert [day for (day,) in lived.query(kept)] == days
    # An event at the end of the look-back of the last date is in none before it.
    row = {"user_id": "u1", "event_type": "page_view"}
    row["occurred_at"] = datetime.combine(days[-1], datetime.min.time())
    write_raw(lived.events / "one more.parquet", [row])
    lived.build(*KEPT)
    assert [day for (day,) in lived.query(kept)] == days[:-1]
    lived.build(*KEPT, "--full-refresh")
    assert lived.query(kept) == []


def test_changed_event_panel_recomputes_all(lived: Scratch) -> None:
    panel_file = lived.folder / "panel" / "event_types.csv"
    before, text = tables(lived), panel_file.read_text()
    text = text.replace("\npage_view,page_view,3,", "\npage_view,page_view,1,")
    text = text.replace("\nchat_started,", "\nchat_begun,")
    panel_file.write_text(text + "newsletter_printed,search,10,\n")
    lived.build(*CORE)
    incremental = without_history(tables(lived))
    assert panel_file.read_text() == text + "newsletter_printed,search,10,\n"
    for name in ("internal.int_user_daily_activity", "internal.int_event_ledger"):
        assert incremental[name] != before[name]
    lived.build(*CORE, "--full-refresh")
    assert_same_tables(incremental, without_history(tables(lived)))


# -- 6 Same in, same out ---------------------------------------------------------------


def test_same_input_publishes_the_same_bytes(
    plain: Scratch, rows: list[Row], new_scratch: Callable[[str], Scratch]
) -> None:
    scratch = new_scratch("again")
    run_experiments(scratch)
    write_plainly(scratch, rows)
    scratch.build("--threads", "1")
    assert published(scratch).keys() >= {"user_scores.parquet", "top_users.csv"}
    assert len(published(plain)) >= 10
    read = "select count(*) > 5 from main.experiment_results where lower is not null"
    assert plain.query(read) == [(True,)]
    called = "select count(*) > 5 from main.experiment_assignments where arm = 'call'"
    assert plain.query(called) == [(True,)]
    assert published(scratch).keys() == published(plain).keys()
    for name, content in published(plain).items():
        # These say when.
        if name not in ("user_score_history.parquet", "publication.parquet"):
            assert published(scratch)[name] == content, name
    timeless = "select * exclude (published_at) from main.user_score_history"
    assert sorted(scratch.query(timeless)) == sorted(plain.query(timeless))


# -- 7 Monotone ------------------------------------------------------------------------


def test_raising_a_rule_lowers_nobody(
    plain: Scratch, new_scratch: Callable[[str], Scratch]
) -> None:
    scratch = new_scratch("raised")
    scratch.environment["POINTWISE_EVENTS"] = plain.environment["POINTWISE_EVENTS"]
    panel = read_panel(PROJECT / "seeds")
    # Every third rule at once: what holds for one after the other holds for all.
    for n, rule in enumerate(panel.scoring_rules[::3]):
        bound = rule["max_points"] or 1000
        raised = min(rule["points"] + (1, 7, 20)[n % 3], bound if bound > 0 else -1)
        panel = with_points(panel, rule["rule"], raised)
    write_panel(scratch.folder / "panel", panel)
    scratch.environment["POINTWISE_CONTROL"] = str(scratch.folder / "panel")
    scratch.build(*CORE)
    sums = (
        "select user_id, as_of_date, score_name, sum(points)"
        " from main.score_contributions group by user_id, as_of_date, score_name"
    )
    before = {tuple(key): score for *key, score in plain.query(sums)}
    after = {tuple(key): score for *key, score in scratch.query(sums)}
    assert after.keys() == before.keys()
    assert {key: after[key] for key in before if after[key] < before[key]} == {}
    assert sum(after.values()) > sum(before.values())


def test_counts_only_fade_when_nothing_happens(
    plain: Scratch, new_scratch: Callable[[str], Scratch]
) -> None:
    scratch = new_scratch("quiet")
    scratch.environment["POINTWISE_EVENTS"] = plain.environment["POINTWISE_EVENTS"]
    # All has come by the second day after the last.
    days = [LAST_DAY + timedelta(days=days) for days in (2, 3, 5, 10, 22)]
    scratch.build(
        *CORE[2:], *as_of(days[-1], snapshot_dates=[str(day) for day in days])
    )
    points = scratch.query(
        """
        select user_id, rule, as_of_date, contributions.points
        from main.score_contributions as contributions
        inner join main.scoring_rules as rules using (rule)
        inner join main.features using (feature)
        where rules.points > 0 and rules.max_value is null and rules.equals is null
            and measure not in ('days_since_last', 'attribute')
        """
    )
    given = {(user, rule, day): points for user, rule, day, points in points}
    rising = [
        (user, rule, day, given.get((user, rule, earlier), 0), points)
        for (user, rule, day), points in given.items()
        for earlier in days
        if earlier < day and points > given.get((user, rule, earlier), 0)
    ]
    assert rising == []
    assert len({day for _, _, day in given}) == len(days)


# -- 8 Privacy -------------------------------------------------------------------------


def test_nothing_private_reaches_a_mart_or_a_reader(plain: Scratch) -> None:
    places = places_of(PRIVATE, plain, "table_schema = 'main'")
    assert sorted(places) == ["events/a.parquet", "events/b.parquet", "users.parquet"]
    columns = plain.query(
        "select table_name, column_name from information_schema.columns"
        " where table_schema = 'main' and regexp_matches(column_name,"
        " '(^|_)(e_?mail|(first|last|full|user)_?name|phone|ip|address|page_path|url|"
        "notes?|comment|message|raw_content)$')"
    )
    assert columns == []


def test_private_attributes_are_refused(
    plain: Scratch, new_scratch: Callable[[str], Scratch]
) -> None:
    private = ["email", "full_name", "phone", "ip_address"]
    scratch = new_scratch("private")
    scratch.environment["POINTWISE_EVENTS"] = plain.environment["POINTWISE_EVENTS"]
    arguments = ("--vars", repr({"user_attributes": ["country", *private]}))
    result = scratch.dbt("build", *arguments)
    assert result.returncode != 0
    for attribute in private:
        assert f"'{attribute}' may identify a person" in result.stdout
    assert not scratch.published.exists()
