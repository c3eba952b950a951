"""From text to typed values: the SQL that types a batch, or looks at one column."""

import difflib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import duckdb

from pointwise.core.errors import PointwiseError
from pointwise.core.nothing import SPELLINGS_OF_NOTHING
from pointwise.core.sql_text import sql_name, sql_text
from pointwise.importing.batches import Source, text_table
from pointwise.importing.columns import EVENT_COLUMNS, PARTS, Mapping
from pointwise.importing.takes import Place, Take, is_pair

MACROS = Path(__file__).with_name("read_values.sql")
DATES = ("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%d %b %Y")
NAMED_MONTHS = ("%b %d, %Y", "%b %d, %Y,", "%B %d, %Y", "%d %B %Y", "%d-%b-%Y")
# With the last two digits of the year.
SHORT_YEARS = (
    *("%y-%m-%d", "%d-%m-%y", "%d.%m.%y", "%d/%m/%y", "%m/%d/%y"),
    *("%d-%b-%y", "%b %d, %y"),
)
TIMES = (
    *("", " %H:%M", " %H:%M:%S"),
    *(" %I:%M %p", " %I:%M:%S %p", " %I:%M%p", " %I:%M:%S%p"),
)
COMMON_TIME_FORMATS = [
    *(date + time for date in (*DATES, *NAMED_MONTHS) for time in TIMES),
    *(date + time for date in ("%Y-%m-%d", "%Y/%m/%d") for time in TIMES[3:]),
    "%d/%b/%Y:%H:%M:%S %z",
    "%a, %d %b %Y %H:%M:%S %z",
    "%a, %d %b %Y %H:%M:%S %Z",
    "%Y-%m-%d %H:%M:%S %Z",
    "%a %b %d %Y %H:%M:%S GMT%z",
    "%a %b %d %H:%M:%S %Y",
    *(date + time for date in SHORT_YEARS for time in TIMES),
]
# White space that means nothing around a value, whatever wrote it.
WHITE = " \t\r\n\v\f\x85\u00a0\u2007\u202f\u3000\ufeff"
UNREAD = "unread_"  # So begins a column of numbers that could not be read.
NUMBERS = ("amount", "duration_seconds")
LIKE_NUMBER = re.compile(
    r"[-+]?(?:[^\w\s]|[A-Z]{2,3})?\s?\d[\d.,'\s]*(?:[^\w\s]|[A-Z]{2,3})?"
)
DERIVED = "row-"  # So begins an event id that stands for all that a row says.
ID_COLUMNS = ("id", "event_id", "user_id", "anonymous_id", "session_id")


class Reading(NamedTuple):
    """How values are written in the source."""

    time_formats: tuple[str, ...]
    time_zone: str
    decimal_comma: bool
    hashes_user_ids: bool
    # $1,200 is a number, and an event is kept without one that cannot be read. Not of
    # files in place: a build reads and judges these itself.
    is_lenient: bool = False


def connect() -> duckdb.DuckDBPyConnection:
    """Return a database in memory that knows the macros of read_values.sql."""
    connection = duckdb.connect(config={"autoinstall_known_extensions": False})
    connection.execute("set TimeZone = 'UTC'")
    connection.execute(MACROS.read_text(encoding="utf-8"))
    # Not by a list: DuckDB makes a join of that, and rows would lose their order.
    words = "|".join(re.escape(word) for word in SPELLINGS_OF_NOTHING if word)
    pattern = sql_text(f"(?i)|(?:{words})")
    connection.execute(f"create macro trimmed(content) as trim(content, '{WHITE}')")
    connection.execute(
        "create macro something(content) as case when not"
        f" regexp_full_match(trimmed(content), {pattern}) then trimmed(content) end"
    )
    return connection


