# ruff: noqa: DTZ001 -- times in the sources are UTC and have no zone
"""What becomes of rows of event files, in plain Python: see `oracle.py`."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from oracle_values import (
    UnreadableError,
    as_number,
    as_time,
    is_blank,
    is_no_id,
    is_outside,
    is_zeros,
    plausible,
    rounded,
)

ONE_DAY = timedelta(days=1)

Row = dict[str, object]  # column -> value; a column that is not there is None


@dataclass(frozen=True)
class Settings:
    """The vars of dbt_project.yml that change a result."""

    time_zone: str = "UTC"
    earliest_event_date: date = date(2000, 1, 1)
    max_id_length: int = 200
    max_ids_per_person: int = 500
    placeholder_ids: tuple[str, ...] = ("undefined", "null", "[object Object]")
    as_of_date: date | None = None
    look_back_days: int = 90
    outcome_event_type: str | dict[str, object] = "subscription_started"
    outcome_is_repeatable: bool = False
    horizon_days: int = 14
    snapshot_every_days: int = 14
    snapshot_count: int = 6
    snapshot_dates: tuple[date, ...] = ()
    snapshot_max_users: int = 50_000
    user_attributes: tuple[str, ...] = (
        "country", "city", "industry", "company_size", "job_level", "device",
        "company_type", "do_not_contact",
    )  # fmt: skip

    def outcome(self) -> tuple[list[str], int, Decimal]:
        """Return the types of its events, how many it takes, and what amount."""
        value = self.outcome_event_type
        given = value if isinstance(value, dict) else {"event_types": value}
        types, least = given["event_types"], given.get("min_amount", "-Infinity")
        types = types if isinstance(types, list) else [types]
        return types, given.get("min_events", 1), Decimal(str(least))

    def is_outcome(self, event_type: str) -> bool:
        """Whether one event of a type is the outcome by itself."""
        types, *least = self.outcome()
        is_one = least == [1, Decimal("-Infinity")]
        return is_one and (types == ["*"] or event_type in types)


@dataclass(frozen=True)
class Panel:
    """The control panel: a list of rows a file, blank cells None, numbers Decimal."""

    event_types: list[Row]
    features: list[Row]
    scoring_rules: list[Row]
    score_groups: list[Row]
    score_bands: list[Row]
    bot_rules: list[Row] = field(default_factory=list)
    exclusions: list[Row] = field(default_factory=list)
    score_grades: list[Row] = field(default_factory=list)


@dataclass(frozen=True)
class EventFile:
    """Rows as the file holds them.

    `rows` is None where the file cannot be read; `row_count` is then what its footer
    says, if it says anything.
    """

    name: str
    modified_at: datetime
    rows: list[Row] | None
    row_count: int = 0


@dataclass
class Event:
    """A usable row. Times are UTC without a zone."""

    file: str
    file_row: int
    event_id: object
    user_id: str
    occurred_at: datetime
    activity_date: date
    source_event: str
    received_at: datetime | None
    received_date: date
    session_id: str | None
    duration_seconds: Decimal | None
    amount: Decimal | None
    is_named: bool = True
    anonymous_id: str | None = None
    page_path: str | None = None
    user_agent: str | None = None
    event_type: str | None = None
    status: str = ""
    rule: str | None = None
    known_date: date | None = None  # that on which the first of its copies came


@dataclass
class Activity:
    """What one id, or person, did of one event type on one day."""

    events: int = 0
    is_named: bool = False
    sessions: set[str] = field(default_factory=set)
    seconds: Decimal = Decimal(0)
    amount: Decimal = Decimal(0)


# -- Rows ------------------------------------------------------------------------------


def is_placeholder(value: object, settings: Settings) -> bool:
    """Whether an id stands for nobody."""
    words = {word.lower() for word in settings.placeholder_ids}
    return str(value).strip(" ").lower() in words or is_zeros(value)


def is_somebody(value: object, settings: Settings) -> bool:
    """Whether an id stands for somebody."""
    return not is_blank(value) and not is_placeholder(value, settings)


def ids_of(row: Row, settings: Settings) -> Row:
    """Whose an event is: its user id, else its anonymous id; and the one beside it."""
    user_id, beside = row.get("user_id"), row.get("anonymous_id")
    if is_somebody(user_id, settings):
        is_other = is_somebody(beside, settings) and beside != user_id
        anonymous_id = str(beside) if is_other else None
        return {"user_id": user_id, "is_named": True, "anonymous_id": anonymous_id}
    if is_somebody(beside, settings) or user_id is None:
        user_id = beside
    return {"user_id": user_id, "is_named": False, "anonymous_id": None}


READERS = {
    "occurred_at": as_time,
    "received_at": as_time,
    "duration_seconds": as_number,
    "amount": as_number,
}


def read_row(row: Row) -> tuple[Row, list[str]]:
    """Return the row with times and numbers read, and the columns that cannot be."""
    read, unreadable = dict(row), []
    for column, reader in READERS.items():
        try:
            read[column] = reader(row.get(column))
        except UnreadableError:
            read[column] = None
            unreadable.append(column)
    return read, unreadable


def why_unusable(
    row: Row, unreadable: list[str], modified_at: datetime, settings: Settings
) -> str | None:
    """Return the first reason for which a row cannot be used."""
    occurred_at, event_id = row["occurred_at"], row.get("event_id")
    user_id, event_type = row.get("user_id"), row.get("event_type")
    arrived_at = plausible(row["received_at"]) or plausible(modified_at)
    latest = arrived_at + ONE_DAY if arrived_at else datetime(2099, 12, 31, 23, 59, 59)
    earliest = datetime.combine(settings.earliest_event_date, datetime.min.time())

    def is_long(text: object) -> bool:
        return not is_blank(text) and len(str(text)) > settings.max_id_length

    reasons = {
        "no user_id": is_blank(user_id),
        "user_id is a placeholder": is_placeholder(user_id, settings),
        "user_id too long": is_long(user_id),
        "unreadable " + ", ".join(unreadable): unreadable,
        "no occurred_at": occurred_at is None,
        "occurred_at too early": occurred_at and occurred_at < earliest,
        "occurred_at in the future": occurred_at and occurred_at > latest,
        "no event_type": is_blank(event_type),
        "event_type too long": is_long(event_type),
        "event_id too long": is_long(event_id),
        "duration_seconds out of range": is_outside(row["duration_seconds"], 0, 10**9),
        "amount out of range": is_outside(row["amount"], -(10**12), 10**12),
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def identity(row: Row) -> object:
    """The event id; without one, all that the row says except when it was received."""
    if not is_no_id(row.get("event_id")):
        return str(row["event_id"])
    said = [
        "user_id", "occurred_at", "event_type", "session_id", "page_path",
        "duration_seconds", "amount", "channel", "device", "country",
    ]  # fmt: skip
    return tuple("" if row.get(column) is None else row[column] for column in said)


def read_events(
    files: list[EventFile], settings: Settings
) -> tuple[list[Event], dict[tuple[str, int], str]]:
    """Return the usable events, and the reason for every row that is not one."""
    zone = ZoneInfo(settings.time_zone)
    events, quarantined = [], {}
    for file in files:
        for number, raw in enumerate(file.rows or []):
            row, unreadable = read_row(raw)
            row |= ids_of(raw, settings)
            reason = why_unusable(row, unreadable, file.modified_at, settings)
            if reason:
                quarantined[file.name, number] = reason
                continue
            occurred_at = row["occurred_at"]
            day = local_day(occurred_at, zone)
            received_at = plausible(row["received_at"]) or occurred_at
            events.append(
                Event(
                    file=file.name,
                    file_row=number,
                    event_id=identity(row),
                    user_id=str(row["user_id"]),
                    occurred_at=occurred_at,
                    activity_date=day,
                    source_event=str(row["event_type"]),
                    received_at=row["received_at"],
                    received_date=max(day, local_day(received_at, zone)),
                    session_id=None
                    if is_no_id(row.get("session_id"))
                    else row["session_id"],
                    duration_seconds=row["duration_seconds"],
                    amount=row["amount"],
                    is_named=row["is_named"],
                    anonymous_id=row["anonymous_id"],
                    page_path=row.get("page_path"),
                    user_agent=row.get("user_agent"),
                )
            )
    return events, quarantined


def local_day(at: datetime, zone: ZoneInfo) -> date:
    return at.replace(tzinfo=UTC).astimezone(zone).date()


# -- What becomes of an event ----------------------------------------------------------


def nulls_last(value: object) -> tuple:
    return (value is None, 0 if value is None else value)


def of_copies(event: Event) -> tuple:
    """The smallest copy is kept; files only break exact ties."""
    return (
        event.occurred_at,
        nulls_last(event.received_at),
        nulls_last(event.duration_seconds),
        nulls_last(event.amount),
        nulls_last(event.session_id),
        not event.is_named,
        event.file,
        event.file_row,
    )


def name_of(row: Row) -> str:
    """How events are called for which a row of event_types.csv holds."""
    if row.get("pattern") is None:
        return row["source_event"]
    return f"{row['source_event']} [{row['property']} ~ {row['pattern']}]"


def name_by_condition(event: Event, panel: Panel) -> str:
    """The name of an event with the first condition that holds, if one does."""
    for row in panel.event_types:
        if row.get("pattern") is None or row["source_event"] != event.source_event:
            continue
        assert row["property"] == "path"
        if event.page_path and re.search(row["pattern"], event.page_path):
            return name_of(row)
    return event.source_event


def classify(events: list[Event], panel: Panel) -> None:
    """Give every event its type and status."""
    mapping = {name_of(row): row for row in panel.event_types}
    for event in events:
        event.source_event = name_by_condition(event, panel)
    copies = defaultdict(list)
    for event in events:
        mapped = mapping.get(event.source_event)
        if mapped is None:
            event.status = "unmapped"
            continue
        event.event_type = mapped["event_type"]
        copies[
            event.activity_date, event.event_id, event.user_id, event.source_event
        ].append(event)
    for same in copies.values():
        kept = min(same, key=of_copies)
        for event in same:
            event.status = "duplicate"
        kept.status = "used"
        kept.known_date = min(event.received_date for event in same)


def ledger(
    files: list[EventFile], events: list[Event], quarantined: dict[tuple[str, int], str]
) -> Counter[tuple]:
    """Count rows by file, day, source event, event type and status.

    Rows that cannot be used have no day and no name; a file that cannot be read
    counts the rows it says it has.
    """
    counts: Counter[tuple] = Counter()
    for event in events:
        counts[
            event.file,
            event.activity_date,
            event.source_event,
            event.event_type,
            event.status,
        ] += 1
    for file, _ in quarantined:
        counts[file, None, None, None, "quarantined"] += 1
    for file in files:
        if file.rows is None and file.row_count:
            counts[file.name, None, None, None, "quarantined"] += file.row_count
    return counts


def daily_activity(
    events: Iterable[Event], panel: Panel, settings: Settings
) -> dict[tuple[str, str, date], Activity]:
    """Used events by user, type and day; '*' is any type but a one-time outcome.

    A daily limit bounds the number of events, and nothing else; '*' has the events that
    count of its types.
    """
    limits = {row["event_type"]: row["max_per_day"] for row in panel.event_types}
    activity: dict[tuple[str, str, date], Activity] = defaultdict(Activity)
    for event in events:
        if event.status != "used":
            continue
        names = [event.event_type]
        is_outcome = settings.is_outcome(event.event_type)
        if settings.outcome_is_repeatable or not is_outcome:
            names.append("*")
        of_type = activity[event.user_id, event.event_type, event.activity_date]
        most = limits[event.event_type]
        is_counted = most is None or of_type.events < most
        for name in names:
            done = activity[event.user_id, name, event.activity_date]
            done.events += is_counted
            done.is_named |= event.is_named
            if event.session_id is not None:
                done.sessions.add(event.session_id)
            done.seconds += rounded(event.duration_seconds or Decimal(0), 4)
            done.amount += rounded(event.amount or Decimal(0), 4)
    return dict(activity)
