"""The control panel to begin with: learned if the data suffice, else by rarity."""

from __future__ import annotations

from typing import Any, NamedTuple

import duckdb
import numpy as np
import pandas as pd

from pointwise.core.outcome import Outcome
from pointwise.core.words import counted, plain_number
from pointwise.importing import past
from pointwise.importing.columns import listed
from pointwise.importing.lead_columns import LISTING
from pointwise.importing.leaks import said_of_too_good
from pointwise.importing.learned import (
    FEWEST_CONVERTED,
    TOP_SHARE,
    Learned,
    band_starts,
    learn,
    likely_between,
    noise_reaches,
    quality,
    quality_for_others,
    score_of,
)
from pointwise.importing.starter_panel import (
    HIGHEST_OF_DAY,
    MOST_SCORED_TYPES,
    SCORE_BANDS,
    SCORE_GROUPS,
    EventName,
    Starter,
    by_rarity,
    event_type_rows,
    said_of_age,
    verdict_rows,
    why_left_out,
)
from pointwise.learning.panel import Rule

REPEATED = 0.1  # Share of those with the outcome who have it again: repeatable.
FEWEST_REPEATS = 5
LEAST_QUALITY = 0.53  # An AUC on later days; below, nothing was learned.
LISTED = "they only say that a row is in the list"
MOST_OF_TOP = 0.5  # Of people in the two highest bands, whatever the capacity.
AFTER_ONLY = 0.05  # At most this share of people have such a type before the outcome.
LABELS = {
    "activity": "What the user does",
    "recency": "Did something lately",
    "regularity": "Comes back",
    "value": "What it comes to",
    "profile": "Who they are",
    "negative": "Signs against",
}


def first_panel(
    connection: duckdb.DuckDBPyConnection,
    rows: str,
    name: str,
    names: list[EventName],
    users: int,
    outcome: Outcome | None,
    settings: dict[str, Any],
    profiles: past.Profiles | None = None,
    capacity: int | None = None,
) -> Starter:
    """Return the panel that landed rows suggest; `settings` has a switch that is set.

    The two highest bands hold the best tenth of people, or as many as `capacity` says.

    `name` is the SQL of an event's name. Whether the outcome may come again is found
    from the data, unless the settings say so.
    """
    look_back = int(settings["look_back_days"])
    past.prepare(connection, rows, name, names, settings)
    bands = Bands(capacity, max(users / past.MOST_PEOPLE, 1))
    if outcome is None:
        rarity = by_rarity(names, [], [], users, look_back)
        return banded(rarity, connection, look_back, bands)
    types = outcome.event_types
    people, again = past.share_that_repeat(connection, outcome)
    is_repeatable = settings.get("outcome_is_repeatable")
    if is_repeatable is None:
        enough = outcome.is_any_event or again * people >= FEWEST_REPEATS
        is_repeatable = bool(again >= REPEATED and enough)
    said = [said_of_repeats(outcome, is_repeatable, people, again)]
    left_out = {
        found.type: why for found in names if (why := why_left_out(found, users))
    }
    unscored = types if outcome.is_one_event and not is_repeatable else []
    if not is_repeatable:
        after = past.only_after(connection, outcome, 2, AFTER_ONLY)
        left_out |= dict.fromkeys(after, "only on the day of the outcome or later")
        left_out |= dict.fromkeys(unscored, "the outcome")
    is_listing = profiles is not None and profiles.is_all
    if is_listing:
        left_out |= {n.type: LISTED for n in names if n.name == LISTING}
    rarity = by_rarity(names, types, [*unscored, *left_out], users, look_back)
    rarity = rarity._replace(is_repeatable=is_repeatable)
    by_users = sorted(names, key=lambda found: (-found.users, found.name))
    kept = list(dict.fromkeys(n.type for n in by_users if n.type not in left_out))
    window = look_back // 7 * 7 or look_back  # Whole weeks, as WINDOW is.
    features = past.candidates(connection, kept[:MOST_SCORED_TYPES], window)
    features = [] if is_listing and {*kept} <= {*types} else features
    most = int(settings["snapshot_count"]) if is_listing else past.MOST_DATES
    most = max(most, past.MOST_DATES)
    examples = past.past_examples(connection, outcome, is_repeatable, settings, most)
    values = past.feature_values(connection, examples, features)
    if profiles and profiles.features:
        attributes = past.attribute_values(
            connection, examples, profiles.rows, profiles.features
        )
        values = pd.concat([values, attributes], axis=1)
        features += profiles.features
    is_undated = profiles is not None and profiles.is_undated
    # Of a list without dates the last made-up one has others: no horizon lies between.
    horizon = 1 if is_undated else int(settings["horizon_days"])
    label = examples.is_converted
    parts = past.parts_of(examples, horizon, FEWEST_CONVERTED)
    known, person = parts.learning, examples.keys["person"].to_numpy()
    learned = learn(features, values[known], label[known], person[known])
    said += said_of_left_out(left_out)
    if learned is None:
        said.append(
            f"{said_of_too_few(label[~examples.is_last], settings)}"
            f" {said_of_age(look_back)}"
        )
        return banded(rarity._replace(said=said), connection, look_back, bands)
    later = label[parts.judging]
    if len(later):
        found = quality(score_of(learned.rules, values[parts.judging]), later)
        judged = later, person[parts.judging]
        whom = "people held out at random" if is_undated else "later days"
    else:
        whom = "people whom they had not learned from"
        judged = label[known], person[known]
        found = quality_for_others(features, values[known], *judged)
    between = likely_between(found, *judged)
    if found < max(noise_reaches(*judged), LEAST_QUALITY):
        nothing = said_of_nothing(found, between, whom, bool(len(later)))
        said.append(f"{nothing} {said_of_age(look_back)}")
        return banded(rarity._replace(said=said), connection, look_back, bands)
    said += said_of_learned(learned, settings, is_undated)
    said += said_of_judging(found, between, len(later), parts.learned_until, is_undated)
    if profiles and profiles.features:
        known = parts.learning
        said += said_of_too_good(attributes[known], label[known], found)
    today = (
        examples.is_last
        if examples.is_last.sum() >= FEWEST_CONVERTED
        else parts.learning
    )
    score = score_of(learned.rules, values[today])
    tables = {
        "event_types": [*event_type_rows(names, types), *verdict_rows(names)],
        "features": [tuple(feature) for feature in learned.features],
        "scoring_rules": [rule_row(r, learned) for r in learned.rules],
        "score_groups": group_rows(learned.rules),
        "score_bands": bands.rows(score),
    }
    said += bands.said(score)
    scored_as = {n.name: how(n, types, left_out, learned) for n in names}
    return Starter(tables, scored_as, said, is_repeatable, parts.learned_until)


