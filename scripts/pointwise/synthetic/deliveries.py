"""How events arrive: soon, late, twice, or broken."""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import NamedTuple

import numpy as np

from pointwise.synthetic.events import Events, concatenate
from pointwise.synthetic.rhythm import (
    DELIVERY_DELAYS,
    LATE_DELAYS,
    SECOND_DELIVERY_DELAYS,
    draw,
)
from pointwise.synthetic.vocabulary import Kind

LATE = 0.02
TWICE = 0.015
MALFORMED = 0.0037


class Mark(IntFlag):
    """What is true of a row and not to be seen in it; a row can have several marks."""

    CRAWLER = 1
    SCRAPER = 2
    MONITOR = 4
    SCRIPT = 8
    SCANNER = 16
    MACHINE_OPEN = 32  # By the mail program of a person, minutes after the sending.
    SHARED_DEVICE = 64  # Nameless, on a device that two people use.
    LATE = 128
    DUPLICATE = 256
    MALFORMED = 512


MACHINES = Mark.CRAWLER | Mark.SCRAPER | Mark.MONITOR | Mark.SCRIPT | Mark.SCANNER


class Defect(IntEnum):
    """What is wrong with a malformed row."""

    NONE = 0
    NO_USER = 1
    BLANK_USER = 2
    LONG_USER = 3
    NO_TIME = 4
    FUTURE_TIME = 5
    OLD_TIME = 6
    NO_EVENT_TYPE = 7
    EMPTY_EVENT_TYPE = 8
    LONG_EVENT_ID = 9
    NEGATIVE_DURATION = 10
    INFINITE_DURATION = 11


class Deliveries(NamedTuple):
    """One entry a delivered row in every array."""

    events: Events
    number: np.ndarray  # Of the event, from which its id is made.
    received: np.ndarray  # Milliseconds since the first midnight.
    marks: np.ndarray
    defect: np.ndarray

    def pick(self, chosen: np.ndarray) -> Deliveries:
        """Return the rows that a mask or positions choose."""
        return Deliveries(
            self.events.pick(chosen), *(column[chosen] for column in self[1:])
        )


def deliver(
    events: Events, marks: np.ndarray, first_number: int, random: np.random.Generator
) -> Deliveries:
    """Return every event as a row, some of them twice, and malformed rows besides.

    A malformed row is a faulty copy of an event, under an id of its own, so that what
    can be used is exactly what happened. Outcomes are neither late nor malformed.
    """
    count = len(events.at)
    number = first_number + np.arange(count)
    is_outcome = events.kind == Kind.SUBSCRIPTION_STARTED
    late = (random.random(count) < LATE) & ~is_outcome
    delay = draw(DELIVERY_DELAYS, count, random)
    delay[late] = draw(LATE_DELAYS, int(late.sum()), random)
    once = Deliveries(
        events,
        number,
        events.at + delay,
        marks | np.where(late, Mark.LATE, 0).astype(np.uint16),
        np.zeros(count, np.uint8),
    )

    again = once.pick(np.flatnonzero(random.random(count) < TWICE))
    again = again._replace(
        received=again.received
        + draw(SECOND_DELIVERY_DELAYS, len(again.number), random),
        marks=(again.marks & ~np.uint16(Mark.LATE)) | np.uint16(Mark.DUPLICATE),
    )

    can_break = ~is_outcome & ((marks & MACHINES) == 0)
    broken = once.pick(np.flatnonzero((random.random(count) < MALFORMED) & can_break))
    faults = len(broken.number)
    broken = broken._replace(
        number=first_number + count + np.arange(faults),
        received=broken.events.at + draw(DELIVERY_DELAYS, faults, random),
        marks=np.full(faults, Mark.MALFORMED, np.uint16),
        defect=random.integers(1, len(Defect), faults).astype(np.uint8),
    )
    return join([once, again, broken])


def join(parts: list[Deliveries]) -> Deliveries:
    """Return the rows of all parts, one part after the other."""
    events = concatenate([part.events for part in parts])
    others = zip(*(part[1:] for part in parts), strict=True)
    return Deliveries(events, *(np.concatenate(columns) for columns in others))
