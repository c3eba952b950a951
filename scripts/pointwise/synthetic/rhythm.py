"""When things happen and how long they take: hours, weekdays, gaps, durations, delays.

Times are whole milliseconds since the first midnight of the world. Their distributions
are tables of quantiles that 16 random bits choose from: fast, and the same on machines
whose exponential functions differ in the last bit.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
NEVER = 1 << 60

QUANTILES = 1 << 16
POSITIONS = (np.arange(QUANTILES) + 0.5) / QUANTILES
NORMAL = np.array([*map(NormalDist().inv_cdf, POSITIONS.tolist())])

# Monday to Sunday, relative to a usual working day.
SITE_WEEK = np.array([1.0, 1.06, 1.05, 1.0, 0.86, 0.36, 0.42])
PRODUCT_WEEK = np.array([1.0, 1.08, 1.07, 1.02, 0.84, 0.13, 0.17])

# From midnight, in the user's own time.
WORKING_HOURS = (1, 1, 1, 1, 1, 2, 5, 12, 26, 38, 42, 39, 27, 31, 39, 38, 34, 25)
EVENING_HOURS = (14, 11, 11, 9, 6, 3)
WEEKEND_HOURS = (3, 2, 1, 1, 1, 2, 3, 6, 10, 14, 17, 17, 15, 15, 16, 16, 15, 14)
WEEKEND_EVENING_HOURS = (13, 14, 15, 13, 9, 6)


def log_normal(median: float, spread: float, longest: float) -> np.ndarray:
    """Return quantiles of a log-normal time; `spread` is the sigma of its log."""
    times = np.minimum(median * np.exp(spread * NORMAL), longest)
    return np.rint(times).astype(np.int64)


def log_uniform(shortest: float, longest: float) -> np.ndarray:
    """Return quantiles of a time of any order of magnitude between two bounds."""
    return np.rint(shortest * (longest / shortest) ** POSITIONS).astype(np.int64)


def time_of_day(hour_weights: tuple[int, ...]) -> np.ndarray:
    """Return quantiles of the time since midnight, hours weighted as given."""
    cumulative = np.concatenate([[0.0], np.cumsum(hour_weights)])
    hours = np.interp(POSITIONS, cumulative / cumulative[-1], np.arange(25))
    return np.rint(hours * HOUR).astype(np.int64)


def poisson(mean: float) -> np.ndarray:
    """Return quantiles of a Poisson count."""
    counts = np.arange(40)
    logs = np.cumsum(np.log(np.maximum(counts, 1)))
    shares = np.exp(counts * np.log(mean) - mean - logs)
    return np.searchsorted(np.cumsum(shares), POSITIONS).astype(np.uint8)


WORKDAY_TIMES = time_of_day(WORKING_HOURS + EVENING_HOURS)
WEEKEND_TIMES = time_of_day(WEEKEND_HOURS + WEEKEND_EVENING_HOURS)
PAGE_GAPS = log_normal(24 * SECOND, 1.1, 25 * MINUTE)
PRODUCT_GAPS = log_normal(7 * SECOND, 1.2, 20 * MINUTE)
USE_DURATIONS = log_normal(75 * SECOND, 1.1, 90 * MINUTE) // 100 * 100
ACTIVATION_GAPS = log_normal(4 * MINUTE, 0.9, 2 * HOUR)
CHECKOUT_TIMES = log_normal(6 * MINUTE, 0.7, HOUR)
OPEN_DELAYS = log_normal(3 * HOUR, 1.4, 5 * DAY)
MACHINE_OPEN_DELAYS = log_normal(2 * MINUTE, 1.0, HOUR)
READING_TIMES = log_normal(15 * SECOND, 0.8, 10 * MINUTE)
DELIVERY_DELAYS = log_normal(1.5 * SECOND, 1.0, 10 * MINUTE)
LATE_DELAYS = log_uniform(6 * HOUR, 10 * DAY)
SECOND_DELIVERY_DELAYS = log_uniform(SECOND, 3 * DAY)


def draw(table: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
    """Return `count` independent values of a table of quantiles."""
    return table[random.integers(0, QUANTILES, count, dtype=np.uint16)]


def draw_moments(
    day: np.ndarray,
    weekday: np.ndarray,
    zone: np.ndarray,
    random: np.random.Generator,
) -> np.ndarray:
    """Return a moment on each (UTC) day, in the rhythm of the user's own hours.

    `zone` is the user's distance from UTC. A moment stays on its UTC day whatever the
    zone, so that nothing is ever added to a day that is over.
    """
    chosen = random.integers(0, QUANTILES, len(day), dtype=np.uint16)
    local = np.where(weekday < 5, WORKDAY_TIMES[chosen], WEEKEND_TIMES[chosen])
    # Quantiles are a second or so apart: between them, any millisecond.
    local += random.integers(0, SECOND, len(day), dtype=np.uint16)
    return day * DAY + (local - zone) % DAY
