"""Tell what was imported: columns, files, users, times, event names; and what next."""

import csv
import os
import re
import shlex
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import duckdb

from pointwise.core.home import HOME, PROJECT, home, path_setting
from pointwise.core.panel.checks import column_values
from pointwise.core.panel.reader import files_in
from pointwise.core.terminal import console, plain_text, print_table
from pointwise.importing.batches import Source
from pointwise.importing.columns import Mapping, listed
from pointwise.importing.landing import rejects_path
from pointwise.importing.starter_panel import (
    EventName,
    as_csv,
    event_type_name,
    event_type_rows,
)
from pointwise.sources.listing import find_files

SHOWN_NAMES = 15
OUR_NAME = re.compile(r"-[0-9a-f]{16}\.parquet$")


class Imported(NamedTuple):
    """One file, as it was imported now or before."""

    file: Path
    path: Path
    landed: int
    set_aside: int
    seconds: float | None  # None: it was imported before.


def print_columns(name: str, source: Source, mapping: Mapping) -> None:
    """Print which source column becomes what, and which are left behind."""
    rows = [
        (
            column,
            target,
            next((v[:40] for v in source.sample[column] if v), None),
            why_chosen(column, target, mapping),
        )
        for target, column in mapping.sources.items()
    ]
    constants = mapping.constants.items()
    rows += [
        ("", target, value, "the same in every row") for target, value in constants
    ]
    title = f"Columns of {name}"
    print_table(title, ("source column", "becomes", "sample", "why"), rows)
    dropped = [c for c in source.columns if c not in mapping.sources.values()]
    if dropped:
        say(f"Left behind: {listed(dropped)} (--keep COLUMN takes one along)")


def why_chosen(column: str, target: str, mapping: Mapping) -> str:
    """Say why a source column became the target."""
    if target not in mapping.guessed:
        return "as told"
    return "same name" if column == target else "guessed by its name"


def print_files(imported: list[Imported]) -> None:
    """Print a line a file, and why lines were set aside."""
    print_table(
        "Files",
        ("file", "rows read", "landed", "set aside", "rows/s", "landed as"),
        [
            (
                shown_path(i.file),
                f"{i.landed + i.set_aside:,}",
                f"{i.landed:,}",
                f"{i.set_aside:,}",
                f"{(i.landed + i.set_aside) / i.seconds:,.0f}" if i.seconds else "",
                shown_path(i.path) + ("" if i.seconds else " (already imported)"),
            )
            for i in imported
        ],
        right=("rows read", "landed", "set aside", "rows/s"),
    )
    for file in imported:
        if file.set_aside:
            print_rejected(rejects_path(file.path))


def print_rejected(path: Path) -> None:
    """Print why lines were set aside, how many, and where the first of them is."""
    reasons, first = Counter(), {}
    for row in rejected_rows(path):
        reasons[row["reason"]] += 1
        first.setdefault(row["reason"], row["line"])
    print_table(
        "Set aside",
        ("lines", "first line", "reason"),
        [(f"{n:,}", first[reason], reason) for reason, n in reasons.most_common(10)],
        right=("lines", "first line"),
    )
    say(f"They are in {shown_path(path)}, as they were.")
    if "cannot be decoded as UTF-8" in reasons:
        say("If the file is from Windows, import it again with --encoding cp1252.")


def rejected_rows(path: Path) -> Iterator[dict[str, str]]:
    """Yield what was set aside."""
    csv.field_size_limit(1 << 30)
    if path.exists():
        with path.open(newline="", encoding="utf-8") as file:
            yield from csv.DictReader(file)


def print_facts(connection: duckdb.DuckDBPyConnection, rows: str, kind: str) -> None:
    """Print what the landed rows have: users, times, ids, values that were not read."""
    time = "occurred_at" if kind == "events" else "valid_from"
    has = {c[0] for c in connection.execute(f"describe from {rows}").fetchall()}
    time = time if time in has else "null::timestamp"
    whose = ", ".join(id_ for id_ in ("user_id", "anonymous_id") if id_ in has)
    whose = f"coalesce({whose})"
    total, users, no_user, first, last, unread = connection.execute(
        f"select count(*), count(distinct {whose}), count(*) - count({whose}),"
        f" min({time}), max({time}), count(unparsed) from {rows}"
    ).fetchall()[0]
    facts = [("rows", f"{total:,}"), ("different users", f"{users:,}")]
    if first:
        facts += [("first time (UTC)", first), ("last time (UTC)", last)]
    if no_user:
        facts.append(("rows without user", f"{no_user:,}"))
    if unread:
        examples = connection.execute(
            f"select distinct unparsed from {rows} where unparsed is not null"
            " order by unparsed limit 3"
        ).fetchall()
        shown = ", ".join(example[0][:60] for example in examples)
        facts.append(("rows with a value not read", f"{unread:,}, such as {shown}"))
    if kind == "events":
        ids, different = connection.execute(
            f"select count(event_id), count(distinct event_id) from {rows}"
        ).fetchall()[0]
        if ids > different:
            facts.append(("rows whose event id came before", f"{ids - different:,}"))
        alike = rows_alike(connection, rows)
        if alike:
            facts.append(("rows like another, without id", f"{alike:,} (count once)"))
    print_table("What is in it", ("", ""), facts)


