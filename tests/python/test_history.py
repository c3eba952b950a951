"""Published scores have a history, and every change of a score its causes.

`life` is the half-year of `campaign` as a project lives it: events late and corrected,
profiles edited, another control panel, a build that fails, a clock that jumps, a day
that is scored again. What it says of causes is held to the oracle, which re-scores in
plain Python.
"""

from __future__ import annotations

import csv
import random
import re
from collections import defaultdict
from dataclasses import replace

import duckdb
import pytest

from conftest import NO_TESTS, PROJECT, Scratch, contents, last_lines
from lives import (
    HOLDS,
    State,
    backfilled,
    bands_by_replay,
    by_line,
    causes_by_oracle,
    corrected,
    days_ago,
    days_before,
    points,
    profile,
    random_worlds,
    scores,
    timeless,
    until,
)
from oracle_events import Panel
from pointwise.core.published import record_ids, recorded
from publications import publish_as_built, published_times
from world_files import (
    ATTRIBUTES,
    read_panel,
    write_panel,
)
from world_panels import joined, with_other_scores, with_points
from worlds import campaign

CAUSES = ("late data", "attributes", "ageing", "new activity", "control panel")
POINTS = [f"{cause.replace(' ', '_')}_points" for cause in CAUSES]


def execute(scratch: Scratch, sql: str) -> None:
    """Change the warehouse behind dbt's back."""
    with duckdb.connect(str(scratch.warehouse)) as connection:
        connection.execute(sql)


def without_conditions(panel: Panel) -> Panel:
    """Leave events of a name together: the past gets the names of today."""
    rows = [row for row in panel.event_types if row.get("pattern") is None]
    return replace(panel, event_types=rows)


