"""Columns that know the outcome are named; honest ones never are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import lead_lists
from pointwise.importing.leaks import leaking, said_of_too_good

NOTHING = {"": None, "Select": None}
LEAKING = ["Tags", "Lead Quality", "Last Activity", "Onboarding Team"]


def world(seed: int, strength: float) -> tuple[pd.DataFrame, np.ndarray]:
    """Return honest and leaking columns of people, and who had the outcome."""
    random = np.random.default_rng(seed)
    number = int(random.choice([400, 1500, 4000]))
    honest, odds = lead_lists.people(random, number)
    share = random.uniform(0.08, 0.5)
    had = lead_lists.odds_to_outcome(random, strength * odds, share)
    leaks = lead_lists.leaking_columns(random, had)
    return honest.join(leaks).replace(NOTHING), had.astype(float)


def test_no_honest_column_is_refused_and_no_leaking_one_taken() -> None:
    for seed in range(100):
        columns, had = world(seed, strength=1 + seed % 3 / 2)
        assert leaking(columns.drop(columns=LEAKING), had) == {}, seed
        assert list(leaking(columns, had)) == LEAKING, seed


@pytest.mark.parametrize(
    ("filled_if", "said"),
    [("had", "filled for 50 % of those who had"), ("not", "of those without the")],
)
def test_what_only_one_side_has_is_refused(filled_if: str, said: str) -> None:
    had = np.arange(1000) % 4 == 0
    side = had if filled_if == "had" else ~had
    filled = side & (np.arange(1000) // 4 % 2 == 0)
    column = pd.Series(np.where(filled, "A", None), name="Reason")
    honest = pd.Series(np.where(np.arange(1000) % 3 > 0, "B", None), name="City")
    found = leaking(pd.concat([column, honest], axis=1), had.astype(float))
    assert list(found) == ["Reason"]
    assert said in found["Reason"]


def test_a_rare_value_that_nearly_all_convert_with_is_no_leak() -> None:
    """Of a good source 98 % may convert: it is 4 % of people."""
    random = np.random.default_rng(0)
    good = random.random(4000) < 0.04
    had = np.where(good, random.random(4000) < 0.98, random.random(4000) < 0.35)
    source = pd.Series(np.where(good, "Partner", "Other"), name="Source")
    assert leaking(source.to_frame(), had.astype(float)) == {}


def test_too_few_say_nothing() -> None:
    had = np.arange(100) < 10
    tags = pd.Series(np.where(had, "Won", "Lost"), name="Tags")
    assert leaking(tags.to_frame(), had.astype(float)) == {}


def test_columns_that_are_too_good_together_only_are_warned_of() -> None:
    random = np.random.default_rng(1)
    had = (random.random(3000) < 0.3).astype(float)
    columns = pd.DataFrame(
        {f"c{n}": had + random.normal(0, 0.8, 3000) for n in range(6)}
    )
    assert leaking(columns, had) == {}
    (warning,) = said_of_too_good(columns, had, 0.98)
    assert "98 %" in warning
    assert warning.count(" %)") == 4
    assert said_of_too_good(columns, had, 0.9) == []