def rows_alike(connection: duckdb.DuckDBPyConnection, rows: str) -> int:
    """Return how many rows without id say the same as another, and so count once."""
    return connection.execute(
        "select count(*) - count(distinct hash(user_id, occurred_at, event_type,"
        " session_id, page_path, duration_seconds, amount, channel, device, country))"
        f" from {rows} where event_id is null"
    ).fetchall()[0][0]


# Whose an event is: the same as in the macro `ids_of_event`.
WHOSE = "coalesce(user_id, anonymous_id)"


def count_users(connection: duckdb.DuckDBPyConnection, rows: str) -> int:
    """Return how many different users the landed rows have."""
    query = f"select count(distinct {WHOSE}) from {rows}"
    return connection.execute(query).fetchall()[0][0]


def event_names(connection: duckdb.DuckDBPyConnection, rows: str) -> list[EventName]:
    """Return the event names of the landed rows, most frequent first."""
    found = connection.execute(
        f"select event_type, count(*), count(distinct {WHOSE})"
        f" from {rows} where event_type is not null group by all order by 2 desc, 1"
    ).fetchall()
    return [EventName(*row) for row in found]


def print_event_names(
    names: list[EventName], panel: Path, outcome: str | None, lists_unknown: bool
) -> None:
    """Print the event names, and lines to paste for those the control panel lacks.

    Those lines only if `lists_unknown`: a panel that is about to be written has all.
    """
    known = panel_events(panel) if lists_unknown else set()
    print_table(
        f"Event names ({len(names):,})",
        ("event", "events", "users", *["in the control panel"] * lists_unknown),
        [
            (
                name[:60],
                f"{events:,}",
                f"{users:,}",
                *["yes" if name in known else "no"] * lists_unknown,
            )
            for name, events, users in names[:SHOWN_NAMES]
        ],
        right=("events", "users"),
    )
    unknown = [n for n in names if n.name not in known]
    if not unknown or not lists_unknown:
        return
    where = shown_path(panel / "event_types.csv")
    if len(unknown) == 1:
        say(f"One event name is not in {where} and would not count. To add it:")
    else:
        say(f"{len(unknown):,} event names are not in {where} and would not count.")
        say("To add them:")
    for line in as_csv(event_type_rows(unknown[:SHOWN_NAMES], outcome)).splitlines():
        console.print(plain_text(line), soft_wrap=True)
    if len(unknown) > SHOWN_NAMES:
        more = len(unknown) - SHOWN_NAMES
        say(f"… and {more:,} more; --write-panel FOLDER writes all.")


def panel_events(panel: Path) -> set[str]:
    """Return the source events that a control panel lists."""
    return set(column_values(files_in(panel), "event_types", "source_event") or ())


def print_next_steps(
    landed: list[Path], kind: str, panel: Path | None, outcome: str | None
) -> None:
    """Print the commands that lead from here to scores, and what would surprise."""
    settings = []
    if kind == "events":
        pattern = str(path_setting("POINTWISE_EVENTS"))
        seen = {Path(found.file) for found in find_files(pattern)}
        others = {path for path in seen if not OUR_NAME.search(path.name)}
        if not {path.absolute() for path in landed} <= seen:
            settings.append(
                f"POINTWISE_EVENTS={quoted(landed[0].parent / '*.parquet')}"
            )
        elif others:
            say(
                "Note: POINTWISE_EVENTS finds files that were not imported, such as"
                f" {shown_path(min(others))}; all are scored together."
            )
    elif landed[0].absolute() != path_setting("POINTWISE_USERS"):
        settings.append(f"POINTWISE_USERS={quoted(landed[0])}")
    if panel and panel.absolute() != path_setting("POINTWISE_CONTROL"):
        settings.append(f"POINTWISE_CONTROL={quoted(panel)}")
    settings += own_outputs(landed[0], kind) if settings else []
    command = "dbt build"
    if own := home():
        settings.insert(0, f"{HOME}={quoted(own)}")
    elif outcome:
        variables = f"{{outcome_event_type: {event_type_name(outcome)}}}"
        command += f" --vars {shlex.quote(variables)}"
    say("Next:")
    for assignment in settings:
        console.print(plain_text(f"  export {assignment}"), soft_wrap=True)
    for line in (command, "pointwise rank"):
        console.print(plain_text(f"  {line}"), soft_wrap=True)


def own_outputs(landed: Path, kind: str) -> list[str]:
    """Return settings that keep these scores apart from those of other events."""
    if kind != "events" or home() or landed.is_relative_to(PROJECT / "data" / "raw"):
        return []
    folder = landed.absolute().parent.parent
    outputs = {
        "POINTWISE_USERS": folder / "users.parquet",
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


def say(text: str) -> None:
    """Print a line, control characters shown."""
    console.print(plain_text(text), soft_wrap=True)
