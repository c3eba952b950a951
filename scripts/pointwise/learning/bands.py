"""Where bands begin under other points, so that each has as many people."""

from __future__ import annotations

from typing import NamedTuple

import duckdb
import numpy as np

from pointwise.learning.panel import HIGHEST, LOWEST

MOST_MOVED = 0.2  # Of a band's people.


class Band(NamedTuple):
    """A row of score_bands.csv."""

    band: str
    min_score: int


def read_bands(connection: duckdb.DuckDBPyConnection) -> list[Band]:
    """Return the published bands, the highest first."""
    rows = connection.execute(
        "select band, min_score from score_bands where score is null"
        " order by min_score desc"
    ).fetchall()
    return [Band(*row) for row in rows]


def in_bands(bands: list[Band], score: np.ndarray) -> np.ndarray:
    """Return the position of the band of each score: 0 is the highest."""
    lowest = np.array([band.min_score for band in bands])
    return (score[:, None] < lowest).sum(axis=1).clip(max=len(bands) - 1)


def sizes(bands: list[Band], score: np.ndarray) -> np.ndarray:
    """Return how many of these scores are in each band."""
    return np.bincount(in_bands(bands, score), minlength=len(bands))


def kept_sizes(bands: list[Band], old: np.ndarray, new: np.ndarray) -> list[Band]:
    """Return the bands with the `min_score` at which each is as large as it was.

    From the highest on, as near as whole scores come; the lowest holds the rest.
    """
    wanted = sizes(bands, old)
    above = np.cumsum(np.bincount(new, minlength=HIGHEST + 1)[::-1])[::-1]
    found, taken, limit = [], 0, HIGHEST
    for position, band in enumerate(bands[:-1]):
        # As many whole scores are left as there are bands below.
        least = min(LOWEST + len(bands) - 1 - position, limit)
        choices = range(least, limit + 1)
        best = min(
            choices,
            key=lambda score: (
                abs(above[score] - taken - wanted[position]),
                abs(score - band.min_score),
            ),
        )
        found.append(Band(band.band, best))
        taken, limit = above[best], max(best - 1, LOWEST)
    return [*found, *bands[-1:]]


def moved_too_much(bands: list[Band], before: np.ndarray, after: np.ndarray) -> str:
    """Return the bands whose size is not within a fifth of what it was."""
    moved = abs(after - before) > MOST_MOVED * before
    return ", ".join(
        band.band for band, is_off in zip(bands, moved, strict=True) if is_off
    )
