"""Reading the published scores: by script, and what happens without them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import duckdb

from conftest import (
    BIN,
    CORE,
    PROJECT,
    Scratch,
    contents,
    last_lines,
    write_event,
    write_world,
)


def edit_rules(scratch: Scratch, old: str, new: str) -> Path:
    """Use a copy of the control panel elsewhere, with one of its rules changed."""
    panel = scratch.folder / "panel"
    shutil.copytree(PROJECT / "seeds", panel)
    rules = panel / "scoring_rules.csv"
    text = rules.read_text()
    assert old in text
    rules.write_text(text.replace(old, new))
    scratch.environment["POINTWISE_CONTROL"] = str(panel)
    return panel


def test_ranking_lists_the_best_users_first(built: Scratch) -> None:
    result = built.pointwise("rank", "--limit", "3")
    assert result.returncode == 0, result.stderr
    best = built.query(
        "select user_id from main.user_scores where not is_customer"
        " order by rank limit 3"
    )
    for (user_id,) in best:
        assert user_id in result.stdout
    row = re.split(r"^ +\d+  u", result.stdout, flags=re.M)[1]
    score = int(re.search(r"^\d+ +(\d+)", row).group(1))
    assert sum(int(points) for points in re.findall(r"\(([+-]\d+)\)", row)) == score


def test_unknown_visitors_are_listed_when_asked_for_and_marked(
    default_world: Scratch,
) -> None:
    visitor, rank = default_world.query(
        "select user_id, rank from main.user_scores where not is_named order by rank"
    )[0]
    listed = default_world.pointwise("rank", "--limit", str(rank), "--with-visitors")
    assert f" {rank}  {visitor} " in listed.stdout
    assert "unknown visitor " in listed.stdout
    named = default_world.pointwise("rank", "--limit", str(rank))
    assert visitor not in named.stdout
    (left_out,) = re.findall(r"^As of .*", named.stdout, re.M)
    assert "unknown visitor" in left_out
    of_one = default_world.pointwise("explain", "--user", visitor)
    assert of_one.stdout.startswith(f"{visitor}, unknown visitor scores ")
    written = (default_world.published / "top_users.csv").read_text()
    assert visitor not in written


def test_an_id_of_somebody_else_leads_to_the_person(default_world: Scratch) -> None:
    user_id, person = default_world.query(
        "select user_id, person_id from main.person_links where reason is null"
        " order by user_id"
    )[0]
    result = default_world.pointwise("explain", "--user", user_id)
    assert (
        f"belongs to '{person}': `pointwise explain --user {person}`" in result.stderr
    )


def test_functions_take_what_they_take_in_the_warehouse(default_world: Scratch) -> None:
    database = str(default_world.published / "scores.duckdb")
    with duckdb.connect(database, read_only=True) as scores:
        named = scores.execute("select is_named from top_users(5000)").fetchall()
        everyone = scores.execute(
            "select is_named from top_users(5000, with_visitors := true)"
        ).fetchall()
    assert set(named) == {(True,)}
    assert len(everyone) > len(named)


def test_explanation_of_a_user_ends_in_the_score(built: Scratch) -> None:
    user_id, score = built.query(
        "select user_id, score from main.user_scores order by rank limit 1"
    )[0]
    result = built.pointwise("explain", "--user", user_id)
    assert result.returncode == 0, result.stderr
    assert f"Score {score}, " in result.stdout


def test_explanation_of_all_users_counts_every_user(built: Scratch) -> None:
    result = built.pointwise("explain")
    assert result.returncode == 0, result.stderr
    ((users, in_high),) = built.query(
        "select count(*), count(*) filter (band = 'high') from main.user_scores"
    )
    assert result.stdout.startswith(f"{in_high:,} of {users:,} users (")
    assert "are in the highest band, high; most points come from" in result.stdout
    with duckdb.connect(
        str(built.published / "scores.duckdb"), read_only=True
    ) as scores:
        users = scores.execute(
            "select sum(users) from explain_scores() where section = 'users by band'"
        ).fetchall()
        by_rule = scores.execute(
            "select item from explain_scores() where section = 'points by rule'"
        ).fetchall()
    assert users == built.query("select count(*) from main.user_scores")
    # A rule of fit that says the same as one of intent is another line.
    assert built.query("select count(*) from main.scoring_rules") == [(len(by_rule),)]
    assert len({*by_rule}) == len(by_rule)


def test_unknown_user_and_missing_scores_are_one_line_errors(
    built: Scratch, scratch: Scratch
) -> None:
    for result in (
        built.pointwise("explain", "--user", "<script>"),
        scratch.pointwise("rank"),
    ):
        assert result.returncode == 1
        assert result.stderr.startswith("error: ")
        assert result.stderr.count("\n") == 1
    with duckdb.connect(
        str(built.published / "scores.duckdb"), read_only=True
    ) as scores:
        ((_, reason, *_),) = scores.execute("from explain_user('o''nobody')").fetchall()
    assert reason == "No user o'nobody is scored: try from top_users(20)"


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
    scratch.build(*CORE)
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
    write_event(scratch)
    scratch.build()
    before = scratch.generation
    result = scratch.dbt("build", "-s", "user_scores")
    assert "Not published" in result.stdout
    assert scratch.generation == before


def test_a_build_publishes_however_dbt_is_called(scratch: Scratch) -> None:
    """From another folder, relative paths, a profile of one's own, failures stored."""
    write_event(scratch)
    profiles = scratch.folder / "profiles"
    profiles.mkdir()
    text = (PROJECT / "profiles.yml").read_text()
    for old, new in (
        ("pointwise:\n", "ours:\n"),
        ("target: dev", "target: production"),
        ("dev: &duckdb", "production: &duckdb"),
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    (profiles / "profiles.yml").write_text(text)
    project = os.path.relpath(PROJECT, scratch.folder)
    environment = {
        "DBT_PROJECT_DIR": project,
        "DBT_PROFILES_DIR": "profiles",
        "DBT_STORE_FAILURES": "1",
        "DBT_LOG_PATH": str(scratch.folder / "logs"),
    }
    target = os.path.relpath(scratch.folder / "target", PROJECT)
    result = subprocess.run(
        [BIN / "dbt", "build", "--profile=ours",
         f"--target-path={target}"],
        cwd=scratch.folder,
        env=scratch.environment | environment,
        capture_output=True,
        text=True,
    )  # fmt: skip
    assert result.returncode == 0, last_lines(result)
    assert "Published 1 person" in result.stdout
    assert scratch.query(
        "select count(*) from dbt_test__audit.every_point_is_explained"
    )
    assert scratch.pointwise("rank").returncode == 0


def test_a_control_panel_elsewhere_is_used_and_left_as_it_is(scratch: Scratch) -> None:
    write_event(scratch)
    panel = edit_rules(
        scratch,
        "viewed_pages,web,page_views_28d,,,,1,1,10,",
        "viewed_pages,web,page_views_28d,,,,3,1,6,",
    )
    before = contents(panel)
    scratch.build(*CORE)
    assert contents(panel) == before
    assert scratch.query("select score from main.user_scores") == [(4,)]


def test_generated_events_are_the_same_for_a_seed_and_build(
    scratch: Scratch, tmp_path: Path
) -> None:
    for folder in ("one", "two"):
        arguments = ("--users", "150", "--days", "120", "--out", str(tmp_path / folder))
        result = scratch.pointwise("generate", *arguments)
        assert result.returncode == 0, result.stderr
    files = sorted((tmp_path / "one").rglob("*.parquet"))
    assert len(files) > 4
    for file in files:
        twin = tmp_path / "two" / file.relative_to(tmp_path / "one")
        assert file.read_bytes() == twin.read_bytes()
    scratch.environment["POINTWISE_EVENTS"] = f"{tmp_path}/one/events/*.parquet"
    scratch.environment["POINTWISE_USERS"] = f"{tmp_path}/one/users.parquet"
    scratch.build(*CORE)
    duplicates, quarantined = scratch.query(
        "select sum(duplicate_events), sum(quarantined_events)"
        " from internal.int_event_ledger"
    )[0]
    assert duplicates > 0
    assert quarantined > 0


def test_bad_arguments_of_the_generator_are_a_one_line_error(scratch: Scratch) -> None:
    result = scratch.pointwise("generate", "--users", "0")
    assert result.returncode == 2
    assert result.stderr == (
        "error: Invalid value for '--users': 0 is not from 1 to 5000000:"
        " see `pointwise generate --help`\n"
    )


def test_mistakes_in_the_control_panel_are_named_before_anything_is_built(
    scratch: Scratch,
) -> None:
    write_event(scratch)
    edit_rules(
        scratch,
        "booked_call,hand_raise,bookings_56d,,,,3,",
        "booked_call,hand_raise,bookings_56,,,,three,",
    )
    result = scratch.dbt("build")
    assert result.returncode != 0
    assert "scoring_rules.csv row 2: feature: 'bookings_56'" in result.stdout
    assert "row 2: points: 'three' is not a whole number" in result.stdout
    assert not scratch.published.exists()
    assert scratch.dbt("compile").returncode == 0


def test_dbt_show_and_a_part_say_what_is_not_there(
    built: Scratch, scratch: Scratch
) -> None:
    shown = built.dbt("show", "-s", "user_scores", "--limit", "2")
    assert shown.returncode == 0, shown.stdout[-2000:]
    assert "| user_id" in shown.stdout
    refused = scratch.dbt("show", "-s", "user_scores")  # in DuckDB's own words
    assert refused.returncode != 0
    assert "does not exist" in refused.stdout
    part = scratch.dbt("run", "-s", "user_scores")
    assert part.returncode != 0
    assert "yet: run `dbt build` first." in part.stdout
    inline = scratch.dbt("show", "--inline", "select 42 as answer")
    assert "42" in inline.stdout


def test_dbt_test_passes_after_a_build_and_says_so_before_one(
    built: Scratch, scratch: Scratch
) -> None:
    passed = built.dbt("test", "--exclude", "resource_type:unit_test")
    assert passed.returncode == 0, passed.stdout[-2000:]
    refused = scratch.dbt("test")
    assert refused.returncode != 0
    assert "There is nothing to test yet: run `dbt build` first." in refused.stdout


def test_readers_and_a_build_do_not_block_each_other(scratch: Scratch) -> None:
    """The DuckDB client holds the published database open; scripts read meanwhile.

    The build adds a feature, so that the published database must be rewritten.
    """
    write_world(scratch, events=4000, users=60)
    scratch.build()
    client = subprocess.Popen(
        [BIN / "duckdb", "-readonly", scratch.published / "scores.duckdb"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    client.stdin.write("from top_users(1);\n")
    client.stdin.flush()
    (scratch.events / "b.parquet").unlink()
    panel = scratch.folder / "panel"
    shutil.copytree(PROJECT / "seeds", panel)
    with (panel / "features.csv").open("a") as features:
        features.write("page_views_3d,page_view,events,3,,events,Pages in 3 days\n")
    scratch.environment["POINTWISE_CONTROL"] = str(panel)
    readings = 0
    with ThreadPoolExecutor(1) as thread:
        building = thread.submit(scratch.build, "--vars", "accept_mass_change: true")
        while not building.done():
            result = scratch.pointwise("rank", "--limit", "2")
            assert result.returncode == 0, result.stderr
            readings += 1
            wait([building], timeout=1)
        building.result()
    assert readings > 2
    printed, _ = client.communicate("from top_users(2);\n", timeout=60)
    assert client.returncode == 0
    assert printed.count(" why ") == 2
    database = str(scratch.published / "scores.duckdb")
    with duckdb.connect(database, read_only=True) as published:
        columns = published.execute("describe user_features").fetchall()
    assert "page_views_3d" in [column[0] for column in columns]


def test_whatever_is_read_of_the_events_is_read_without_joins(built: Scratch) -> None:
    """A list that a condition names may become one, for every row of every reading."""
    [(_, plan)] = built.query(
        "explain select max(user_id), max(anonymous_id), max(quarantine_reason)"
        " from internal.base_events"
    )
    assert "read parquet" in plan.lower().replace("_", " ")
    assert "join" not in plan.lower()


# Named by the answer of another question.
NOT_ASKED = {"help", "why_changed_between"}


def test_help_asks_every_question_there_is(built: Scratch) -> None:
    path = str(built.published / "scores.duckdb")
    with duckdb.connect(path, read_only=True) as scores:
        asked = scores.execute("select ask, question from help()").fetchall()
        functions = scores.execute(
            "select function_name from duckdb_functions() where not internal"
        ).fetchall()
    answers = [re.fullmatch(r"from (\w+)(\(.*\))?;", ask).groups() for ask, _ in asked]
    named = [name for name, arguments in answers if arguments]
    assert ("excluded_users", None) in answers
    assert sorted([*named, *NOT_ASKED]) == sorted(name for (name,) in functions)
    # Frame and padding of two columns take seven.
    widths = [max(map(len, column)) for column in zip(*asked, strict=True)]
    assert sum(widths) <= 80 - 7


def test_every_question_of_help_is_answered_in_the_cli(built: Scratch) -> None:
    """Its DuckDB is older than the one that builds: 1.5 reads what 2.0 writes."""
    path = built.published / "scores.duckdb"
    ((user,),) = built.query("select min_by(user_id, rank) from main.user_scores")
    with duckdb.connect(str(path), read_only=True) as scores:
        asked = [ask for (ask,) in scores.execute("select ask from help()").fetchall()]
    queries = [ask.replace("'u42'", f"'{user}'") for ask in asked]
    result = built.run(BIN / "duckdb", "-readonly", "-bail", path, " ".join(queries))
    assert result.returncode == 0, result.stderr
    assert "Error" not in result.stderr


def test_everything_in_scores_duckdb_says_what_it_is(built: Scratch) -> None:
    path = str(built.published / "scores.duckdb")
    with duckdb.connect(path, read_only=True) as scores:
        silent = scores.execute("""
            select table_name from duckdb_tables() where comment is null or comment = ''
            union all
            select table_name || '.' || column_name from duckdb_columns()
            where not internal and (comment is null or comment = '')
            union all
            select function_name from duckdb_functions()
            where not internal and (comment is null or comment = '')
        """).fetchall()
    assert silent == []
