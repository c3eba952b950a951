"""The gate stops a build that would change too much; the summary says what matters."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pointwise.publishing.build import Build
from pointwise.publishing.gate import LIMITS, judge
from pointwise.publishing.news import News, weekday_of_snapshots
from pointwise.publishing.summary import summary

BUILD = Build(
    *("run", Path(), Path(), "seeds", "events", Path(), "dev", "dev", "w", "main"),
    limits=LIMITS,
)
CALM = News(
    people=1000,
    people_before=1000,
    people_in_both=1000,
    bands=[("high", 40, 40), ("low", 960, 960)],
    used=10_000,
    used_before=10_000,
)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"moved": 301}, "301 of 1,000 people would change band (30 %, limit 30 %)"),
        (
            {"bands": [("high", 7, 40), ("low", 993, 960)]},
            "the band high would go from 40",
        ),
        (
            {"day": "2026-05-30", "day_before": "2026-06-28"},
            "scores would go back from 2026-06-28 to 2026-05-30, the last day of the",
        ),
        (
            {"moved": 301, "edited": ["score_bands"]},
            "limit 30 %); edited since the last publication: score_bands.csv",
        ),
        (
            {
                **{"moved": 400, "moved_by_edges": 300, "culprit": ("late", 90, 450)},
                "edges": [("high", 50, 30)],
                "edited": ["score_bands", "scoring_rules"],
                "rows_of": {("score_bands", "high"): 2},
            },
            ", 300 of them by edited bands: high from 50 to 30 (score_bands.csv row 2)"
            " and 90 of them by late, +450 points together",
        ),
        ({"people": 699}, "301 of 1,000 people would lose their score"),
        ({"used": 7_999}, "2,001 of 10,000 used events would be gone"),
        (
            {"used": 7_999, "quality": {"files": {"could not be read": 2}}},
            "used events would be gone; 2 files cannot be read",
        ),
        (
            {
                "lost_rules": [("size", 20)],
                "near_values": [("size", "10-jan", "1-10", 9)],
                "edited": ["scoring_rules"],
            },
            "which 20 people matched, matches nobody: nobody has '10-jan', 9 people",
        ),
        (
            {"silent_names": ["sign_up"], "unmapped": [("signup", 20)]},
            "no event is called 'sign_up', and 20 events called 'signup' count for",
        ),
        (
            {
                **{"machines": 120, "people_with_machines": 1_100},
                "machine_rule": ("too_many_a_day", 110),
                "rows_of": {("bot_rules", "too_many_a_day"): 5},
            },
            "120 of 1,100 people would be taken for machines (11 %, limit 10 %), 110 of"
            " them by too_many_a_day (bot_rules.csv row 5)",
        ),
    ],
)
def test_the_gate_stops_at_each_limit(change: dict, expected: str) -> None:
    stops = judge(BUILD, replace(CALM, **change))
    assert len(stops) == 1
    assert expected in stops[0]


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"moved": 300},
        {"bands": [("high", 8, 40), ("low", 992, 960)]},
        {"people": 700},
        {"used": 8_000},
        {"lost_rules": [("size", 19)], "edited": ["scoring_rules"]},
        {"lost_rules": [("size", 20)]},
        {"silent_names": ["sign_up"], "unmapped": [("signup", 19)]},
        # Few people are never too many: the only one changes band.
        {"people_before": 1, "people_in_both": 1, "moved": 1},
        {"people_before": None, "used_before": None},
        {
            **{"machines": 110, "people_with_machines": 1_100},
            "machine_rule": ("too_many_a_day", 110),
        },
    ],
)
def test_the_gate_lets_pass_what_is_within_the_limits(change: dict) -> None:
    assert judge(BUILD, replace(CALM, **change)) == []


AS_IT_SHOULD_BE = (0.001, 0.25)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        (
            {
                "quality": {
                    "rows": {"used": 970, "quarantined": 30},
                    "quarantined": {"no user_id": 20, "no event_type": 10},
                }
            },
            [
                "Set aside: 30 of 1,000 event rows (3 %): 20 no user_id,"
                " 10 no event_type (internal.stg_events_quarantined)."
            ],
        ),
        (
            {"quality": {"files": {"read": 3, "could not be read": 1}}},
            ["Not read: 1 event file (internal.stg_event_files says why)."],
        ),
        (
            {"quality": {"profile rows": {"a": 4, "b": 3, "c": 2, "d": 1, "e": 1}}},
            [
                "Set aside: 11 profile rows: 4 a, 3 b, 2 c, 2 for other reasons"
                " (internal.base_user_rows)."
            ],
        ),
        (
            {"quality": {"links": {"unreadable known_from": 2, "no id": 1}}},
            [
                "Set aside: 3 rows of the links files, so that these ids are joined to"
                " nobody: 2 unreadable known_from, 1 no id (person_links)."
            ],
        ),
        (
            {"quality": {"worth a look": {"event ids on several days": 1}}},
            [
                "1 event id comes back on another day, and counts each time"
                " (internal.stg_repeated_event_ids)."
            ],
        ),
        (
            {"quality": {"worth a look": {"events beyond the data": 2}}},
            [
                "2 events are of days that the data has not reached: they count when"
                " their day comes."
            ],
        ),
        (
            {"quality": {"excluded": {"Machine": 1200, "Works here": 2}}},
            ["Not scored: 1,200 “Machine”, 2 “Works here” (excluded_users)."],
        ),
        (
            {
                "unmapped": [("a", 9), ("b", 8), ("c", 7), ("d", 6)],
                "waited_for": [("sent", 20)],
                "quality": {"rows": {"used": 950, "unmapped": 50}},
            },
            [
                "Event names that count for nothing: a (9), b (8), c (7) and 1 more,"
                " 3 % of the event rows; add them to event_types.csv.",
                "Event names that count for nothing on purpose, as bot_rules.csv waits"
                " for them: sent (20), 2 % of the event rows.",
            ],
        ),
        (
            {"quality": {"rows": {"used": 980, "of a machine": 20}}},
            [
                "Of machines, by bot_rules.csv: 20 of 1,000 event rows (2 %)"
                " (internal.int_machine_events)."
            ],
        ),
        (
            {"top_band": (1000, 400)},
            [
                "The band high holds 40 % of people (top_band_max_share is 25 %): look"
                " at its min_score in score_bands.csv."
            ],
        ),
        (
            {"top_band": (10_000, 0)},
            [
                "The band high holds 0 % of people (top_band_min_share is 0.1 %): look"
                " at its min_score in score_bands.csv."
            ],
        ),
        (
            {"weekday": "Monday", "no_whole_weeks": [("a", 10), ("searches_30d", 30)]},
            [
                "All snapshots are Mondays, and rules ask for 2 features with a window"
                " of no whole weeks, which holds other weekdays then: take 28 days for"
                " the 30 of searches_30d (features.csv), or another"
                " snapshot_every_days, such as 15."
            ],
        ),
        ({"no_whole_weeks": [("searches_30d", 30)]}, []),
        ({"weekday": "Monday"}, []),
        (
            {"model_fails": ["slope 0.4", "skill -0.1"]},
            ["Do not trust user_propensity: slope 0.4; skill -0.1 (model_checks)."],
        ),
        # Few people: chance explains it.
        ({"top_band": (3, 2)}, []),
        ({"top_band": (50, 0)}, []),
    ],
)
def test_the_summary_says_what_is_worth_saying(
    change: dict, expected: list[str]
) -> None:
    lines = summary(replace(CALM, **change), *AS_IT_SHOULD_BE)
    assert lines == ["Bands: high 40, low 960; no score changed.", *expected]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"people_before": None}, ""),
        (
            {"scores_up": 1},
            "; 1 score changed (1 up, 0 down): `pointwise why` says whose",
        ),
        (
            {"scores_up": 5, "scores_down": 2, "moved": 1, "has_history": False},
            "; 7 scores changed (5 up, 2 down), 1 person changed band",
        ),
    ],
)
def test_the_summary_says_what_an_edit_did(change: dict, expected: str) -> None:
    (line,) = summary(replace(CALM, **change), *AS_IT_SHOULD_BE)
    assert line == f"Bands: high 40, low 960{expected}."


@pytest.mark.parametrize(
    ("every", "dates", "weekday"),
    [
        (14, [], "Monday"),
        (15, [], None),
        (10, [], None),
        (14, ["2026-03-31", "2026-04-30"], None),
        (15, ["2026-03-03", "2026-03-31"], "Tuesday"),
        (15, ["2026-03-31"], None),
    ],
)
def test_snapshots_of_one_weekday_are_known(
    every: int, dates: list[str], weekday: str | None
) -> None:
    given = {"snapshot_every_days": every, "snapshot_dates": dates}
    assert weekday_of_snapshots(replace(BUILD, vars=given)) == weekday
