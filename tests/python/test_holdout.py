"""People who are held out are in no list, and what acting adds is found by them.

At length in bench/holdout.py.
"""

from __future__ import annotations

import csv
import json
from hashlib import md5

import pandas as pd
import pytest

from conftest import PROJECT, Scratch, last_lines
from held_out_worlds import (
    Acting,
    Kind,
    compiled,
    covered,
    open_database,
    rates_of,
)
from pointwise.core.settings import setting_mistakes, vars_of_run

SHARE = 0.2
VARS = {
    "holdout_share": SHARE,
    "holdout_since": "2026-01-01",
    "contact_event_types": ["chat_started"],
}


def test_what_acting_adds_is_found_and_its_interval_holds(
    default_world: Scratch,
) -> None:
    sql = compiled(default_world)["holdout_effects"]
    kind = Kind(1500, 0.15, (0.1, 0.04, 0.01), (0.06, 0.02, 0))
    with open_database() as connection:
        rows = covered(connection, sql, kind, worlds=100)
    whole = rows[rows["quarter_start_date"].isna() & rows["cell"].eq("all")]
    assert len(whole) == 100
    assert whole["holds"].sum() >= 93
    assert whole["difference"].mean() == pytest.approx(whole["truth"].mean(), abs=0.006)
    assert rows["holds"].mean() >= 0.93


def test_labels_of_people_acted_on_do_not_raise_what_a_band_converts_at(
    default_world: Scratch,
) -> None:
    """To leave out those alone who were acted on would raise it as well."""
    sql = compiled(default_world)["int_acted_on"]
    kind = Acting(people=2000, rate=0.03, acted=0.6, times=3)
    with open_database() as connection:
        found = pd.DataFrame([rates_of(connection, sql, kind, n) for n in range(20)])
    rates = found.mean()
    assert rates["as the project"] == pytest.approx(rates["truth"], abs=0.012)
    assert rates["acted on"] > rates["truth"] + 0.08
    assert rates["nobody"] > rates["truth"] + 0.12


@pytest.fixture(scope="module")
def held(default_world: Scratch, tmp_path_factory: pytest.TempPathFactory) -> Scratch:
    """The default world, a fifth of it held out, and chats taken for calls."""
    scratch = Scratch(tmp_path_factory.mktemp("held"))
    for name in ("POINTWISE_EVENTS", "POINTWISE_USERS", "POINTWISE_LINKS"):
        scratch.environment[name] = default_world.environment[name]
    control = scratch.folder / "panel"
    control.mkdir()
    for file in (PROJECT / "seeds").glob("*.csv"):
        text = file.read_text().replace(",planned,", ",running,")
        lines = [line for line in text.splitlines() if "chat" not in line]
        kept = lines if file.name != "event_types.csv" else text.splitlines()
        (control / file.name).write_text("\n".join(kept) + "\n")
    scratch.environment["POINTWISE_CONTROL"] = str(control)
    scratch.build("--vars", json.dumps(VARS))
    return scratch


def is_held_out(user_id: str) -> bool:
    """Whether the hash of an id is in the share."""
    number = int(md5(f"holdout:{user_id}".encode()).hexdigest()[:8], 16)
    return number < SHARE * 2**32


def test_a_hash_holds_out_people_and_they_are_scored_as_before(
    held: Scratch,
) -> None:
    people = held.query(
        "select user_id, is_held_out, next_step, explanation,"
        " user_id in (select person_id from internal.int_person_ids)"
        " from main.user_scores"
    )
    for user_id, found, *_, has_several_ids in people:
        assert has_several_ids or found == is_held_out(user_id), user_id
    share = sum(found for _, found, *_ in people) / len(people)
    assert 0.1 < share < 0.3
    for _, found, next_step, explanation, _ in people:
        assert ("Held out: left alone" in explanation) == found
        assert not (found and next_step)
    assert held.query(
        "select count(*) from main.user_scores anti join main.score_contributions"
        " using (user_id, as_of_date)"
    ) == [(0,)]


def held_out_ids(scratch: Scratch) -> set[str]:
    """Return who is held out at the scoring date."""
    rows = scratch.query("select user_id from main.user_scores where is_held_out")
    return {user_id for (user_id,) in rows}


