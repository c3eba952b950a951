"""Report what was understood of files, before a build, and what comes next."""

import csv
import os
import re
import shlex
from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import duckdb

from pointwise.core.home import HOME, PROJECT, home, path_setting
from pointwise.core.sql_text import file_text
from pointwise.core.terminal import console, plain_text, print_table
from pointwise.core.words import all_of, counted
from pointwise.importing.batches import Source
from pointwise.importing.columns import Mapping, Moment, last_name, listed
from pointwise.importing.inputs import Input
from pointwise.importing.landing import rejects_path
from pointwise.importing.pages import named_by
from pointwise.importing.starter_panel import EventName
from pointwise.importing.takes import Take
from pointwise.importing.understood import (
    EXAMPLES,
    IS_WITHOUT_ID,
    SAME_EVENT,
    Facts,
    Reason,
    with_ids,
)
from pointwise.importing.values import ID_COLUMNS, WHITE
from pointwise.sources.listing import find_files

WIDTH = 80
SHOWN_NAMES = 25
WORTH_A_WARNING = 0.01
LONG_AGO = timedelta(days=90)
# Numbers from these on are milliseconds, micro-, nanoseconds since 1970, as in
# read_values.sql.
EPOCH_ENDS = (10**11, 10**14, 10**17)
CURRENCY = re.compile(r"\b[A-Z]{3}\b|[$€£¥]")
OF_CURRENCY = ("currency", "currencycode", "trcurrency")
MOST_CURRENCIES = 12  # More are something else.
OUR_NAME = re.compile(r"-[0-9a-f]{16}\.parquet$")


class Imported(NamedTuple):
    """What came of a file's events or profiles, imported now or before."""

    file: Input
    path: Path
    kind: str
    landed: int
    set_aside: int
    seconds: float | None  # None: it was imported before.
    source: Source
    mapping: Mapping


def print_shapes(
    imported: list[Imported],
    samples: Callable[[Imported], dict[str, list[str | None]]],
) -> None:
    """Print how files were read, each shape once: columns used and ignored."""
    shapes: dict[tuple, list[Imported]] = defaultdict(list)
    for file in imported:
        shapes[file.kind, str(file.mapping.only_used())].append(file)
    for files in shapes.values():
        first, values = files[0], samples(files[0])
        more = f" and {len(files) - 1} more" if len(files) > 1 else ""
        preset = first.mapping.preset
        how = preset.title if preset else "columns found by their names"
        kind = {"users": "Profiles", "events": "Events"}.get(first.kind, "Assignments")
        say(f"{kind} of {first.file.name}{more}: {how}", style="bold")
        rows = [
            (why(takes), target, shown(values[target]))
            for target, takes in first.mapping.sources.items()
            if first.mapping.preset is None or any(values[target])
        ]
        rows += [
            (written(moment), "an event", moment.name)
            for moment in first.mapping.moments
            if moment.is_shown and not moment.part
        ]
        constants = first.mapping.constants.items()
        rows += [("the same in every row", t, v) for t, v in constants]
        print_table("", ("from", "becomes", "such as"), fitting(rows, (0, 1, 2)))
        # What of events is said to be ignored is not used by their profiles either.
        alike = [file for file in imported if file.file == first.file]
        used = {c for file in alike for c in file.mapping.only_used().columns()}
        dropped = [
            column
            for column, values_of_column in first.source.sample.items()
            if column not in used and any(values_of_column)
        ]
        if leads := first.mapping.leads if first.mapping.moments else None:
            dropped = [column for column in dropped if column not in leads.left_out]
            for reason in dict.fromkeys(leads.left_out.values()):
                named = [c for c, why in leads.left_out.items() if why == reason]
                say(f"Left out, {reason}: {listed(named, 12)}.")
            for sentence in leads.said():
                say(sentence)
        if len(found := currencies(first)) > 1:
            say(
                f"WARNING: amounts are in {all_of(found)} in the first lines, and count"
                " as if they were of one currency. Convert them in the file, or leave"
                " amounts out: --map amount=",
                style="bold red",
            )
        if value := with_white_space(first):
            say(f"Ids are taken without white space around them: {value!r} is one.")
        if dropped and first is alike[0]:
            keep = "" if first.kind == "assignments" else " (--keep COLUMN keeps one)"
            say(f"Ignored: {listed(dropped, 12)}{keep}")
        console.print()


