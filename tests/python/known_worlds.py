"""Worlds whose truth is known: what was knowable of people, and what leaks.

A world is drawn as the tables that the leak test reads, and is judged by the project's
own SQL. Events come when they happen, or some hours later, or are loaded by night; in
leaking ones a type is delivered with the outcome and dated before it, or a column of
the profile is filled in after it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import duckdb
import numpy as np
import pandas as pd

from conftest import Scratch
from next_dates import compiled_sql

MODELS = ("int_late_values", "int_feature_counts", "feature_signals", "event_arrivals")
TEST = "no_feature_gives_the_outcome_away"
SNAPSHOTS = pd.to_datetime(["2026-01-05", "2026-02-02", "2026-03-02", "2026-03-30"])
TODAY = pd.Timestamp("2026-05-04")
HORIZON, WINDOW = 28, 30
TYPES = ("view", "call", "mark")
# Of activity, by type; what people do depends on how much they want.
RATES = {"view": 6.0, "call": 0.5, "mark": 0.3}
FEATURES = pd.DataFrame(
    [
        ("views", "view", "events", WINDOW),
        ("calls", "call", "events", WINDOW),
        ("marks", "mark", "events", WINDOW),
        ("days_since_mark", "mark", "days_since_last", WINDOW),
        *((name, None, "number", None) for name in ("size", "lead_score")),
        *((name, None, "attribute", None) for name in ("industry", "tag", "team")),
    ],
    columns=["feature", "event_type", "measure", "window_days"],
).assign(half_life_days=pd.NA)


class Kind(NamedTuple):
    """What a world is like.

    `strength` is how much it counts what people want; `back_dated` the share of marks
    that are delivered with the outcome; `noise` the spread of the noise on a copy of
    the label, `tags` how often a tag shows it, `team` whether only who is done has one.
    """

    people: int = 2000
    strength: float = 1.5
    is_by_night: bool = False
    late: float = 0.02
    back_dated: float = 0.0
    noise: float = 0.0
    tags: float = 0.0
    team: bool = False


# Leaking worlds, with the features and the event types to be named; and clean ones.
LEAKS = {
    "marks of converters known for 40 %": (Kind(back_dated=0.4), set(), {"mark"}),
    "all marks": (Kind(back_dated=1.0), set(), {"mark"}),
    "by night": (Kind(back_dated=0.4, is_by_night=True), set(), {"mark"}),
    "a copy, .96": (Kind(noise=0.2), {"lead_score"}, set()),
    "a copy, .93": (Kind(noise=0.4), {"lead_score"}, set()),
    "a tag, .93": (Kind(tags=0.92), {"tag"}, set()),
    "a team that comes last": (Kind(team=True), {"team"}, set()),
}
CLEAN = [
    Kind(),
    Kind(is_by_night=True, strength=2.5),
    Kind(late=0.3, strength=2.5),
    Kind(people=500, late=0.1),
    Kind(people=500, strength=4),
]


def world(kind: Kind, seed: int) -> dict[str, pd.DataFrame]:
    """Return the tables of a world."""
    random = np.random.default_rng(seed)
    number = kind.people
    want = random.normal(size=number)
    odds = kind.strength * want + random.normal(0, 0.5, number) - 3.4
    events, examples = [], []
    outcome = np.full(number, np.datetime64("NaT", "D"))
    for day in SNAPSHOTS.to_numpy("datetime64[D]"):
        is_open = np.isnat(outcome)
        for name, mean in RATES.items():
            many = random.poisson(mean * np.exp(0.6 * want - 0.2) * is_open)
            events.append(events_of(random, name, many, day, kind))
        chance = 1 / (1 + np.exp(-odds))
        converts = is_open & (random.random(number) < chance)
        after = random.integers(1, HORIZON + 1, number)
        outcome = np.where(converts, day + after, outcome)
        examples.append((day, np.flatnonzero(is_open), converts[is_open]))
        if kind.back_dated:
            share = kind.back_dated / (1 - min(kind.back_dated, 0.9))
            of_marks = len(events[-1]) * share / max(converts.sum(), 1)
            many = np.where(converts, 1 + random.poisson(of_marks, number), 0)
            marks = events_of(random, "mark", many, day, kind)
            marks["known_from_date"] = outcome[marks["person"]]
            is_all = kind.back_dated >= 1
            events = [*events[:-1], *([] if is_all else events[-1:]), marks]
    return tables(random, kind, want, outcome, pd.concat(events), examples)


def events_of(
    random: np.random.Generator,
    name: str,
    many: np.ndarray,
    day: np.datetime64,
    kind: Kind,
) -> pd.DataFrame:
    """Return this number of events of each person, in the window before a day."""
    person = np.repeat(np.arange(len(many)), many)
    at = day - random.integers(0, WINDOW - 2, len(person))
    late = random.random(len(person)) < kind.late
    delay = np.where(late, random.integers(1, 6, len(person)), kind.is_by_night)
    return pd.DataFrame(
        {
            "person": person,
            "event_type": name,
            "activity_date": at,
            "known_from_date": at + delay,
        }
    )


def tables(
    random: np.random.Generator,
    kind: Kind,
    want: np.ndarray,
    outcome: np.ndarray,
    events: pd.DataFrame,
    examples: list[tuple],
) -> dict[str, pd.DataFrame]:
    """Return a world as the models read it: people go by their numbers."""
    number = kind.people
    had = ~np.isnat(outcome)
    of_label = random.random(number) < kind.tags
    industry = random.choice(["a", "b", "c"], number)
    profiles = {
        "size": np.round(np.exp(3 + 0.3 * want + random.normal(0, 1, number))),
        "industry": np.where(random.random(number) < 0.3, "", industry),
    }
    if kind.noise:
        profiles["lead_score"] = np.round(had + random.normal(0, kind.noise, number), 2)
    if kind.tags:
        is_tagged = np.where(of_label, had, random.random(number) < 0.3)
        profiles["tag"] = np.where(is_tagged, "will buy", "busy")
    if kind.team:
        profiles["team"] = np.where(had & (random.random(number) < 0.6), "x", "")
    users = [f"u{n}" for n in range(number)]
    attributes = pd.concat(
        pd.DataFrame({"user_id": users, "attribute": name, "value": values})
        for name, values in profiles.items()
    )
    attributes["value"] = attributes["value"].astype(str)
    rows = pd.concat(
        pd.DataFrame({"user_id": person, "as_of_date": day, "is_converted": converted})
        for day, person, converted in examples
    )
    rows["user_id"] = "u" + rows["user_id"].astype(str)
    events["user_id"] = "u" + events.pop("person").astype(str)
    return {
        "events": events,
        "examples": rows.assign(score=1),
        "attributes": attributes[attributes["value"] != ""],
        "open_today": pd.DataFrame({"user_id": np.array(users)[~had]}),
    }


# Daily activity and values, as they are known at each snapshot.
MADE = f"""
    create or replace table training_examples as
    select * replace (as_of_date::date as as_of_date) from examples;
    create or replace table int_as_of_dates as
    select distinct as_of_date, as_of_date as known_by_date, true as is_snapshot
    from training_examples;
    create or replace table starts as
    select *, lead(known_from_date, 1, date '9999-12-31') over (
        partition by user_id, event_type, activity_date order by known_from_date
    ) as known_until_date
    from (select distinct user_id, event_type, activity_date::date as activity_date,
        known_from_date::date as known_from_date from events);
    create or replace table int_user_daily_activity as
    select starts.*, count(*)::integer as events, 0 as sessions,
        0 as continued_sessions, 0::decimal(28, 4) as seconds,
        0::decimal(28, 4) as amount
    from starts inner join events using (user_id, event_type, activity_date)
    where events.known_from_date <= starts.known_from_date group by all;
    create or replace table int_person_ids as
    select ''::text as user_id, ''::text as person_id, null::date as as_of_date limit 0;
    create or replace table int_person_links as from int_person_ids;
    create or replace table stg_user_attributes as
    select *, null::date as valid_from from attributes;
    create or replace table int_user_as_of_dates as
    select user_id, date '{TODAY.date()}' as as_of_date, true as is_scoring_date,
        true as has_activity, false as is_customer from open_today;
    create or replace table int_person_attributes as
    select user_id, as_of_date, attribute, value from attributes inner join (
        select user_id, as_of_date from training_examples
        union all select user_id, as_of_date from int_user_as_of_dates
    ) using (user_id);
    create or replace table int_cell_conversion (cell varchar, design_effect double);
    create or replace table user_feature_values as
    select user_id, as_of_date, feature, text_value,
        (case when measure = 'days_since_last' then least_days else number end)
            ::decimal(28, 9) as value
    from (
        select user_id, as_of_date, feature, measure, null as text_value,
            min(as_of_date - activity_date) as least_days, sum(events) as number
        from int_as_of_dates
        inner join int_user_daily_activity as activity
            on activity.known_from_date <= as_of_date
            and activity.known_until_date > as_of_date
            and as_of_date - activity_date between 0 and {WINDOW - 1}
        inner join features using (event_type)
        group by all
        union all
        select user_id, as_of_date, feature, measure,
            case when measure = 'attribute' then value end, null,
            case when measure = 'number' then value::double end
        from int_person_attributes
        inner join features on feature = attribute
        where as_of_date in (select as_of_date from int_as_of_dates)
    );
