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
from pointwise.importing.columns import PARTS, Mapping, Moment, listed
from pointwise.importing.lead_columns import (
    FILLED,
    KNOWN,
    LISTING,
    NO,
    YES,
    Amounts,
    Ask,
    Label,
    amounts_written,
    attributes_of,
    check_dates,
    check_says_yes,
    date_columns,
    dates_unread,
    event_name,
    has_events,
    has_one_day,
    id_column,
    is_amount,
    is_unique,
    is_yes,
    outcome_column,
    row_date_column,
    twins_of,
)
from pointwise.importing.past import FIRST_MONDAY
from pointwise.importing.presets import LEADS, Preset
from pointwise.importing.profiles import Attribute, chosen
from pointwise.importing.takes import Place, Take, plain

# Choices that nobody made: what forms say before one is made.
NO_CHOICE = (
    r"(?i) *(select|please select|-+ ?none ?-+|-none-|none selected|[(]blank[)]) *"
)
MOST_SNAPSHOTS = 26  # Of a list whose rows have dates: a year, each two weeks.
FEWEST_A_DAY = 10  # Rows, if a list is of a few days that many rows share.
OVERWRITTEN = re.compile(r"last|latest|recent|modified|updated|next|current")
TWIN = "they say the outcome itself"
COMMA = "numbers with a comma before the decimals (--decimal-comma takes them for such)"
NO_DAY = "no row has a date of its own"
ROWS = "rows are scored as of their own date"


class LeadList(NamedTuple):
    """What a list of leads was taken for."""

    label: str | None  # The column of the outcome; None if there is none.

    outcome: str | None  # The name of its event; None if it has none.
    row_date: str | None  # The column of a row's own date; None if there is none.
    is_dated: bool  # The outcome has a date of its own.
    left_out: dict[str, str]  # Columns that are not used, and why.
    # Of a list without dates: when it was written; of a table of a few days: the end of
    # the last horizon.
    listed_on: date | None = None
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
                f" its {self.row_date}, and the outcome counts {self.horizon} days"
                " later (horizon_days)."
            ]
        return [
            f"The outcome is {self.label}. No column has a day for each row: the list"
            f" is taken to be of {self.listed_on} (--set occurred_at=DATE says"
            " another). A third of the people, drawn by their ids, is held out to judge"
            " by. A build knows days only, so people to learn from are listed some"
            " weeks earlier: these days are made up, and no evaluation over time is"
            " possible."
        ]


def lead_mappings(
    connection: duckdb.DuckDBPyConnection, name: str, source: Source, ask: Ask
) -> tuple[Mapping, Mapping] | None:
    """Return how a list's events and its profiles are read; None if it is none."""
    ids = id_column(source, ask.mapped)
    dates = date_columns(connection, source, ask.reading)
    label = outcome_column(source, dates, ask.outcomes)
    is_asked_for = ask.is_asked_for or bool(label and ask.outcomes)
    if not is_asked_for and has_events(source, ids, dates):
        return None
    row_date = row_date_column(source, dates, ask.mapped, label)
    check_dates(connection, name, source, dates, ask)
    looks_so = label is not None or (
        row_date is not None
        and len(dates) > 1
        and ids is not None
        and is_unique(source.sample[ids])
    )
    if not (ask.is_asked_for or looks_so):
        check_says_yes(name, source, ask.outcomes)
        return None
    if ids is None:
        raise PointwiseError(
            f"{name} is a list of leads without a column for ids among"
            f" {listed(source.columns)}; give --map user_id=COLUMN, and"
            " --hash-user-ids for e-mail addresses; if there is none, add a column that"
            " numbers the rows; --preset plain if it is no list of leads"
        )
    is_dated = label is not None and label.pattern is None
    if row_date and label and not is_dated and has_one_day(source, row_date, ask):
        # A table as of one day is one without dates, of that day.
        of_day = ask.days_of(row_date)[:1] or [ask.written_on]
        ask, row_date = ask._replace(written_on=of_day[0]), None
    is_repeated = label is not None and not is_unique(source.sample[ids])
    if (is_dated or is_repeated) and not row_date and "occurred_at" not in ask.mapped:
        row_date = only_other_date(name, source, dates, label)
    if is_dated and row_date is None:
        # Who has a date of the outcome had it; from when rows hold is not known.
        label, is_dated = label._replace(pattern=FILLED), False
    reached = None
    left_out = {} if label is None else dict.fromkeys(twins_of(source, label), TWIN)
    used = {ids, row_date, *dates, *left_out, *(label or ())[:1]}
    unread = dates_unread(connection, source, used | {*ask.kept})
    used |= {*unread}
    if label is None or is_dated:
        moments, others = dated_moments(dates, label, row_date, ask)
        left_out |= others
    elif row_date is not None:
        moments = row_moments(source, label, row_date, ask)
        reached = reached_by(source, row_date, ask)
        moments += listed_at_the_end(row_date, reached, ask)
        left_out |= {c: ROWS for c in dates if c not in (row_date, label.column)}
    else:
        moments = undated_moments(source, label, ask)
        left_out |= {c: NO_DAY for c in dates if c != label.column}
    moments += moments_that_lack(label, row_date)
    taken_for = LeadList(
        label and label.column,
        label and label.event,
        row_date,
        is_dated,
        left_out,
        reached if row_date is not None else ask.written_on,
        ask.horizon,
    )
    written = amounts_written(ask.reading.decimal_comma)
    attributes = chosen(attributes_of(source, used, written), ask.kept)
    left_out |= unread
    left_out |= dict.fromkeys(commas_unread(source, used, attributes, written), COMMA)
    return mappings(ids, moments, attributes, row_date, taken_for, source, written)


