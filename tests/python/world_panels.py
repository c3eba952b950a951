"""Random valid control panels for the random worlds of `worlds.py`."""

from __future__ import annotations

from dataclasses import fields, replace
from decimal import Decimal

from hypothesis import strategies as st

from oracle_events import Panel, Row, Settings
from world_files import ATTRIBUTES, COLUMNS, OUTCOME, PREFIX


def joined(panels: list[Panel]) -> Panel:
    """Return panels as one."""
    return Panel(
        **{
            part.name: [row for panel in panels for row in getattr(panel, part.name)]
            for part in fields(Panel)
        }
    )


NAMES = {  # source event -> event type; the last ones are not in the panel
    f"{PREFIX}view": f"{PREFIX}view",
    f"{PREFIX}\"See\" it, 'now'; -- 😀": f"{PREFIX}view",
    f"{PREFIX}use": f"{PREFIX}use",
    f"{PREFIX}buy": f"{PREFIX}buy",
    "login": "login",
    OUTCOME: OUTCOME,
    f"{PREFIX}VIEW": None,
    f"{PREFIX}view ": None,
}


# -- Drawing a control panel -----------------------------------------------------------

# Of the paths that events have, "/" and "/pricing?a='b'".
PATTERNS = {None: (), 1: ("pricing", "^/$"), 2: ("^nowhere", "b'$"), 3: ("^/$",)}
# Event types that reset the second group, by a limit; one of all, and scores are dull.
RESETS = ({}, {1: f"{PREFIX}buy", 2: f"{PREFIX}use|{PREFIX}buy"})
POINTS = [-7, -1, 0, 1, 2, 5, 10, 25, 40]


@st.composite
def panels(draw: st.DrawFn, settings: Settings) -> Panel:
    """A valid panel of a world's own.

    None of its rules fires for who did nothing of its own events: it would fire for the
    users of all the other worlds.
    """
    limits = {
        event_type: draw(st.sampled_from([None, 1, 2, 3]))
        for event_type in (f"{PREFIX}view", f"{PREFIX}use", f"{PREFIX}buy")
    }
    # By what was drawn already, so that the rest of a world stays what it was.
    conditional = [
        {
            "source_event": name,
            "event_type": f"{PREFIX}use",
            "max_per_day": limits[f"{PREFIX}use"],
            "property": "path",
            "pattern": pattern,
        }
        for name, pattern in zip(NAMES, PATTERNS[limits[f"{PREFIX}view"]], strict=False)
    ]
    event_types = conditional + [
        {"source_event": name, "event_type": kind, "max_per_day": limits[kind]}
        for name, kind in NAMES.items()
        if kind in limits
    ]
    features = [
        draw(a_feature(f"{PREFIX}f{n}", list(limits), settings))
        for n in range(draw(st.integers(2, 6)))
    ]
    groups = [
        {
            "rule_group": f"{PREFIX}g{n}",
            "max_points": draw(st.sampled_from([0, 5, 20, 60])),
            "label": "Group",
            # By what was drawn already, too.
            "pick_best": ("no", "yes")[limits[f"{PREFIX}use"] == n + 1],
            "resets": RESETS[n].get(limits[f"{PREFIX}buy"]),
        }
        for n in range(2)
    ]
    rules = []
    for n in range(draw(st.integers(3, 10))):
        feature = draw(st.sampled_from([*features, *features, *attribute_features()]))
        most = reach(feature, limits.get(feature["event_type"]))
        condition = draw(a_condition(feature, most, is_common=False))
        group = draw(st.sampled_from(groups))["rule_group"]
        # Everybody could still earn these points: few are asked for, and small ones.
        is_asked_for = draw(st.booleans()) and condition["points"] in (0, 1, 2)
        is_asked_for = is_asked_for and condition["per"] is None
        rules.append(a_rule(f"{PREFIX}r{n}", group, condition, is_asked_for))
    return Panel(event_types, features, without_twins(rules), groups, [])