def currencies(file: Imported) -> list[str]:
    """Return in which currencies the amounts of a file's first lines are.

    They stand beside the amount, or in a column of that name.
    """
    takes = file.mapping.sources.get("amount", ())
    places = [take.place for take in takes if take.place]
    beside = {place.column for place in places if not place.keys}
    sample = file.source.sample
    named = [c for c in sample if places and last_name(c) in OF_CURRENCY]
    found = {v.strip() for c in named for v in sample[c] if v and v.strip()}
    for value in (v for c in beside for v in sample[c] if v):
        found |= {*CURRENCY.findall(value)}
    return sorted(found) if len(found) <= MOST_CURRENCIES else []


def with_white_space(file: Imported) -> str | None:
    """Return an id of a file's first lines that has white space around it, if any."""
    takes = [t for name in ID_COLUMNS for t in file.mapping.sources.get(name, ())]
    columns = [take.place.column for take in takes if take.place]
    values = [v for column in columns for v in file.source.sample[column] if v]
    return next((v for v in values if v.strip(WHITE) not in ("", v)), None)


def written(moment: Moment) -> str:
    """Return where the time of an event is from, and if not of all rows, of which."""
    where = str(moment.take.place) if moment.take.place else moment.take.value
    if moment.plus_days:
        where = f"{moment.plus_days} days after {where}"
    return where + "".join(f", if {place}" for place, _ in moment.take.when)


def print_refused(refused: dict[str, str]) -> None:
    """Print which attributes know the outcome, and why they are taken to."""
    if not refused:
        return
    say("Refused: most likely filled in after the outcome", style="bold")
    for name, reason in refused.items():
        say(f"  {name}: {reason}.")
    say("If one is known before, --keep COLUMN takes it anyway.")
    console.print()


def why(takes: tuple[Take, ...]) -> str:
    """Return from which columns something is taken."""
    names = [str(t.place) if t.place and t.value is None else "by rule" for t in takes]
    return " or ".join(dict.fromkeys(names))


def shown(values: list[str | None]) -> str:
    """Return the first value of a sample."""
    return next((value for value in values if value and value.strip()), "")


