"""What people did as of past dates, from landed rows, as features of a panel have it.

The build will say the same; here it is needed before there is a panel to build with.
Of very many people a sample is looked at, by a hash of their ids.
"""

from datetime import date, timedelta
from typing import Any, NamedTuple

import duckdb
import numpy as np
import pandas as pd

from pointwise.core.canonical_text import canonical_text
from pointwise.core.outcome import Outcome
from pointwise.core.sql_text import sql_name, sql_text
from pointwise.importing.starter_panel import EventName
from pointwise.importing.summary import with_persons
from pointwise.importing.understood import SAID, quarantine_reason

MOST_PEOPLE = 10_000
MOST_DATES = 12
KEPT = 4  # One date in this number is kept to judge by, if they are enough.
FIRST_MONDAY = date(1970, 1, 5)  # As in the build, dates lie whole steps from it.
# A row's copies say the same, or have its id.
SAME = f"coalesce(event_id, hash({SAID})::varchar)"


class Feature(NamedTuple):
    """A row of features.csv."""

    feature: str
    event_type: str | None  # None for attributes, as is the window.
    measure: str
    window_days: int | None
    half_life_days: int | None
    unit: str
    description: str


class Profiles(NamedTuple):
    """What landed profiles say: SQL that reads them, and attributes as features."""

    rows: str
    features: list[Feature]
    is_all: bool = False  # Events only say that a person was listed.
    is_undated: bool = False  # Days are made up: people of the last are held out.


class Examples(NamedTuple):
    """People as of past dates: a row each. The last date has no labels yet."""

    keys: pd.DataFrame  # number, person, day
    is_converted: np.ndarray
    is_last: np.ndarray

    @property
    def days(self) -> np.ndarray:
        """Return the as-of date of each."""
        return self.keys["day"].to_numpy("datetime64[D]")


class Parts(NamedTuple):
    """Which examples to learn from, which to judge by; what followed is known until."""

    learning: np.ndarray
    judging: np.ndarray
    learned_until: np.datetime64 | None


def prepare(
    connection: duckdb.DuckDBPyConnection,
    rows: str,
    name: str,
    names: list[EventName],
    settings: dict[str, Any],
) -> None:
    """Make the table `past_days`: what a person did of an event type on a day.

    `rows` is SQL that reads landed rows, `name` the SQL of an event's name.
    """
    types = pd.DataFrame(
        {"name": [n.name for n in names], "type": [n.type for n in names]}
    )
    connection.register("past_types", types)
    zone = sql_text(str(settings["time_zone"]))
    used = f"""
        select *, {name} as name
        from {with_persons(rows)}
        where {quarantine_reason(settings)} is null
    """
    connection.execute(f"""
        create or replace temp table past_people as
        select person, row_number() over (order by md5(person)) as number
        from ({used}) group by person
        qualify number <= {MOST_PEOPLE}
    """)
    connection.execute(f"""
        create or replace temp table past_events as
        select
            past_people.number as person, past_types.type as event_type,
            ((used.occurred_at at time zone 'UTC') at time zone {zone})::date as day,
            any_value(coalesce(used.amount, 0)) as amount,
            any_value(coalesce(used.duration_seconds, 0)) / 60 as minutes
        from ({used}) as used
        inner join past_people using (person)
        inner join past_types using (name)
        group by past_people.number, past_types.type, day, used.name, {SAME}
    """)
    connection.execute("""
        create or replace temp table past_days as
        select
            person, event_type, day, count(*) as events, sum(amount) as amount,
            sum(minutes) as minutes
        from past_events group by all
    """)


def candidates(
    connection: duckdb.DuckDBPyConnection, types: list[str], look_back: int
) -> list[Feature]:
    """Return what may predict the outcome: of each type, and of any, as there are data.

    How often, lately and in all the look-back; since when; on how many days, of what
    amount and minutes. Windows follow the look-back.
    """
    of_types = {
        event_type: found
        for event_type, *found in connection.execute("""
            select event_type, avg(events) > 1.2, avg((amount > 0)::int) > 0.05,
                avg((minutes > 0)::int) > 0.05
            from past_days group by event_type
        """).fetchall()
    }
    features: list[Feature] = []
    for event_type in types:
        words, found = event_type.replace("_", " "), of_types.get(event_type)
        if found:
            features += features_of_type(
                event_type, event_type, words, look_back, found
            )
    if len(of_types) > 1:
        flags = zip(*of_types.values(), strict=True)
        several = [True, *(sum(flag) > 1 for flag in list(flags)[1:])]
        features += features_of_type("*", "activity", "activity", look_back, several)
    for days in sorted({min(7, look_back), min(28, look_back)} - {look_back}):
        words = f"active: days with any activity in {days} days"
        name = f"active_days_{days}d"
        features.append(Feature(name, "*", "active_days", days, None, "days", words))
    return features


