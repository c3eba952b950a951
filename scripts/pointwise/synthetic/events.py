"""Events in bulk: one array a column, positions instead of texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from pointwise.synthetic.vocabulary import NO_AGENT, NO_LOGIN, NO_VISITOR


class Events(NamedTuple):
    """One entry an event in every array."""

    user: np.ndarray  # Who did it: position in the world's users, or NOBODY.
    at: np.ndarray  # Milliseconds since the first midnight.
    kind: np.ndarray
    session: np.ndarray  # Number, or NO_SESSION.
    page: np.ndarray  # Position in PATHS, or NO_PAGE.
    duration: np.ndarray  # Milliseconds, or NO_DURATION.
    channel: np.ndarray
    device: np.ndarray
    visitor: np.ndarray  # Number of the device's id, or NO_VISITOR.
    agent: np.ndarray  # Position in USER_AGENTS, or NO_AGENT.
    login: np.ndarray  # Position in the world's user ids, or NO_LOGIN: nameless.

    def pick(self, chosen: np.ndarray) -> Events:
        """Return the events that a mask or positions choose."""
        return Events(*(column[chosen] for column in self))


DTYPES = Events(
    user=np.int32,
    at=np.int64,
    kind=np.int8,
    session=np.int64,
    page=np.int8,
    duration=np.int32,
    channel=np.int8,
    device=np.int8,
    visitor=np.int32,
    agent=np.int8,
    login=np.int32,
)
UNLESS_GIVEN = {"visitor": NO_VISITOR, "agent": NO_AGENT, "login": NO_LOGIN}


def make_events(**columns: np.ndarray | int) -> Events:
    """Return events of columns of any integer type; a number holds for every event.

    Visitor, user agent and login are none unless given.
    """
    columns = {**UNLESS_GIVEN, **columns}
    count = max(np.size(column) for column in columns.values())
    if any(np.ndim(column) and not len(column) for column in columns.values()):
        count = 0
    return Events(
        *(
            np.broadcast_to(np.asarray(columns[name], dtype), count)
            for name, dtype in DTYPES._asdict().items()
        )
    )


def concatenate(parts: Sequence[Events]) -> Events:
    """Return the events of all parts, one part after the other."""
    return Events(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def no_events() -> Events:
    """Return no events at all."""
    nothing = np.empty(0, np.int64)
    return make_events(**dict.fromkeys(Events._fields, nothing))
