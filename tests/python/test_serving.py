"""Reading the published scores: by script, and what happens without them."""

from __future__ import annotations

import shutil

import duckdb
from conftest import PROJECT, Scratch


def test_ranking_lists_the_best_users_first(built: Scratch) -> None:
    result = built.script("rank.py", "--limit", "3")
    assert result.returncode == 0, result.stderr
    best = built.query(
        "select user_id from main.user_scores where not is_customer order by rank limit 3"
    )
    for (user_id,) in best:
        assert user_id in result.stdout


def test_explanation_of_a_user_ends_in_the_score(built: Scratch) -> None:
    user_id, score = built.query(
        "select user_id, score from main.user_scores order by rank limit 1"
    )[0]
    result = built.script("explain.py", "--user", user_id)
    assert result.returncode == 0, result.stderr
    assert f"Score {score}, " in result.stdout


def test_explanation_of_all_users_counts_every_user(built: Scratch) -> None:
    assert built.script("explain.py").returncode == 0
    with duckdb.connect(
        str(built.published / "scores.duckdb"), read_only=True
    ) as scores:
        users = scores.execute(
            "select sum(users) from explain_scores() where section = 'users by band'"
        ).fetchall()
    assert users == built.query("select count(*) from main.user_scores")


def test_unknown_user_and_missing_scores_are_one_line_errors(
    built: Scratch, scratch: Scratch
) -> None:
    for result in (
        built.script("explain.py", "--user", "<script>"),
        scratch.script("rank.py"),
    ):
        assert result.returncode == 1
        assert result.stderr.startswith("error: ")
        assert result.stderr.count("\n") == 1


def test_build_without_events_says_what_to_do(scratch: Scratch) -> None:
    result = scratch.dbt("build")
    assert result.returncode != 0
    assert "No event files at" in result.stdout
    assert not scratch.published.exists()


def test_unreadable_files_and_malformed_rows_are_recorded(scratch: Scratch) -> None:
    (scratch.events / "empty.parquet").touch()
    (scratch.events / "text.parquet").write_text("this is not Parquet")
    duckdb.sql(
        f"""
        copy (
            select * from (values
                ('u1', timestamp '2026-01-05 10:00:00', 'page_view'),
                (null, timestamp '2026-01-05 10:00:00', 'page_view'),
                ('u2', null, 'page_view'),
                ('u3', timestamp '2999-01-01 00:00:00', 'page_view'),
                ('u4', timestamp '1980-01-01 00:00:00', 'page_view'),
                (repeat('x', 10000), timestamp '2026-01-05 10:00:00', 'page_view'),
                ('=1+1', timestamp '2026-01-05 11:00:00', 'never heard of')
            ) as rows (user_id, occurred_at, event_type)
        ) to '{scratch.events}/rows.parquet'
        """
    )
    scratch.build()
    reasons = scratch.query(
        "select quarantine_reason from internal.stg_events_quarantined order by 1"
    )
    assert [reason for (reason,) in reasons] == [
        "no occurred_at",
        "no user_id",
        "occurred_at in the future",
        "occurred_at too early",
        "user_id too long",
    ]
    assert scratch.query(
        "select sum(used_events), sum(unmapped_events), sum(quarantined_events)"
        " from internal.int_event_ledger"
    ) == [(1, 1, 5)]
    assert scratch.query(
        "select count(*) from internal.stg_event_files where reason is not null"
    ) == [(2,)]


def test_a_failed_or_partial_build_publishes_nothing(scratch: Scratch) -> None:
    duckdb.sql(
        "copy (select 'u1' as user_id, timestamp '2026-01-05' as occurred_at,"
        f" 'page_view' as event_type) to '{scratch.events}/one.parquet'"
    )
    scratch.build()
    before = (scratch.published / "user_scores.parquet").stat().st_mtime_ns
    result = scratch.dbt("build", "-s", "user_scores")
    assert "Not published" in result.stdout
    assert (scratch.published / "user_scores.parquet").stat().st_mtime_ns == before


def test_a_control_panel_elsewhere_is_used_and_left_as_it_is(scratch: Scratch) -> None:
    duckdb.sql(
        "copy (select 'u1' as user_id, timestamp '2026-01-05' as occurred_at,"
        f" 'page_view' as event_type) to '{scratch.events}/one.parquet'"
    )
    panel = scratch.folder / "panel"
    shutil.copytree(PROJECT / "seeds", panel)
    rules = panel / "scoring_rules.csv"
    rules.write_text(
        rules.read_text().replace(
            "viewed_pages,web,page_views_14d,,,,1,1,6,",
            "viewed_pages,web,page_views_14d,,,,3,1,6,",
        )
    )
    before = {file.name: file.read_bytes() for file in panel.iterdir()}
    scratch.environment["POINTWISE_CONTROL"] = str(panel)
    scratch.build()
    assert {file.name: file.read_bytes() for file in panel.iterdir()} == before
    assert scratch.query("select score from main.user_scores") == [(4,)]