def only_other_date(
    name: str, source: Source, dates: list[str], label: Label
) -> str | None:
    """Return the column of dates from which rows hold, beside that of the outcome.

    Raises PointwiseError if it could be several.
    """
    found = [
        column
        for column in dates
        if column != label.column
        and not OVERWRITTEN.search(plain(column))
        and sum(map(bool, source.sample[column])) >= 0.9 * len(source.sample[column])
    ]
    if len(found) > 1:
        raise PointwiseError(
            f"{name}: rows of a list hold from a date of their own, not from"
            f" {label.column!r}, and that could be {listed(found)}; give"
            " --map occurred_at=COLUMN"
        )
    return found[0] if found else None


def commas_unread(
    source: Source,
    used: set[str | None],
    attributes: list[Attribute],
    written: Amounts,
) -> list[str]:
    """Return columns not used whose numbers have a comma before their decimals."""
    taken = {*used, *(attribute.place.column for attribute in attributes)}
    with_comma = amounts_written(has_comma=True)
    return [
        column
        for column, values in source.sample.items()
        if column not in taken
        and not written.has_comma
        and is_amount(values, with_comma)
    ]


def dated_moments(
    dates: list[str],
    label: Label | None,
    row_date: str | None,
    ask: Ask,
) -> tuple[list[Moment], dict[str, str]]:
    """Return an event a column of dates, and the columns that are none, with why.

    Who had the outcome and no date of it had it a horizon after the row's date.
    """
    left_out = {
        column: "overwritten by what comes later"
        for column in dates
        if OVERWRITTEN.search(plain(column)) and not (label and column == label.column)
    }
    moments = [
        Moment(event_name(column), Take(Place(column)))
        for column in dates
        if column not in left_out or column == row_date
    ]
    if label and label.flag and row_date not in (None, label.column):
        take = Take(
            Place(row_date),
            when=((Place(label.flag), YES),),
            unless=((Place(label.column), FILLED),),
        )
        latest = ask.written_on.isoformat()
        moments.append(Moment(label.event, take, ask.horizon, latest))
    return moments, left_out


def row_moments(source: Source, label: Label, row_date: str, ask: Ask) -> list[Moment]:
    """Return the events of rows that have a date each: listed then, and the outcome.

    Rows without yes or no are open: nothing is learned from them.
    """
    listed_if = known_if(source, label)
    return [
        Moment(LISTING, Take(Place(row_date), when=listed_if)),
        Moment(
            label.event,
            Take(Place(row_date), when=((Place(label.column), label.pattern),)),
            ask.horizon,
            ask.written_on.isoformat(),
        ),
    ]