@pytest.fixture(scope="module")
def states() -> dict[str, State]:
    """The states of a life, by name, in order.

    To the events, profiles and edited panel of one project come those of random worlds,
    whose rules only their own users meet.
    """
    dice = random.Random(16)
    found, other_panels = random_worlds()
    rows = [*campaign(2), *(row for world in found for _, row in world.rows)]
    rows = [row for row in rows if row["occurred_at"]]
    dice.shuffle(rows)
    # Random worlds have few events each.
    late = [
        row
        for row in rows
        if dice.random() < (0.05 if str(row["user_id"]).startswith("u") else 0.4)
    ]
    wrong = [corrected(row, dice) for row in rows[:60]]
    early = wrong + [row for row in rows[60:] if row not in late]
    users = [profile(n, dice) for n in range(48) for _ in range(2)]
    edited = users[6:70] + [profile(n, dice) for n in range(30, 52)]
    profiles = [
        user
        for world in found
        for user in world.users
        if any(str(user[name] or "").strip() for name in ATTRIBUTES)
    ]
    users += profiles[::2]
    edited += profiles
    panel, other = read_panel(PROJECT / "seeds"), read_panel(PROJECT / "seeds")
    for n, rule in enumerate(panel.scoring_rules[::2]):
        less = 2 if 0 < rule["points"] <= 2 else -2  # no rule changes its sign
        other = with_points(other, rule["rule"], rule["points"] + (3, less, 9)[n % 3])
    for feature in other.features:
        if feature["measure"] == "events":
            feature |= {"window_days": 1 + feature["window_days"] // 2}
    # Three events a day are a machine's.
    for rule in other.bot_rules:
        if rule["kind"] == "events_per_day":
            rule["threshold"] = 2
    # A search is what a pricing page was, and the other way round.
    by_name = {row["source_event"]: row for row in other.event_types}
    search, pricing = by_name["search"], by_name["pricing_page_view"]
    kind = search["event_type"]
    search |= {"event_type": pricing["event_type"], "max_per_day": 2}
    pricing |= {"event_type": kind, "max_per_day": 1}
    # The highest band holds, and random worlds have points for a second score.
    for bands in (panel.score_bands, other.score_bands):
        bands[0] |= HOLDS
    panel = with_other_scores(
        without_conditions(joined([panel, *(w.panel for w in found)]))
    )
    other = with_other_scores(without_conditions(joined([other, *other_panels])))
    first, last = days_ago(dice.randint(5, 20)), days_ago(dice.randint(25, 45))
    return {
        "first": State(early, users, panel, first),
        "same day": State(rows[:-40], edited, panel, first),
        "all at once": State(rows, edited[9:], other, days_ago(0)),
        "day after": State(rows, edited[9:], other, days_ago(-1)),
        "back in time": State(rows, edited[9:], panel, last),
    }


@pytest.fixture(scope="module")
def life(states: dict[str, State], tmp_path_factory: pytest.TempPathFactory) -> Scratch:
    """The states built one after the other, with accidents in between."""
    scratch = Scratch(tmp_path_factory.mktemp("life"))
    accident = State(
        states["first"].rows[500:], [], states["all at once"].panel, days_ago(2)
    )
    for name, state in states.items():
        if name == "all at once":
            accident.build(scratch)  # and is not published
        if name == "back in time":
            # For real: it publishes itself, and days of the past beside it.
            state.build(scratch, "--threads", "2", backfill=days_before(state, 60, 20))
            continue
        state.build(scratch)
        if name == "first":
            # A clock that runs ahead, and is put right before the next build.
            for table in ("internal.int_changed_scores", "main.user_score_history"):
                later = "published_at + interval '400' day"
                execute(scratch, f"update {table} set published_at = {later}")
        publish_as_built(scratch)
    return scratch


@pytest.mark.parametrize("number", range(1, 5))
def test_causes_are_those_of_the_oracle(
    number: int, life: Scratch, states: dict[str, State]
) -> None:
    before, after = list(states.values())[number - 1 : number + 1]
    found = life.query(
        f"select user_id, {', '.join(POINTS)} from main.score_changes"
        f" where published_at = '{published_times(life)[number]}'"
    )
    by_user = {user: list(points) for user, *points in found if any(points)}
    expected = causes_by_oracle(before, after)
    assert by_user == expected
    assert len(expected) > 3
    found = defaultdict(lambda: [0] * len(CAUSES))
    for user, cause, given in life.query(
        "select user_id, d.cause, d.points from (select user_id, published_at,"
        " unnest(other_differences) as d from main.score_changes) where d.score_name ="
        f" 'fit' and published_at = '{published_times(life)[number]}'"
    ):
        found[user][CAUSES.index(cause)] += given
    of_fit = {user: causes for user, causes in found.items() if any(causes)}
    assert of_fit == causes_by_oracle(before, after, "fit")


def test_every_cause_occurs_in_this_life(life: Scratch) -> None:
    totals = ", ".join(f"count(*) filter ({name} <> 0)" for name in POINTS)
    for users, fewest in (("u", 6), ("w", 1)):  # of the project, and of random worlds
        (counts,) = life.query(
            f"select {totals} from main.score_changes where user_id[1] = '{users}'"
        )
        assert min(counts) >= fewest, dict(zip(CAUSES, counts, strict=True))


def test_causes_sum_to_the_change_also_by_rule(life: Scratch) -> None:
    wrong = life.query(
        f"select * from main.score_changes where change <> {' + '.join(POINTS)}"
        " or change <> coalesce(score, 0) - coalesce(previous_score, 0)"
        " or change <> list_sum([d.points for d in differences])"
    )
    assert wrong == []


def test_history_holds_what_was_published_and_nothing_else(
    life: Scratch, states: dict[str, State]
) -> None:
    times = published_times(life)
    # The build that was not published left nothing; the clock that ran ahead no gap.
    assert times == sorted(set(times))
    for at, state in zip(times, states.values(), strict=True):
        valid = life.query(
            "select user_id, score from main.user_score_history"
            f" where published_at <= '{at}' and coalesce(replaced_at > '{at}', true)"
        )
        users = timeless(state.users, state.day)
        assert dict(valid) == scores(state, users, state.day, state.panel)
        assert len(dict(valid)) == len(valid)
        of_fit = life.query(
            "select user_id, list_sum([c.points for c in other_contributions])"
            f" from main.user_score_history where published_at <= '{at}'"
            f" and coalesce(replaced_at > '{at}', true)"
        )
        assert dict(of_fit) == scores(state, users, state.day, state.panel, "fit")
    wrong = life.query(
        "select * from main.user_score_history where replaced_at <= published_at"
        " or score <> list_sum([c.points for c in contributions])"
    )
    assert wrong == []


def days_of(life: Scratch, states: dict[str, State]) -> dict:
    """The scoring date of each publication, by when it was published."""
    days = (state.day for state in states.values())
    return dict(zip(published_times(life), days, strict=True))


def test_bands_are_those_that_the_record_replays(
    life: Scratch, states: dict[str, State]
) -> None:
    expected = bands_by_replay(life, days_of(life, states))
    found = life.query("select user_id, published_at, band, score from"
                       " main.user_score_history")  # fmt: skip
    assert {(user, at): band for user, at, band, _ in found} == expected
    held = [score for *_, band, score in found if band == "high" and score < 50]
    assert len(held) > 3


def test_entries_are_those_who_crossed_into_the_top_band(
    life: Scratch, states: dict[str, State]
) -> None:
    *_, before, after = states.values()
    *_, last = published_times(life)
    was, now = (
        scores(state, timeless(state.users, state.day), state.day, state.panel)
        for state in (before, after)
    )
    standing = dict(
        life.query("select user_id, previous_band from internal.int_changed_scores")
    )
    bands = bands_by_replay(life, days_of(life, states))
    left_out = life.query(
        "select user_id from main.user_scores where is_customer or not is_named"
    )
    expected = {
        user: (score, was.get(user))
        for user, score in now.items()
        if bands.get((user, last)) == "high" != standing.get(user)
        and (user,) not in left_out
    }
    entries = life.query(
        "select user_id, score, previous_score, entry_id from main.top_band_entries"
    )
    assert {user: (score, was) for user, score, was, _ in entries} == expected
    assert expected
    file = f"read_csv('{life.published}/top_band_entries.csv')"
    written = duckdb.sql(f"select user_id, entry_id from {file}").fetchall()
    assert sorted(written) == sorted((user, entry) for user, *_, entry in entries)


def test_past_days_are_back_filled_beside_what_was_published(
    life: Scratch, states: dict[str, State]
) -> None:
    today = states["back in time"]
    found = life.query(
        "select as_of_date, user_id, score from main.user_score_backfill"
    )
    assert sorted(found) == sorted(backfilled(today, days_before(today, 60, 20)))
    wrong = life.query(
        "select * from main.user_score_backfill"
        " where score <> list_sum([c.points for c in contributions])"
        " or weights_version not in (select weights_version from main.user_scores)"
    )
    assert wrong == []
    (user,) = life.query("select min(user_id) from main.user_score_backfill")[0]
    scores_by_basis = life.query(
        f"select basis, count(*) from main.score_history('{user}') group by basis"
    )
    (published,) = life.query(
        f"select count(*) from main.user_score_history where user_id = '{user}'"
    )[0]
    assert dict(scores_by_basis) == {"as_now": 2, "as_then": published}


def test_scripts_tell_changes_and_give_a_panel_back(
    life: Scratch, states: dict[str, State]
) -> None:
    user, change, score = life.query(
        "select user_id, change, score from main.score_changes"
        " where score is not null order by published_at desc, abs(change) desc limit 1"
    )[0]
    result = life.pointwise("explain", "--user", user)
    assert f"the last change, {change:+d} (" in result.stdout, result.stderr
    assert f"Score {score}, " in result.stdout
    result = life.pointwise("why", "--user", user, "--since", "2020-01-01")
    assert "since 2020-01-01" in result.stdout, result.stderr
    everyone = life.pointwise("why").stdout
    assert "Changes by week" in everyone
    assert "+0  " not in everyone.partition("Changes by week")[0]
    assert life.pointwise("explain", "--changes").stdout == everyone
    of_one = life.pointwise("why", "--user", user).stdout
    assert life.pointwise("explain", "--changes", "--user", user).stdout == of_one
    result = life.pointwise("why", "--user", "nobody")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("error: no score for user 'nobody'")
    result = life.pointwise("why", "--user", user, "--since", "2999-01-01")
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("error: the history knows no change")

    versions = life.query("select distinct weights_version from user_score_history")
    listed = life.pointwise("restore-panel").stdout
    assert len(versions) == 2
    restored = []
    for (version,) in versions:
        assert version in listed
        folder = life.folder / f"restored {version}"
        arguments = ("--version", version, "--to", str(folder))
        result = life.pointwise("restore-panel", *arguments)
        assert result.returncode == 0, result.stderr
        restored.append(by_line(read_panel(folder)))
        again = life.pointwise("restore-panel", *arguments)
        assert "holds a control panel already" in again.stderr
    wanted = [by_line(states[name].panel) for name in ("first", "all at once")]
    assert sorted(restored, key=repr) == sorted(wanted, key=repr)


@pytest.mark.parametrize("name", ["same day", "day after", "back in time"])
def test_old_publications_come_out_as_published_or_say_why(
    name: str, life: Scratch, states: dict[str, State]
) -> None:
    state, last = states[name], states["back in time"]
    publication = record_ids(life.published)[list(states).index(name)]
    version = recorded(life.published, publication)["weights_version"]
    untouched = {**contents(life.published), "w": life.warehouse.read_bytes()}
    arguments = ("--as-of", str(state.day), "--version", version)
    result = life.pointwise("reproduce", *arguments)
    assert result.returncode == 0, last_lines(result)
    assert {**contents(life.published), "w": life.warehouse.read_bytes()} == untouched

    known = until(State(last.rows, last.users, state.panel, state.day), state.day)
    then, now = (timeless(users, state.day) for users in (state.users, last.users))
    was, in_between, is_now = (
        points(events, users, state.day, state.panel)
        for events, users in ((state, then), (known, then), (known, now))
    )
    users = was.keys() | is_now.keys()
    late = {user for user in users if was.get(user) != in_between.get(user)}
    attributes = {user for user in users if in_between.get(user) != is_now.get(user)}
    differing = len(was.keys() & (late | attributes))
    printed = " ".join(result.stdout.split())
    assert f"{len(was):,} users: {len(was) - differing:,} as published" in printed
    assert ("corrected" in printed) == bool(late)
    assert f"erased data ({len(late)})" in printed or not late
    assert f"attributes ({len(attributes)})" in printed or not attributes


def test_no_publication_is_said_in_one_line(life: Scratch) -> None:
    result = life.pointwise("reproduce", "--as-of", "2001-01-01")
    assert result.returncode == 1
    assert result.stderr.startswith("error: nothing was published for that day")
    assert result.stderr.count("\n") == 1


def test_what_if_says_what_a_build_would(
    life: Scratch, states: dict[str, State]
) -> None:
    today, panel = states["back in time"], states["all at once"].panel
    write_panel(life.folder / "candidate", panel)
    untouched = {**contents(life.published), "w": life.warehouse.read_bytes()}
    out = life.folder / "what_if"
    arguments = (str(life.folder / "candidate"), "--out", str(out))
    result = life.pointwise("what-if", *arguments)
    assert result.returncode == 0, result.stderr
    assert "Changed: event_types.csv, features.csv, scoring_rules.csv," in result.stdout
    assert "Rebuilt for the candidate" in result.stdout
    assert {**contents(life.published), "w": life.warehouse.read_bytes()} == untouched

    users = timeless(today.users, today.day)
    now = scores(today, users, today.day, today.panel)
    then = scores(today, users, today.day, panel)
    users_of_either = sorted(now.keys() | then.keys())
    both = {user: (now.get(user), then.get(user)) for user in users_of_either}
    expected = {user: pair for user, pair in both.items() if pair[0] != pair[1]}
    rows = list(csv.DictReader((out / "movers.csv").open()))
    found = {
        row["user_id"]: tuple(
            int(row[name]) if row[name] else None  # not scored on one side
            for name in ("score_now", "score_candidate")
        )
        for row in rows
    }
    assert found == expected
    assert len(expected) > 10
    for row in rows:
        moved = [int(n) for n in re.findall(r"\(([+-]\d+)\)(?:; |$)", row["reasons"])]
        assert sum(moved) == int(row["change"])
    sizes = list(csv.DictReader((out / "band_sizes.csv").open()))
    banded = [row for row in sizes if row["band"] != "not scored"]
    assert sum(int(row["users_candidate"]) for row in banded) == len(then)
    assert "| now |" in (out / "what_if.md").read_text()
    was, fit = (scores(today, users, today.day, p, "fit") for p in (today.panel, panel))
    changed = {user for user in was | fit if was.get(user) != fit.get(user)}
    (row,) = csv.DictReader((out / "other_scores.csv").open())
    assert (row["score"], int(row["users_changed"])) == ("fit", len(changed))


def test_what_if_names_mistakes_in_one_line(life: Scratch) -> None:
    nothing = life.folder / "nothing.csv"
    nothing.write_text("rule\n")
    wrong = life.folder / "wrong" / "score_bands.csv"
    wrong.parent.mkdir()
    wrong.write_text("band,min_score,action\nlow,1,Wait\nhigh,ten,Call\n")
    for path, message in (
        (nothing, "is no control panel"),
        (life.folder / "panel", "says what the panel of today says"),
        (wrong, "score_bands.csv row 3: min_score: 'ten' is not a whole number"),
    ):
        result = life.pointwise("what-if", str(path))
        assert result.returncode == 1
        assert result.stderr.count("\n") == 1
        assert message in result.stderr


def test_unchanged_builds_add_nothing_and_a_full_refresh_takes_nothing_away(
    life: Scratch, states: dict[str, State]
) -> None:
    tables = ("user_score_history", "score_changes", "control_panel_versions")
    before = {name: life.table(f"main.{name}") for name in tables}
    today = states["back in time"]
    # A day asked for again, a new one, and one that has not come.
    asked = days_before(today, 60, 0, -1)
    today.build(life, "--full-refresh", *NO_TESTS, backfill=asked)
    publish_as_built(life)
    assert {name: life.table(f"main.{name}") for name in tables} == before
    assert life.query("select count(*) from main.top_band_entries") == [(0,)]
    found = life.query(
        "select as_of_date, user_id, score from main.user_score_backfill"
    )
    assert sorted(found) == sorted(backfilled(today, days_before(today, 60, 20, 0)))
