"""Which columns of a list of leads are ids, dates, the outcome, attributes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import NamedTuple

import duckdb

from pointwise.core.errors import PointwiseError
from pointwise.core.panel.rows import reserved_words
from pointwise.importing.batches import Source
from pointwise.importing.columns import guess_column
from pointwise.importing.profiles import Attribute
from pointwise.importing.takes import Place, find_place, plain
from pointwise.importing.values import Reading, fitting_time_formats, readable_share

ID_NAMES = (
    "leadid prospectid contactid recordid recordidcontact hsobjectid personid"
    " customerid userid opportunityid accountid / leadnumber id lead contact prospect"
)
ROW_DATES = (
    "asof asofdate snapshotdate snapshotat snapshot observedat observationdate"
    " referencedate scoringdate cutoff cutoffdate / createdate createddate createdat"
    " created datecreated creationdate createdon leadcreated leadcreateddate"
    " leadcreationdate firstcontact firstcontactdate firstseen firstseenat signupdate"
    " signedupat registeredat registrationdate entrydate datecreate dealcreated"
    " / date month"
)
OUTCOMES = (
    "converted isconverted hasconverted convertedtocustomer becameacustomer"
    " becamecustomer closedwon iswon won customer iscustomer purchased haspurchased"
    " bought subscribed conversion responded response churned churn label target"
    " outcome success y"
)
YES_WORDS = "1|1[.]0|true|yes|y|t|converted|won|customer|checked"
NO_WORDS = "0|0[.]0|false|no|n|f|not converted|lost|open"
YES = rf"(?i) *({YES_WORDS}) *"
NO = rf"(?i) *({NO_WORDS}|) *"
KNOWN = rf"(?i) *({YES_WORDS}|{NO_WORDS}) *"
LIKE_DATE = re.compile(
    r"^(?:\d\d?[-/.]\d\d?[-/.]\d\d|\d{4}[-/]\d|\d{1,2}[- ]\w{3,9}[- ]\d|\D{3,14}\d)"
)
# Around the names of Dynamics, and of the answers of HubSpot's API.
OUTER = re.compile(r"^(\(Do Not Modify\) |properties\.)")
IS_ID = re.compile(r"(^|_)(id|ids|uuid|guid|number|no|nr|key|code|reference|ref)$")
DATE_WORDS = {"date", "at", "on", "time", "datetime", "timestamp", "ts", "utc", "day"}
# Who works on a lead, and what they write, and the number of a row, as pandas writes it
# without a name: nothing about the lead.
LEAVE = re.compile(
    r".*owner.*|(.*_)?(notes?|comments?|url|ids?|description)|column_1|unnamed_0|index"
)
FORMER = {"create": "Created", "close": "Closed", "convert": "Converted"}
FILLED = r"(?s).*\S.*"
CURRENCY_CODE = "[A-Z]{3}"
LISTING = "Listed"  # The event that a row is in a list: it says nothing of a person.


class Amounts(NamedTuple):
    """How amounts are written, and what is left out of one to have its number."""

    pattern: str
    marks: str
    has_comma: bool

    def number(self, value: str) -> str:
        """Return an amount without its marks, decimals after a point."""
        bare = re.sub(self.marks, "", value)
        return bare.replace(",", ".") if self.has_comma else bare


def amounts_written(has_comma: bool) -> Amounts:
    """Return how amounts are written, with a comma or a point before the decimals."""
    decimals = "," if has_comma else "[.]"
    thousands = "[.]" if has_comma else ","
    pattern = (
        rf"[-+]?([$€£¥]\s?|{CURRENCY_CODE}\s)?"
        rf"[-+]?(\d{{1,3}}({thousands}\d{{3}})+|\d+)({decimals}\d+)?"
        rf"(\s?[%$€£¥]|\s{CURRENCY_CODE})?"
    )
    return Amounts(pattern, rf"{thousands}|[$€£¥%\s]|{CURRENCY_CODE}", has_comma)


class Ask(NamedTuple):
    """What an import was asked for, and settings that decide how lists are read."""

    outcomes: list[str]  # What the outcome may be called, from --outcome.
    mapped: dict[str, str]
    kept: list[str]
    reading: Reading
    written_on: date  # When a list without dates is of.
    horizon: int  # Days in which an outcome counts.
    step: int  # Days between the as-of dates of a build.
    is_asked_for: bool  # The file was said to be a list of leads.
    days_of: Callable[[str], list[date]]  # All days that a column of the file has.


class Label(NamedTuple):
    """Where the outcome is: a column of dates, or one whose cells match a pattern."""

    column: str
    pattern: str | None  # None: the column has dates.
    event: str
    flag: str | None = None  # A column that says yes also where the date is missing.


def id_column(source: Source, mapped: dict[str, str]) -> str | None:
    """Return the column of ids: as named, else by its name."""
    if mapped.get("user_id"):
        place = find_place(source, mapped["user_id"])
        return place and place.column
    for tier in ID_NAMES.split("/"):
        for wanted in tier.split():
            for column in source.columns:
                is_so = wanted in (plain(column), named(column))
                if is_so and all(source.sample[column][:1]):
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


def outcome_column(source: Source, dates: list[str], asked: list[str]) -> Label | None:
    """Return where the outcome is: as asked for, else by names, dates first.

    It is asked for by the name of a column, of its event, or as COLUMN=VALUE.
    """
    flags = [c for c in source.columns if says_yes_or_no(source.sample[c])]
    if asked:
        found = (asked_column(source, dates, flags, wanted) for wanted in asked)
        return next((label for label in found if label), None)
    names = OUTCOMES.split()
    flags = [column for name in names for column in flags if named(column) == name]
    flag = flags[0] if flags else None
    for column in dates:
        if plain(event_name(column)) in names:
            return Label(column, None, event_name(column), flag)
    return Label(flag, YES, event_name(flag)) if flag else None


def asked_column(
    source: Source, dates: list[str], flags: list[str], wanted: str
) -> Label | None:
    """Return where an outcome is that was asked for."""
    column, equals, value = wanted.partition("=")
    place = find_place(source, column.strip())
    if equals and place:
        pattern = f"(?i) *{re.escape(value.strip())} *"
        return Label(place.column, pattern, f"{place.column}={value.strip()}")
    for column in (*dates, *flags):
        if plain(wanted) in (plain(column), plain(event_name(column))):
            pattern = None if column in dates else YES
            return Label(column, pattern, event_name(column))
    column = place.column if place and not place.keys else None
    if column and any(is_yes(value, YES) for value in source.sample[column]):
        return Label(column, YES, event_name(column))  # The rest is set aside.
    return None


def has_events(source: Source, ids: str | None, dates: list[str]) -> bool:
    """Say if rows are events of people, though a column says yes or no of each.

    Somebody is there again, a column names what was done, and none says as of which day
    a row is. A type may be one of people, where there is no time of day.
    """
    if ids is None or is_unique(source.sample[ids]):
        return False
    snapshots = ROW_DATES.partition("/")[0].split()
    is_as_of = any(named(column) in snapshots for column in dates)
    names = guess_column("event_type", source, "events", set())
    is_timed = any(":" in (v or "") for c in dates for v in source.sample[c][:50])
    are_events = is_timed or [plain(name) for name in names] != ["type"]
    return bool(names) and are_events and not is_as_of


def check_says_yes(name: str, source: Source, asked: list[str]) -> None:
    """Fail if a column was asked for as the outcome, and no cell of it says yes."""
    is_of_events = guess_column("event_type", source, "events", set())
    for wanted in asked:
        if wanted in source.columns and not is_of_events:
            filled = (v for v in source.sample[wanted] if v and v.strip())
            raise PointwiseError(
                f"{name}: no cell of the outcome {wanted!r} says yes or has a date,"
                f" such as {next(filled, '')[:40]!r}; say which value is the outcome:"
                f" --outcome '{wanted}=VALUE'"
            )


def twins_of(source: Source, label: Label) -> list[str]:
    """Return columns that say yes exactly where the outcome was had."""
    pattern = label.pattern or FILLED
    had = [is_yes(value, pattern) for value in source.sample[label.column]]
    found = [
        column
        for column in source.columns
        if column != label.column
        and says_yes_or_no(source.sample[column])
        and [is_yes(v, YES) for v in source.sample[column]] == had
    ]
    return list(dict.fromkeys([*found, *([label.flag] if label.flag else [])]))


def row_date_column(
    source: Source, dates: list[str], mapped: dict[str, str], label: Label | None
) -> str | None:
    """Return the column of a row's own date: as named, else by its name."""
    if mapped.get("occurred_at"):
        place = find_place(source, mapped["occurred_at"])
        return place and place.column
    if "occurred_at" in mapped:
        return None
    for tier in ROW_DATES.split("/"):
        for wanted in tier.split():
            for column in dates:
                means = named(column), plain(event_name(column))
                if wanted in means and not (label and column == label.column):
                    return column
    return None


