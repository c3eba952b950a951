"""Events in bulk: one array a column, positions instead of texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Events(NamedTuple):
    """One entry an event in every array."""

    user: np.ndarray  # Position in the world's users.
    at: np.ndarray  # Milliseconds since the first midnight.
    kind: np.ndarray
    session: np.ndarray  # Number, or NO_SESSION.
    page: np.ndarray  # Position in PATHS, or NO_PAGE.
    duration: np.ndarray  # Milliseconds, or NO_DURATION.
    channel: np.ndarray
    device: np.ndarray

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
)


def make_events(**columns: np.ndarray | int) -> Events:
    """Return events of columns of any integer type; a number holds for every event."""
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
