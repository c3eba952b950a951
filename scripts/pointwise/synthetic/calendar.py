"""The days of a world, and the dates on which outcomes are drawn."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

import numpy as np

from pointwise.synthetic.outcomes import HORIZON_DAYS
from pointwise.synthetic.rhythm import DAY

# Draw dates are a horizon apart from this Monday on: the grid of the snapshots.
GRID_START = date(1970, 1, 5)
SNAPSHOTS = 6


class Calendar(NamedTuple):
    """A world of some days; days are counted from 0, the first one."""

    first_date: date
    days: int

    @property
    def end(self) -> int:
        """Return the moment at which the world ends: nothing arrives later."""
        return self.days * DAY

    @property
    def draw_days(self) -> list[int]:
        """Return the days at whose end outcomes are drawn: all on the grid."""
        first = (GRID_START - self.first_date).days % HORIZON_DAYS
        return list(range(first, self.days, HORIZON_DAYS))

    @property
    def snapshot_days(self) -> list[int]:
        """Return the days of the default snapshots: the last with a passed horizon."""
        passed = [day for day in self.draw_days if day + HORIZON_DAYS < self.days]
        return passed[-SNAPSHOTS:]

    @property
    def months(self) -> list[str]:
        """Return the calendar months of the world, such as 2026-01."""
        return [str(month) for month in self._months()]

    @property
    def month_starts(self) -> np.ndarray:
        """Return the moments at which the months begin; the first at or before 0."""
        first_days = self._months().astype("datetime64[D]")
        return (first_days - np.datetime64(self.first_date)).astype(np.int64) * DAY

    def _months(self) -> np.ndarray:
        last_date = self.first_date + timedelta(days=self.days - 1)
        first, last = np.array([self.first_date, last_date], dtype="datetime64[M]")
        return np.arange(first, last + 1)

    def weekdays(self, first_day: int, end_day: int) -> np.ndarray:
        """Return the weekdays of some days; Monday is 0."""
        return (self.first_date.weekday() + np.arange(first_day, end_day)) % 7

    def periods(self) -> list[tuple[int, int]]:
        """Return first day and end of the stretches between draws."""
        ends = [*(day + 1 for day in self.draw_days), self.days]
        starts = [0, *ends[:-1]]
        return [
            (start, end) for start, end in zip(starts, ends, strict=True) if start < end
        ]


def calendar_to(last_date: date, days: int) -> Calendar:
    """Return the calendar of `days` days of which `last_date` is the last."""
    return Calendar(last_date - timedelta(days=days - 1), days)
