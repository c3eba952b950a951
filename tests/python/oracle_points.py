"""What activity is worth, feature by feature and rule by rule: see `oracle.py`."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_FLOOR, Decimal, localcontext
from fractions import Fraction
from functools import cache
from itertools import combinations

from oracle_events import (
    Activity,
    Panel,
    Row,
)
from oracle_values import is_blank, rounded

BASE, LIMIT, CAP, RESET = "base", "limit", "cap:", "reset:"
MOST_POINTS = 1_000_000  # of a rule with `per` and no bound: a sum must fit somewhere


@dataclass(frozen=True)
class Value:
    """A feature's value: a number with its undecayed twin, or a text, or nothing."""

    number: Decimal | None = None
    undecayed: Decimal | None = None
    text: str | None = None


NOTHING = Value(number=Decimal(0), undecayed=Decimal(0))


# -- Features --------------------------------------------------------------------------

QUANTITY = {
    "events": lambda done: Decimal(done.events),
    "active_days": lambda _: Decimal(1),
    "sessions": lambda done: Decimal(len(done.sessions)),
    "minutes": lambda done: done.seconds,
    "amount": lambda done: done.amount,
}


@cache
def weight(age: int, half_life: int | None) -> Decimal:
    """0.5^(age / half-life), to nine decimals."""
    if half_life is None:
        return Decimal(1)
    with localcontext() as context:
        context.prec = 60
        return rounded(Decimal("0.5") ** (Decimal(age) / half_life), 9)


def feature_value(
    feature: Row,
    day: date,
    days: dict[date, Activity],
    profile: dict[str, str],
) -> Value:
    """One feature of one user over (day - window, day].

    `days` are those on which the user had activity of the feature's event type.
    """
    if feature["measure"] == "attribute":
        return Value(text=profile.get(feature["feature"]))
    in_window = {
        (day - active_day).days: done
        for active_day, done in days.items()
        if 0 <= (day - active_day).days < feature["window_days"]
    }
    if feature["measure"] == "days_since_last":
        if not in_window:
            return Value()
        return Value(number=Decimal(min(in_window)), undecayed=Decimal(min(in_window)))
    if not in_window:
        return NOTHING
    quantity = QUANTITY[feature["measure"]]
    number = undecayed = Decimal(0)
    for age, done in in_window.items():
        amount = quantity(done)
        if feature["measure"] == "sessions" and age + 1 in in_window:
            # Over midnight it is one session, counted on its first day in the window.
            amount -= len(done.sessions & in_window[age + 1].sessions)
        number += amount * weight(age, feature["half_life_days"])
        undecayed += amount
    number = rounded(number, 9)
    if feature["measure"] == "minutes":
        number, undecayed = rounded(number / 60, 9), undecayed / 60
    return Value(number=number, undecayed=rounded(undecayed, 4))


# -- Points ----------------------------------------------------------------------------


def does_fire(rule: Row, value: Value) -> bool:
    """Whether a value lies in the rule's range, or is its text."""
    if rule["equals"] is not None:
        return value.text is not None and value.text.lower() == rule["equals"].lower()
    if value.number is None:
        return False
    is_low = rule["min_value"] is not None and value.number < rule["min_value"]
    is_high = rule["max_value"] is not None and value.number > rule["max_value"]
    return not (is_low or is_high)


def rule_points(rule: Row, value: Value) -> int:
    """The points of one rule, before any cap."""
    if not does_fire(rule, value):
        return 0
    if rule["per"] is None:
        return rule["points"]
    with localcontext() as context:
        context.prec = 60
        times = int((value.number / rule["per"]).to_integral_value(ROUND_FLOOR))
    points = rule["points"] * max(0, times)
    if rule["points"] < 0:
        return max(points, rule["max_points"] or -MOST_POINTS)
    return min(points, rule["max_points"] or MOST_POINTS)