def has_one_day(source: Source, column: str, ask: Ask) -> bool:
    """Say if a whole file is of one day: its first lines are looked at first."""
    days = {(value or "").strip()[:10] for value in source.sample[column]}
    return len(days - {""}) <= 1 and len(ask.days_of(column)) <= 1


def check_dates(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    source: Source,
    dates: list[str],
    ask: Ask,
) -> None:
    """Fail if the outcome or the row's own date is ambiguous.

    03/04/2026 may be of March or of April: --time-format says.
    """
    asked = [*ask.outcomes, *filter(None, [ask.mapped.get("occurred_at")])]
    wanted = [*ROW_DATES.replace("/", " ").split(), *map(plain, asked)]
    for column in source.columns:
        means = {plain(column), named(column), plain(event_name(column))}
        if column in dates or not means & {*wanted, *OUTCOMES.split()}:
            continue
        values = [v for v in source.sample[column] if v and v.strip()]
        if values and (formats := fitting_time_formats(connection, values)):
            hint = " or ".join(f"--time-format '{f}'" for f in formats)
            raise PointwiseError(
                f"{name}: dates in column {column!r} are written like"
                f" {values[0][:40]!r}; give {hint}"
            )


def dates_unread(
    connection: duckdb.DuckDBPyConnection, source: Source, used: set[str | None]
) -> dict[str, str]:
    """Return columns whose dates are written another way, with what reads them."""
    found = {}
    for column, cells in source.sample.items():
        values = [v for v in cells if v and v.strip()]
        if column in used or not all(map(LIKE_DATE.search, values[:20])):
            continue
        if values and (formats := fitting_time_formats(connection, values)):
            hint = " or ".join(f"--time-format '{f}'" for f in formats)
            found[column] = f"dates that are not read; {hint} reads them"
    return found


