"""Intervals by resampling users: a user's rows belong together."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

LEVEL = 0.95


def weights_over_users(
    user_ids: np.ndarray, replicates: int, seed: int
) -> Iterator[np.ndarray]:
    """Yield the weights of rows, a replicate each: how often their user was drawn."""
    users, user = np.unique(user_ids, return_inverse=True)
    random = np.random.default_rng(seed)
    for _ in range(replicates):
        drawn = random.integers(len(users), size=len(users))
        yield np.bincount(drawn, minlength=len(users))[user].astype(float)


def interval(values: list[float]) -> tuple[float, float]:
    """Return the bounds that 95 % of the replicates lie in; NaN where one has none."""
    finite = np.array(values, dtype=float)
    finite = finite[np.isfinite(finite)]
    if len(finite) < len(values) / 2 or len(finite) == 0:
        return np.nan, np.nan
    low, high = np.quantile(finite, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
