"""What landed profiles say, as features to learn from; what knows the outcome is named.

Undated columns, and those of a list of leads, are held against the outcome: see
leaks.py. Columns that were asked for by --keep are taken anyway.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import duckdb
import pandas as pd

from pointwise.core.canonical_text import NUMBER, canonical_text
from pointwise.core.sql_text import sql_name, sql_text
from pointwise.importing.lead_columns import LISTING
from pointwise.importing.leaks import leaking
from pointwise.importing.past import Feature, as_measured
from pointwise.importing.profiles import MOST_VALUES
from pointwise.importing.summary import Imported, landed_rows, with_persons

MOST_ROWS = 20_000
ALL_NUMBERS = 0.98  # Share of an attribute's values that are numbers, if it is one.
NOT_ATTRIBUTES = ("user_id", "valid_from", "account_id", "unparsed")


class Known(NamedTuple):
    """Attributes as features, and those that were refused, by name with the reason."""

    rows: str
    features: list[Feature]
    refused: dict[str, str]
    called: dict[str, str]


def known_attributes(
    connection: duckdb.DuckDBPyConnection,
    profiles: list[Imported],
    others: Iterable[Path],
    wanted: Iterable[str],
    events: str,
    outcome_names: list[str],
    name: str,
    horizon: int,
    kept: list[str],
) -> Known | None:
    """Return the attributes of all landed profiles; None if there are none.

    Args:
        connection: a database that knows how values are read.
        profiles: files of profiles, imported now.
        others: files that were imported before.
        wanted: attributes of these that the settings name.
        events: SQL that reads landed events.
        outcome_names: what the events of the outcome are called there.
        name: SQL of an event's name.
        horizon: days in which an outcome counts.
        kept: attributes that are not to be refused.
    """
    paths = dict.fromkeys([*(file.path for file in profiles), *others])
    if not paths:
        return None
    rows = landed_rows(paths)
    there = [c for c, *_ in connection.execute(f"describe from {rows}").fetchall()]
    if "valid_from" not in there:
        rows = f"(select *, cast(null as timestamp) as valid_from from {rows})"
    called = {
        target: str(takes[0].place)
        for file in profiles
        for target, takes in file.mapping.sources.items()
    }
    names = [n for n in dict.fromkeys([*called, *wanted]) if n in there]
    names = [n for n in names if n not in NOT_ATTRIBUTES]
    if not names:
        return None
    leads = [file.mapping.leads for file in profiles if file.mapping.leads]
    is_by_row = bool(leads) and not leads[0].is_dated and leads[0].row_date is not None
    within = horizon if is_by_row else None
    frame = labelled(
        connection, rows, names, events, outcome_names, name, within, bool(leads)
    )
    measures = {n: measure_of(frame[n]) for n in names}
    values = pd.DataFrame(
        {n: as_measured(frame[n], m) for n, m in measures.items() if m}
    )
    is_judged = frame["is_judged"].to_numpy(bool)
    refused = {}
    if outcome_names:
        label = frame["had_it"].to_numpy(float)[is_judged]
        refused = leaking(values[is_judged].reset_index(drop=True), label)
    refused = {n: why for n, why in refused.items() if n not in kept}
    features = [
        Feature(n, None, m, None, None, "", called.get(n, n).replace("_", " "))
        for n, m in measures.items()
        if m and n not in refused
    ]
    return Known(rows, features, refused, called)


def labelled(
    connection: duckdb.DuckDBPyConnection,
    rows: str,
    names: list[str],
    events: str,
    outcome_names: list[str],
    name: str,
    within: int | None,
    is_list: bool,
) -> pd.DataFrame:
    """Return profiles with whether the outcome followed, and if that can be judged.

    Of a list of leads all rows are judged; of others those without a date.
    """
    chosen = ", ".join(
        f"any_value(profiles.{sql_name(n)}) as {sql_name(n)}" for n in names
    )
    listed = ", ".join(map(sql_text, outcome_names)) or "null"
    end = "true"
    if within is not None:
        end = f"outcomes.occurred_at <= profiles.valid_from + to_days({within})"
    judged = "true" if is_list else "profiles.valid_from is null"
    if within is not None:
        # Rows that say neither yes nor no are open: they are not in the list of these.
        listed_on = "exists (select 1 from listing where person = profiles.user_id"
        judged = f"{listed_on} and occurred_at = profiles.valid_from)"
    return connection.execute(f"""
        with profiles as (
            select *, row_number() over (order by md5(user_id), valid_from) as number
            from {rows} qualify number <= {MOST_ROWS}
        ),
        outcomes as (
            select person, occurred_at from {with_persons(events)}
            where {name} in ({listed}) and occurred_at is not null
        ),
        listing as (
            select person, occurred_at from {with_persons(events)}
            where {name} = {sql_text(LISTING)}
        )
        select {chosen}, any_value({judged}) as is_judged,
            count(outcomes.person) > 0 as had_it
        from profiles left join outcomes
            on profiles.user_id = outcomes.person
            and coalesce(outcomes.occurred_at >= profiles.valid_from and {end}, true)
        group by profiles.number order by profiles.number
    """).df()


def measure_of(values: pd.Series) -> str | None:
    """Return whether an attribute is a number or a text; None if all have the same.

    Numbers with leading zeros are names, as are two numbers, such as 0 and 1.
    """
    different = {canonical_text(text) for text in values.dropna().unique()} - {""}
    if not different:
        return None
    numbers = sum(NUMBER.fullmatch(text) is not None for text in different)
    if len(different) > 2 and numbers >= ALL_NUMBERS * len(different):
        return "number"
    return "attribute" if len(different) <= MOST_VALUES else None