def check_reading(connection: duckdb.DuckDBPyConnection, reading: Reading) -> None:
    """Fail unless the time zone exists and the time formats are understood."""
    query = "select name from pg_timezone_names()"
    zones = [row[0] for row in connection.execute(query).fetchall()]
    if reading.time_zone not in zones:
        near = difflib.get_close_matches(reading.time_zone, zones, 3, 0.5)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise PointwiseError(
            f"--time-zone: there is no {reading.time_zone!r}; zones are named like"
            f" Europe/Berlin{hint}"
        )
    for time_format in reading.time_formats:
        try:
            query = f"select try_strptime('', {sql_text(time_format)})"
            connection.execute(query).fetchall()
        except duckdb.Error as error:
            reason = str(error).splitlines()[0].rpartition(": ")[2]
            raise PointwiseError(f"--time-format {time_format!r}: {reason}") from None


def column_type(target: str, kind: str) -> str:
    """Return the type of a column of ours."""
    if kind != "events":
        is_time = target in ("valid_from", "assigned_at")
        return "timestamp" if is_time else "varchar"
    return EVENT_COLUMNS.get(target, "varchar")


def typed_rows(
    mapping: Mapping, kind: str, reading: Reading, always: Iterable[str]
) -> str:
    r"""Return the query that types the text columns c0, c1, … of `batches`.

    The columns `always` are there even where no source column is; others follow.
    Values that cannot be read are NULL, and stand in `unparsed` as they were; numbers,
    which events can do without, in a column of their own if reading is lenient. Cells
    that spell nothing, such as \N and NULL, are NULL. Without anything in it, a row of
    profiles is none.
    """
    columns = mapping.columns()
    # Values that are looked at twice are named v0, v1, …: that halves planning.
    selected, unread, emptied, named = [], [], [], []
    for target in dict.fromkeys([*always, *mapping.sources, *mapping.constants]):
        kind_of_value = column_type(target, kind)
        content = content_of(target, mapping)
        if content is None:
            value = f"cast(null as {kind_of_value})"
        else:
            value = value_expression(target, kind_of_value, content, reading)
            if mapping.moments and target == "occurred_at":
                later = f"{value} + to_days(moment.plus_days)"
                latest = f"greatest({value}, least({later}, moment.latest))"
                value = f"case when {value} is not null then {latest} end"
            if kind_of_value != "varchar":
                named.append(f"{value} as v{len(named)}")
                value = f"v{len(named) - 1}"
            if kind_of_value == "double" and reading.is_lenient:
                of_number = (
                    f"case when trim({content}) <> '' and {value} is null"
                    f" then {content} end"
                )
                emptied.append(f"{of_number} as {UNREAD}{target}")
            elif kind_of_value != "varchar":
                unread.append(
                    f"case when trim({content}) <> '' and {value} is null"
                    f" then {sql_text(target + '=')} || {content} end"
                )
        if target == "event_id" and kind == "events":
            value = event_id_of(value, mapping)
        selected.append(f"{value} as {sql_name(target)}")
    unparsed = f"nullif(concat_ws('; ', {', '.join(unread)}), '')" if unread else "null"
    selected += [f"cast({unparsed} as varchar) as unparsed", *emptied]
    cells = ", ".join(f"something(c{i}) as c{i}" for i in range(len(columns)))
    rows = f"(select {cells or '1'} from batches)"
    if mapping.moments:
        moments = moments_of(mapping, reading)
        rows = f"(select *, unnest([{moments}]) as moment from {rows})"
    holds = ["moment.content is not null"] if mapping.moments else []
    holds += [f"{condition(place, text, columns)}" for place, text in mapping.when]
    where = f" where {' and '.join(holds)}" if holds else ""
    rows = f"(select {', '.join(['*', *named])} from {rows}{where})"
    return f"select {', '.join(selected)} from {rows}"