def features_of_type(
    event_type: str, name: str, words: str, days: int, found: list[bool]
) -> list[Feature]:
    """Return the features of a type; `found` has what there is in its days."""
    has_several, has_amount, has_minutes = found
    half = max(days // 6, 1)

    def feature(
        end: str, measure: str, said: str, unit: str, half_life: bool
    ) -> Feature:
        last = half if half_life else None
        description = f"{words}: {said}"
        return Feature(name + end, event_type, measure, days, last, unit, description)

    lately = f"events in {days} days, each counting half after {half} days"
    features = [
        feature(f"_{days}d", "events", f"events in {days} days", "events", False),
        feature("_lately", "events", lately, "events", True),
        feature(
            "_days_since", "days_since_last", "days since the last one", "days", False
        ),
    ]
    if has_several:
        said = f"days with one in {days} days"
        features.append(feature("_days", "active_days", said, "days", False))
    if has_amount:
        said = f"amount in {days} days"
        features.append(feature("_amount", "amount", said, "amount", False))
        said = f"amount in {days} days, each counting half after {half} days"
        features.append(feature("_amount_lately", "amount", said, "amount", True))
    if has_minutes:
        said = f"minutes in {days} days"
        features.append(feature("_minutes", "minutes", said, "minutes", False))
    return features


def last_day_reached(connection: duckdb.DuckDBPyConnection) -> date | None:
    """Return the last day with a hundredth of the people of a busy day, or more."""
    return connection.execute("""
        with people as (
            select day, count(distinct person) as people from past_days group by day
        )
        select max(day) from people
        where people >= (select quantile_cont(people, 0.9) / 100 from people)
    """).fetchall()[0][0]


def past_dates(
    connection: duckdb.DuckDBPyConnection, settings: dict[str, Any], most: int
) -> tuple[list[date], date | None]:
    """Return as-of dates whose horizon has passed, on the grid of the build; the last.

    The first are left out while windows would reach far before the data.
    """
    last = last_day_reached(connection)
    first = connection.execute("select min(day) from past_days").fetchall()[0][0]
    if last is None:
        return [], None
    if given := settings.get("snapshot_dates"):
        matured = last - timedelta(days=int(settings["horizon_days"]))
        days = (date.fromisoformat(str(day)) for day in given)
        return sorted(day for day in days if first <= day <= matured)[-most:], last
    step = int(settings["snapshot_every_days"])
    day = last - timedelta(days=int(settings["horizon_days"]))
    day -= timedelta(days=(day - FIRST_MONDAY).days % step)
    look_back = int(settings["look_back_days"])
    # Windows that do not overlap, as of rows that have a date each, reach nothing else.
    enough = 0 if look_back <= step else min(look_back, (last - first).days // 3)
    dates: list[date] = []
    while len(dates) < most and day >= first + timedelta(days=enough):
        dates.append(day)
        day -= timedelta(days=step)
    return sorted(dates), last


def past_examples(
    connection: duckdb.DuckDBPyConnection,
    outcome: Outcome,
    is_repeatable: bool,
    settings: dict[str, Any],
    most: int = MOST_DATES,
) -> Examples:
    """Return who was active as of past dates, and whether the outcome followed.

    Who had a one-time outcome by then is left out, as the build leaves customers out.
    """
    dates, last = past_dates(connection, settings, most)
    days = pd.DataFrame({"as_of": pd.to_datetime([*dates, *([last] if last else [])])})
    connection.register("past_dates", days)
    enough = f"events >= {outcome.min_events}"
    if outcome.min_amount is not None:
        enough += f" and amount >= {outcome.min_amount}"
    types = ", ".join(sql_text(name) for name in outcome.event_types) or "null"
    is_counted = "true" if outcome.is_any_event else f"event_type in ({types})"
    start = "as_of" if is_repeatable else "date '0001-01-01'"
    keys = connection.execute(f"""
        with dates as (select as_of::date as as_of from past_dates),
        examples as (
            select distinct days.person, dates.as_of
            from past_days as days
            inner join dates
                on days.day <= dates.as_of
                and days.day > dates.as_of - {int(settings["look_back_days"])}
        ),
        counted as (
            select
                examples.person, examples.as_of, days.day,
                sum(days.events) over so_far as events,
                sum(days.amount) over so_far as amount
            from examples
            inner join past_days as days
                on examples.person = days.person
                and {is_counted} and days.day > {start}
                and days.day <= examples.as_of + {int(settings["horizon_days"])}
            window so_far as (partition by examples.person, as_of order by days.day)
        ),
        labels as (
            select
                person, as_of,
                bool_or(day > as_of) as is_converted,
                bool_or(day <= as_of) as is_customer
            from counted where {enough} group by person, as_of
        )
        select
            examples.person, examples.as_of as day,
            coalesce(labels.is_converted, false) as is_converted
        from examples left join labels using (person, as_of)
        where not coalesce(labels.is_customer, false)
        order by as_of, person
    """).df()
    keys["number"] = np.arange(len(keys))
    is_last = (
        (keys["day"] == pd.Timestamp(last)).to_numpy() if last else np.zeros(0, bool)
    )
    label = keys["is_converted"].to_numpy(float)
    return Examples(keys[["number", "person", "day"]], label, is_last)


def parts_of(examples: Examples, horizon_days: int, fewest: int) -> Parts:
    """Return what to learn from and what to judge by: the last quarter of the dates.

    What followed the others is known by then. Up to half of the dates are to judge by
    where a quarter has fewer than `fewest` with the outcome, or without; none where
    there would be fewer to learn from, or fewer outcomes than to judge by.
    """
    days, is_known, label = examples.days, ~examples.is_last, examples.is_converted
    dates, horizon = np.unique(days[is_known]), np.timedelta64(horizon_days, "D")
    if not len(dates):
        return Parts(is_known, ~is_known & False, None)
    least = max(len(dates) // KEPT, 1)
    for first in dates[-least : -len(dates) // 2 - 1 : -1]:
        judging = is_known & (days >= first)
        learning = is_known & (days + horizon <= first)
        enough = (
            min(label[part].sum(), (1 - label[part]).sum()) >= fewest
            for part in (learning, judging)
        )
        if all(enough) and label[learning].sum() >= label[judging].sum():
            return Parts(learning, judging, first)
    return Parts(is_known, np.zeros(len(days), bool), dates[-1] + horizon)


def people_of_the_last_day(
    connection: duckdb.DuckDBPyConnection, look_back: int
) -> Examples:
    """Return who was active as of the last day: examples without labels."""
    keys = connection.execute(
        """
        select
            row_number() over (order by person) - 1 as number, person,
            $last::timestamp as day
        from (select distinct person from past_days
            where day <= $last and day > $last::date - $days::int)
        order by number
        """,
        {"last": last_day_reached(connection), "days": look_back},
    ).df()
    count = len(keys)
    return Examples(keys, np.zeros(count), np.ones(count, bool))


def feature_values(
    connection: duckdb.DuckDBPyConnection, examples: Examples, features: list[Feature]
) -> pd.DataFrame:
    """Return a column a feature, as the build has it: 0 or, for days since, NULL."""
    features = [f for f in features if f.window_days is not None]
    if not features:
        return pd.DataFrame(index=range(len(examples.keys)))
    catalogue = pd.DataFrame(features)
    catalogue["column_number"] = np.arange(len(features))
    connection.register("past_catalogue", catalogue)
    connection.register("past_keys", examples.keys)
    found = connection.execute("""
        with aged as (
            select
                keys.number, days.*, date_diff('day', days.day, keys.day::date) as age
            from past_keys as keys
            inner join (
                from past_days
                union all by name
                select
                    person, day, '*' as event_type, sum(events) as events,
                    sum(amount) as amount, sum(minutes) as minutes
                from past_days group by person, day
            ) as days
                on keys.person = days.person
                and days.day <= keys.day::date
                and days.day > keys.day::date
                    - (select max(window_days)::int from past_catalogue)
        )
        select
            number, column_number,
            case any_value(measure)
                when 'days_since_last' then min(age)
                when 'active_days' then count(*)
                when 'amount' then sum(amount * weight)
                when 'minutes' then sum(minutes * weight)
                else sum(events * weight)
            end as value
        from (
            select
                aged.*, past_catalogue.measure, past_catalogue.column_number,
                coalesce(power(0.5, age / nullif(half_life_days, 0)), 1) as weight
            from aged
            inner join past_catalogue
                on aged.event_type = past_catalogue.event_type
                and aged.age < past_catalogue.window_days
        )
        group by number, column_number
    """).fetchnumpy()
    is_since = np.array([f.measure == "days_since_last" for f in features], bool)
    values = np.where(is_since, np.nan, 0.0) * np.ones((len(examples.keys), 1))
    rows, columns = (np.asarray(found[key], int) for key in ("number", "column_number"))
    values[rows, columns] = np.round(np.asarray(found["value"], float), 9)
    return pd.DataFrame(values, columns=[f.feature for f in features])


def attribute_values(
    connection: duckdb.DuckDBPyConnection,
    examples: Examples,
    profiles: str,
    features: list[Feature],
) -> pd.DataFrame:
    """Return the attributes that were known of each example: texts, or numbers.

    `profiles` is SQL that reads landed profiles. As in the build the last value holds.
    """
    connection.register("past_keys", examples.keys)
    last = ", ".join(
        f"max_by({sql_name(f.feature)}, coalesce(profiles.valid_from, timestamp"
        f" '0001-01-01')) as {sql_name(f.feature)}"
        for f in features
    )
    found = connection.execute(f"""
        select keys.number, {last}
        from past_keys as keys
        inner join past_people on keys.person = past_people.number
        left join {profiles} as profiles
            on past_people.person = profiles.user_id
            and coalesce(profiles.valid_from::date <= keys.day::date, true)
        group by keys.number order by keys.number
    """).df()
    return pd.DataFrame(
        {f.feature: as_measured(found[f.feature], f.measure) for f in features}
    )


def as_measured(values: pd.Series, measure: str) -> pd.Series:
    """Return texts of an attribute as the build compares them, or as numbers."""
    if measure == "number":
        return pd.to_numeric(values, errors="coerce").astype(float).round(9)
    texts = {t: canonical_text(t) or None for t in values.dropna().unique()}
    first = {}  # Of texts that differ in case only, one.
    return values.map(
        {t: c and first.setdefault(c.lower(), c) for t, c in texts.items()}
    )


def only_after(
    connection: duckdb.DuckDBPyConnection, outcome: Outcome, fewest: int, most: float
) -> list[str]:
    """Return event types that people have on the outcome's day or after it, only.

    Of those with such an event, hardly anybody had one on a day before the first event
    of the outcome, or without it.
    """
    types = ", ".join(sql_text(name) for name in outcome.event_types)
    rows = connection.execute(f"""
        with firsts as (
            select person, event_type, min(day) as day from past_days group by all
        ),
        outcomes as (
            select person, min(day) as day from firsts
            where event_type in ({types}) group by person
        )
        select firsts.event_type
        from firsts left join outcomes using (person)
        where firsts.event_type not in ({types})
        group by firsts.event_type
        having
            count(*) >= {fewest}
            and avg((outcomes.day is null or firsts.day < outcomes.day)::int) < {most}
        order by firsts.event_type
    """).fetchall()
    return [name for (name,) in rows]


def share_that_repeat(
    connection: duckdb.DuckDBPyConnection, outcome: Outcome
) -> tuple[int, float]:
    """Return how many people had the outcome, and which share of them once more."""
    if outcome.is_any_event:
        return 0, 1.0
    types = ", ".join(sql_text(name) for name in outcome.event_types)
    least = outcome.min_amount or 0
    people, again = connection.execute(f"""
        select
            count(*),
            count(*) filter (
                days > 1 and events >= {2 * outcome.min_events}
                and amount >= {2 * least}
            )
        from (
            select person, count(distinct day) as days, sum(events) as events,
                sum(amount) as amount
            from past_days where event_type in ({types}) group by person
        ) where events >= {outcome.min_events} and amount >= {least}
    """).fetchall()[0]
    return people, again / max(people, 1)
