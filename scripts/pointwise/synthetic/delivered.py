"""Delivered rows, a file at a time: collected in arrays, turned into tables."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pointwise.synthetic.calendar import Calendar
from pointwise.synthetic.deliveries import Defect, Deliveries, Mark, join
from pointwise.synthetic.identifiers import hash_texts
from pointwise.synthetic.pools import COMPANY_SIZES, COUNTRIES, PRICES
from pointwise.synthetic.rhythm import DAY
from pointwise.synthetic.user_agents import USER_AGENTS
from pointwise.synthetic.vocabulary import (
    CHANNELS,
    DEVICES,
    NO_AGENT,
    NO_DURATION,
    NO_LOGIN,
    NO_PAGE,
    NO_SESSION,
    NO_VISITOR,
    NOBODY,
    PATHS,
    Kind,
    event_names,
)
from pointwise.synthetic.world import World

ROWS_AT_ONCE = 1 << 17  # A row group.
POSITION_BITS = 31

FEW_TEXTS = pa.dictionary(pa.int32(), pa.string())
EVENT_SCHEMA = pa.schema(
    {
        "event_id": pa.string(),
        "user_id": FEW_TEXTS,
        "occurred_at": pa.timestamp("us"),
        "event_type": FEW_TEXTS,
        "received_at": pa.timestamp("us"),
        "session_id": pa.string(),
        "page_path": FEW_TEXTS,
        "duration_seconds": pa.float64(),
        "amount": pa.float64(),
        "channel": FEW_TEXTS,
        "device": FEW_TEXTS,
        "country": FEW_TEXTS,
        "anonymous_id": pa.string(),
        "user_agent": FEW_TEXTS,
    }
)
MARK_SCHEMA = pa.schema(
    {
        "file": pa.string(),
        "file_row": pa.int64(),
        "event_id": pa.string(),
        "kind": pa.string(),
        "user_id": FEW_TEXTS,
    }
)

BLANK = "   "
LONG = "x" * 300
# Neither fits the calendar: a year too late, and before there was a web.
FUTURE = 365 * DAY
OLD = -50 * 365 * DAY
DATA_CENTRES = list(COUNTRIES).index("United States")


class Inbox:
    """Rows as they arrive, kept by the file in which they arrive."""

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self.parts: list[list[Deliveries]] = [[] for _ in calendar.files]

    def receive(self, rows: Deliveries) -> None:
        """Keep rows; what has not arrived when the world ends never does."""
        file = np.searchsorted(self.calendar.file_starts, rows.received, "right") - 1
        file[rows.received >= self.calendar.end] = -1
        for number in range(len(self.parts)):
            chosen = np.flatnonzero(file == number)
            if len(chosen):
                self.parts[number].append(rows.pick(chosen))

    def take_file(self, number: int) -> Iterator[Deliveries]:
        """Yield a file's rows in the order of their arrival, a row group at a time.

        They are forgotten here: a file is taken once.
        """
        parts, self.parts[number] = self.parts[number], []
        if not parts:
            return
        rows = join(parts)
        parts.clear()
        # Time and position in one number: sorted, ties keep their order.
        since = rows.received - self.calendar.file_starts[number]
        order = since << POSITION_BITS | np.arange(len(since))
        order.sort()
        order &= (1 << POSITION_BITS) - 1
        for start in range(0, len(order), ROWS_AT_ONCE):
            yield rows.pick(order[start : start + ROWS_AT_ONCE])


class EventTables:
    """Turns delivered rows of a world into tables with the canonical columns."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.first_moment = np.datetime64(world.calendar.first_date, "us").astype(int)
        self.user_ids = pa.concat_arrays([world.user_ids, pa.array([BLANK, LONG])])
        self.blank, self.long = range(len(world.user_ids), len(self.user_ids))
        self.user_country = world.users.country
        self.user_price = np.array([PRICES[size] for size in COMPANY_SIZES])[
            world.users.company_size
        ]

    def table(self, rows: Deliveries) -> pa.Table:
        """Return rows as a table; texts of few values as dictionaries."""
        events, defect = rows.events, rows.defect
        user = np.select(
            [defect == Defect.BLANK_USER, defect == Defect.LONG_USER],
            [self.blank, self.long],
            events.login,
        )
        nameless = (user == NO_LOGIN) | (defect == Defect.NO_USER)
        # Who is meant cannot be found out from the device either.
        unseen = (events.visitor == NO_VISITOR) | np.isin(
            defect, (Defect.NO_USER, Defect.BLANK_USER)
        )
        person = np.maximum(events.user, 0)
        at = events.at.copy()
        at[defect == Defect.FUTURE_TIME] += FUTURE
        at[defect == Defect.OLD_TIME] += OLD
        kind = np.where(defect == Defect.EMPTY_EVENT_TYPE, len(Kind), events.kind)
        seconds = events.duration / 1000
        seconds[defect == Defect.NEGATIVE_DURATION] = -1
        seconds[defect == Defect.INFINITE_DURATION] = np.inf
        has_seconds = (events.duration != NO_DURATION) | (
            defect >= Defect.NEGATIVE_DURATION
        )
        is_paid = events.kind == Kind.SUBSCRIPTION_STARTED
        columns = [
            event_ids(rows, self.world.event_seed),
            texts(self.user_ids, user, nameless),
            self.moments(at, defect == Defect.NO_TIME),
            texts(pa.array([*event_names(), ""]), kind, defect == Defect.NO_EVENT_TYPE),
            self.moments(rows.received, None),
            pc.if_else(
                pa.array(events.session != NO_SESSION),
                hash_texts(events.session, self.world.session_seed, "s"),
                None,
            ),
            texts(pa.array(PATHS), events.page, events.page == NO_PAGE),
            pa.array(seconds, mask=~has_seconds),
            pa.array(self.user_price[person], mask=~is_paid),
            texts(pa.array(CHANNELS), events.channel, None),
            texts(pa.array(DEVICES), events.device, None),
            self.countries(events.user),
            pc.if_else(pa.array(~unseen), self.world.visitor_ids(events.visitor), None),
            texts(pa.array(USER_AGENTS), events.agent, events.agent == NO_AGENT),
        ]
        return pa.Table.from_arrays(columns, EVENT_SCHEMA.names)

    def marks(self, rows: Deliveries, file: str, first_row: int) -> pa.Table:
        """Return what is true of rows and not to be seen in them, a row a mark."""
        positions, kinds = [], []
        for mark in Mark:
            chosen = np.flatnonzero(rows.marks & mark)
            positions.append(chosen)
            kinds.append(np.full(len(chosen), mark.name.lower(), object))
        position = np.concatenate(positions)
        kind = np.concatenate(kinds)
        user = rows.events.user[position]
        malformed = rows.defect[position] != Defect.NONE
        names = np.array([defect.name.lower() for defect in Defect], object)
        kind[malformed] = "malformed: " + names[rows.defect[position[malformed]]]
        return pa.Table.from_arrays(
            [
                pa.repeat(file, len(position)),
                pa.array(first_row + position),
                event_ids(rows.pick(position), self.world.event_seed),
                pa.array(kind, pa.string()),
                texts(self.user_ids, user, user == NOBODY),
            ],
            schema=MARK_SCHEMA,
        )

    def countries(self, user: np.ndarray) -> pa.Array:
        """Return where events come from; machines without an account: data centres."""
        country = np.where(user == NOBODY, DATA_CENTRES, self.user_country[user])
        return texts(pa.array(list(COUNTRIES)), country, None)

    def moments(self, at: np.ndarray, unknown: np.ndarray | None) -> pa.Array:
        """Return milliseconds of the world as timestamps."""
        return pa.array(self.first_moment + at * 1000, mask=unknown).cast(
            pa.timestamp("us")
        )


def event_ids(rows: Deliveries, seed: int) -> pa.Array:
    """Return the id of every row, over-long where that is its defect."""
    ids = hash_texts(rows.number, seed, "e")
    too_long = rows.defect == Defect.LONG_EVENT_ID
    if not too_long.any():
        return ids
    return pc.if_else(
        pa.array(too_long), pc.binary_join_element_wise(ids, LONG, ""), ids
    )


def texts(
    pool: pa.Array, positions: np.ndarray, unknown: np.ndarray | None
) -> pa.DictionaryArray:
    """Return texts of a pool by their positions; NULL where unknown."""
    indices = pa.array(positions.astype(np.int32), mask=unknown)
    return pa.DictionaryArray.from_arrays(indices, pool)