def event_id_of(own: str, mapping: Mapping) -> str:
    """Return the SQL of an event's id: its own, else from all that the row says.

    It depends on what the source says, in any order of its columns, and on nothing
    that is asked for: another export that has the row has the same event.
    """
    columns, role = mapping.columns(), mapping.role
    if role:
        own = f"{own} || {sql_text(f' as {role}')}"
    if not mapping.whole:
        return own
    cells = ", ".join(
        f"{sql_text(f'{name}=')} || c{columns.index(name)}"
        for name in sorted(mapping.whole)
    )
    said = f"concat_ws(chr(31), {sql_text(role)}, {cells})"
    return f"coalesce({own}, {sql_text(DERIVED)} || md5({said}))"


def moments_of(mapping: Mapping, reading: Reading) -> str:
    """Return the SQL of a row's events: name, text of the time, days to add."""
    person = content_of("user_id", mapping)
    found = []
    for name, take, plus_days, latest, part, _, only_on in mapping.moments:
        content = take_expression(take, mapping.columns())
        if part is not None:
            number = f"md5_number({person}) % {PARTS}"
            content = f"case when {number} = {part} then {content} end"
        if only_on:
            read = time_expression(content, reading.time_formats, reading.time_zone)
            is_then = f"cast({read} as date) = date {sql_text(only_on)}"
            content = f"case when {is_then} then {content} end"
        found.append(
            f"struct_pack(name := {sql_text(name)}, content := {content},"
            f" plus_days := {plus_days},"
            f" latest := try_cast({sql_text(latest)} as timestamp))"
        )
    return ", ".join(found)


def content_of(target: str, mapping: Mapping) -> str | None:
    """Return the SQL of a target's text, before it is typed; None if it has none."""
    if mapping.moments and target in ("event_type", "occurred_at"):
        return "moment.name" if target == "event_type" else "moment.content"
    if target not in mapping.sources:
        constant = mapping.constants.get(target)
        return None if constant is None else sql_text(constant)
    columns = mapping.columns()
    takes = [take_expression(take, columns) for take in mapping.sources[target]]
    content = takes[0] if len(takes) == 1 else f"coalesce({', '.join(takes)})"
    if target == "page_path" and target in mapping.preset_targets:
        return f"path_of({content})"
    return content


def take_expression(take: Take, columns: list[str]) -> str:
    """Return the SQL of one way to a value."""
    content = place_expression(take.place, columns) if take.place else None
    if take.value is not None:
        content = sql_text(take.value)
    elif take.match is not None:
        pattern = take.match if "(" in take.match else f"({take.match})"
        content = (
            f"nullif(regexp_extract({content}, {sql_text(f'^(?:{pattern})$')}, 1), '')"
        )
    if take.without is not None:
        content = f"regexp_replace({content}, {sql_text(take.without)}, '', 'g')"
    if take.has_comma:
        content = f"replace({content}, ',', '.')"
    holds = [condition(place, text, columns) for place, text in take.when]
    holds += [f"not {condition(place, text, columns)}" for place, text in take.unless]
    if take.unlike:
        other = place_expression(take.unlike, columns)
        holds.append(f"{content} is distinct from {other}")
    return f"case when {' and '.join(holds)} then {content} end" if holds else content


def condition(place: Place, pattern: str, columns: list[str]) -> str:
    """Return the SQL condition that all of a value matches a pattern; never NULL."""
    content = place_expression(place, columns)
    return f"coalesce(regexp_full_match({content}, {sql_text(pattern)}), false)"


def place_expression(place: Place, columns: list[str]) -> str:
    """Return the SQL of the text at a place."""
    content = f"c{columns.index(place.column)}"
    pointer = ""
    for key in place.keys:
        if is_pair(key):
            content = (
                f"read_pair({read_inside(content, pointer)}, {sql_text(key[1:-1])})"
            )
            pointer = ""
        else:
            pointer += "/" + key.replace("~", "~0").replace("/", "~1")
    return f"something({read_inside(content, pointer)})" if place.keys else content


def read_inside(content: str, pointer: str) -> str:
    """Return the SQL of what is at a JSON pointer in a text."""
    return f"read_inside({content}, {sql_text(pointer)})" if pointer else content


