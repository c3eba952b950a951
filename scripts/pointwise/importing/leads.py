"""A flat list of leads, as a CRM exports it: a row a person, attributes, dates, totals.

Its dates become events, its other columns attributes that hold from the row's own date.
The outcome is one of its dates; or a column that says yes or no, whose outcome counts
as had at the end of the horizon after the row's date, when it is known. So the build
scores each row as of its own date. Without any date a third of the people, by a hash of
their ids, is held out: they are listed on a later day than those to learn from.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import NamedTuple

import duckdb

from pointwise.core.errors import PointwiseError
from pointwise.importing.batches import Source
from pointwise.importing.columns import PARTS, Mapping, Moment, guess_column, listed
from pointwise.importing.presets import LEADS, Preset
from pointwise.importing.profiles import Attribute, chosen
from pointwise.importing.takes import Place, Take, find_place, plain
from pointwise.importing.values import Reading, readable_share

ID_NAMES = (
    "leadid prospectid contactid recordid recordidcontact hsobjectid personid"
    " customerid userid opportunityid accountid / leadnumber id lead contact prospect"
)
ROW_DATES = (
    "asof asofdate snapshotdate snapshotat snapshot observedat observationdate"
    " referencedate scoringdate cutoff cutoffdate / createdate createddate createdat"
    " created datecreated creationdate createdon leadcreated leadcreateddate"
    " leadcreationdate firstcontact firstcontactdate firstseen firstseenat signupdate"
    " signedupat registeredat registrationdate entrydate datecreate / date"
)
OUTCOMES = (
    "converted isconverted hasconverted convertedtocustomer becameacustomer"
    " becamecustomer closedwon iswon won customer iscustomer purchased haspurchased"
    " bought subscribed conversion label target outcome success y"
)
YES = r"(?i) *(1|1[.]0|true|yes|y|t|converted|won|customer) *"
NO = r"(?i) *(0|0[.]0|false|no|n|f|not converted|lost|open|) *"
# Choices that nobody made: what forms say before one is made.
NO_CHOICE = (
    r"(?i) *(select|please select|-+ ?none ?-+|-none-|none selected|[(]blank[)]) *"
)
OVERWRITTEN = re.compile(r"last|latest|recent|modified|updated|next|current")
IS_ID = re.compile(r"(^|_)(id|ids|uuid|guid|number|no|nr|key|code|reference|ref)$")
DATE_WORDS = {"date", "at", "on", "time", "datetime", "timestamp", "ts", "utc", "day"}
FORMER = {"create": "Created", "close": "Closed", "convert": "Converted"}


class LeadList(NamedTuple):
    """What a list of leads was taken for."""

    label: str | None  # The column of the outcome; None if there is none.

    outcome: str | None  # The name of its event; None if it has none.
    row_date: str | None  # The column of a row's own date; None if there is none.
    is_dated: bool  # The outcome has a date of its own.
    left_out: dict[str, str]  # Columns that are not used, and why.
    listed_on: date | None = None  # Of a list without dates: when it was written.
    horizon: int = 0  # Days after a row's date at which an undated outcome counts.

    def said(self) -> list[str]:
        """Return in words what the list was taken for."""
        if self.label is None:
            return [
                "It has no column for the outcome: --outcome COLUMN, or COLUMN=VALUE,"
                " names one."
            ]
        if self.is_dated:
            return [
                f"The outcome is {self.label}. Columns without a date are taken to hold"
                f" from {self.row_date} on."
            ]
        if self.row_date is not None:
            return [
                f"The outcome is {self.label}, without a date: each row is scored as of"
                f" its {self.row_date}, and the outcome counts {self.horizon} days later"
                " (horizon_days)."
            ]
        return [
            f"The outcome is {self.label}. No column has dates: the list is taken to be"
            f" of {self.listed_on} (--set occurred_at=DATE says another). A third of"
            " the people, drawn by their ids, is held out to judge by. A build knows"
            " days only, so people to learn from are listed some weeks earlier: these"
            " days are made up, and no evaluation over time is possible."
        ]


def lead_mappings(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    source: Source,
    asked: list[str],
    told: dict[str, str],
    kept: list[str],
    reading: Reading,
    written_on: date,
    horizon: int,
    step: int,
    is_asked_for: bool,
) -> tuple[Mapping, Mapping | None] | None:
    """Return how a list's events and its profiles are read; None if it is none.

    Args:
        asked: what the outcome may be called, from --outcome.
        written_on: when a list without dates is of.
        horizon: days in which an outcome counts.
        step: days between the as-of dates of a build.
        is_asked_for: whether the file was said to be a list of leads.
    """
    ids = id_column(source, told)
    dates = date_columns(connection, source, reading)
    label, pattern = outcome_column(source, dates, asked)
    row_date = row_date_column(source, dates, told, label)
    evidence = label is not None or (row_date is not None and len(dates) > 1)
    unique = ids is not None and is_unique(source.sample[ids])
    if ids is None or not (is_asked_for or (evidence and (unique or pattern))):
        if is_asked_for:
            missing = "user_id" if ids is None else "occurred_at"
            raise PointwiseError(
                f"{name} is no list of leads: no column for {missing} among"
                f" {listed(source.columns)}; give --map {missing}=COLUMN"
            )
        return None
    outcome = None
    if label is not None:
        outcome = (
            event_name(label)
            if pattern in (None, YES)
            else f"{label}={value_of(asked, label)}"
        )
    left_out = {
        column: "overwritten by what comes later"
        for column in dates
        if OVERWRITTEN.search(plain(column)) and column not in (label, row_date)
    }
    is_dated = label is not None and pattern is None
    moments: list[Moment] = []
    if pattern is None and row_date is not None:
        moments += [
            Moment(event_name(column), Take(Place(column)))
            for column in dates
            if column not in left_out
        ]
    elif row_date is not None:
        moments = [
            Moment("Listed", Take(Place(row_date))),
            Moment(
                outcome, Take(Place(row_date), when=((Place(label), pattern),)), horizon
            ),
        ]
        left_out |= dict.fromkeys(
            (c for c in dates if c not in (row_date, *left_out)),
            "not needed: a row is scored as of its own date",
        )
    elif pattern is not None:
        moments = undated_moments(label, pattern, outcome, written_on, horizon, step)
    found = LeadList(
        label,
        outcome,
        row_date,
        is_dated,
        left_out,
        None if row_date is not None else written_on,
        horizon,
    )
    used = {ids, label, row_date, *dates}
    same = twins_of(source, label, pattern)
    left_out |= dict.fromkeys(same, "says the outcome itself")
    attributes = chosen(attributes_of(source, used | set(same)), kept)
    return mappings(ids, moments, attributes, row_date, found)


def mappings(
    ids: str,
    moments: list[Moment],
    attributes: list[Attribute],
    row_date: str | None,
    found: LeadList,
) -> tuple[Mapping, Mapping | None]:
    """Return how events are read, and profiles if there are attributes."""
    preset = Preset(LEADS, "a list of leads", [], [], {}, None, [], "events")
    person = {"user_id": (Take(Place(ids)),)}
    events = Mapping(person, {}, set(), preset, moments=tuple(moments), leads=found)
    sources = dict(person)
    if row_date is not None:
        sources["valid_from"] = (Take(Place(row_date)),)
    for attribute in attributes:
        no_choice = ((attribute.place, NO_CHOICE),)
        sources.setdefault(attribute.name, (Take(attribute.place, unless=no_choice),))
    profiles = Mapping(sources, {}, set(), preset, frozenset(sources), leads=found)
    return events, profiles if attributes else None


def undated_moments(
    label: str, pattern: str, outcome: str, written_on: date, horizon: int, step: int
) -> list[Moment]:
    """Return the events of a list without dates: who is listed when, by thirds.

    The days lie on the grid of the build's as-of dates, a horizon or more apart, the
    last of them a horizon before the day of the list.
    """
    last = written_on - timedelta(days=horizon)
    last -= timedelta(days=(last - date(1970, 1, 5)).days % step)
    apart = -(-horizon // step) * step
    moments = [Moment("Listed", Take(None, written_on.isoformat()))]
    for part in range(PARTS):
        day = last - timedelta(days=apart * (PARTS - 1 - part))
        end = day + timedelta(days=horizon)
        when = ((Place(label), pattern),)
        moments += [
            Moment("Listed", Take(None, day.isoformat()), part=part),
            Moment(outcome, Take(None, end.isoformat(), when=when), part=part),
        ]
    return moments


def id_column(source: Source, told: dict[str, str]) -> str | None:
    """Return the column of ids: as told, else by its name."""
    if told.get("user_id"):
        place = find_place(source, told["user_id"])
        return place and place.column
    for tier in ID_NAMES.split("/"):
        for wanted in tier.split():
            for column in source.columns:
                if plain(column) == wanted and all(source.sample[column][:1]):
                    return column
    found = guess_column("user_id", source, "users", set())
    return found[0] if found else None


def date_columns(
    connection: duckdb.DuckDBPyConnection, source: Source, reading: Reading
) -> list[str]:
    """Return the columns that hold dates; plain numbers only if the name says so."""
    found = []
    for column in source.columns:
        values = [v for v in source.sample[column] if v and v.strip()]
        if not values or not re.search(r"\d", values[0]):
            continue
        if is_number(values[:200]) and not DATE_WORDS & {*words_of(column)}:
            continue
        share = readable_share(connection, "occurred_at", "events", values, reading)
        if share is not None and share >= 0.9:
            found.append(column)
    return found


def outcome_column(
    source: Source, dates: list[str], asked: list[str]
) -> tuple[str | None, str | None]:
    """Return the column of the outcome, and what its cells are where it was had.

    The pattern is None where the column has dates. As asked, by the name of a column,
    of its event, or as COLUMN=VALUE; else by names: dates before yes and no.
    """
    for wanted in asked:
        column, equals, value = wanted.partition("=")
        place = find_place(source, column.strip())
        if equals and place:
            return place.column, f"(?i) *{re.escape(value.strip())} *"
        for column in source.columns:
            if plain(wanted) in (plain(column), plain(event_name(column))):
                if column in dates:
                    return column, None
                if says_yes_or_no(source.sample[column]):
                    return column, YES
    if asked:
        return None, None
    names = OUTCOMES.split()
    for column in dates:
        if plain(event_name(column)) in names:
            return column, None
    for name in names:
        for column in source.columns:
            if plain(column) == name and says_yes_or_no(source.sample[column]):
                return column, YES
    return None, None


def value_of(asked: list[str], label: str) -> str:
    """Return the value of COLUMN=VALUE that was asked for."""
    return next(
        a.partition("=")[2].strip()
        for a in asked
        if plain(a.partition("=")[0]) == plain(label)
    )


def twins_of(source: Source, label: str | None, pattern: str | None) -> list[str]:
    """Return columns that say yes exactly where the outcome was had."""
    if label is None:
        return []
    values = source.sample[label]
    had = [
        bool(v and v.strip()) if pattern is None else is_yes(v, pattern) for v in values
    ]
    return [
        column
        for column in source.columns
        if column != label
        and says_yes_or_no(source.sample[column])
        and [is_yes(v, YES) for v in source.sample[column]] == had
    ]


def row_date_column(
    source: Source, dates: list[str], told: dict[str, str], label: str | None
) -> str | None:
    """Return the column of a row's own date: as told, else by its name."""
    if told.get("occurred_at"):
        place = find_place(source, told["occurred_at"])
        return place and place.column
    if "occurred_at" in told:
        return None
    for tier in ROW_DATES.split("/"):
        for wanted in tier.split():
            for column in dates:
                if plain(column) == wanted and column != label:
                    return column
    return None