def counted(points: dict[str, int], panel: Panel) -> dict[str, int]:
    """What counts of the points of rules: where a group picks, all but the best have 0.

    The best adds most; where none adds, it takes most. Of equals it is the first.
    """
    counts = dict(points)
    for group in panel.score_groups:
        of_group = sorted(
            rule["rule"]
            for rule in panel.scoring_rules
            if rule["rule_group"] == group["rule_group"] and points.get(rule["rule"])
        )
        if group.get("pick_best") == "yes" and of_group:
            adds = any(points[rule] > 0 for rule in of_group)
            # max and min return the first of equals.
            best = (max if adds else min)(of_group, key=lambda rule: points[rule])
            counts |= {rule: 0 for rule in of_group if rule != best}
    return counts


def of_score(panel: Panel, score: str | None) -> Panel:
    """The part of a panel that makes one score; None is intent."""
    groups = [row for row in panel.score_groups if row.get("score") == score]
    names = {group["rule_group"] for group in groups}
    return replace(
        panel,
        score_groups=groups,
        scoring_rules=[r for r in panel.scoring_rules if r["rule_group"] in names],
        score_bands=[row for row in panel.score_bands if row.get("score") == score],
    )


def totals(points: dict[str, int], panel: Panel) -> tuple[dict[str, int], int]:
    """What each group's cap takes away, and the sum of base, rules and caps."""
    sums: Counter[str] = Counter()
    counts = counted(points, panel)
    for rule in panel.scoring_rules:
        sums[rule["rule_group"]] += counts.get(rule["rule"], 0)
    losses = {}
    for group in panel.score_groups:
        above = sums[group["rule_group"]] - group["max_points"]
        if above > 0:
            losses[group["rule_group"]] = -above
    return losses, 1 + sum(sums.values()) + sum(losses.values())


def given_points(
    values: dict[str, Value],
    panel: Panel,
    since: dict[tuple[str, str], Value] | None = None,
) -> dict[str, int]:
    """What each rule gives, but nothing, before groups pick and cap.

    `values` of features by name; `since` those that stand after a reset, by group, too.
    """
    found = {}
    for rule in panel.scoring_rules:
        key = rule["rule_group"], rule["feature"]
        value = (since or {}).get(key, values[rule["feature"]])
        found[rule["rule"]] = rule_points(rule, value)
    return {rule: points for rule, points in found.items() if points != 0}


def reset_day(
    group: Row, day: date, days_of: dict[str, dict[date, Activity]], look_back: int
) -> date | None:
    """The last day in the look-back with an event that resets a group."""
    types = (group.get("resets") or "").split("|")
    seen = [active for name in types for active in days_of.get(name, ())]
    return max((d for d in seen if 0 <= (day - d).days < look_back), default=None)


def values_since(
    day: date,
    panel: Panel,
    days_of: dict[str, dict[date, Activity]],
    profile: dict[str, str],
    look_back: int,
) -> dict[tuple[str, str], Value]:
    """Features as if nothing had been done up to a reset, by group that had one."""
    found = {}
    for group in panel.score_groups:
        reset = reset_day(group, day, days_of, look_back)
        for feature in panel.features if reset else ():
            done = days_of.get(feature["event_type"], {})
            after = {active: what for active, what in done.items() if active > reset}
            value = feature_value(feature, day, after, profile)
            found[group["rule_group"], feature["feature"]] = value
    return found


def points_of(
    values: dict[str, Value], since: dict[tuple[str, str], Value], panel: Panel
) -> dict[str, dict[str, int]]:
    """Every contribution to each score: base, rules, resets, caps, limit, by score."""
    found = {}
    for score in sorted({row.get("score") for row in panel.score_groups}, key=str):
        part = of_score(panel, score)
        standing = given_points(values, part, since)
        given = given_and_lost(given_points(values, part), part, standing)
        if score is not None:
            given = {
                f"{rule}:{score}" if rule in (BASE, LIMIT) else rule: points
                for rule, points in given.items()
            }
        found[score or "intent"] = given
    return found


