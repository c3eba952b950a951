"""How well scores rank users whose outcome is known, from counts by score.

`counts` has a row a score, highest first, with users and conversions.
"""

from __future__ import annotations

from math import sqrt

import pandas as pd


def area_under_curve(counts: pd.DataFrame) -> float | None:
    """Return how often a converter has a higher score than another user.

    None if nobody converted, or everybody.
    """
    conversions, others = counts["conversions"], counts["users"] - counts["conversions"]
    pairs = int(conversions.sum()) * int(others.sum())
    if not pairs:
        return None
    below = others.sum() - others.cumsum()
    return float((conversions * (below + others / 2)).sum() / pairs)


def caught_by_the_top(counts: pd.DataFrame, share: float = 0.1) -> float | None:
    """Return the share of conversions among the best tenth of users.

    Of the score at its edge, users count as far as the tenth goes.
    """
    conversions, users = counts["conversions"], counts["users"]
    if not conversions.sum():
        return None
    room = (share * users.sum() - (users.cumsum() - users)).clip(lower=0)
    part = (room / users).clip(upper=1)
    return float((conversions * part).sum() / conversions.sum())


def wilson_interval(rate: float, users: float) -> tuple[float, float]:
    """Return the 95 % interval of a share of so many users."""
    z = 1.959964
    middle = rate + z**2 / (2 * users)
    half = z * sqrt(rate * (1 - rate) / users + z**2 / (4 * users**2))
    return (
        max(0.0, (middle - half) / (1 + z**2 / users)),
        min(1.0, (middle + half) / (1 + z**2 / users)),
    )