def reached_by(source: Source, row_date: str, ask: Ask) -> date | None:
    """Return the end of the last horizon of a table that is as of a few days.

    None if rows have days of their own, or that day is not beyond them.
    """
    filled = [value for value in source.sample[row_date] if value]
    if len(filled) < FEWEST_A_DAY * len({*filled}):
        return None
    days = ask.days_of(row_date)
    if not days or len(days) > MOST_SNAPSHOTS:
        return None
    reached = min(days[-1] + timedelta(days=ask.horizon), ask.written_on)
    return reached if reached > days[-1] else None


def listed_at_the_end(row_date: str, reached: date | None, ask: Ask) -> list[Moment]:
    """Return that those of the last day are listed at the end of its horizon, too.

    So a build knows that the data reaches until then, however few had the outcome.
    """
    if reached is None:
        return []
    take, latest = Take(Place(row_date)), reached.isoformat()
    last_day = ask.days_of(row_date)[-1].isoformat()
    return [
        Moment(*(LISTING, take, ask.horizon, latest), is_shown=False, only_on=last_day)
    ]


def undated_moments(source: Source, label: Label, ask: Ask) -> list[Moment]:
    """Return the events of a list without dates: who is listed when, by thirds.

    The days lie on the grid of the build's as-of dates, a horizon or more apart, the
    last of them a horizon before the day of the list.
    """
    last = ask.written_on - timedelta(days=ask.horizon)
    last -= timedelta(days=(last - FIRST_MONDAY).days % ask.step)
    apart = -(-ask.horizon // ask.step) * ask.step
    moments = [Moment(LISTING, Take(None, ask.written_on.isoformat()))]
    for part in range(PARTS):
        day = last - timedelta(days=apart * (PARTS - 1 - part))
        end = day + timedelta(days=ask.horizon)
        had = ((Place(label.column), label.pattern),)
        listed_if = known_if(source, label)
        moments += [
            Moment(LISTING, Take(None, day.isoformat(), when=listed_if), part=part),
            Moment(label.event, Take(None, end.isoformat(), when=had), part=part),
        ]
    return moments


def moments_that_lack(label: Label | None, row_date: str | None) -> list[Moment]:
    """Return what is set aside, and so counted: no date, and neither yes nor no."""
    found = []
    if row_date is not None and not (label and label.column == row_date):
        without = Take(None, f"without {row_date}", unless=((Place(row_date), FILLED),))
        found.append(Moment(event_name(row_date), without, is_shown=False))
    if label is not None and label.pattern == YES:
        # An empty cell is open.
        neither = ((Place(label.column), YES), (Place(label.column), NO))
        unclear = Take(Place(label.column), unless=neither)
        found.append(Moment(label.event, unclear, is_shown=False))
    return found


def known_if(source: Source, label: Label) -> tuple[tuple[Place, str], ...]:
    """Return the condition that a row says yes or no, if some rows say neither."""
    filled = [v for v in source.sample[label.column] if v and v.strip()]
    if not any(is_yes(value, NO) for value in filled):
        return ()
    known = KNOWN if label.pattern == YES else FILLED
    return ((Place(label.column), known),)


def mappings(
    ids: str,
    moments: list[Moment],
    attributes: list[Attribute],
    row_date: str | None,
    taken_for: LeadList,
    source: Source,
    written: Amounts,
) -> tuple[Mapping, Mapping]:
    """Return how events are read, and profiles, which need not have attributes."""
    preset = Preset(LEADS, "a list of leads", [], [], {}, None, [], "events")
    person = {"user_id": (Take(Place(ids)),)}
    sources = dict(person)
    if row_date is not None:
        sources["valid_from"] = (Take(Place(row_date)),)
    for attribute in attributes:
        take = Take(attribute.place, unless=((attribute.place, NO_CHOICE),))
        if is_amount(source.sample[attribute.place.column], written):
            take = take._replace(without=written.marks, has_comma=written.has_comma)
        sources.setdefault(attribute.name, (take,))
    events = Mapping(person, {}, set(), preset, moments=tuple(moments), leads=taken_for)
    profiles = Mapping(sources, {}, set(), preset, frozenset(sources), leads=taken_for)
    return events, profiles