class Bands(NamedTuple):
    """How many people the two highest bands are to hold."""

    capacity: int | None  # None: the best tenth.
    people: float  # For each of the sample.

    def rows(self, score: np.ndarray) -> list[tuple]:
        """Return the bands for people with these scores."""
        if not len(score):
            return self.by_day()
        share = TOP_SHARE
        if self.capacity is not None:
            share = min(self.capacity / (self.people * len(score)), MOST_OF_TOP)
        starts = (*band_starts(score, share), 1)
        return [
            (band, start, *rest)
            for (band, _, *rest), start in zip(self.by_day(), starts, strict=True)
        ]

    def by_day(self) -> list[tuple]:
        """Return the starter's bands, with as many places a day as the capacity has."""
        if self.capacity is None:
            return SCORE_BANDS
        highest = max(round(HIGHEST_OF_DAY * self.capacity), 1)
        places = (highest, self.capacity - highest or "", "")
        return [
            (*band[:3], most, band[4])
            for band, most in zip(SCORE_BANDS, places, strict=True)
        ]

    def said(self, score: np.ndarray) -> list[str]:
        """Return that more people share a score than the team can contact, if so."""
        if self.capacity is None or not len(score):
            return []
        (_, least, *_) = self.rows(score)[1]
        above = round(float((score >= least).sum()) * self.people)
        share = self.capacity / (self.people * len(score))
        if above <= self.capacity or share >= MOST_OF_TOP:
            return []
        return [
            f"The two highest bands hold {counted(above, 'person', 'people')} of the"
            f" last day, more than the {self.capacity:,} of --capacity: several have"
            f" the same score as the last of these, {least}. `pointwise rank` has an"
            " order for them."
        ]


def banded(
    starter: Starter,
    connection: duckdb.DuckDBPyConnection,
    look_back: int,
    bands: Bands,
) -> Starter:
    """Return a panel by rarity with bands that the people of the last day suggest."""
    caps = {group: most for group, most, _ in SCORE_GROUPS}
    rules = [
        Rule(*row[:9], caps[row[1]], row[9]) for row in starter.tables["scoring_rules"]
    ]
    features = [past.Feature(*row) for row in starter.tables["features"]]
    people = past.people_of_the_last_day(connection, look_back)
    if len(people.keys) < FEWEST_CONVERTED:
        tables = {**starter.tables, "score_bands": bands.by_day()}
        return starter._replace(tables=tables)
    score = score_of(rules, past.feature_values(connection, people, features))
    tables = {**starter.tables, "score_bands": bands.rows(score)}
    return starter._replace(tables=tables, said=[*bands.said(score), *starter.said])


def rule_row(rule: Rule, learned: Learned) -> tuple:
    """Return a rule as a line of scoring_rules.csv."""
    (feature,) = (f for f in learned.features if f.feature == rule.feature)
    more = f"more of {(feature.event_type or '').replace('_', ' ')}"
    is_asked_for = (
        rule.points > 0
        and feature.measure == "events"
        and feature.half_life_days is None
        and feature.event_type != "*"
    )
    ends = (
        None if end is None else plain_number(end)
        for end in (rule.min_value, rule.max_value)
    )
    return (
        *(rule.rule, rule.rule_group, rule.feature, *ends, rule.equals, rule.points),
        *(None, None, rule.reason, more if is_asked_for else None),
    )


