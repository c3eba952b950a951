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


def outlook_sql(scratch: Scratch) -> str:
    """Return the SQL of `score_band_outlook` over the tables `past` and `bands`."""
    folder = scratch.folder / "target/compiled"
    if not folder.exists():
        result = scratch.dbt("compile", "-s", "score_band_outlook")
        assert result.returncode == 0, last_lines(result)
    (found,) = folder.rglob("score_band_outlook.sql")
    sql = found.read_text()
    for model, table in (("int_band_conversion", "past"), ("score_bands", "bands")):
        sql = re.sub(rf'(?:"\w+"\.)+"{model}"', table, sql)
    return sql


def outlooks(
    connection: duckdb.DuckDBPyConnection, sql: str, drawn: Dates
) -> pd.DataFrame:
    """Return what the project says of each world, as if it were a band."""
    users, conversions = drawn.users, drawn.conversions
    rates = conversions / users
    past = pd.DataFrame(
        {
            "band": np.arange(len(users)),
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
    bands = past[["band"]].assign(min_score=1)
    connection.register("past", past)
    connection.register("bands", bands)
    return connection.execute(f"select * from ({sql}) order by band").df()
