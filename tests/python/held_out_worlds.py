"""Worlds in which people are acted on, or held out, and what is true of them is known.

Used by test_holdout and, at length, by bench/holdout.py.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import NamedTuple

import duckdb
import numpy as np
import pandas as pd

from conftest import Scratch, last_lines
from pointwise.sql_functions import let_sql_call

HORIZON = 14
# Snapshots a horizon apart: four in the first quarter, two in the second.
DATES = [date(2026, 2, 16) + timedelta(days=HORIZON * step) for step in range(6)]
QUARTERS = [date(day.year, 3 * ((day.month - 1) // 3) + 1, 1) for day in DATES]
BANDS = ("high", "medium", "low")
SHARES = np.array([0.1, 0.3, 0.6])
TABLES = {
    "user_outcomes": "outcomes",
    "int_scores": "scores",
    "int_persons_today": "persons_today",
    "user_contacts": "contacts",
}


class Kind(NamedTuple):
    """People, the share held out, by band who converts in a horizon, and who more."""

    people: int
    held_out: float
    rates: tuple[float, float, float]
    effects: tuple[float, float, float]


# Of a build that holds out nobody: the conditions that would let people in.
SETTINGS = {"cast(null as date)": "date '2026-01-01'", "and false": "and true"}


def compiled(scratch: Scratch) -> dict[str, str]:
    """Return the SQL of the two models over the tables above, by model.

    As a build with the default settings compiled it, but with a holdout.
    """
    folder = scratch.folder / "target/compiled"
    models = ("holdout_effects", "int_acted_on")
    if not folder.exists():
        result = scratch.dbt("compile", "-s", *models)
        assert result.returncode == 0, last_lines(result)
    found = {}
    for model in models:
        (path,) = folder.rglob(f"{model}.sql")
        found[model] = path.read_text()
        for name, table in TABLES.items():
            found[model] = re.sub(rf'(?:"\w+"\.)+"{name}"', table, found[model])
    for off, on in SETTINGS.items():
        assert off in found["holdout_effects"]
        found["holdout_effects"] = found["holdout_effects"].replace(off, on)
    return found


def open_database() -> duckdb.DuckDBPyConnection:
    """Return a database with the function that the SQL calls, and nobody linked."""
    connection = duckdb.connect()
    let_sql_call("holdout_effects", connection)
    connection.execute("create table persons_today (user_id text, person_id text)")
    return connection


def held_out_world(kind: Kind, random: np.random.Generator) -> pd.DataFrame:
    """Return a row a person and snapshot; who converts is a customer from then on."""
    band = random.choice(len(BANDS), kind.people, p=SHARES)
    is_held_out = random.random(kind.people) < kind.held_out
    chance = np.array(kind.rates)[band]
    chance = chance + np.where(is_held_out, 0, np.array(kind.effects)[band])
    converted_at = random.geometric(np.clip(chance, 1e-9, 1)) - 1
    steps = np.arange(len(DATES))
    people = np.arange(kind.people)
    return pd.DataFrame(
        {
            "user_id": np.repeat(people, len(DATES)).astype(str),
            "as_of_date": np.tile(np.array(DATES, "datetime64[D]"), kind.people),
            "band": np.repeat(np.array(BANDS)[band], len(DATES)),
            "is_named": True,
            "is_held_out": np.repeat(is_held_out, len(DATES)),
            "is_customer": (steps > converted_at[:, None]).ravel(),
            "is_converted": (steps == converted_at[:, None]).ravel(),
        }
    )


def effects(
    connection: duckdb.DuckDBPyConnection, sql: str, world: pd.DataFrame
) -> pd.DataFrame:
    """Return the mart `holdout_effects` of a world."""
    world = world.assign(as_of_date=world["as_of_date"].dt.date)
    connection.register("outcomes", world.drop(columns="band"))
    connection.register("scores", world)
    return connection.execute(sql).df()


def true_difference(kind: Kind, quarter: date | None, cell: str) -> float:
    """Return what acting adds to the rate of a row, in expectation.

    Of people who had not converted before the quarter: acting leaves other ones.
    """
    wanted = [step for step, of in enumerate(QUARTERS) if quarter in (None, of)]
    rates = []
    for effect in (np.array(kind.effects), np.zeros(len(BANDS))):
        chance = np.array(kind.rates) + effect
        there = SHARES * (1 - chance) ** wanted[0]
        if cell != "all":
            there = there * (np.array(BANDS) == cell)
        rates.append(there @ (1 - (1 - chance) ** len(wanted)) / there.sum())
    return float(rates[0] - rates[1])


def covered(
    connection: duckdb.DuckDBPyConnection,
    sql: str,
    kind: Kind,
    worlds: int,
    first_seed: int = 1,
) -> pd.DataFrame:
    """Return the rows that have an interval, of all worlds, and whether it covers."""
    found = []
    for seed in range(worlds):
        world = held_out_world(kind, np.random.default_rng([first_seed, seed]))
        rows = effects(connection, sql, world).dropna(subset=["lower"])
        rows["truth"] = [
            true_difference(kind, None if pd.isna(day) else day.date(), cell)
            for day, cell in zip(rows["quarter_start_date"], rows["cell"], strict=True)
        ]
        rows["holds"] = rows["lower"].le(rows["truth"]) & rows["upper"].ge(
            rows["truth"]
        )
        found.append(rows)
    return pd.concat(found)


class Acting(NamedTuple):
    """How often people convert a day, are acted on, and convert a day after that."""

    people: int
    rate: float
    acted: float
    times: float


def acted_on_world(kind: Acting, random: np.random.Generator) -> pd.DataFrame:
    """Return a row a person: the days on which they are acted on and convert, or 0.

    Some are called on one of the first days, unless they have converted by then, and
    convert more often from that day on.
    """
    meant = random.random(kind.people) < kind.acted
    called = np.where(meant, random.integers(1, HORIZON - 3, kind.people), HORIZON + 1)
    alone = random.geometric(kind.rate, kind.people)
    after = called + random.geometric(min(kind.rate * kind.times, 1), kind.people) - 1
    outcome = np.where(alone < called, alone, after)
    return pd.DataFrame(
        {
            "user_id": np.arange(kind.people).astype(str),
            "acted": np.where((called <= HORIZON) & (called <= outcome), called, 0),
            "outcome": np.where(outcome <= HORIZON, outcome, 0),
        }
    )


def left_out(
    connection: duckdb.DuckDBPyConnection, sql: str, world: pd.DataFrame
) -> pd.Series:
    """Return the reason for which each person of a world is left out, by user_id."""
    day = f"date '{DATES[0]}'"
    connection.register("world", world)
    for table, query in {
        "scores": f"select user_id, {day} as as_of_date, 'high' as band from world",
        "outcomes": f"""
            select
                user_id, {day} as as_of_date, false as is_customer,
                {day} + cast(nullif(outcome, 0) as int) as first_outcome_date
            from world
        """,
        "contacts": f"""
            select user_id, {day} + cast(acted as int) as contact_date
            from world where acted > 0
        """,
    }.items():
        connection.execute(f"create or replace table {table} as {query}")
    return connection.execute(sql).df().set_index("user_id")["reason"]


def rates_of(
    connection: duckdb.DuckDBPyConnection, sql: str, kind: Acting, seed: int
) -> dict[str, float]:
    """Return who converts: in truth if nobody acts, and by whom is left out."""
    world = acted_on_world(kind, np.random.default_rng(seed))
    reason = left_out(connection, sql, world).reindex(world["user_id"]).to_numpy()
    converts = world["outcome"].gt(0)
    return {
        "truth": 1 - (1 - kind.rate) ** HORIZON,
        "nobody": converts.mean(),
        "acted on": converts[reason != "acted on"].mean(),
        "as the project": converts[pd.isna(reason)].mean(),
    }
