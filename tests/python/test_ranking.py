"""How well scores rank, by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from pointwise.page.ranking import area_under_curve, caught_by_the_top


def counts(*rows: tuple[int, int, int]) -> pd.DataFrame:
    """Return counts by score, highest first: score, users, conversions."""
    return pd.DataFrame(rows, columns=["score", "users", "conversions"])


def test_pairs_are_counted_and_ties_are_half() -> None:
    # Converters at 90 and 50, others at 50, 50 and 10: 90 beats all three, 50 ties with
    # two and beats one: (3 + 2 / 2 + 1) / 6.
    found = area_under_curve(counts((90, 1, 1), (50, 3, 1), (10, 1, 0)))
    assert found == pytest.approx(5 / 6)


def test_the_top_tenth_takes_a_part_of_a_tie() -> None:
    # A tenth of 20 is 2 users: the one at 90, who converted, and a quarter of the four
    # at 50, of whom two converted: (1 + 2 / 4) of 4 conversions.
    found = caught_by_the_top(counts((90, 1, 1), (50, 4, 2), (10, 15, 1)))
    assert found == pytest.approx(1.5 / 4)


def test_without_both_kinds_there_is_nothing_to_rank() -> None:
    assert area_under_curve(counts((50, 3, 0))) is None
    assert area_under_curve(counts((50, 3, 3))) is None
    assert caught_by_the_top(counts((50, 3, 0))) is None
