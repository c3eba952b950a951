"""Groups that pick their best rule: laws of points, and the same in Python's scores."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from oracle_events import Panel
from oracle_points import given_and_lost
from pointwise.learning.panel import Rule, scores

POINTS = st.integers(-30, 60)


@st.composite
def some_points(draw: st.DrawFn) -> tuple[Panel, dict[str, int]]:
    """Groups that cap, pick or both, and what their rules give a person."""
    groups = [
        {
            "rule_group": f"g{n}",
            "max_points": draw(st.sampled_from([0, 8, 20, 100])),
            "pick_best": draw(st.sampled_from([None, "no", "yes", "yes"])),
        }
        for n in range(2)
    ]
    rules = [
        {"rule": f"r{n}", "rule_group": f"g{draw(st.integers(0, 1))}"}
        for n in range(draw(st.integers(1, 7)))
    ]
    points = {rule["rule"]: draw(POINTS) for rule in rules}
    return Panel([], [], rules, groups, []), points


def without_zeros(points: dict[str, int]) -> dict[str, int]:
    """Return what rules give, of those that give anything."""
    return {rule: given for rule, given in points.items() if given}


@given(drawn=some_points())
def test_one_rule_counts_and_the_points_add_up(
    drawn: tuple[Panel, dict[str, int]],
) -> None:
    panel, points = drawn[0], without_zeros(drawn[1])
    lines = given_and_lost(points, panel)
    assert 1 <= sum(lines.values()) <= 100
    assert points.keys() <= lines.keys()
    for group in panel.score_groups:
        of_group = [
            rule["rule"]
            for rule in panel.scoring_rules
            if rule["rule_group"] == group["rule_group"] and rule["rule"] in points
        ]
        counted = [rule for rule in of_group if lines[rule]]
        if group["pick_best"] == "yes":
            assert len(counted) == min(len(of_group), 1)
        else:
            assert counted == of_group
        assert all(lines[rule] == points[rule] for rule in counted)


@given(drawn=some_points(), raised=st.integers(0, 6), by=st.integers(1, 40))
def test_raising_a_rule_lowers_nobody(
    drawn: tuple[Panel, dict[str, int]], raised: int, by: int
) -> None:
    panel, points = drawn
    more = dict(points)
    if f"r{raised}" in more:
        more[f"r{raised}"] += by
    before, after = (
        sum(given_and_lost(without_zeros(given), panel).values())
        for given in (points, more)
    )
    assert after >= before


@given(drawn=some_points())
def test_proposals_score_as_the_panel_does(
    drawn: tuple[Panel, dict[str, int]],
) -> None:
    panel, points = drawn
    groups = {group["rule_group"]: group for group in panel.score_groups}
    rules = [
        Rule(
            *(rule["rule"], rule["rule_group"], "feature", 1.0, None, None),
            *(points[rule["rule"]], None, None),
            groups[rule["rule_group"]]["max_points"],
            group_picks_best=groups[rule["rule_group"]]["pick_best"] == "yes",
        )
        for rule in panel.scoring_rules
    ]
    found = scores(rules, np.ones((1, len(rules)), np.int64))
    lines = given_and_lost(without_zeros(points), panel)
    assert found.tolist() == [sum(lines.values())]