"""


class Judge:
    """The project's SQL on what leaks, over the tables of one world after another."""

    def __init__(self, scratch: Scratch) -> None:
        self.sql = compiled_sql(scratch, *MODELS, TEST)
        self.connection = duckdb.connect()

    def judge(self, drawn: dict[str, pd.DataFrame]) -> tuple[set[str], set[str]]:
        """Return the features that are named, and the event types."""
        self.connection.register("features", FEATURES)
        for name, table in drawn.items():
            self.connection.register(name, table)
        self.connection.execute(MADE)
        for model in MODELS:
            query = self.sql[model]
            self.connection.execute(f"create or replace table {model} as {query}")
        try:
            self.connection.execute(self.sql[TEST]).fetchall()
            named = set()
        except duckdb.Error as error:
            if "give the outcome away" not in str(error):
                raise
            listed = str(error).split("away: ")[1].split(". Alone")[0]
            named = set(re.findall(r"(\w+) \(", listed))
        types = self.connection.execute(
            "select event_type from event_arrivals where is_back_dated"
        ).fetchall()
        return named, {name for (name,) in types}

    def areas(self, feature: str) -> tuple[float, float]:
        """Return the AUC of a feature of the last world: as known, as happened."""
        return self.connection.execute(
            "select auc, happened_auc from feature_signals where as_of_date is null"
            " and feature = ?",
            [feature],
        ).fetchall()[0]
