"""The laws of the design, on a small world."""

from __future__ import annotations

import hashlib
import re

import duckdb

from conftest import Scratch, write_world

MARTS = ["main.user_scores", "main.score_contributions", "main.user_features"]
INCREMENTAL = ["internal.int_user_daily_activity"]


def test_points_add_up_to_the_score_for_every_user_and_day(built: Scratch) -> None:
    wrong = built.query(
        """
        with sums as (
            select user_id, as_of_date, sum(points) as points
            from main.score_contributions group by all
        )
        select * from sums left join main.user_scores using (user_id, as_of_date)
        where sums.points not between 1 and 100
            or sums.points <> coalesce(score, sums.points)
        """
    )
    assert wrong == []
    assert built.query("select count(*) > 250 from main.user_scores") == [(True,)]


def test_numbers_in_the_explanation_add_up(built: Scratch) -> None:
    rows = built.query("select score, explanation from main.user_scores")
    for score, explanation in rows:
        points = [int(p) for p in re.findall(r"\(([+-]?\d+)\)", explanation)]
        assert sum(points) == score, explanation


def test_the_ledger_balances_for_every_file(built: Scratch) -> None:
    wrong = built.query(
        """
        with ledger as (
            select
                file, sum(raw_events) as raw_events,
                sum(used_events + duplicate_events + over_limit_events
                    + unmapped_events + quarantined_events) as accounted
            from internal.int_event_ledger group by file
        )
        select * from internal.stg_event_files left join ledger using (file)
        where row_count <> raw_events or raw_events <> accounted or accounted is null
        """
    )
    assert wrong == []


def test_a_file_loaded_twice_changes_nothing(scratch: Scratch) -> None:
    write_world(scratch, events=4000, users=60)
    scratch.build()
    before = {name: scratch.table(name) for name in MARTS + INCREMENTAL}
    (scratch.events / "again.parquet").write_bytes(
        (scratch.events / "a.parquet").read_bytes()
    )
    scratch.build()
    assert {name: scratch.table(name) for name in MARTS + INCREMENTAL} == before


def test_late_shuffled_and_removed_files_equal_a_full_refresh(scratch: Scratch) -> None:
    write_world(scratch, events=4000, users=60)
    late = scratch.events / "a.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            create table late as from '{late}';
            copy (from late where hash(event_id) % 2 = 0 order by hash(event_id))
                to '{scratch.folder}/late_1.parquet';
            copy (from late where hash(event_id) % 2 = 1)
                to '{scratch.folder}/late_2.parquet';
            """
        )
    scratch.build()
    expected = {name: scratch.table(name) for name in MARTS + INCREMENTAL}
    late.unlink()
    scratch.build()
    assert scratch.table(INCREMENTAL[0]) != expected[INCREMENTAL[0]]
    for part in ("late_1.parquet", "late_2.parquet"):
        (scratch.folder / part).rename(scratch.events / part)
        scratch.build()
    assert {name: scratch.table(name) for name in MARTS + INCREMENTAL} == expected
    scratch.build("--full-refresh")
    assert {name: scratch.table(name) for name in MARTS + INCREMENTAL} == expected


def test_nothing_as_of_a_day_sees_later_events(
    built: Scratch, scratch: Scratch
) -> None:
    day = "2026-03-30"
    for name in ("a", "b"):
        duckdb.sql(
            f"copy (from '{built.events}/{name}.parquet' where occurred_at < "
            f"date '{day}' + 1) to '{scratch.events}/{name}.parquet'"
        )
    (scratch.folder / "users.parquet").write_bytes(
        (built.folder / "users.parquet").read_bytes()
    )
    scratch.build()
    assert scratch.query(
        "select distinct as_of_date from main.user_scores"
    ) == built.query(f"select date '{day}'")
    for mart in ("score_contributions", "user_features"):
        sql = f"select * from main.{mart} where as_of_date = '{day}'"
        with_activity = (
            " and user_id in (select user_id from internal.int_user_as_of_dates"
            f" where has_activity and as_of_date = '{day}')"
        )
        rows = scratch.query(sql + with_activity)
        assert len(rows) > 100
        assert sorted(rows, key=repr) == sorted(built.query(sql), key=repr)


def test_the_same_input_publishes_the_same_bytes(
    built: Scratch, scratch: Scratch
) -> None:
    scratch.environment["POINTWISE_EVENTS"] = built.environment["POINTWISE_EVENTS"]
    scratch.environment["POINTWISE_USERS"] = built.environment["POINTWISE_USERS"]
    scratch.build("--threads=1")

    def digests(folder: Scratch) -> dict[str, str]:
        return {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in folder.published.iterdir()
            if path.suffix in (".parquet", ".csv")
        }

    assert digests(scratch) == digests(built)
    assert "user_scores.parquet" in digests(built)


def test_erased_user_is_nowhere(scratch: Scratch) -> None:
    write_world(scratch, events=2000, users=30)
    scratch.build()
    result = scratch.dbt("run-operation", "erase_user", "--args", "{user_id: u5}")
    assert result.returncode == 0, result.stdout
    files = [*scratch.events.iterdir(), scratch.folder / "users.parquet"]
    files += [scratch.published / "user_scores.parquet"]
    for file in files:
        found = duckdb.sql(f"select count(*) from '{file}' where user_id = 'u5'")
        assert found.fetchall() == [(0,)], file
    assert ",u5," not in (scratch.published / "top_users.csv").read_text()
    scratch.build("--full-refresh")
    assert scratch.query("select * from main.user_scores where user_id = 'u5'") == []