def group_rows(rules: list[Rule]) -> list[tuple]:
    """Return the groups of the rules; none is capped below what its rules give."""
    most = {rule.rule_group: rule.group_max_points for rule in rules}
    return [
        (group, min(most[group], 1000), label)
        for group, label in LABELS.items()
        if group in most
    ]


def how(
    found: EventName, types: list[str], left_out: dict[str, str], learned: Learned
) -> str:
    """Return in words how an event name counts."""
    is_outcome = found.type in types
    if found.type in left_out and not is_outcome:
        return "without points: left out"
    of_type = {f.feature for f in learned.features if f.event_type == found.type}
    points = [rule.points for rule in learned.rules if rule.feature in of_type]
    gains, losses = sum(p for p in points if p > 0), sum(p for p in points if p < 0)
    if not points and not is_outcome:
        return "as activity, without points"
    gives = [f"to {gains} points"] * (gains > 0) + [f"to {losses} points"] * (
        losses < 0
    )
    return ", ".join(["the outcome"] * is_outcome + gives)


def said_of_repeats(
    outcome: Outcome, is_repeatable: bool, people: int, again: float
) -> str:
    """Return whether the outcome may come again, and why, in a sentence."""
    if outcome.is_any_event and is_repeatable:
        return "Any event is the outcome: who comes back. It is repeatable."
    if not people:
        return "Nobody has had the outcome yet: it is taken to happen once."
    having = f"{100 * again:.0f} % of {people:,} people with the outcome had it again"
    if is_repeatable:
        return f"{having}: it is repeatable, and its own past counts."
    if again >= REPEATED and again * people < FEWEST_REPEATS:
        having += ", too few to tell"
    return f"{having}: it happens once, and who had it is a customer."


def said_of_left_out(left_out: dict[str, str]) -> list[str]:
    """Return which event types get no points, and why, a sentence a reason."""
    reasons: dict[str, list[str]] = {}
    for event_type, why in left_out.items():
        if why != "the outcome":
            reasons.setdefault(why, []).append(event_type)
    return [
        f"Left out, {why}: {listed(sorted(types), 12)}."
        for why, types in reasons.items()
    ]


def said_of_too_few(label: np.ndarray, settings: dict[str, Any]) -> str:
    """Return that there is too little to learn from, or nothing."""
    having = int(label.sum())
    start = (
        f"{having:,} of {len(label):,} examples of people on past"
        f" days had the outcome within {settings['horizon_days']} days, and"
    )
    if FEWEST_CONVERTED <= having <= len(label) - FEWEST_CONVERTED:
        return f"{start} nothing known about them says which: points go by rarity."
    return f"{start} {FEWEST_CONVERTED} are needed to learn from: points go by rarity."


def said_of_learned(
    learned: Learned, settings: dict[str, Any], is_undated: bool
) -> list[str]:
    """Return what the points were learned from."""
    whom = "of people on past days"
    within = f" within {settings['horizon_days']} days"
    if is_undated:
        whom, within = "of people of the list", ""
    return [
        f"Points are learned from {learned.examples:,} examples {whom}, of whom"
        f" {100 * learned.rate:.1f} % had the outcome{within}."
    ]


def pairs_in_order(found: float, between: tuple[float, float]) -> str:
    """Return an AUC as a share of pairs, with its interval."""
    low, high = between
    return (
        f"{100 * found:.0f} % of pairs (95 % interval {100 * low:.0f}-{100 * high:.0f})"
    )


def said_of_judging(
    found: float,
    between: tuple[float, float],
    count: int,
    until: np.datetime64 | None,
    is_undated: bool,
) -> list[str]:
    """Return how the points rank others than they learned from; who is judged by."""
    pairs = pairs_in_order(found, between)
    if not count:
        return [
            f"Of people left out in turn they put {pairs} in the"
            " right order (50 is chance). No later days are left to judge them by:"
            " `pointwise evaluate` and `pointwise train` wait until the horizon of"
            f" {until} has passed (learned_until)."
        ]
    whom = "people held out at random" if is_undated else "later ones"
    said = (
        f"Of {count:,} {whom} they put {pairs} in the right order,"
        " of one who had it and one who had not (50 is chance). `pointwise evaluate`"
        " and `pointwise train` judge by these and by days to come"
        f" (learned_until: {until})."
    )
    if is_undated:
        said += " Without dates nothing can be said about later days."
    return [said]


def said_of_nothing(
    found: float, between: tuple[float, float], whom: str, has_later_days: bool
) -> str:
    """Return that points that were learned are worth nothing."""
    more = "" if has_later_days else ", and no later days are left to judge them by"
    return (
        f"Points that were learned put only {pairs_in_order(found, between)} of {whom}"
        f" in the right order (50 is chance){more}: points go by rarity."
    )