def test_who_is_held_out_is_in_no_list_unless_asked_for(held: Scratch) -> None:
    people = held_out_ids(held)
    listed = {user for (user,) in held.query("select user_id from top_users(1000)")}
    asked = "select user_id from top_users(1000, with_held_out := true)"
    with_them = {user for (user,) in held.query(asked)}
    assert listed
    assert not listed & people
    assert listed < with_them
    assert with_them - listed <= people
    with (held.published / "top_users.csv").open(newline="") as file:
        assert {row["user_id"] for row in csv.DictReader(file)} == listed
    shown = held.pointwise("rank", "--limit", "30")
    assert "held out." in shown.stdout
    shown = held.pointwise("rank", "--limit", "30", "--with-held-out")
    assert " held out  " in shown.stdout
    (one,) = held.query(
        "select min_by(user_id, rank) from main.user_scores"
        " where is_held_out and is_named and not is_customer"
    )
    assert f"{one[0]} " in shown.stdout
    explained = held.pointwise("explain", "--user", *one)
    assert explained.returncode == 0, last_lines(explained)
    sentence = "Held out: left alone, to measure the effect of acting."
    assert sentence in " ".join(explained.stdout.split())


def test_a_company_whose_people_are_all_held_out_is_in_no_list(held: Scratch) -> None:
    left_alone = held.query(
        "select account_id from account_scores where is_held_out and not is_customer"
    )
    assert left_alone
    listed = held.query("select account_id from top_accounts(100000)")
    assert len(listed) > 10
    assert not {*left_alone} & {*listed}


def test_who_is_held_out_is_in_no_experiment(held: Scratch) -> None:
    assigned = {
        user for (user,) in held.query("select user_id from experiment_assignments")
    }
    assert assigned
    assert not assigned & held_out_ids(held)


def test_what_your_side_does_is_no_activity_and_its_labels_are_left_out(
    held: Scratch,
) -> None:
    chats, differ = held.query(
        """
        with days as (
            select
                user_id, activity_date,
                bool_or(event_type = 'chat_started') as has_chat,
                sum(events) filter (event_type = '*') as any_events,
                sum(events) filter (
                    event_type not in ('*', 'chat_started', 'subscription_started')
                ) as their_events
            from internal.int_user_daily_activity
            group by user_id, activity_date
        )
        select
            count(*) filter (has_chat),
            count(*) filter (any_events is distinct from their_events)
        from days
        """
    )[0]
    assert chats > 30
    assert differ == 0
    touched = """
        select count(*) from main.training_examples as examples
        where exists (
            from internal.int_activity_today as activity
            left join internal.int_persons_today as persons
                on examples.user_id = persons.user_id
            where activity.event_type = 'chat_started'
                and activity.person_id = coalesce(persons.person_id, examples.user_id)
                and activity.activity_date - examples.as_of_date between -13 and 14
                and not examples.is_converted
        )
    """
    assert held.query(touched) == [(0,)]
    ((left_out, users, parts),) = held.query(
        "select sum(acted_on), sum(users),"
        " sum(customers + acted_on + converted_first + examples)"
        " from main.snapshot_populations"
    )
    assert 0 < left_out < users == parts
    output = " ".join(held.pointwise("evaluate").stdout.split())
    assert f"Left out: {left_out} on whom somebody acted" in output
    # Who it was, and when, is published, and stated for each.
    ((user, day),) = held.query(
        "select user_id, max(contact_date) from user_contacts"
        " semi join user_scores using (user_id) group by user_id order by 1 limit 1"
    )
    explained = " ".join(held.pointwise("explain", "--user", user).stdout.split())
    assert f"Somebody last acted on this user on {day}." in explained


def test_what_acting_adds_is_first_a_sentence(
    held: Scratch, default_world: Scratch
) -> None:
    shown = held.pointwise("experiment", "holdout")
    assert shown.returncode == 0, last_lines(shown)
    assert shown.stdout.startswith(
        ("Too few converted to say", "Nothing shows yet", "Acting ")
    )
    table = [line for line in shown.stdout.splitlines() if " of " in line][1:-1]
    assert max(map(len, table)) <= 80
    assert any(line.startswith("2026 Q2  high") for line in table)
    nobody = default_world.pointwise("experiment", "holdout")
    assert nobody.returncode == 1
    assert nobody.stderr.startswith("error: nothing to compare yet: nobody is held out")


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"holdout_share": 0.1}, "holdout_since: is blank, and holdout_share is not 0"),
        (
            {"holdout_share": 0.6, "holdout_since": "2026-01-01"},
            "holdout_share: '0.6' is more than half of the people",
        ),
        (
            {"contact_event_types": ["call"]},
            "contact_event_types: 'call' is not in event_types.csv",
        ),
        (
            {"contact_event_types": ["subscription_started"]},
            "contact_event_types: 'subscription_started' is the outcome",
        ),
    ],
)
def test_a_setting_of_the_holdout_that_makes_no_sense_is_named(
    given: dict[str, object], line: str
) -> None:
    settings = vars_of_run(PROJECT, given)
    (found,) = setting_mistakes(settings, ["page_view", "subscription_started"])
    assert line in found
