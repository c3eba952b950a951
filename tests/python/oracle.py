# ruff: noqa: DTZ001, DTZ901 -- times in the sources are UTC and have no zone
"""What Pointwise should compute, in plain Python: slow, exact, and easy to check.

Written from the words of the design, not from the SQL. Whoever doubts a score reads
this file; `test_oracle.py` holds the SQL to it, cell by cell, on random worlds.

`expect(files, users, panel, settings)` returns everything at once. Numbers are whole
or Decimal; there is not one float between an event and a score.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal, InvalidOperation, localcontext
from fractions import Fraction
from functools import cache
from zoneinfo import ZoneInfo

MONDAY = date(1970, 1, 5)  # snapshots lie whole steps from here
ONE_DAY = timedelta(days=1)
BASE, LIMIT, CAP = "base", "limit", "cap:"
MOST_POINTS = 1_000_000  # of a rule with `per` and no bound: a sum must fit somewhere

Row = dict[str, object]  # column -> value; a column that is not there is None


@dataclass(frozen=True)
class Settings:
    """The vars of dbt_project.yml that change a result."""

    time_zone: str = "UTC"
    earliest_event_date: date = date(2000, 1, 1)
    max_id_length: int = 200
    placeholder_ids: tuple[str, ...] = ("undefined", "null", "[object Object]")
    as_of_date: date | None = None
    look_back_days: int = 90
    outcome_event_type: str = "subscription_started"
    outcome_is_repeatable: bool = False
    horizon_days: int = 14
    snapshot_every_days: int = 14
    snapshot_count: int = 6
    snapshot_dates: tuple[date, ...] = ()
    snapshot_max_users: int = 50_000
    user_attributes: tuple[str, ...] = (
        "country", "city", "industry", "company_size", "job_level", "device",
    )  # fmt: skip


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
    session_id: str | None
    duration_seconds: Decimal | None
    amount: Decimal | None
    page_path: str | None = None
    user_agent: str | None = None
    event_type: str | None = None
    status: str = ""
    rule: str | None = None


@dataclass
class Activity:
    """What one user did of one event type on one day."""

    events: int = 0
    sessions: set[str] = field(default_factory=set)
    seconds: Decimal = Decimal(0)
    amount: Decimal = Decimal(0)


@dataclass(frozen=True)
class Value:
    """A feature's value: a number with its undecayed twin, or a text, or nothing."""

    number: Decimal | None = None
    undecayed: Decimal | None = None
    text: str | None = None


NOTHING = Value(number=Decimal(0), undecayed=Decimal(0))


@dataclass
class Expected:
    """Everything the warehouse should say."""

    quarantined: dict[tuple[str, int], str]
    ledger: Counter[tuple]
    machines: dict[tuple[str, int], str]
    activity: dict[tuple[str, str, date], Activity]
    scoring_date: date | None
    snapshots: list[date]
    population: dict[date, set[str]]
    values: dict[tuple[str, date, str], Value]
    contributions: dict[tuple[str, date], dict[str, int]]
    labels: dict[tuple[str, date], tuple[bool, int]]
    scores: dict[str, Row]


def expect(
    files: list[EventFile], users: list[Row], panel: Panel, settings: Settings
) -> Expected:
    """Return what the warehouse should hold for these files, profiles and panel."""
    events, quarantined = read_events(files, settings)
    classify(events, panel)
    find_machines(events, panel)
    activity = daily_activity(events, panel, settings)
    used_days = [day for (_, event_type, day) in activity if event_type != "*"]
    last_day = last_day_reached(activity)
    scoring_date = settings.as_of_date or last_day
    snapshots = snapshot_dates(scoring_date, used_days, last_day, settings)
    population = {
        day: population_at(day, day == scoring_date, activity, users, panel, settings)
        for day in {*snapshots, *([scoring_date] if scoring_date else [])}
    }
    days_of = defaultdict(dict)
    for (user_id, event_type, day), done in activity.items():
        days_of[user_id, event_type][day] = done
    values, contributions = {}, {}
    for day, user_ids in population.items():
        for user_id in user_ids:
            profile = profile_at(day, user_id, users, settings)
            for feature in panel.features:
                values[user_id, day, feature["feature"]] = feature_value(
                    feature,
                    day,
                    days_of.get((user_id, feature["event_type"]), {}),
                    profile,
                )
            contributions[user_id, day] = points_of(user_id, day, values, panel)
    return Expected(
        quarantined=quarantined,
        ledger=ledger(files, events, quarantined),
        machines={
            (event.file, event.file_row): event.rule
            for event in events
            if event.status == "machine"
        },
        activity=activity,
        scoring_date=scoring_date,
        snapshots=snapshots,
        population=population,
        values=values,
        contributions=contributions,
        labels=labels_of(
            snapshots, scoring_date, last_day, population, activity, settings
        ),
        scores=scores_at(scoring_date, contributions, activity, panel, settings),
    )