@st.composite
def common_panels(draw: st.DrawFn, settings: Settings) -> Panel:
    """The part of a panel that all worlds of a build share.

    Bands, attributes, rules on any event, on the outcome, and those that also fire for
    who did nothing.
    """
    choices = ["*", "*", "login"] + [OUTCOME] * settings.outcome_is_repeatable
    event_types = [
        {"source_event": "login", "event_type": "login", "max_per_day": 2},
        {
            "source_event": OUTCOME,
            "event_type": OUTCOME,
            "max_per_day": draw(st.sampled_from([None, 1])),
        },
    ]
    features = [
        *attribute_features(),
        *(draw(a_feature(f"common_{n}", choices, settings)) for n in range(6)),
    ]
    groups = [
        {
            "rule_group": f"common_g{n}",
            "max_points": draw(st.sampled_from([0, 5, 15, 25])),
            "label": "Common",
            "pick_best": ("yes", None, "yes")[n],
            "resets": (None, OUTCOME, None)[n],
        }
        for n in range(3)
    ]
    rules = []
    for n in range(10):
        feature = draw(st.sampled_from(features))
        most = reach(feature, {"login": 2, OUTCOME: 1}.get(feature["event_type"]))
        condition = draw(a_condition(feature, most, is_common=True))
        condition["points"] = max(-5, min(10, condition["points"]))
        group = draw(st.sampled_from(groups))["rule_group"]
        is_asked_for = draw(st.sampled_from([True, True, False]))
        rules.append(a_rule(f"common_r{n}", group, condition, is_asked_for))
    lowest = draw(st.sets(st.integers(2, 100), max_size=4))
    bands = [
        {"band": f"from {score}", "min_score": score, "action": f"do {score}"}
        for score in [1, *sorted(lowest)]
    ]
    return Panel(
        *(event_types, features, without_twins(rules), groups, bands),
        bot_rules=draw(bot_rules()),
        exclusions=[
            {
                "exclusion": "staff",
                "attribute": "country",
                "equals": "a",
                "pattern": None,
                "reason": "Staff",
            },
            {
                "exclusion": "test",
                "attribute": "user_id",
                "equals": None,
                "pattern": "[05]_u[03]$",
                "reason": "Test",
            },
        ],
    )


@st.composite
def bot_rules(draw: st.DrawFn) -> list[Row]:
    """Rules on machines of every kind, so that few events are caught by each."""
    kinds = [
        ("user_agent", None, None, None),
        ("http_library", None, draw(st.sampled_from([None, "login"])), None),
        ("events_per_minute", draw(st.sampled_from([1, 2])), None, None),
        ("events_per_day", draw(st.sampled_from([3, 5])), None, None),
        ("events_per_day", 1, f"login|{OUTCOME}", None),
        ("hours_without_pause", 1, None, None),
        ("seconds_after", draw(st.sampled_from([1, 600])), OUTCOME, "login"),
        ("seconds_after", 1, f"login|{OUTCOME}", f"{PREFIX}VIEW"),
        ("links_per_second", 1, f"login|{OUTCOME}", None),
    ]
    rules = [
        {
            "rule": f"bot_{number}", "kind": kind, "threshold": threshold,
            "event_types": types, "after_event": after, "pattern": None,
            "status": draw(st.sampled_from(["on", "on", "on", "off"])),
        }
        for number, (kind, threshold, types, after) in enumerate(kinds)
    ]  # fmt: skip
    own = {"rule": "own", "kind": "user_agent", "pattern": "^Our .*'", "status": "on"}
    return [*rules, {**dict.fromkeys(rules[0]), **own}]


def attribute_features() -> list[Row]:
    return [
        {"feature": name, "event_type": None, "measure": "attribute",
         "window_days": None, "half_life_days": None}
        for name in ATTRIBUTES
    ]  # fmt: skip


@st.composite
def a_feature(
    draw: st.DrawFn, name: str, event_types: list[str], settings: Settings
) -> Row:
    """A feature of any measure on one of these event types."""
    measure = draw(
        st.sampled_from(
            ["events", "events", "active_days", "sessions", "minutes", "amount",
             "days_since_last"]
        )
    )  # fmt: skip
    longest = settings.look_back_days
    windows = [days for days in (1, 2, 7, 14, 30) if days < longest] + [longest]
    can_decay = measure in ("events", "minutes", "amount")
    half_lives = [None, None, 1, 2, 3, 7, 30] if can_decay else [None]
    return {
        "feature": name,
        "event_type": draw(st.sampled_from(event_types)),
        "measure": measure,
        "window_days": draw(st.sampled_from(windows)),
        "half_life_days": draw(st.sampled_from(half_lives)),
    }


def reach(feature: Row, max_per_day: int | None) -> int:
    """A value that a feature can surely reach."""
    days = 1 if feature["half_life_days"] else feature["window_days"]
    if feature["measure"] == "active_days":
        return days
    if feature["measure"] in ("events", "sessions"):
        return (max_per_day or 5) * days
    return 10**9


