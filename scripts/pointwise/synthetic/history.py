"""What each user did on each day, as a careful reader of the files would count."""

from __future__ import annotations

import numpy as np

from pointwise.synthetic.events import Events
from pointwise.synthetic.rhythm import DAY
from pointwise.synthetic.vocabulary import DAILY_LIMITS, NO_BEHAVIOUR, Kind


class History:
    """Counts by kind, user and day, and the days on which users did anything."""

    def __init__(self, users: int, days: int) -> None:
        self.users = users
        self.days = days
        self.counts = np.zeros((len(Kind), users, days), np.uint16)
        self.is_active = np.zeros((users, days), bool)

    def add(self, events: Events, first_user: int) -> None:
        """Add events, each only once: before anything is delivered twice.

        The outcome is counted, but is no activity: nothing may be predicted from it.
        Nor is an e-mail that was sent.
        """
        day = events.at // DAY
        user = events.user - first_user
        cell = (events.kind.astype(np.int64) * self.users + user) * self.days + day
        np.add.at(self.counts.reshape(-1), cell, np.uint16(1))
        is_behaviour = ~np.isin(events.kind, NO_BEHAVIOUR)
        self.is_active[user[is_behaviour], day[is_behaviour]] = True

    def window(self, days_of_users: np.ndarray, last_day: int, days: int) -> np.ndarray:
        """Return the columns of the days (last_day - days, last_day]."""
        return days_of_users[:, max(last_day + 1 - days, 0) : last_day + 1]

    def counted(self, kind: Kind, last_day: int, days: int) -> np.ndarray:
        """Return what counts of a kind by user and day, within the daily limit."""
        window = self.window(self.counts[kind], last_day, days)
        limit = DAILY_LIMITS.get(kind)
        return window if limit is None else np.minimum(window, limit)

    def events(
        self, kind: Kind, last_day: int, days: int, half_life: float | None = None
    ) -> np.ndarray:
        """Return the number by user; with a half-life, each counts less with age."""
        window = self.counted(kind, last_day, days)
        if half_life is None:
            return window.sum(axis=1, dtype=np.float64)
        ages = np.arange(window.shape[1])[::-1]
        return (window * 0.5 ** (ages / half_life)).sum(axis=1)

    def active_days(self, kind: Kind, last_day: int, days: int) -> np.ndarray:
        """Return the number of days with an event of a kind by user."""
        return (self.counted(kind, last_day, days) > 0).sum(axis=1)

    def days_since(self, kind: Kind, last_day: int, days: int) -> np.ndarray:
        """Return the days since the last event of a kind by user, or infinity."""
        window = self.counted(kind, last_day, days)[:, ::-1] > 0
        return np.where(window.any(axis=1), window.argmax(axis=1), np.inf)

    def days_with_anything(self, last_day: int, days: int) -> np.ndarray:
        """Return the number of days with any behaviour by user."""
        return self.window(self.is_active, last_day, days).sum(axis=1)