# -- Rows ------------------------------------------------------------------------------


class UnreadableError(Exception):
    """A value that is there and says nothing."""


def as_time(value: object) -> datetime | None:
    """Return a time in UTC. Without a zone it is UTC; an offset is converted."""
    if value is None or (isinstance(value, str) and is_nothing(value)):
        return None
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise UnreadableError from None
    if value.tzinfo:
        value = value.astimezone(UTC).replace(tzinfo=None)
    return value


def as_number(value: object) -> Decimal | None:
    """Return a number; what a double prints is what it says."""
    if value is None or (isinstance(value, str) and is_nothing(value)):
        return None
    try:
        return Decimal(str(value).strip())
    except InvalidOperation:
        raise UnreadableError from None


def is_blank(value: object) -> bool:
    return value is None or str(value).strip() == ""


def is_no_id(value: object) -> bool:
    """Whether an id of an event or session is none: blank, or a word for nothing."""
    words = [
        "null",
        "NULL",
        "undefined",
        "none",
        "None",
        "nan",
        "NaN",
        "nil",
        "N/A",
        "n/a",
        "\\N",
    ]
    return is_blank(value) or value in words or (value != "0" and is_zeros(value))


def is_zeros(value: object) -> bool:
    """Whether an id is zeros and dashes only."""
    return str(value).startswith(("-", ".", "/", "0")) and not str(value).strip("0- ")


def is_placeholder(value: object, settings: Settings) -> bool:
    """Whether an id stands for nobody."""
    words = {word.lower() for word in settings.placeholder_ids}
    return str(value).strip(" ").lower() in words or is_zeros(value)


def plausible(arrived_at: datetime | None) -> datetime | None:
    """A time of arrival, unless a clock that was reset wrote it."""
    is_real = arrived_at and datetime(2000, 1, 1) <= arrived_at <= datetime(2100, 1, 1)
    return arrived_at if is_real else None


def is_outside(number: Decimal | None, lowest: int, highest: int) -> bool:
    return number is not None and (
        number.is_nan() or not lowest <= number <= highest
    )  # fmt: skip


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
            reason = why_unusable(row, unreadable, file.modified_at, settings)
            if reason:
                quarantined[file.name, number] = reason
                continue
            occurred_at = row["occurred_at"]
            local = occurred_at.replace(tzinfo=UTC).astimezone(zone)
            events.append(
                Event(
                    file=file.name,
                    file_row=number,
                    event_id=identity(row),
                    user_id=str(row["user_id"]),
                    occurred_at=occurred_at,
                    activity_date=local.date(),
                    source_event=str(row["event_type"]),
                    received_at=row["received_at"],
                    session_id=None
                    if is_no_id(row.get("session_id"))
                    else row["session_id"],
                    duration_seconds=row["duration_seconds"],
                    amount=row["amount"],
                    page_path=row.get("page_path"),
                    user_agent=row.get("user_agent"),
                )
            )
    return events, quarantined


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
        event.file,
        event.file_row,
    )


def classify(events: list[Event], panel: Panel) -> None:
    """Give every event its type and status."""
    mapping = {row["source_event"]: row for row in panel.event_types}
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


# Agents of the worlds that are machines', by the kind of rule that knows them.
AGENTS = {
    "user_agent": ("Mozilla/5.0 (compatible; Googlebot/2.1)",),
    "http_library": ("curl/8.5.0", "python-requests/2.32"),
}


