"""Machines that visit by themselves: crawlers, scrapers, monitors, scripts.

A machine has runs of events at gaps of its own. Crawlers say who they are, and are
another visitor each time; scrapers and monitors look like anybody's browser; scripts
use the product under an account of theirs.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pointwise.synthetic.deliveries import Mark
from pointwise.synthetic.events import Events, concatenate, make_events, no_events
from pointwise.synthetic.rhythm import DAY, HOUR, MINUTE, SECOND
from pointwise.synthetic.sessions import PAGE_PICKS
from pointwise.synthetic.user_agents import CRAWLERS, FIRST_CRAWLER, browsers
from pointwise.synthetic.vocabulary import (
    CHANNELS,
    NO_DURATION,
    NO_LOGIN,
    NOBODY,
    PICKS,
    Kind,
)

DESKTOP = 0
DAYS_OF_HABITS = 180
FEWEST_USERS = 250  # Of a block that has machines of each kind, however rare.


class Habit(NamedTuple):
    """What machines of a kind do; pairs are least and most."""

    mark: Mark
    per_user: float  # Machines for each user of the world.
    lasts: tuple[int, int]  # Days, of a world of DAYS_OF_HABITS; others in proportion.
    runs_a_day: float  # At most one.
    events: tuple[int, int]  # A run.
    gaps: tuple[int, int]  # A machine has one gap; each time is off by a twentieth.
    kinds: tuple[Kind, ...]  # Drawn from, event by event.
    channel: str = "direct"


PAGES_AND_PRICES = (Kind.PAGE_VIEW,) * 14 + (Kind.PRICING_PAGE_VIEW,)
CRAWLING = Habit(
    Mark.CRAWLER,
    per_user=0.004,
    lasts=(10, 60),
    runs_a_day=0.6,
    events=(8, 30),
    gaps=(3 * SECOND, 15 * SECOND),
    kinds=(*PAGES_AND_PRICES, Kind.CAREERS_PAGE_VIEW),
)
SCRAPING = Habit(
    Mark.SCRAPER,
    per_user=0.002,
    lasts=(4, 25),
    runs_a_day=0.4,
    events=(60, 120),
    gaps=(SECOND // 4, 4 * SECOND // 5),
    kinds=(*PAGES_AND_PRICES, Kind.PRICING_PAGE_VIEW),
)
# Day and night: a run is a day, and the gap is what divides it.
MONITORING = Habit(
    Mark.MONITOR,
    per_user=0.001,
    lasts=(4, 10),
    runs_a_day=1.0,
    events=(144, 288),
    gaps=(5 * MINUTE, 10 * MINUTE),
    kinds=(Kind.PAGE_VIEW, Kind.PAGE_VIEW, Kind.PRICING_PAGE_VIEW),
)
SCRIPTING = Habit(
    Mark.SCRIPT,
    per_user=0.001,
    lasts=(2, 4),
    runs_a_day=1.0,
    events=(520, 840),
    gaps=(12 * SECOND, 30 * SECOND),
    kinds=(Kind.FEATURE_USED, Kind.FEATURE_USED, Kind.CORE_FEATURE_USED),
    channel="app",
)
BY_THEMSELVES = (CRAWLING, SCRAPING, MONITORING)


class Machines(NamedTuple):
    """Machines of a kind; one entry a machine in every array."""

    habit: Habit
    user: np.ndarray  # For scripts: position in the world's users.
    first_day: np.ndarray
    end_day: np.ndarray
    gap: np.ndarray
    visitor: np.ndarray  # Crawlers: not theirs, as every run has a new one.


class MachineVisitors(NamedTuple):
    """Visitors that are machines; an entry a visitor."""

    visitor: np.ndarray
    mark: np.ndarray
    user: np.ndarray


class Fleet:
    """The machines that come with a block of users."""

    def __init__(
        self,
        users: int,
        scripts: np.ndarray,
        days: int,
        first_visitor: int,
        random: np.random.Generator,
    ) -> None:
        self.visitors = first_visitor  # The next one's number.
        self.random = random
        self.groups = []
        for habit in BY_THEMSELVES:
            count = max(round(habit.per_user * users), int(users >= FEWEST_USERS))
            nobody = np.full(count, NOBODY)
            self.groups.append(self.draw(habit, nobody, days))
        self.groups.append(self.draw(SCRIPTING, scripts, days))
        self.seen: list[MachineVisitors] = []

    def draw(self, habit: Habit, user: np.ndarray, days: int) -> Machines:
        """Return machines: when they come, and how fast they are."""
        count, random = len(user), self.random
        low, high = habit.lasts
        lasts = random.integers(low, high + 1, count)
        lasts = np.maximum(lasts * days // DAYS_OF_HABITS, 1)
        first_day = random.integers(1 - low // 2, max(days - low // 2, 2), count)
        if habit is MONITORING:
            gap = random.choice([5, 6, 8, 10], count) * MINUTE
        else:
            gap = random.integers(*habit.gaps, count)
        visitor = self.visitors + np.arange(count)
        self.visitors += count
        return Machines(habit, user, first_day, first_day + lasts, gap, visitor)

    def events(
        self, first_day: int, end_day: int, sessions: int
    ) -> tuple[Events, np.ndarray, int]:
        """Return what they do in some days, marks, and the number of sessions.

        `sessions` is the number of the first one.
        """
        parts, marks, total = [no_events()], [np.empty(0, np.uint16)], 0
        for machines in self.groups:
            happened, runs = self.runs(machines, first_day, end_day, sessions + total)
            parts.append(happened)
            marks.append(np.full(len(happened.at), machines.habit.mark, np.uint16))
            total += runs
        return concatenate(parts), np.concatenate(marks), total

    def runs(
        self, machines: Machines, first_day: int, end_day: int, sessions: int
    ) -> tuple[Events, int]:
        """Return the events of machines of a kind, and how many runs there were."""
        habit, random = machines.habit, self.random
        days = np.arange(first_day, end_day)
        comes = random.random((len(machines.user), len(days))) < habit.runs_a_day
        comes &= days >= machines.first_day[:, None]
        comes &= days < machines.end_day[:, None]
        machine, day = np.nonzero(comes)
        count = len(machine)
        gap = machines.gap[machine]
        if habit is MONITORING:
            starts, sizes = machines.visitor[machine] * SECOND % gap, DAY // gap
        else:
            starts = random.integers(0, DAY, count)
            sizes = random.integers(habit.events[0], habit.events[1] + 1, count)
        if habit is SCRIPTING:
            # Every night at about the same hour.
            starts = machines.visitor[machine] % 8 * HOUR + starts % (20 * MINUTE)
        visitor = machines.visitor[machine]
        agent = browsers(visitor, DESKTOP)
        if habit is CRAWLING:
            agent = FIRST_CRAWLER + visitor % len(CRAWLERS)
            visitor = self.visitors + np.arange(count)
            self.visitors += count
        mark = np.full(count, habit.mark, np.uint16)
        self.seen.append(MachineVisitors(visitor, mark, machines.user[machine]))

        run = np.repeat(np.arange(count), sizes)
        nth = np.arange(len(run)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        at = (first_day + day[run]) * DAY + starts[run] + nth * gap[run]
        at += random.integers(0, machines.gap[machine[run]] // 20)
        kind = np.array(habit.kinds, np.int8)[
            random.integers(0, len(habit.kinds), len(run))
        ]
        user = machines.user[machine[run]]
        happened = make_events(
            user=user,
            at=at,
            kind=kind,
            session=sessions + run,
            page=PAGE_PICKS[kind, random.integers(0, PICKS, len(run), dtype=np.uint8)],
            duration=2 * SECOND if habit is SCRIPTING else NO_DURATION,
            channel=CHANNELS.index(habit.channel),
            device=DESKTOP,
            visitor=visitor[run],
            agent=agent[run],
            login=np.where(user == NOBODY, NO_LOGIN, user),
        )
        return happened, count

    def result(self) -> MachineVisitors:
        """Return the visitors that were machines, each once."""
        columns = zip(*self.seen, strict=True)
        all_runs = MachineVisitors(*(np.concatenate(column) for column in columns))
        _, first = np.unique(all_runs.visitor, return_index=True)
        return MachineVisitors(*(column[first] for column in all_runs))
