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
    """A world of some days, counted from 0, and days that were added one by one.

    Added days leave all that came before as it was, files included.
    """

    first_date: date
    days: int
    added_days: int = 0

    @property
    def all_days(self) -> int:
        """Return the number of days, added ones included."""
        return self.days + self.added_days

    @property
    def last_date(self) -> date:
        """Return the last day."""
        return self.first_date + timedelta(days=self.all_days - 1)

    @property
    def end(self) -> int:
        """Return the moment at which the world ends: nothing arrives later."""
        return self.all_days * DAY

    @property
    def draw_days(self) -> list[int]:
        """Return the days at whose end outcomes are drawn: all on the grid."""
        first = (GRID_START - self.first_date).days % HORIZON_DAYS
        return list(range(first, self.all_days, HORIZON_DAYS))

    @property
    def snapshot_days(self) -> list[int]:
        """Return the days of the default snapshots: the last with a passed horizon."""
        passed = [day for day in self.draw_days if day + HORIZON_DAYS < self.all_days]
        return passed[-SNAPSHOTS:]

    @property
    def files(self) -> list[str]:
        """Return the files of events: a month such as 2026-01, or an added day."""
        return [
            *(str(month) for month in self._months()),
            *(str(self.first_date + timedelta(days=day)) for day in self._added()),
        ]

    @property
    def file_starts(self) -> np.ndarray:
        """Return the moments at which the files begin; the first at or before 0."""
        first_days = self._months().astype("datetime64[D]")
        months = (first_days - np.datetime64(self.first_date)).astype(np.int64)
        return np.append(months, np.array(self._added(), np.int64)) * DAY

    def _months(self) -> np.ndarray:
        last_date = self.first_date + timedelta(days=self.days - 1)
        first, last = np.array([self.first_date, last_date], dtype="datetime64[M]")
        return np.arange(first, last + 1)

    def _added(self) -> range:
        return range(self.days, self.all_days)

    def weekdays(self, first_day: int, end_day: int) -> np.ndarray:
        """Return the weekdays of some days; Monday is 0."""
        return (self.first_date.weekday() + np.arange(first_day, end_day)) % 7

    def periods(self) -> list[tuple[int, int]]:
        """Return first day and end of stretches: between draws, and of added days."""
        draws = [day + 1 for day in self.draw_days if day < self.days]
        ends = [*draws, self.days]
        starts = [0, *ends[:-1]]
        return [
            (start, end) for start, end in zip(starts, ends, strict=True) if start < end
        ] + [(day, day + 1) for day in self._added()]


def calendar_to(last_date: date, days: int) -> Calendar:
    """Return the calendar of `days` days of which `last_date` is the last."""
    return Calendar(last_date - timedelta(days=days - 1), days)