def find_machines(events: list[Event], panel: Panel) -> None:
    """Give used events that a rule takes for a machine's that status, and the rule.

    A rule sees the events that count of one id on one day; of several rules that hold,
    the first by name is told.
    """
    rules = [rule for rule in panel.bot_rules if rule["status"] == "on"]
    days = defaultdict(list)
    sent = defaultdict(list)
    for event in events:
        sent[event.user_id, event.activity_date].append(event)
        if event.status == "used":
            days[event.user_id, event.activity_date].append(event)
    for key, of_day in days.items():
        caught: dict[int, list[str]] = defaultdict(list)
        for rule in rules:
            types = (rule["event_types"] or "").split("|")
            judged = [
                event for event in of_day if types == [""] or event.event_type in types
            ]
            for event in caught_by(rule, judged, sent[key]):
                caught[id(event)].append(rule["rule"])
        for event in of_day:
            if names := caught[id(event)]:
                event.status, event.rule = "machine", min(names)


def caught_by(rule: Row, judged: list[Event], everything: list[Event]) -> list[Event]:
    """The judged events of an id and day that one rule takes for a machine's."""
    kind, most = rule["kind"], rule["threshold"]
    if kind in AGENTS:
        pattern = rule["pattern"]
        return [
            event
            for event in judged
            if event.user_agent
            and (
                re.search(pattern, event.user_agent)
                if pattern
                else event.user_agent in AGENTS[kind]
            )
        ]
    if kind == "events_per_day":
        return judged if len(judged) > most else []
    if kind == "events_per_minute":
        minutes = Counter(
            event.occurred_at.replace(second=0, microsecond=0) for event in judged
        )
        return judged if minutes and max(minutes.values()) > most else []
    if kind == "hours_without_pause":
        times = sorted(event.occurred_at for event in judged)
        longest, begun = timedelta(0), None
        for before, at in zip([None, *times], times, strict=False):
            if before is None or at - before >= timedelta(hours=1):
                begun = at
            longest = max(longest, at - begun)
        return judged if longest > timedelta(hours=most) else []
    if kind == "seconds_after":
        name = rule["after_event"]
        times = [
            event.occurred_at
            for event in everything
            if name in (event.event_type, event.source_event)
        ]
        within = timedelta(seconds=most)
        return [
            event
            for event in judged
            if any(timedelta(0) <= event.occurred_at - at <= within for at in times)
        ]
    second = timedelta(seconds=1)
    return [
        event
        for event in judged
        if len(
            {
                other.page_path
                for other in judged
                if abs(other.occurred_at - event.occurred_at) <= second
            }
            - {None}
        )
        > most
    ]


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


def rounded(number: Decimal, decimals: int) -> Decimal:
    """Round half away from zero."""
    with localcontext() as context:
        context.prec = 60
        return number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


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
        is_outcome = event.event_type == settings.outcome_event_type
        if settings.outcome_is_repeatable or not is_outcome:
            names.append("*")
        of_type = activity[event.user_id, event.event_type, event.activity_date]
        most = limits[event.event_type]
        is_counted = most is None or of_type.events < most
        for name in names:
            done = activity[event.user_id, name, event.activity_date]
            done.events += is_counted
            if event.session_id is not None:
                done.sessions.add(event.session_id)
            done.seconds += rounded(event.duration_seconds or Decimal(0), 4)
            done.amount += rounded(event.amount or Decimal(0), 4)
    return dict(activity)


# -- Who is scored, and when -----------------------------------------------------------