def attributes_of(
    source: Source, used: set[str | None], written: Amounts
) -> list[Attribute]:
    """Return the columns that may say something of a person: not ids of rows."""
    found = []
    for column in source.columns:
        name = "_".join(words_of(column))
        if name in reserved_words():
            name = f"{name}_is"
        values = [v for v in source.sample[column] if v and v.strip()]
        if is_amount(values, written):
            values = [written.number(value.strip()) for value in values]
        is_key = is_unique(values) and (not is_number(values) or IS_ID.search(name))
        is_left = LEAVE.fullmatch(name) or (is_key and len(values) > 2)
        if column not in used and not is_left:
            found.append(Attribute(name, Place(column), values))
    return found


def bare(column: str) -> str:
    """Return a column's name without what it is of: `Deal - Won time` is Won time."""
    last = re.sub(OUTER, "", column).rpartition(" - ")[2]
    return column if {*words_of(last)} <= DATE_WORDS else last


def named(column: str) -> str:
    """Return the plain name of a column, without what it is of."""
    return plain(bare(column))


def event_name(column: str) -> str:
    """Return a date column as an event: Create Date is Created."""
    words = [word for word in words_of(bare(column)) if word not in DATE_WORDS]
    name = " ".join(words).removeprefix("of ") or LISTING
    return FORMER.get(name, name[:1].upper() + name[1:])


def words_of(column: str) -> list[str]:
    """Return the words of a column's name, in small letters."""
    parted = re.sub("IDs(?![a-z])", "Ids", re.sub(OUTER, "", column))
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", parted)
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


def is_amount(cells: list[str | None], written: Amounts) -> bool:
    """Say if cells are numbers with thousands, a percent sign, or one currency."""
    values = [cell.strip() for cell in cells if cell and cell.strip()]
    marked = any(written.number(value) != value for value in values)
    amounts = sum(re.fullmatch(written.pattern, value) is not None for value in values)
    codes = {code for value in values for code in re.findall(CURRENCY_CODE, value)}
    return marked and amounts >= 0.98 * len(values) and len(codes) <= 1


def is_unique(values: list[str | None]) -> bool:
    """Say if hardly any value comes twice."""
    filled = [value for value in values if value and value.strip()]
    return len(filled) > 0 and len(set(filled)) >= 0.98 * len(filled)