def attributes_of(source: Source, used: set[str | None]) -> list[Attribute]:
    """Return the columns that may say something of a person: not ids of rows."""
    found = []
    for column in source.columns:
        name = "_".join(words_of(column))
        values = [v for v in source.sample[column] if v and v.strip()]
        is_key = is_unique(values) and (not is_number(values) or IS_ID.search(name))
        if column not in used and not (is_key and len(values) > 2):
            found.append(Attribute(name, Place(column), values))
    return found


def event_name(column: str) -> str:
    """Return a date column as an event: Create Date is Created."""
    words = [word for word in words_of(column) if word not in DATE_WORDS]
    name = " ".join(words) or "Listed"
    return FORMER.get(name, name[:1].upper() + name[1:])


def words_of(column: str) -> list[str]:
    """Return the words of a column's name, in small letters."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", column)
    return [word for word in re.split(r"[\W_]+", parted.lower()) if word]


def says_yes_or_no(values: list[str | None]) -> bool:
    """Say if a column has yes and no in it, and hardly anything else."""
    yes = sum(is_yes(value, YES) for value in values)
    no = sum(is_yes(value or "", NO) for value in values)
    return yes > 0 and no > 0 and yes + no >= 0.99 * len(values)


def is_yes(value: str | None, pattern: str) -> bool:
    """Say if all of a value matches a pattern."""
    return value is not None and re.fullmatch(pattern, value) is not None


def is_number(values: list[str]) -> bool:
    """Say if all values are numbers."""
    return all(re.fullmatch(r" *[+-]?\d+([.]\d+)?([eE][+-]?\d+)? *", v) for v in values)


def is_unique(values: list[str | None]) -> bool:
    """Say if hardly any value comes twice."""
    filled = [value for value in values if value and value.strip()]
    return len(filled) > 0 and len(set(filled)) >= 0.98 * len(filled)
