"""Companies: what they come to equals the oracle's, and the laws hold in any world."""

from __future__ import annotations

import csv
import re
import shutil
from copy import deepcopy
from datetime import date
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts_oracle import (
    EARLIER,
    SIZES,
    TODAY,
    Person,
    World,
    account_of,
    band_of,
    contributions,
    example,
    rows_of,
    worlds,
)
from conftest import NO_TESTS, PROJECT, Scratch, last_lines
from pointwise.core.identifying import identifying_values
from pointwise.core.panel.checks import line_of, panel_mistakes
from pointwise.core.panel.reader import files_in
from pointwise.core.settings import vars_of_run

MODELS = (
    *("account_people", "int_account_points", "account_contributions"),
    *("account_scores", "int_account_examples", "account_band_performance"),
)
TABLES = {
    "internal.int_user_as_of_dates": (
        "user_id varchar, as_of_date date, is_scoring_date boolean, is_in_snapshot"
        " boolean, has_activity boolean, last_activity_date date, is_customer boolean"
    ),
    "internal.int_as_of_dates": "as_of_date date, is_scoring_date boolean",
    "internal.int_scores": (
        "user_id varchar, as_of_date date, score integer, is_held_out boolean"
    ),
    "internal.int_customers": (
        "user_id varchar, as_of_date date, customer_since_date date"
    ),
    "internal.stg_user_attributes": (
        "user_id varchar, attribute varchar, valid_from date, value varchar,"
        " changed_at timestamp"
    ),
    "internal.int_person_attributes": (
        "user_id varchar, as_of_date date, attribute varchar, value varchar"
    ),
    "internal.int_persons_today": "user_id varchar, person_id varchar",
    "main.score_contributions": (
        "user_id varchar, as_of_date date, rule varchar, points bigint, reason varchar,"
        " score_name varchar default 'intent'"
    ),
    "main.user_feature_values": (
        "user_id varchar, as_of_date date, feature varchar, text_value varchar"
    ),
    "main.user_outcomes": (
        "user_id varchar, as_of_date date, horizon_end_date date, is_converted boolean"
    ),
    "main.scoring_rules": "rule varchar, reason varchar, equals varchar",
    "main.account_rules": (
        "account_rule varchar, measure varchar, applies_to varchar, equals varchar,"
        " people integer, points integer, max_points integer, half_life_days integer,"
        " reason varchar"
    ),
}
# One world's tables are read before the next one's are written.
MANY = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


# -- The models on worlds of the oracle ------------------------------------------------


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The SQL of the module's models, as dbt compiles it."""
    scratch = Scratch(tmp_path_factory.mktemp("compiled"))
    result = scratch.dbt("compile", "-s", "path:models/optional/accounts")
    assert result.returncode == 0, last_lines(result)
    folder = scratch.folder / "target/compiled/pointwise/models/optional/accounts"
    return {name: (folder / f"{name}.sql").read_text() for name in MODELS}


def built(
    world: World, compiled: dict[str, str], backwards: bool = False
) -> duckdb.DuckDBPyConnection:
    """Return a database with the module's tables of a world."""
    connection = duckdb.connect(config={"threads": 1})
    connection.execute("attach ':memory:' as warehouse; use warehouse")
    connection.execute("create schema internal")
    rows = rows_of(world)
    for table, columns in TABLES.items():
        connection.execute(f"create table {table} ({columns})")
        found = rows[table.split(".")[1]]
        if found:
            ordered = found[::-1] if backwards else found
            places = f"({', '.join('?' * len(found[0]))})"
            names = ", ".join(
                column.split()[0] for column in columns.split(",")[: len(found[0])]
            )
            connection.execute(
                f"insert into {table} ({names})"
                f" values {', '.join([places] * len(ordered))}",
                [value for row in ordered for value in row],
            )
    for name in MODELS:
        schema = "internal" if name.startswith("int_") else "main"
        connection.execute(f"create table {schema}.{name} as {compiled[name]}")
    return connection


def points_in(connection: duckdb.DuckDBPyConnection, day: date) -> dict[tuple, int]:
    """Return the points of companies as of a day, as the oracle has them."""
    return {
        tuple(key): points
        for *key, points in connection.execute(
            "select account_id, user_id, rule, points from account_contributions"
            " where as_of_date = ?",
            [day],
        ).fetchall()
    }


def scores_in(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple]:
    """Return score, band, who is a customer, and who is held out, by company."""
    return {
        account: tuple(rest)
        for account, *rest in connection.execute(
            "select account_id, score, band, is_customer, is_held_out"
            " from account_scores"
        ).fetchall()
    }