def given_and_lost(
    given: dict[str, int], panel: Panel, standing: dict[str, int] | None = None
) -> dict[str, int]:
    """Every contribution where rules give these points, or `standing` after resets.

    What a reset takes back is the difference of the two, before the group's cap.
    """
    standing = given if standing is None else standing
    points = {BASE: 1} | counted(given, panel)
    stands, back = counted(standing, panel), Counter()
    for rule in panel.scoring_rules:
        change = stands.get(rule["rule"], 0) - points.get(rule["rule"], 0)
        back[rule["rule_group"]] += change
    points |= {RESET + group: change for group, change in back.items() if change}
    losses, total = totals(standing, panel)
    for group, loss in losses.items():
        points[CAP + group] = loss
    within = min(max(total, 1), 100)
    if within != total:
        points[LIMIT] = within - total
    return points


# -- The way up ------------------------------------------------------------------------


def next_step_of(points: dict[str, int], panel: Panel) -> tuple[str | None, int]:
    """The rule that would raise the score most, as (rule, points to gain).

    `points` are what rules give, before groups pick and cap.

    Of a rule with `per`, one event more, or one `per` where that is more, is a step.
    """
    caps = {group["rule_group"]: group["max_points"] for group in panel.score_groups}
    score = min(max(totals(points, panel)[1], 1), 100)
    best: tuple[int, str] | None = None
    for rule in panel.scoring_rules:
        if rule["points"] <= 0 or is_blank(rule["next_step"]):
            continue
        most = rule["points"]
        if rule["per"] is not None:
            most = rule["max_points"]
            if most is None:
                most = caps[rule["rule_group"]]
            steps = max(math.floor(1 / Fraction(rule["per"])), 1)
            most = min(most, points.get(rule["rule"], 0) + steps * rule["points"])
        if most <= points.get(rule["rule"], 0):
            continue
        _, total = totals({**points, rule["rule"]: most}, panel)
        gain = min(max(total, 1), 100) - score
        if gain > 0 and (best is None or (-gain, rule["rule"]) < best):
            best = (-gain, rule["rule"])
    return (best[1], -best[0]) if best else (None, 0)


def once(rule: Row) -> int:
    """What a rule gives for what is done once, or for one `per` where that is more."""
    if rule["per"] is None:
        return rule["points"]
    points = rule["points"] * max(math.floor(1 / Fraction(rule["per"])), 1)
    return points if rule["max_points"] is None else min(points, rule["max_points"])


def open_steps(points: dict[str, int], panel: Panel) -> list[Row]:
    """The rules that may be asked for, the largest first.

    They give nothing yet, and for once no less than any that does; another one of the
    feature with an upper end gives nothing either. Of a feature it is the largest.
    """
    asked = [
        rule
        for rule in panel.scoring_rules
        if rule["points"] > 0 and not is_blank(rule["next_step"])
    ]
    most = max((once(rule) for rule in asked if rule["rule"] in points), default=0)
    bounded = {
        rule["feature"]
        for rule in panel.scoring_rules
        if rule["rule"] in points and rule["max_value"] is not None
    }
    found = {}
    for rule in sorted(asked, key=lambda rule: (-once(rule), rule["rule"])):
        is_open = rule["rule"] not in points and rule["feature"] not in bounded
        if is_open and once(rule) >= most:
            found.setdefault(rule["feature"], rule)
    return list(found.values())


def path_of(
    points: dict[str, int], band: str, panel: Panel
) -> list[tuple[str, int]] | None:
    """The fewest open steps that reach the band above this one, of as few the least.

    Each with the score after it; None if no set of them does. All sets are tried.
    """

    def score(steps: tuple[Row, ...]) -> int:
        done = {step["rule"]: once(step) for step in steps}
        return min(max(totals({**points, **done}, panel)[1], 1), 100)

    begins = {row["band"]: row["min_score"] for row in panel.score_bands}
    entered = [
        row.get("enter_at") or row["min_score"]
        for row in panel.score_bands
        if row["min_score"] > begins[band]
    ]
    steps = open_steps(points, panel)
    sets = [
        (
            len(chosen),
            sum(map(once, chosen)),
            sum(1 << steps.index(s) for s in chosen),
            chosen,
        )
        for size in range(1, len(steps) + 1)
        for chosen in combinations(steps, size)
        if entered and score(chosen) >= min(entered)
    ]
    if not sets:
        return None
    chosen = min(sets, key=lambda found: found[:3])[3]
    return [(step["rule"], score(chosen[: n + 1])) for n, step in enumerate(chosen)]