def last_day_reached(activity: dict[tuple[str, str, date], Activity]) -> date | None:
    """The last day that enough of the data has reached: no single row decides.

    A day is reached if the ids with an event then or later are a hundredth of those of
    a busy day, which a tenth of the last 90 active days exceed; after more than three
    days without an event it takes a fifth for what follows.
    """
    last_days: dict[str, date] = {}
    ids_by_day: dict[date, int] = defaultdict(int)
    for user, event_type, day in activity:
        last_days[user] = max(day, last_days.get(user, day))
        ids_by_day[day] += event_type == "*"
    days = sorted(ids_by_day)
    if not days:
        return None
    recent = sorted((ids_by_day[day] for day in days[-90:]), reverse=True)
    busy = recent[len(recent) // 10]
    reached = start = days[0]
    for before, day in zip(days[:1] + days, days, strict=False):
        start = day if (day - before).days > 4 else start
        ids, ids_of_stretch = (
            sum(1 for last in last_days.values() if last >= first)
            for first in (day, start)
        )
        if 100 * ids >= busy and 5 * ids_of_stretch >= busy:
            reached = day
    return reached


def snapshot_dates(
    scoring_date: date | None,
    used_days: list[date],
    last_day_reached: date | None,
    settings: Settings,
) -> list[date]:
    """Past as-of dates: those listed, else the last on the grid with a past horizon."""
    if scoring_date is None or not used_days:
        return []
    first_day = min(used_days)
    if settings.snapshot_dates:
        return sorted(
            day for day in settings.snapshot_dates if first_day <= day <= scoring_date
        )
    last_day = min(scoring_date, last_day_reached)
    day, found = last_day - timedelta(days=settings.horizon_days), []
    while day >= first_day and len(found) < settings.snapshot_count:
        if (day - MONDAY).days % settings.snapshot_every_days == 0:
            found.append(day)
        day -= ONE_DAY
    return sorted(found)


def population_at(
    day: date,
    is_scoring_date: bool,
    activity: dict[tuple[str, str, date], Activity],
    users: list[Row],
    panel: Panel,
    settings: Settings,
) -> set[str]:
    """Users with a used event in the look-back whom no exclusion leaves out.

    At snapshots a sample of them; at the scoring date also those of whom only
    attributes are known.
    """
    active = {
        user_id
        for (user_id, event_type, active_day) in activity
        if event_type != "*"
        and 0 <= (day - active_day).days < settings.look_back_days
        and not is_excluded(user_id, day, users, panel, settings)
    }
    if not is_scoring_date:
        ordered = sorted(
            active, key=lambda user: hashlib.md5(user.encode()).hexdigest()
        )
        return set(ordered[: settings.snapshot_max_users])
    known = {
        str(row["user_id"])
        for row in users
        if not is_blank(row["user_id"])
        and not is_placeholder(row["user_id"], settings)
        and profile_at(day, str(row["user_id"]), users, settings)
        and not is_excluded(str(row["user_id"]), day, users, panel, settings)
    }
    return active | {user for user in known if len(user) <= settings.max_id_length}


def is_excluded(
    user_id: str, day: date, users: list[Row], panel: Panel, settings: Settings
) -> bool:
    """Whether an exclusion holds for a user by what was known on a day."""
    if not panel.exclusions:
        return False
    known = {**profile_at(day, user_id, users, settings), "user_id": user_id}
    for row in panel.exclusions:
        value = known.get(row["attribute"])
        if value is None:
            continue
        if row["pattern"] is not None:
            if re.search(row["pattern"], value):
                return True
        elif row["attribute"] == "user_id":
            if value == row["equals"]:
                return True
        elif value.lower() == row["equals"].lower():
            return True
    return False


def profile_at(
    day: date, user_id: str, users: list[Row], settings: Settings
) -> dict[str, str]:
    """A user's attributes as known on a day.

    A row without valid_from is timeless and gives way to any dated one; of several
    changes on a day the last counts, of equals the alphabetically last. A row whose
    valid_from cannot be read counts for nothing.
    """
    found: dict[str, tuple] = {}
    for row in users:
        if str(row["user_id"]) != user_id:
            continue
        try:
            valid_from, changed_at = holds_from(row.get("valid_from"), settings)
        except UnreadableError:
            continue
        if valid_from and valid_from > day:
            continue
        for attribute in settings.user_attributes:
            value = canonical(row.get(attribute))
            if value is not None:
                candidate = (valid_from or date.min, changed_at, value)
                found[attribute] = max(found.get(attribute, candidate), candidate)
    return {attribute: value for attribute, (_, _, value) in found.items()}


def holds_from(value: object, settings: Settings) -> tuple[date | None, datetime]:
    """The local day from which a profile row holds, and the time; a day has no time."""
    if is_nothing(value):
        return None, datetime.min
    if isinstance(value, str) and len(value.strip()) == len("2026-01-01"):
        try:
            value = date.fromisoformat(value.strip())
        except ValueError:
            raise UnreadableError from None
    if isinstance(value, date) and not isinstance(value, datetime):
        return value, datetime.min
    at = as_time(value)
    zone = ZoneInfo(settings.time_zone)
    return at.replace(tzinfo=UTC).astimezone(zone).date(), at


def is_nothing(value: object) -> bool:
    """Whether a value is none, or a dump's spelling of that."""
    words = [
        "\\n",
        "null",
        "(null)",
        "<null>",
        "nan",
        "none",
        "nil",
        "n/a",
        "#n/a",
        "undefined",
    ]
    return is_blank(value) or str(value).strip().lower() in words


def canonical(value: object) -> str | None:
    """One text for what people write in several ways: TRUE and true, 50 and +50.0."""
    if is_nothing(value):
        return None
    text = str(value).strip()
    if text.lower() in ("true", "false"):
        return text.lower()
    if re.fullmatch(r"[+-]?((0|[1-9]\d*)(\.\d+)?|\d(\.\d+)?[eE][+-]?\d{1,2})", text):
        number = f"{Decimal(text):f}"
        return number.rstrip("0").rstrip(".") if "." in number else number
    return text


# -- Features --------------------------------------------------------------------------

QUANTITY = {
    "events": lambda done: Decimal(done.events),
    "active_days": lambda _: Decimal(1),
    "sessions": lambda done: Decimal(len(done.sessions)),
    "minutes": lambda done: done.seconds,
    "amount": lambda done: done.amount,
}


@cache
def weight(age: int, half_life: int | None) -> Decimal:
    """0.5^(age / half-life), to nine decimals."""
    if half_life is None:
        return Decimal(1)
    with localcontext() as context:
        context.prec = 60
        return rounded(Decimal("0.5") ** (Decimal(age) / half_life), 9)


def feature_value(
    feature: Row,
    day: date,
    days: dict[date, Activity],
    profile: dict[str, str],
) -> Value:
    """One feature of one user over (day - window, day].

    `days` are those on which the user had activity of the feature's event type.
    """
    if feature["measure"] == "attribute":
        return Value(text=profile.get(feature["feature"]))
    in_window = {
        (day - active_day).days: done
        for active_day, done in days.items()
        if 0 <= (day - active_day).days < feature["window_days"]
    }
    if feature["measure"] == "days_since_last":
        if not in_window:
            return Value()
        return Value(number=Decimal(min(in_window)), undecayed=Decimal(min(in_window)))
    if not in_window:
        return NOTHING
    quantity = QUANTITY[feature["measure"]]
    number = undecayed = Decimal(0)
    for age, done in in_window.items():
        amount = quantity(done)
        if feature["measure"] == "sessions" and age + 1 in in_window:
            # Over midnight it is one session, counted on its first day in the window.
            amount -= len(done.sessions & in_window[age + 1].sessions)
        number += amount * weight(age, feature["half_life_days"])
        undecayed += amount
    number = rounded(number, 9)
    if feature["measure"] == "minutes":
        number, undecayed = rounded(number / 60, 9), undecayed / 60
    return Value(number=number, undecayed=rounded(undecayed, 4))


# -- Points ----------------------------------------------------------------------------


def does_fire(rule: Row, value: Value) -> bool:
    """Whether a value lies in the rule's range, or is its text."""
    if rule["equals"] is not None:
        return value.text is not None and value.text.lower() == rule["equals"].lower()
    if value.number is None:
        return False
    is_low = rule["min_value"] is not None and value.number < rule["min_value"]
    is_high = rule["max_value"] is not None and value.number > rule["max_value"]
    return not (is_low or is_high)


def rule_points(rule: Row, value: Value) -> int:
    """The points of one rule, before any cap."""
    if not does_fire(rule, value):
        return 0
    if rule["per"] is None:
        return rule["points"]
    with localcontext() as context:
        context.prec = 60
        times = int((value.number / rule["per"]).to_integral_value(ROUND_FLOOR))
    points = rule["points"] * max(0, times)
    if rule["points"] < 0:
        return max(points, rule["max_points"] or -MOST_POINTS)
    return min(points, rule["max_points"] or MOST_POINTS)


def totals(points: dict[str, int], panel: Panel) -> tuple[dict[str, int], int]:
    """What each group's cap takes away, and the sum of base, rules and caps."""
    sums: Counter[str] = Counter()
    for rule in panel.scoring_rules:
        sums[rule["rule_group"]] += points.get(rule["rule"], 0)
    losses = {}
    for group in panel.score_groups:
        above = sums[group["rule_group"]] - group["max_points"]
        if above > 0:
            losses[group["rule_group"]] = -above
    return losses, 1 + sum(sums.values()) + sum(losses.values())


def points_of(user_id: str, day: date, values: dict, panel: Panel) -> dict[str, int]:
    """Every contribution to a score: base, rules, caps and limit."""
    points = {BASE: 1}
    for rule in panel.scoring_rules:
        given = rule_points(rule, values[user_id, day, rule["feature"]])
        if given != 0:
            points[rule["rule"]] = given
    losses, total = totals(points, panel)
    for group, loss in losses.items():
        points[CAP + group] = loss
    within = min(max(total, 1), 100)
    if within != total:
        points[LIMIT] = within - total
    return points


# -- Outcomes --------------------------------------------------------------------------


def labels_of(
    snapshots: list[date],
    scoring_date: date | None,
    last_day: date | None,
    population: dict[date, set[str]],
    activity: dict[tuple[str, str, date], Activity],
    settings: Settings,
) -> dict[tuple[str, date], tuple[bool, int]]:
    """For users at past snapshots: are they customers, and how many outcomes followed.

    Nothing is known of a snapshot before the last day of its horizon has passed.
    """
    outcomes = defaultdict(dict)
    for (user, event_type, day), done in activity.items():
        if event_type == settings.outcome_event_type:
            outcomes[user][day] = done.events
    labels = {}
    for day in snapshots:
        if day + timedelta(days=settings.horizon_days) > min(scoring_date, last_day):
            continue
        for user in population[day]:
            had_it = any(outcome_day <= day for outcome_day in outcomes[user])
            following = sum(
                events
                for outcome_day, events in outcomes[user].items()
                if 1 <= (outcome_day - day).days <= settings.horizon_days
            )
            is_customer = had_it and not settings.outcome_is_repeatable
            labels[user, day] = (is_customer, following)
    return labels


# -- Scores ----------------------------------------------------------------------------


def next_step_of(points: dict[str, int], panel: Panel) -> tuple[str | None, int]:
    """The rule that would raise the score most, as (rule, points to gain).

    Of a rule with `per`, one event more, or one `per` where that is more, is a step.
    """
    caps = {group["rule_group"]: group["max_points"] for group in panel.score_groups}
    score = sum(points.values())
    best: tuple[int, str] | None = None
    for rule in panel.scoring_rules:
        if rule["points"] <= 0 or is_blank(rule["next_step"]):
            continue
        most = rule["points"]
        if rule["per"] is not None:
            most = rule["max_points"]
            if most is None:
                most = caps[rule["rule_group"]]
            steps = max(math.floor(1 / Fraction(rule["per"])), 1)
            most = min(most, points.get(rule["rule"], 0) + steps * rule["points"])
        if most <= points.get(rule["rule"], 0):
            continue
        _, total = totals({**points, rule["rule"]: most}, panel)
        gain = min(max(total, 1), 100) - score
        if gain > 0 and (best is None or (-gain, rule["rule"]) < best):
            best = (-gain, rule["rule"])
    return (best[1], -best[0]) if best else (None, 0)


def scores_at(
    day: date | None,
    contributions: dict[tuple[str, date], dict[str, int]],
    activity: dict[tuple[str, str, date], Activity],
    panel: Panel,
    settings: Settings,
) -> dict[str, Row]:
    """Score, band, rank, percentile, next step and customer flag of every user."""
    points = {
        user: given for (user, of_day), given in contributions.items() if of_day == day
    }
    score = {user: sum(given.values()) for user, given in points.items()}
    customers = {
        user
        for (user, event_type, active_day) in activity
        if event_type == settings.outcome_event_type
        and active_day <= day
        and not settings.outcome_is_repeatable
    }
    bands = sorted(panel.score_bands, key=lambda band: band["min_score"])
    steps = {rule["rule"]: rule["next_step"] for rule in panel.scoring_rules}
    scores = {}
    for rank, user in enumerate(
        sorted(score, key=lambda user: (-score[user], user)), 1
    ):
        band = [band for band in bands if band["min_score"] <= score[user]][-1]
        lower = sum(1 for other in score.values() if other < score[user])
        rule, gain = next_step_of(points[user], panel)
        scores[user] = {
            "score": score[user],
            "band": band["band"],
            "action": band["action"],
            "rank": rank,
            "percentile": 100 * lower // len(score),
            "next_step": steps.get(rule),
            "next_step_points": gain,
            "is_customer": user in customers,
        }
    return scores