@MANY
@given(world=worlds())
def test_points_scores_and_labels_are_the_oracles(
    compiled: dict[str, str], world: World
) -> None:
    connection = built(world, compiled)
    for day in (EARLIER, TODAY):
        assert points_in(connection, day) == contributions(world, day)
    points = contributions(world, TODAY)
    known = {account_of(world, n, TODAY) for n, day in world.people if day == TODAY}
    expected = {}
    for account in known - {None}:
        score = sum(count for (name, *_), count in points.items() if name == account)
        is_customer = any(
            since <= TODAY and account_of(world, person, TODAY) == account
            for person, since in world.customers.items()
            if (person, TODAY) in world.people
        )
        people = [
            person
            for (name, day), person in world.people.items()
            if day == TODAY and account_of(world, name, TODAY) == account
        ]
        active = [one for one in people if one.days_since_active is not None]
        held_out = all(one.is_held_out for one in active or people)
        expected[account] = (score, band_of(world, score), is_customer, held_out)
    assert scores_in(connection) == expected
    labels = connection.execute(
        "select account_id, is_customer, is_converted"
        " from internal.int_account_examples"
    ).fetchall()
    for account, *label in labels:
        assert tuple(label) == example(world, account, EARLIER)


@MANY
@given(world=worlds())
def test_a_further_silent_colleague_changes_no_point(
    compiled: dict[str, str], world: World
) -> None:
    before = built(world, compiled)
    larger = deepcopy(world)
    for account in ("a.com", "b", "B"):
        silent = f"silent of {account}"
        larger.members[silent, None] = account
        larger.people[silent, TODAY] = Person({"base": 1, "call": 60}, None, SIZES[0])
    after = built(larger, compiled, backwards=True)
    assert points_in(after, TODAY) == points_in(before, TODAY)
    for account, (score, *_) in scores_in(before).items():
        assert scores_in(after)[account][0] == score


@MANY
@given(world=worlds())
def test_nothing_after_a_day_changes_what_was_said_of_it(
    compiled: dict[str, str], world: World
) -> None:
    earlier = deepcopy(world)
    earlier.members = {
        (name, since): account
        for (name, since), account in world.members.items()
        if since is None or since <= EARLIER
    }
    earlier.people = {key: p for key, p in world.people.items() if key[1] == EARLIER}
    earlier.customers = {n: d for n, d in world.customers.items() if d <= EARLIER}
    known = points_in(built(world, compiled), EARLIER)
    assert points_in(built(earlier, compiled), EARLIER) == known


@MANY
@given(world=worlds(), name=st.sampled_from(["u0", "u3"]))
def test_a_colleague_who_becomes_active_lowers_nothing_without_caps_and_sizes(
    compiled: dict[str, str], world: World, name: str
) -> None:
    """A cap can bind on whom the newcomer displaces; without caps no score falls."""
    world.caps, world.sizes = {}, {}
    world.people[name, TODAY] = Person({"base": 1}, None, None)
    before = scores_in(built(world, compiled))
    world.people[name, TODAY] = Person({"base": 1, "call": 20}, 3, None)
    after = scores_in(built(world, compiled))
    assert all(after[account][0] >= score for account, (score, *_) in before.items())


# -- The panel ------------------------------------------------------------------------