def fitting(rows: list[tuple[str, ...]], cuttable: tuple[int, ...]) -> list[list[str]]:
    """Return rows for a table of 80 columns: long texts are cut.

    Of the columns that may be cut, those that need least have what they need.
    """
    cells = [list(row) for row in rows]
    needed = [max(map(len, column)) for column in zip(*cells, strict=True)]
    fixed = (max(n, 6) for place, n in enumerate(needed) if place not in cuttable)
    room = WIDTH - 2 * max(len(needed) - 1, 0) - sum(fixed)
    by_need = sorted((needed[place], place) for place in cuttable if needed)
    for done, (need, place) in enumerate(by_need):
        width = min(need, room // (len(by_need) - done))
        for row in cells:
            row[place] = cut(row[place], width)
        room -= width
    return cells


def cut(text: str, width: int) -> str:
    """Return text that is not wider than a column."""
    return text if len(text) <= width else text[: width - 1] + "…"


def print_rows(
    imported: list[Imported], facts: Facts | None, remedies: dict[str, str]
) -> tuple[int, int]:
    """Print rows read, used and set aside, with reasons; return read and lost rows.

    `remedies` are those that go before a reason's own.
    """
    unread = sum(file.set_aside for file in imported)
    read = unread + sum(file.landed for file in imported)
    lost = unread + (facts.unused if facts else 0)
    again = sum(file.seconds is None for file in imported)
    again = f" ({again} already imported)" if again else ""
    of_leads = any(file.mapping.moments for file in imported)
    what = "Rows" if not of_leads else "Events in rows"
    title = f"{what} of {counted(len(imported), 'file')}{again}"
    reasons = facts.reasons if facts else []
    print_reasons(imported, read, lost, reasons, remedies, title)
    return read, lost


def remedy_of(reason: Reason, remedies: dict[str, str]) -> str:
    """Return what to do: the remedy by how the reason begins, else its own."""
    found = (text for how, text in remedies.items() if reason.reason.startswith(how))
    return next(found, reason.remedy)


def print_reasons(
    imported: list[Imported],
    read: int,
    lost: int,
    reasons: list[Reason],
    remedies: dict[str, str],
    title: str = "Rows",
    used: str = "used",
) -> None:
    """Print how many rows are used, and why others are not, with a remedy each."""
    say(title, style="bold")
    for what, rows in (("read", read), (used, read - lost), ("set aside", lost)):
        say(f"  {what:<9} {rows:>13,}  {share(rows, read):>7}")
    for reason in [*rejected_reasons(imported), *reasons]:
        say(f"  {counted(reason.rows, 'row')}: {reason.reason}")
        for example in reason.examples:
            say(f"      {cut(example, WIDTH - 6)}")
        say(f"    → {remedy_of(reason, remedies)}")
    unread = sum(file.set_aside for file in imported)
    kept = [file for file in imported if rejects_path(file.path).exists()]
    if unread and kept:
        where = shown_path(rejects_path(kept[0].path))
        say(f"  Lines that cannot be read are in {where}.")
    console.print()


def share(part: int, whole: int) -> str:
    """Return a share as people read it; what is not all is never 100 %."""
    value = 100 * part / max(whole, 1)
    if 99.95 < value < 100:
        value = 99.9
    return f"{value:.1f} %"


def rejected_reasons(imported: list[Imported]) -> list[Reason]:
    """Return why lines could not be read, with the first of them."""
    count: Counter[str] = Counter()
    examples: dict[str, list[str]] = defaultdict(list)
    for path in dict.fromkeys(rejects_path(i.path) for i in imported if i.set_aside):
        for row in rejected_rows(path):
            count[row["reason"]] += 1
            if len(examples[row["reason"]]) < EXAMPLES:
                where = f"{row['file']} line {row['line']}"
                examples[row["reason"]].append(f"{where}: {row['content']}")
    most = count.most_common(10)
    return [Reason(f"{reason}", n, examples[reason]) for reason, n in most]


def rejected_rows(path: Path) -> Iterator[dict[str, str]]:
    """Yield what was set aside."""
    csv.field_size_limit(1 << 30)
    if path.exists():
        with path.open(newline="", encoding="utf-8") as file:
            yield from csv.DictReader(file)


def print_people(facts: Facts, zone: str, has_local_times: bool) -> None:
    """Print whose the events are, and on which days they happened."""
    say("People and days", style="bold")
    for what, found in (
        ("people known by an id", f"{facts.named:,}"),
        ("visitors who are not known", f"{facts.nameless:,}"),
        ("anonymous ids seen with a person", f"{facts.linked:,}"),
        *([("of these with several people", f"{facts.shared:,}")] * bool(facts.shared)),
        (
            "first event used (UTC)",
            f"{facts.first:%Y-%m-%d %H:%M}" if facts.first else "",
        ),
        ("last event used (UTC)", f"{facts.last:%Y-%m-%d %H:%M}" if facts.last else ""),
        ("days with events", f"{facts.days:,}"),
    ):
        say(f"  {what:<33} {found:>16}")
    if facts.shared:
        say(
            "What has only an anonymous id that is seen with several people counts for"
            " none of them: whoever has such events is a visitor who is not known."
        )
    if facts.last and facts.last.replace(tzinfo=UTC) < datetime.now(UTC) - LONG_AGO:
        say(
            f"Events end on {facts.last:%Y-%m-%d}: people are scored as of that day,"
            " not of today."
        )
    if has_local_times:
        say(f"Times that name no zone are read as {zone}; --time-zone says another.")
    console.print()


def print_epochs(values: list[str | None]) -> None:
    """Print that times are numbers of several units since 1970, if they are."""
    units: Counter[str] = Counter()
    for value in values:
        if value and re.fullmatch(r"\d{9,19}", value.strip()):
            unit = bisect(EPOCH_ENDS, int(value))
            units[("seconds", "milliseconds", "microseconds", "nanoseconds")[unit]] += 1
    if len(units) > 1:
        found = all_of([f"{unit} ({n:,})" for unit, n in units.most_common()])
        say(
            f"Times are {found} since 1970 in the first lines, mixed: each is read by"
            " its size."
        )
        console.print()


def print_alike_ids(connection: duckdb.DuckDBPyConnection, ids: list[str]) -> None:
    """Print ids that differ in leading zeros only; `ids` is SQL that selects them."""
    found, written = connection.execute(
        "select count(*), any_value(written) from (select"
        " string_agg(distinct id, ' and ' order by id) as written"
        f" from ({' union '.join(ids)}) where regexp_full_match(id, '[0-9]+')"
        " group by ltrim(id, '0') having count(distinct id) > 1)"
    ).fetchall()[0]
    if found:
        said = counted(found, "id is", "ids are")
        say_apart(
            [
                f"{said} written with and without leading zeros, such as {written}:"
                " these count as different people. If they are one, fix the file."
            ]
        )


def to_the_minute(moment: datetime | None) -> str:
    """Return a time as people read it, blank where there is none."""
    return f"{moment:%Y-%m-%d %H:%M}" if moment else ""


def print_repeats(
    connection: duckdb.DuckDBPyConnection, rows: str, files: list[str]
) -> int:
    """Print how many rows are copies, which count once.

    Return how many rows of one file are the same in every column, and have no id: these
    may be events of their own. `rows` is SQL of all that can be used, `files` of each.
    """
    said = []
    if again := copies(connection, rows, f"not {IS_WITHOUT_ID}"):
        said.append(
            f"{counted(again, 'row')} with an id, a person and a name that came before:"
            " they count once."
        )
    alike = sum(copies(connection, one, IS_WITHOUT_ID) for one in files)
    if alike:
        are = counted(alike, "row is", "rows are")
        said.append(
            f"{are} the same as another of the file in every column, without an id:"
            " they count once. If they are events of their own, the file needs a column"
            " that tells them apart, such as a time of day or a number."
        )
    if more := copies(connection, rows, IS_WITHOUT_ID) - alike:
        are = counted(more, "row is", "rows are")
        said.append(f"{are} in several files: they count once.")
    say_apart(said)
    return alike


def copies(connection: duckdb.DuckDBPyConnection, rows: str, which: str) -> int:
    """Return how many of these rows are further copies of an event."""
    query = f"select count(*) - count(distinct {SAME_EVENT}) from {rows} where {which}"
    return connection.execute(query).fetchall()[0][0]


def count_users(connection: duckdb.DuckDBPyConnection, rows: str) -> int:
    """Return how many different people the landed rows have."""
    query = f"select count(distinct person) from {with_persons(rows)}"
    return connection.execute(query).fetchall()[0][0]


def event_names(
    connection: duckdb.DuckDBPyConnection, rows: str, conditions: list[dict[str, str]]
) -> list[EventName]:
    """Return the event names of landed rows, most frequent first; copies count once."""
    name = name_in(connection, rows, conditions)
    found = connection.execute(
        f"select {name} as name, count(distinct {SAME_EVENT}), count(distinct person)"
        f" from {with_persons(rows)} where event_type is not null"
        " group by all order by 2 desc, 1"
    ).fetchall()
    of_name = {condition["name"]: condition for condition in conditions}
    return [EventName(*row, of_name.get(row[0])) for row in found]


def name_in(
    connection: duckdb.DuckDBPyConnection, rows: str, conditions: list[dict[str, str]]
) -> str:
    """Return the SQL of an event's name in landed rows."""
    described = connection.execute(f"describe select * from {rows}").fetchall()
    return named_by(conditions, [column for column, *_ in described])


def landed_rows(paths: Iterable[Path]) -> str:
    """Return the SQL that reads landed files, whose columns may differ."""
    listed = ", ".join(file_text(path) for path in dict.fromkeys(paths))
    return f"read_parquet([{listed}], union_by_name = true)"


def landed_events(paths: Iterable[Path]) -> str:
    """Return the SQL that reads landed events, under the ids that a build takes."""
    return with_ids(landed_rows(paths))


def with_persons(rows: str) -> str:
    """Return the SQL of rows with whose they are: of a device, who used it alone."""
    return (
        f"(select events.*, coalesce(user_id, owner, anonymous_id) as person"
        f" from {rows} as events left join (select anonymous_id as device,"
        f" any_value(user_id) as owner from {rows} where user_id is not null"
        " group by anonymous_id having count(distinct user_id) = 1) as devices"
        " on events.anonymous_id = devices.device)"
    )


def print_event_names(
    names: list[EventName], how: Callable[[str], str], lines: list[str], where: Path
) -> None:
    """Print event names with how each will count, and lines to paste for new ones."""
    print_table(
        f"Event names ({len(names):,})",
        ("event", "events", "people", "will count"),
        fitting(
            [
                (f.name, f"{f.events:,}", f"{f.users:,}", how(f.name))
                for f in names[:SHOWN_NAMES]
            ],
            (0, 3),
        ),
        right=("events", "people"),
    )
    if len(names) > SHOWN_NAMES:
        say(f"… and {len(names) - SHOWN_NAMES:,} rarer ones.")
    if lines:
        file = shown_path(where / "event_types.csv")
        is_one = len(lines) == 1
        said = "One event name is" if is_one else f"{len(lines):,} event names are"
        say(f"{said} not in {file} and would not count. To add:")
        for line in lines[:SHOWN_NAMES]:
            console.print(plain_text(line), soft_wrap=True)
        if len(lines) > SHOWN_NAMES:
            more = len(lines) - SHOWN_NAMES
            say(f"… and {more:,} more; --write-panel FOLDER writes all.")
    console.print()


def print_warning(read: int, lost: int, alike: int = 0) -> None:
    """Print, last and in bold, that more than a hundredth of the rows is not used.

    `alike` are rows that are the same as another in every column.
    """
    if lost + alike <= WORTH_A_WARNING * read:
        return
    line = "!" * WIDTH
    say(line, style="bold red")
    if lost:
        say(
            f"WARNING: {share(lost, read)} of the rows will not be used: {lost:,} of"
            f" {read:,}.",
            style="bold red",
        )
    if alike:
        say(
            f"WARNING: {share(alike, read)} of the rows are taken for copies, the same"
            f" in every column: {alike:,} of {read:,}.",
            style="bold red",
        )
    say("Why, and what to do, is above. Then import the file again.", style="bold red")
    say(line, style="bold red")


def say_no_panel(panel: Path | None) -> None:
    """Say that a panel which was to be written is not, for lack of rows."""
    if panel and not any(panel.glob("*.csv")):
        say(
            f"No row can be used, so there is no control panel in {shown_path(panel)}"
            " yet, and `dbt build` would stop: import a file that has rows first."
        )


def print_next_steps(
    imported: list[Imported],
    panel: Path | None,
    given: dict[str, str],
    with_visitors: bool,
    in_place: Path | None = None,
) -> None:
    """Print the commands that lead from here to scores, and what would surprise."""
    settings = settings_needed(imported, panel, in_place)
    command = "dbt build"
    if own := home():
        settings.insert(0, f"{HOME}={quoted(own)}")
    elif given:
        variables = "{" + ", ".join(f"{k}: {v}" for k, v in given.items()) + "}"
        command += f" --vars {shlex.quote(variables)}"
    say("Next:")
    for assignment in settings:
        console.print(plain_text(f"  export {assignment}"), soft_wrap=True)
    rank = "pointwise rank" + (" --with-visitors" if with_visitors else "")
    for line in (command, rank):
        console.print(plain_text(f"  {line}"), soft_wrap=True)


def settings_needed(
    imported: list[Imported], panel: Path | None, in_place: Path | None
) -> list[str]:
    """Return the variables without which a build would not find what was imported."""
    settings = []
    events = [file.path for file in imported if file.kind == "events"]
    users = [file.path for file in imported if file.kind == "users"]
    if in_place:
        settings.append(f"POINTWISE_EVENTS={quoted(in_place)}")
    elif events:
        pattern = str(path_setting("POINTWISE_EVENTS"))
        seen = found_by(pattern)
        others = {path for path in seen if not OUR_NAME.search(path.name)}
        if not {path.absolute() for path in events} <= seen:
            settings.append(
                f"POINTWISE_EVENTS={quoted(events[0].parent / '*.parquet')}"
            )
        elif others:
            say(
                "Note: POINTWISE_EVENTS finds files that were not imported, such as"
                f" {shown_path(min(others))}; all are scored together."
            )
    if users and not {path.absolute() for path in users} <= found_by(
        str(path_setting("POINTWISE_USERS"))
    ):
        named = users[0] if len(users) == 1 else users[0].parent / "users*.parquet"
        settings.append(f"POINTWISE_USERS={quoted(named)}")
    if panel and panel.absolute() != path_setting("POINTWISE_CONTROL"):
        settings.append(f"POINTWISE_CONTROL={quoted(panel)}")
    if settings and events:
        given = {setting.partition("=")[0] for setting in settings}
        own = own_outputs(in_place or events[0])
        settings += [s for s in own if s.partition("=")[0] not in given]
    return settings


def found_by(pattern: str) -> set[Path]:
    """Return the files that a pattern finds."""
    return {Path(found.file).absolute() for found in find_files(pattern)}


def own_outputs(landed: Path) -> list[str]:
    """Return settings that keep these scores apart from those of other events."""
    if home() or landed.is_relative_to(PROJECT / "data" / "raw"):
        return []
    folder = landed.absolute().parent.parent
    outputs = {
        "POINTWISE_USERS": folder / "users*.parquet",
        "POINTWISE_DB": folder / "pointwise.duckdb",
        "POINTWISE_PUBLISHED": folder / "published",
    }
    return [
        f"{name}={quoted(path)}"
        for name, path in outputs.items()
        if name not in os.environ
    ]


def quoted(path: Path) -> str:
    """Return a path as a shell wants it."""
    return shlex.quote(str(path.absolute()))


def shown_path(path: Path) -> str:
    """Return a path relative to here if it is below."""
    absolute, here = path.absolute(), Path.cwd()
    is_below = absolute.is_relative_to(here)
    return str(absolute.relative_to(here) if is_below else absolute)


def say(text: str, style: str | None = None) -> None:
    """Print a line, control characters shown; a terminal has it between words."""
    whole = not console.is_terminal
    console.print(plain_text(text), soft_wrap=whole, style=style)


def say_apart(lines: list[str], style: str | None = None) -> None:
    """Print lines, if there are any, with a blank one between them and what follows."""
    for line in lines:
        say(line, style)
    if lines:
        console.print()
