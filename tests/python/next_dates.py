"""Worlds of dates whose true rates are known, and what the project says of the next."""

from __future__ import annotations

import re
from typing import NamedTuple

import duckdb
import numpy as np
import pandas as pd

from conftest import Scratch, last_lines


class Dates(NamedTuple):
    """Users and conversions by world and date, and the true rate of another date."""

    users: np.ndarray
    conversions: np.ndarray
    next_rate: np.ndarray


def worlds_of_dates(
    worlds: int, rate: float, spread: float, users: int, dates: int, seed: int
) -> Dates:
    """Return worlds with rates from a beta distribution; spread is over the mean."""
    random = np.random.default_rng(seed)
    shape = (worlds, dates + 1)
    rates = np.full(shape, rate)
    if spread:
        both = (1 - rate) / (rate * spread**2) - 1
        rates = random.beta(rate * both, (1 - rate) * both, shape)
    people = random.integers(users // 2, users * 3 // 2, (worlds, dates))
    return Dates(people, random.binomial(people, rates[:, :-1]), rates[:, -1])


# The models from examples to what is said of each score, in their order.
OF_SCORES = (
    *("int_score_fit", "int_outlook_cells", "int_cell_conversion"),
    *("int_cell_outlook", "score_outlook"),
)


def compiled_sql(scratch: Scratch, *models: str) -> dict[str, str]:
    """Return the SQL of models by name, over tables that go by the names of models."""
    folder = scratch.folder / "target/compiled"
    if not folder.exists():
        result = scratch.dbt("compile", "-s", *OF_SCORES, *models)
        assert result.returncode == 0, last_lines(result)
    found = {}
    for model in models:
        (path,) = folder.rglob(f"{model}.sql")
        found[model] = re.sub(r'(?:"\w+"\.)+"(\w+)"', r"\1", path.read_text())
    return found


def outlook_sql(scratch: Scratch) -> str:
    """Return the SQL of `int_cell_outlook` over the table `int_cell_conversion`."""
    return compiled_sql(scratch, "int_cell_outlook")["int_cell_outlook"]


def outlooks(
    connection: duckdb.DuckDBPyConnection, sql: str, drawn: Dates
) -> pd.DataFrame:
    """Return what the project says of each world, as if it were a range of scores."""
    users, conversions = drawn.users, drawn.conversions
    rates = conversions / users
    past = pd.DataFrame(
        {
            "cell": np.arange(len(users)),
            "dates": users.shape[1],
            "users": users.sum(axis=1),
            "conversions": conversions.sum(axis=1),
            "lowest_rate": rates.min(axis=1),
            "highest_rate": rates.max(axis=1),
            "users_of_a_date": (users**2).sum(axis=1) / users.sum(axis=1),
            "rate_sum": (conversions * rates).sum(axis=1),
            "design_effect": 1.0,
        }
    )
    connection.register("int_cell_conversion", past)
    return connection.execute(f"select * from ({sql}) order by cell").df()


class Scores(NamedTuple):
    """People a date, dates, the rate of all, how dates spread, and how rates rise."""

    users: int
    dates: int
    rate: float
    spread: float  # Of the log-odds from date to date.
    rise: float  # Of the rate with a point of the score, as a part of it.


SCORES = np.arange(1, 101)


def rates_by_score(kind: Scores, shares: np.ndarray) -> np.ndarray:
    """Return rates that rise with the score up to 0.9, and are the rate of all."""
    rates = np.exp(kind.rise * SCORES)
    for _ in range(50):
        rates = np.clip(rates * kind.rate / (rates @ shares), 0, 0.9)
    return rates


def score_world(
    connection: duckdb.DuckDBPyConnection,
    sql: dict[str, str],
    kind: Scores,
    random: np.random.Generator,
) -> pd.DataFrame:
    """Return what the project says of each score, its people, and the next date's rate.

    Half of the people have the score of 1, of the others the fewer the higher it is.
    """
    shares = np.exp(-SCORES / 15)
    shares = (shares / shares.sum() + (SCORES == 1)) / 2
    odds = rates_by_score(kind, shares)
    odds = odds / (1 - odds)
    odds = np.exp(random.normal(0, kind.spread, (kind.dates + 1, 1))) * odds
    rates = odds / (1 + odds)
    people = random.multinomial(kind.users, shares, kind.dates)
    days = np.repeat(np.arange(kind.dates), kind.users)
    scores = np.repeat(np.tile(SCORES, kind.dates), people.ravel())
    examples = pd.DataFrame(
        {
            "user_id": np.arange(len(days)),
            "as_of_date": np.datetime64("2026-01-05") + days.astype("timedelta64[D]"),
            "score": scores.astype("int32"),
            "is_converted": random.random(len(days)) < rates[days, scores - 1],
        }
    )
    connection.register("int_examples", examples)
    for model in OF_SCORES:
        connection.execute(f"create or replace table {model} as {sql[model]}")
    said = connection.execute("from score_outlook order by score").df()
    said["truth"] = rates[-1, said["score"] - 1]
    said["people"] = shares[said["score"] - 1]
    said["holds"] = said["lower_rate"].le(said["truth"]) & said["upper_rate"].ge(
        said["truth"]
    )
    return said


def score_worlds(scratch: Scratch, kind: Scores, worlds: int) -> list[pd.DataFrame]:
    """Return what the project says of scores, by world."""
    sql = compiled_sql(scratch, *OF_SCORES)
    with duckdb.connect() as connection:
        connection.execute(
            "create table score_bands as from (values ('low', 1), ('high', 50))"
            " as bands (band, min_score)"
        )
        return [
            score_world(connection, sql, kind, np.random.default_rng([1, number]))
            for number in range(worlds)
        ]