def mistakes(folder: Path, *edits: tuple[str, str]) -> list[str]:
    """Return the mistakes of the panel with texts of account_rules.csv replaced."""
    panel = folder / "panel"
    shutil.copytree(PROJECT / "seeds", panel, dirs_exist_ok=True)
    text = (PROJECT / "seeds/account_rules.csv").read_text()
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    (panel / "account_rules.csv").write_text(text)
    found = panel_mistakes(files_in(panel), vars_of_run(PROJECT, None))
    return [line_of(mistake, f"{mistake.file}.csv") for mistake in found]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("best_people,best_people,,,3", "best_people,best_people,,,", "people: is bla"),
        ("best_people,best_people", "best_people,band", "no row is of best_people"),
        ("rule_cap,*", "rule_cap,booked_cal", "such as booked_call"),
        ("attribute,industry", "attribute,sector", "'sector' is not in the attributes"),
        ("further_people,,,,3", "further_people,,,,-3", "'-3' is less than 0"),
        ("further_people,,,,3", "further_people,,,2,3", "'2' has no meaning for furt"),
        ("low,band,,,,0", "low,band,,,,5", "gap in bands: scores below '5'"),
        ("low,band,,,,0", "low,band,,,,40", "'band' stands in row 16 already"),
        (",outlook.com", ",GMAIL.com", "'not_a_company' stands in row 5 already"),
        ("low,band", "limit,band", "'limit' is a reserved name"),
        ("low,band", "low,bands", "'bands' is not known"),
    ],
)
def test_a_mistake_names_row_and_remedy(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    lines = mistakes(tmp_path, (old, new))
    assert any(
        said in line and re.match(r"account_rules.csv row \d+: \w+: ", line)
        for line in lines
    ), lines
    assert all("(allowed: " in line for line in lines)


def test_a_panel_without_rules_of_companies_goes_on_working(tmp_path: Path) -> None:
    assert mistakes(tmp_path) == []
    (tmp_path / "panel/account_rules.csv").unlink()
    assert files_in(tmp_path / "panel")["account_rules"].mistakes == []
    assert (
        panel_mistakes(files_in(tmp_path / "panel"), vars_of_run(PROJECT, None)) == []
    )


def test_an_address_is_no_account_and_a_number_is() -> None:
    found = identifying_values("account_id", ["acme.com", "jane@acme.com"])
    assert found == {
        "kind": "an e-mail address",
        "count": 1,
        "value": "jane@acme.com",
        "shown": "ja…",
    }
    assert (
        identifying_values("account_id", [f"541555{n}" for n in range(1000, 1100)])
        is None
    )
    assert identifying_values("plan", [f"541555{n}" for n in range(1000, 1100)])


# -- From files to lists ---------------------------------------------------------------


def write_companies(
    scratch: Scratch, account: str = "'Acme' || i % 5 || '.com'"
) -> None:
    """Write 40 people of five companies, one of which subscribes; ten are silent.

    The users file calls the column `company`.
    """
    duckdb.sql(
        f"""
        copy (
            select
                'u' || i as user_id,
                timestamp '2026-01-05 10:00:00' + to_days(cast(day as int))
                    as occurred_at,
                case when (i + day) % 9 = 0 then 'calendar_booked' else 'page_view' end
                    as event_type
            from range(30) as people (i), range(60) as days (day)
            where hash(i, day) % 4 = 0
            union all
            select 'u' || i, timestamp '2026-02-10 12:00:00', 'subscription_started'
            from range(0, 10, 5) as people (i)
        ) to '{scratch.events}/all.parquet';
        copy (
            select 'u' || i as user_id, {account} as company, 'Software' as industry
            from range(40) as people (i)
        ) to '{scratch.folder}/users.parquet';
        """
    )


@pytest.fixture(scope="module")
def companies(tmp_path_factory: pytest.TempPathFactory) -> Scratch:
    """A world of five companies, one of them a customer, built."""
    scratch = Scratch(tmp_path_factory.mktemp("companies"))
    write_companies(scratch)
    scratch.build("--vars", "{user_columns: {account_id: company}, horizon_days: 3}")
    return scratch


def test_the_list_leaves_out_customers_and_names_whom_to_talk_to(
    companies: Scratch,
) -> None:
    scored = companies.query(
        "select account_id, people, active_people from account_scores order by 1"
    )
    assert scored == [(f"acme{n}.com", 8, 6) for n in range(5)]
    result = companies.pointwise("accounts")
    assert result.returncode == 0, last_lines(result)
    assert "acme0.com" not in result.stdout
    assert "5 companies scored; not listed: 1 customer." in result.stdout
    assert "Bands at past dates" in result.stdout
    file = companies.folder / "companies.csv"
    companies.pointwise("accounts", "--csv", str(file), "--limit", "2")
    with file.open(newline="", encoding="utf-8") as lines:
        first, second = csv.DictReader(lines)
    assert int(first["score"]) >= int(second["score"])
    assert len(first["talk_to"].split(", ")) == 3


def test_an_explanation_adds_up_and_an_unknown_company_is_one_line(
    companies: Scratch,
) -> None:
    result = companies.pointwise("accounts", "--account", "acme1.com")
    assert result.returncode == 0, last_lines(result)
    points = map(int, re.findall(r"^ +([+-]\d+) ", result.stdout, re.M))
    assert f" {sum(points)}  Score " in result.stdout
    assert "8 people known, 6 of them active." in result.stdout
    unknown = companies.pointwise("accounts", "--account", "o'nobody")
    assert unknown.returncode == 1
    assert unknown.stderr == (
        'error: no company "o\'nobody" is scored: `pointwise accounts` lists the best\n'
    )


def test_scores_of_companies_name_no_person(companies: Scratch) -> None:
    """Erasure goes by the column `user_id`: what has none must hold no id."""
    for mart in ("account_scores", "account_band_performance"):
        rows = companies.query(f"select * from {mart}")
        assert not re.search(r"'u\d+'", repr(rows))


def test_without_account_ids_a_sentence_says_so(built: Scratch) -> None:
    result = built.pointwise("accounts")
    assert result.returncode == 0, last_lines(result)
    assert " ".join(result.stdout.split()) == (
        "No company is scored: the users file gives nobody an account_id."
    )
    assert built.query("select count(*) from account_contributions") == [(0,)]


def test_an_address_as_account_stops_the_build(scratch: Scratch) -> None:
    write_companies(scratch, "'p' || i || '@acme.com'")
    result = scratch.dbt(
        *(
            "build",
            "-s",
            "+stg_user_attributes",
            "no_attribute_value_identifies_a_person",
        ),
        *(
            "--indirect-selection=cautious",
            "--vars",
            "{user_columns: {account_id: company}}",
        ),
    )
    assert result.returncode == 1
    assert "'account_id' may identify a person: 40 value(s)" in result.stdout
    assert "give the part of an address after the @, or a hash of it" in result.stdout


def test_without_the_file_of_rules_no_company_is_scored(scratch: Scratch) -> None:
    write_companies(scratch)
    panel = scratch.folder / "panel"
    shutil.copytree(PROJECT / "seeds", panel)
    (panel / "account_rules.csv").unlink()
    scratch.environment["POINTWISE_CONTROL"] = str(panel)
    scratch.build(
        *("-s", "+account_scores", *NO_TESTS),
        *("--vars", "{user_columns: {account_id: company}}"),
    )
    assert scratch.query("select count(*) from account_scores") == [(0,)]