@st.composite
def a_condition(draw: st.DrawFn, feature: Row, most: int, is_common: bool) -> Row:
    """When a rule on a feature fires, and what it gives; as a rule without names."""
    rule = dict.fromkeys(COLUMNS["scoring_rules"].split(","))
    rule |= {"feature": feature["feature"], "points": draw(st.sampled_from(POINTS))}
    measure = feature["measure"]
    if measure == "attribute":
        texts = ["A", "B"] if is_common else [f"{PREFIX}A", f"{PREFIX}B'; --"]
        rule["equals"] = draw(st.sampled_from(texts))
    elif measure == "days_since_last":
        age = st.integers(0, feature["window_days"] - 1)
        first, last = sorted((draw(age), draw(age)))
        rule["min_value"] = draw(st.sampled_from([None, Decimal(first)]))
        rule["max_value"] = draw(st.sampled_from([None, Decimal(last)]))
    elif draw(st.booleans()):
        steps = ["1", "2", "3"]
        if measure in ("minutes", "amount") or feature["half_life_days"]:
            steps = ["0.1", "0.1", "0.2", "0.5", "1", "0.0001", "10.25"]
        reachable = [Decimal(step) for step in steps if Decimal(step) <= most]
        rule["per"] = draw(st.sampled_from(reachable))
        rule["points"] = draw(st.sampled_from([-7, -1, 1, 2, 5]))
        sign = 1 if rule["points"] > 0 else -1
        bounds = [sign * bound for bound in (1, 6, 15)]
        rule["max_points"] = draw(st.sampled_from(bounds + [None] * (not is_common)))
    elif measure == "amount" and draw(st.booleans()):
        rule["max_value"] = Decimal("-0.01")
    elif is_common and draw(st.booleans()):
        rule["max_value"] = Decimal(draw(st.integers(0, max(0, min(most, 4) - 1))))
        rule["min_value"] = draw(st.sampled_from([None, Decimal(0)]))
    else:
        lowest = [Decimal(1), Decimal(min(2, most)), Decimal("0.0001"), Decimal("0.5")]
        rule["min_value"] = draw(st.sampled_from(lowest))
        width = draw(st.sampled_from([None, 1, 3]))
        rule["max_value"] = None if width is None else rule["min_value"] + width
    return rule


def a_rule(name: str, group: str, condition: Row, is_asked_for: bool) -> Row:
    """A condition with its names."""
    may_ask = is_asked_for and condition["points"] >= 0
    return {
        **condition,
        "rule": name,
        "rule_group": group,
        "reason": f"Did {{value}} of {name}",
        "next_step": f"more of {name}" if may_ask else None,
    }


def without_twins(rules: list[Row]) -> list[Row]:
    """Leave out rules whose condition an earlier rule has."""
    kept = {}
    for rule in rules:
        condition = tuple(
            rule[column]
            for column in ("feature", "min_value", "max_value", "per", "equals")
        )
        kept.setdefault(condition, rule)
    return list(kept.values())


def with_points(panel: Panel, rule: str, points: int) -> Panel:
    """Return a panel in which one rule gives other points."""
    rules = [
        {**row, "points": points} if row["rule"] == rule else row
        for row in panel.scoring_rules
    ]
    return replace(panel, scoring_rules=rules)


# Scores beside intent: where their bands begin.
OTHERS = {"fit": (1, 4, 12), "health": (1, 6)}


def with_other_scores(panel: Panel) -> Panel:
    """Return a panel whose second and third groups go to other scores, with grades.

    Groups that go to another score stay there; its bands are others. Intent has two
    bands at least.
    """
    of_intent = [row for row in panel.score_bands if not row.get("score")]
    if len(of_intent) == 1:
        low = {"band": "from 3", "min_score": 3, "action": "do 3"}
        of_intent = [*of_intent, low]
    suffixes = {row["rule_group"][-2:] for row in panel.score_groups}
    scores = {s: to for s, to in {"g1": "fit", "g2": "health"}.items() if s in suffixes}
    groups = [
        {**row, "score": row.get("score") or scores.get(row["rule_group"][-2:])}
        for row in panel.score_groups
    ]
    bands = [
        {
            "band": f"{score} {lowest}",
            "min_score": lowest,
            "action": f"do {score} {lowest}",
            "score": score,
        }
        for score in scores.values()
        for lowest in OTHERS[score]
    ]
    grades = [
        {
            "grade": f"{'ABC'[place]}{number}",
            "fit_band": f"fit {lowest}",
            "intent_band": band["band"],
            "action": f"do {place} and {number}",
        }
        for place, lowest in enumerate(OTHERS["fit"])
        for number, band in enumerate(of_intent)
    ]
    return replace(
        panel,
        score_groups=groups,
        score_bands=[*of_intent, *bands],
        score_grades=grades,
    )
