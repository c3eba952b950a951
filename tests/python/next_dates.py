"""Worlds of dates whose true rates are known, and what the project says of the next."""

from __future__ import annotations

import re
from typing import NamedTuple

import duckdb
import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from conftest import Scratch, last_lines
from pointwise.core.statistics.intervals import design_effect


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


# The models from examples to the statement on each score, in their order.
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
            "cell": [f"band {number:06}" for number in range(len(users))],
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
            "fit_band": None,
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
    """Return what the project says about scores, by world."""
    sql = compiled_sql(scratch, *OF_SCORES)
    with duckdb.connect() as connection:
        connection.execute(
            "create table score_bands as from (values ('low', 1, null), ('high', 50,"
            " null)) as bands (band, min_score, score);"
            " create table score_grades (grade varchar, fit_band varchar, intent_band"
            " varchar)"
        )
        return [
            score_world(connection, sql, kind, np.random.default_rng([1, number]))
            for number in range(worlds)
        ]


class Persons(NamedTuple):
    """Who converts how soon, by a score that stays much the same from date to date."""

    people: int
    rate: float  # That convert within the horizon.
    horizon: int  # Days, of each of `dates` that are `step` days apart.
    step: int
    dates: int
    levels: int  # Of the score.


def drawn_persons(
    kind: Persons, people: int, random: np.random.Generator
) -> pd.DataFrame:
    """Return an example a row: person, score, and whether the outcome followed.

    Until the one outcome, a person is at three of five dates.
    """
    drive = random.normal(size=(people, 1))
    hazard = random.gamma(2, 0.5, (people, 1)) * np.exp(drive)
    hazard *= kind.rate / hazard.mean() / kind.horizon
    outcome = random.exponential(1 / hazard)
    days = np.arange(kind.dates) * kind.step
    is_in = (outcome > days) & (random.random((people, kind.dates)) < 0.6)
    seen = 0.9 * drive + 0.44 * random.normal(size=(people, kind.dates))
    score = np.floor(np.clip((seen + 2) / 4, 0, 0.999) * kind.levels)
    person = np.broadcast_to(np.arange(people)[:, None], is_in.shape)
    return pd.DataFrame(
        {
            "person": person[is_in],
            "score": score[is_in],
            "is_converted": (outcome <= days + kind.horizon)[is_in],
        }
    )


def areas_that_hold(
    scratch: Scratch, kind: Persons, worlds: int
) -> tuple[float, float]:
    """Return how often the interval of an AUC of all dates holds the truth.

    As if examples were persons, and as `feature_signals` has it.
    """
    sql = compiled_sql(scratch, "feature_signals")["feature_signals"]
    random = np.random.default_rng(1)
    many = drawn_persons(kind, 300_000, random)
    truth = roc_auc_score(many["is_converted"], many["score"])
    holds = np.zeros(2)
    with duckdb.connect() as connection:
        for _ in range(worlds):
            drawn = drawn_persons(kind, kind.people, random)
            of_person = drawn.groupby("person")["is_converted"].agg(["size", "sum"])
            effect = design_effect(*of_person.to_numpy().T)
            by_value = drawn.groupby("score")["is_converted"].agg(["size", "sum"])
            counts = by_value.reset_index().set_axis(
                ["value", "users", "conversions"], axis=1
            )
            counts = counts.assign(
                as_of_date=pd.Timestamp("2026-01-05"),
                feature="score",
                is_text=False,
                text_rate=None,
                users_happened=counts["users"],
                conversions_happened=counts["conversions"],
            )
            connection.register("int_feature_counts", counts)
            for place, worth in enumerate((1.0, effect)):
                cell = pd.DataFrame({"cell": ["all"], "design_effect": [worth]})
                connection.register("int_cell_conversion", cell)
                ((low, high),) = connection.execute(
                    f"select lower_auc, upper_auc from ({sql}) where as_of_date is null"
                ).fetchall()
                holds[place] += low <= truth <= high
    plain, by_person = holds / worlds
    return float(plain), float(by_person)
