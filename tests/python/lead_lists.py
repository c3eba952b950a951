"""Lists of leads as CRMs export them, drawn from a world whose truth is known.

What a person is like decides the outcome; columns that leak are filled in after it.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

LAST_DAY = date(2026, 6, 30)
SOURCES = {"Organic search": 0.3, "Referral": 1.5, "Direct": 0.0, "Olark chat": -0.6}
ORIGINS = {"Landing page": 0.2, "API": -0.4, "Add form": 1.6}
OCCUPATIONS = {"Unemployed": 0.0, "Professional": 1.4, "Student": -0.3, "": -1.2}


def people(random: np.random.Generator, number: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Return honest columns of people, and the log-odds of their outcome."""
    columns, odds = {}, np.zeros(number)
    for name, of_value in (
        ("Lead Source", SOURCES),
        ("Lead Origin", ORIGINS),
        ("Occupation", OCCUPATIONS),
    ):
        shares = random.dirichlet(np.full(len(of_value), 4))
        values = random.choice(list(of_value), number, p=shares)
        odds += random.uniform(0.5, 1.3) * np.array([of_value[v] for v in values])
        columns[name] = values
    visits = random.poisson(random.gamma(2, 2, number))
    minutes = np.round(random.gamma(1 + visits / 4, 200), 1)
    columns["TotalVisits"], columns["Total Time Spent on Website"] = visits, minutes
    odds += random.uniform(0.3, 1.1) * (np.log1p(minutes) - np.log1p(minutes).mean())
    columns["Number of Employees"] = np.round(random.lognormal(4, 1.2, number))
    odds += 0.3 * (np.log(columns["Number of Employees"] + 1) - 4)
    columns["City"] = random.choice(["Select", "Mumbai", "Thane", "Pune", ""], number)
    columns["Country"] = random.choice(["India", "India", "Chad", ""], number)
    columns["Do Not Email"] = random.choice(["No", "No", "No", "Yes"], number)
    odds -= 0.6 * (columns["Do Not Email"] == "Yes")
    return pd.DataFrame(columns), odds


def leaking_columns(random: np.random.Generator, had: np.ndarray) -> pd.DataFrame:
    """Return columns that are filled in after the outcome, by what came."""
    number = len(had)
    sure = random.random(number) < 0.85

    def of(yes: list[str], no: list[str]) -> np.ndarray:
        is_yes = np.where(sure, had, random.random(number) < 0.4).astype(bool)
        return np.where(is_yes, random.choice(yes, number), random.choice(no, number))

    return pd.DataFrame(
        {
            "Tags": of(["Will revert", "Closed by Horizzon"], ["Ringing", "Busy", ""]),
            "Lead Quality": of(["High", "Might be"], ["Worst", "Not sure", ""]),
            "Last Activity": of(["SMS sent", "Had a call"], ["Unreachable", "Bounced"]),
            "Onboarding Team": np.where(had, random.choice(["A", "B", ""], number), ""),
        }
    )


def odds_to_outcome(
    random: np.random.Generator, odds: np.ndarray, share: float
) -> np.ndarray:
    """Return who had the outcome, about this share of all."""
    level = np.quantile(odds + random.logistic(size=len(odds)), 1 - share)
    return random.random(len(odds)) < 1 / (1 + np.exp(level - odds))


def without_dates(
    number: int, seed: int, leaks: bool = True, share: float = 0.38
) -> pd.DataFrame:
    """Return a list in the shape of X Education's: no dates, a column Converted."""
    random = np.random.default_rng(seed)
    columns, odds = people(random, number)
    had = odds_to_outcome(random, odds, share)
    columns.insert(0, "Prospect ID", [f"{seed}-{n:06x}-{n % 7}" for n in range(number)])
    columns.insert(1, "Lead Number", 660_000 - np.arange(number))
    columns.insert(2, "Converted", had.astype(int))
    if leaks:
        columns = columns.join(leaking_columns(random, had))
    return columns


def with_dates(
    number: int, seed: int, leaks: bool = True, share: float = 0.3
) -> pd.DataFrame:
    """Return contacts with the day they were created, and became a customer, if so."""
    random = np.random.default_rng(seed)
    columns, odds = people(random, number)
    had = odds_to_outcome(random, odds, share)
    created = np.sort(random.integers(0, 300, number))
    after = 2 + random.exponential(20, number).astype(int)
    seen = had & (created + after <= 300)
    first = LAST_DAY - timedelta(days=300)

    def day(numbers: np.ndarray, there: np.ndarray) -> list[str]:
        days = (first + timedelta(days=int(n)) for n in numbers)
        return [f"{d} 09:30" if t else "" for d, t in zip(days, there, strict=True)]

    everyone = np.ones(number, bool)
    columns.insert(0, "Record ID", 5_000 + np.arange(number))
    columns.insert(1, "Create Date", day(created, everyone))
    columns["Became a Customer Date"] = day(created + after, seen)
    columns["First Form Date"] = day(created + 1, random.random(number) < 0.4)
    last = np.minimum(created + after + random.integers(0, 60, number), 300)
    columns["Last Activity Date"] = day(last, everyone)
    if leaks:
        columns["Lifecycle Stage"] = np.where(seen, "Customer", "Lead")
        columns = columns.join(leaking_columns(random, seen))
    return columns


def snapshots(
    number: int, seed: int, leaks: bool = True, share: float = 0.2
) -> pd.DataFrame:
    """Return a row a person as of 30 days after first contact, with what followed."""
    random = np.random.default_rng(seed)
    columns, odds = people(random, number)
    had = odds_to_outcome(random, odds, share)
    days = np.sort(random.integers(0, 200, number))
    first = LAST_DAY - timedelta(days=200)
    columns.insert(0, "customer_id", [f"{n + 1:05}" for n in range(number)])
    columns.insert(1, "as_of_date", [first + timedelta(days=int(n)) for n in days])
    columns["label"] = had.astype(int)
    if leaks:
        columns = columns.join(leaking_columns(random, had))
    return columns
