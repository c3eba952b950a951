"""Crawlers: page after page at regular gaps, day and night, and nothing else."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pointwise.synthetic.events import Events, make_events
from pointwise.synthetic.rhythm import DAY, MINUTE, SECOND
from pointwise.synthetic.sessions import PAGE_PICKS
from pointwise.synthetic.vocabulary import CHANNELS, NO_DURATION, PICKS, Kind

DIRECT = CHANNELS.index("direct")
DESKTOP = 0


class Bots(NamedTuple):
    """One entry a bot in every array."""

    user: np.ndarray
    first_at: np.ndarray
    last_at: np.ndarray
    gap: np.ndarray


def draw_bots(user: np.ndarray, days: int, random: np.random.Generator) -> Bots:
    """Return when each of these users crawls: some weeks, at a gap of its own."""
    count = len(user)
    first_at = (random.random(count) * days * DAY * 1.05 - 0.05 * days * DAY).astype(
        np.int64
    )
    lasts = np.minimum(np.exp(2.45 + 0.6 * random.standard_normal(count)), 80) * DAY
    gap = (12 + 28 * random.random(count)) * MINUTE
    return Bots(
        user,
        np.maximum(first_at, 0),
        first_at + lasts.astype(np.int64),
        gap.astype(np.int64),
    )


def crawl(
    bots: Bots, first_at: int, end_at: int, sessions: int, random: np.random.Generator
) -> Events:
    """Return the page views of a stretch of time, a session a bot and day.

    `sessions` is the number of the first session.
    """
    first = np.maximum(-(-(first_at - bots.first_at) // bots.gap), 0)
    last_at = np.minimum(bots.last_at, end_at)
    views = np.maximum(-(-(last_at - bots.first_at) // bots.gap) - first, 0)
    bot = np.repeat(np.arange(len(bots.user)), views)
    number = (
        first[bot] + np.arange(len(bot)) - np.repeat(np.cumsum(views) - views, views)
    )
    at = bots.first_at[bot] + number * bots.gap[bot]
    at += random.integers(0, 4 * SECOND, len(at))
    at = np.minimum(at, end_at - 1)
    day = at // DAY - first_at // DAY
    return make_events(
        user=bots.user[bot],
        at=at,
        kind=Kind.PAGE_VIEW,
        session=sessions + bot * (end_at // DAY - first_at // DAY + 1) + day,
        page=PAGE_PICKS[
            Kind.PAGE_VIEW, random.integers(0, PICKS, len(bot), dtype=np.uint8)
        ],
        duration=NO_DURATION,
        channel=DIRECT,
        device=DESKTOP,
    )
