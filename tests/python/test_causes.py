"""The steps between two publications, and what a cause is: worked examples."""

from __future__ import annotations

from datetime import date

import duckdb

from pointwise.rescoring.causes import CAUSES, Change
from pointwise.rescoring.core import Core

TENTH, TWELFTH = date(2026, 3, 10), date(2026, 3, 12)


def test_a_later_day_with_the_same_panel_leaves_ageing_and_new_activity() -> None:
    """Events until the 10th are seen up to ageing, and all of them at the end."""
    change = Change(TENTH, TWELFTH, "v1", "v1")
    assert change.steps() == [
        (1, "late data", TENTH, TENTH),
        (2, "attributes", TENTH, TENTH),
        (3, "ageing", TWELFTH, TENTH),
    ]
    assert change.last_cause() == "new activity"


def test_another_panel_on_the_same_day_neither_ages_nor_has_new_activity() -> None:
    change = Change(TENTH, TENTH, "v1", "v2")
    assert [step.cause for step in change.steps()] == ["late data", "attributes"]
    assert change.last_cause() == "control panel"


def test_another_panel_on_a_later_day_has_every_cause() -> None:
    change = Change(TENTH, TWELFTH, "v1", "v2")
    assert change.steps()[2:] == [
        (3, "ageing", TWELFTH, TENTH),
        (4, "new activity", TWELFTH, TWELFTH),
    ]


def test_back_in_time_no_later_event_is_seen() -> None:
    change = Change(TWELFTH, TENTH, "v1", "v1")
    assert change.steps()[2] == (3, "ageing", TENTH, TENTH)


def test_each_cause_is_the_difference_between_two_steps() -> None:
    """A call gave 30 and views 5; from 36 to 10 is -26 = 1 - 30 + 4 - 1.

    A late view makes them 6: +1. Two days on the call is too old: -30. New views bring
    4 more, of which a cap takes 1: +4 and -1.
    """
    base, call, cap = (
        ("base", 1, "Base"),
        ("called", 30, "Called"),
        ("cap:web", -1, ""),
    )
    five, six, ten = (("views", n, f"{n} views") for n in (5, 6, 10))
    scored = {
        0: [base, call, five],
        1: [base, call, six],
        2: [base, call, six],
        3: [base, six],
        5: [base, ten, cap],
    }
    with duckdb.connect() as connection:
        connection.execute(
            "create table steps as from (values (1, 'late data'), (2, 'attributes'),"
            " (3, 'ageing'), (5, 'new activity')) as steps (step, cause);"
            "create table stepwise_contributions (user_id text, step int, rule text,"
            " points bigint, reason text, score_name text default 'intent')"
        )
        for step, rows in scored.items():
            for row in rows:
                connection.execute(
                    "insert into stepwise_contributions (user_id, step, rule, points,"
                    " reason) values ('u1', ?, ?, ?, ?)",
                    [step, *row],
                )
        connection.execute(CAUSES.read_text(encoding="utf-8"))
        found = connection.execute("from change_causes order by all").fetchall()
    assert found == [
        ("u1", "ageing", "intent", "called", -30, "No longer: Called"),
        ("u1", "late data", "intent", "views", 1, "6 views, before: 5 views"),
        ("u1", "new activity", "intent", "cap:web", -1, ""),
        ("u1", "new activity", "intent", "views", 4, "10 views, before: 6 views"),
    ]


def test_the_core_reads_what_is_given_and_else_the_warehouse() -> None:
    """Of two relations called `numbers`, the one that is given is doubled."""
    core = Core(
        {
            "doubled": 'select 2 * n as n from "main"."numbers"',
            "total": 'select sum(n) + any_value(m) as n from "internal"."doubled",'
            ' "main"."added"',
        },
        {"doubled": "internal", "total": "main"},
    )
    assert core.in_order("total", {"numbers"}) == ["doubled", "total"]
    assert core.in_order("total", {"doubled"}) == ["total"]
    with duckdb.connect() as connection:
        connection.execute(
            "create table numbers as select 100 as n;"
            "create table added as select 1 as m;"
            "create temp table given as select unnest([3, 4]) as n;"
            "create temp view numbers as from temp.main.given"
        )
        core.run(connection, "total", {"numbers"}, {"doubled"})
        assert connection.execute("from temp.main.total").fetchall() == [(15,)]
        assert connection.execute("from memory.main.numbers").fetchall() == [(100,)]
