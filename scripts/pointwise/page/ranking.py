"""How well scores rank users whose outcome is known, from counts by score.

`counts` has a row a score, highest first, with users and conversions.
"""

from __future__ import annotations

import pandas as pd

from pointwise.core.statistics.ranking import pairs_in_order


def area_under_curve(counts: pd.DataFrame) -> float | None:
    """Return how often a converter has a higher score than another user.

    None if nobody converted, or everybody.
    """
    conversions, others = counts["conversions"], counts["users"] - counts["conversions"]
    pairs = int(conversions.sum()) * int(others.sum())
    if not pairs:
        return None
    return pairs_in_order(conversions.to_numpy(), others.to_numpy()) / pairs


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