def value_expression(
    target: str, value_type: str, content: str, reading: Reading
) -> str:
    """Return the SQL that reads a text expression as a target column's value."""
    if value_type == "timestamp":
        return time_expression(content, reading.time_formats, reading.time_zone)
    if value_type == "double":
        read = "read_amount" if reading.is_lenient else "read_number"
        if reading.decimal_comma:
            read = "read_comma_number"
            content = f"without_currency({content})" if reading.is_lenient else content
        number = f"{read}({content})"
        if target == "duration_seconds":
            return f"coalesce({number}, read_clock({content}))"
        return number
    if target in ("user_id", "anonymous_id") and reading.hashes_user_ids:
        return f"hashed(read_id({content}))"
    if target == "account_id":
        return f"read_account({content})"
    if target in ID_COLUMNS:
        return f"read_id({content})"
    return content


def time_expression(content: str, formats: tuple[str, ...], zone: str) -> str:
    """Return the SQL that reads a time: by the formats, then as ISO or epoch."""
    tries = []
    for time_format in formats:
        parsed = f"try_strptime(trim({content}), {sql_text(time_format)})"
        has_zone = "%z" in time_format or "%Z" in time_format
        tries.append(
            f"cast({parsed} as timestamp)"
            if has_zone
            else f"in_zone({parsed}, {sql_text(zone)})"
        )
    tries.append(f"read_time({content}, {sql_text(zone)})")
    return f"coalesce({', '.join(tries)})" if formats else tries[0]


def storable(value: str | None) -> str | None:
    """Return a text as UTF-8 can have it: JSON may hold half of a character."""
    return value and value.encode("utf-8", "replace").decode("utf-8")


def samples_of(
    connection: duckdb.DuckDBPyConnection, source: Source, mapping: Mapping
) -> dict[str, list[str | None]]:
    """Return what the sample of a file has for each target, as text, rows in order."""
    mapping = mapping.only_used()
    columns = mapping.columns()
    targets = list(mapping.sources)
    if not columns or not targets:
        return {target: [] for target in targets}
    rows = text_table([list(map(storable, source.sample[c])) for c in columns])
    connection.register("sample_rows", rows)
    cells = ", ".join(f"something(c{i}) as c{i}" for i in range(len(columns)))
    contents = ", ".join(content_of(target, mapping) or "null" for target in targets)
    query = f"select {contents} from (select {cells} from sample_rows)"
    found = connection.execute(query).fetchall()
    return {target: [row[i] for row in found] for i, target in enumerate(targets)}


def readable_share(
    connection: duckdb.DuckDBPyConnection,
    target: str,
    kind: str,
    values: list[str | None],
    reading: Reading,
) -> float | None:
    """Return which share of a column's non-empty values can be read; None without any.

    A time before 1980 counts as unread: it is a number that is no time.
    """
    expression = value_expression(target, column_type(target, kind), "content", reading)
    if column_type(target, kind) == "timestamp":
        expression = f"nullif({expression} < timestamp '1980-01-01', true)"
    query = (
        f"select count({expression}) / nullif(count(*), 0)"
        " from (select something(unnest($1::varchar[])) as content)"
        " where trim(content) <> ''"
    )
    return connection.execute(query, [values]).fetchall()[0][0]


def fitting_time_formats(
    connection: duckdb.DuckDBPyConnection, values: list[str | None]
) -> list[str]:
    """Return the common time formats that read every non-empty value, from 1980 on.

    The year of 3/1/26, with four digits, is 26.
    """
    fit = ", ".join(
        f"bool_and(coalesce(cast(try_strptime(trim(content), {sql_text(time_format)})"
        " as timestamp) >= timestamp '1980-01-01', false))"
        for time_format in COMMON_TIME_FORMATS
    )
    found = connection.execute(
        f"select {fit} from (select something(unnest($1::varchar[])) as content)"
        " where trim(content) <> ''",
        [values],
    ).fetchall()[0]
    pairs = zip(COMMON_TIME_FORMATS, found, strict=True)
    return [time_format for time_format, is_fit in pairs if is_fit]
