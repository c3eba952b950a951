"""Import events, or user profiles, from CSV or JSON lines (plain or gzip).

  python scripts/import_events.py events.csv
  python scripts/import_events.py shop.csv --map user_id=visitor --map occurred_at=ts
  python scripts/import_events.py de.csv --time-format '%d.%m.%Y %H:%M' \\
      --time-zone Europe/Berlin --decimal-comma
  python scripts/import_events.py events.csv --outcome purchase --write-panel my_panel
  python scripts/import_events.py people.csv --users

Every file lands once, as one Parquet file named by its content; importing the same
content again changes nothing, or, with other options, replaces what it gave before.
Columns are found by their names unless told. Only columns that the project uses are
taken along. Times may be ISO, with or without a zone, or seconds, milliseconds or
microseconds since 1970. Values that cannot be read land empty, and as they were in the
column `unparsed`. Lines that cannot be read at all are set aside in the folder
`rejected` beside the landed files, with file, line and reason.

Times without a zone are in --time-zone. Where its clocks go forward, 02:30 is read as
03:30; where they go back, a time that happens twice is read as the second.
"""

import argparse
import hashlib
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import duckdb
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from common import PointwiseError, run, setting
from importing.batches import Batch, Source
from importing.columns import (
    EVENT_COLUMNS,
    Mapping,
    choose_columns,
    guess_column,
    listed,
    split_pairs,
    user_attributes,
)
from importing.csv_reader import open_csv
from importing.json_reader import open_json
from importing.landing import (
    events_folder,
    land,
    landed_from,
    landing_path,
    rejects_path,
)
from importing.starter_panel import check_panel_folder, write_panel
from importing.summary import (
    Imported,
    event_names,
    print_columns,
    print_event_names,
    print_facts,
    print_files,
    print_next_steps,
    rejected_rows,
    say,
    shown_path,
)
from importing.text_blocks import check_encoding, content_hash, text_blocks
from importing.values import (
    Reading,
    check_reading,
    column_type,
    connect,
    fitting_time_formats,
    literal,
    readable_share,
    typed_rows,
)

VERSION = 1  # To be raised when the same file would land differently than before.


def import_file(
    connection: duckdb.DuckDBPyConnection,
    file: Path,
    out: Path,
    options: argparse.Namespace,
    progress: Progress,
) -> Imported:
    """Land one file, unless it has landed already; return what came of it."""
    started = time.perf_counter()
    content = content_hash(file)
    source = look_at(file, options)
    mapping = mapping_for(connection, file, source, options)
    settings = {"file": file.name, "version": VERSION, **settings_of(mapping, options)}
    path = out if options.users else landing_path(out, file, content)
    earlier_content, earlier_settings = landed_from(path)
    if options.users and path.exists() and earlier_content is None:
        raise PointwiseError(
            f"{path} was not written by this script; move it away, or name another file"
            " with POINTWISE_USERS or --out"
        )
    print_columns(file.name, source, mapping)
    if earlier_content == content and same_but_name(earlier_settings, settings):
        landed = count_rows(connection, path)
        set_aside = sum(1 for _ in rejected_rows(rejects_path(path)))
        return Imported(file, path, landed, set_aside, None)

    task = progress.add_task(file.name, total=file.stat().st_size)
    set_aside, late = land_source(
        connection, file, source, mapping, content, path, settings, progress, task, options
    )
    known = [c for c in late if gives_a_column(c, source, mapping, options)]
    if known:
        # JSON lines whose first lines lack a column that matters: read them again.
        source = look_at(file, options, known)
        mapping = mapping_for(connection, file, source, options)
        print_columns(f"{file.name}, read again for {listed(known)}", source, mapping)
        set_aside, late = land_source(
            connection, file, source, mapping, content, path, settings, progress, task, options
        )
    elif late:
        say(f"Left behind, found further down in {file.name}: {listed(late)}.")
    seconds = time.perf_counter() - started
    landed_content, _ = landed_from(path)
    if landed_content != content:
        raise nothing_landed(file, path, set_aside)
    return Imported(file, path, count_rows(connection, path), set_aside, seconds)


def look_at(
    file: Path, options: argparse.Namespace, known_columns: list[str] | None = None
) -> Source:
    """Return the file's columns and a sample, from its first lines."""
    first_block = next(text_blocks(file, options.encoding), b"")
    if not first_block.strip():
        raise PointwiseError(f"{file} is empty")
    is_json = first_block.lstrip()[:1] in (b"{", b"[") and not options.columns
    if is_json:
        return open_json(str(file), first_block, known_columns or [])
    columns = options.columns.split(",") if options.columns else None
    return open_csv(str(file), first_block, options.delimiter, columns)


def mapping_for(
    connection: duckdb.DuckDBPyConnection,
    file: Path,
    source: Source,
    options: argparse.Namespace,
) -> Mapping:
    """Return the mapping, without guesses whose values cannot be what their name says."""
    kind = "users" if options.users else "events"
    constants = split_pairs("--set", options.set)
    told = split_pairs("--map", options.map)
    mapping = choose_columns(str(file), source, kind, told, constants, options.keep)
    for target, column in list(mapping.sources.items()):
        if column_type(target, kind) == "varchar":
            continue
        values = source.sample[column]
        share = readable_share(connection, target, kind, values, options.reading)
        if target == "occurred_at" and share == 0:
            raise unreadable_times(connection, file, column, values)
        if target in mapping.guessed and target != "occurred_at" and share is not None:
            if share < 0.5:
                del mapping.sources[target]
    return mapping


def unreadable_times(
    connection: duckdb.DuckDBPyConnection,
    file: Path,
    column: str,
    values: list[str | None],
) -> PointwiseError:
    """Return an error that names the formats which would read a column's values."""
    example = next(value for value in values if value and value.strip())
    formats = fitting_time_formats(connection, values)
    hint = " or ".join(f"--time-format '{f}'" for f in formats) or (
        "--time-format, such as '%d/%m/%Y %H:%M', or --map occurred_at=COLUMN"
    )
    return PointwiseError(
        f"{file}: no time in column {column!r} can be read, such as {example[:40]!r};"
        f" give {hint}"
    )


def settings_of(mapping: Mapping, options: argparse.Namespace) -> dict:
    """Return all that decides how a file lands, to compare with an earlier landing."""
    return {
        "sources": mapping.sources,
        "constants": mapping.constants,
        "reading": list(options.reading),
        "delimiter": options.delimiter,
        "encoding": options.encoding,
        "columns": options.columns,
    }


def same_but_name(earlier: dict, settings: dict) -> bool:
    return {**earlier, "file": ""} == {**settings, "file": ""}


def land_source(
    connection, file, source, mapping, content, path, settings, progress, task, options
) -> tuple[int, list[str]]:
    """Land the file's rows; fail if the file changes meanwhile."""
    kind = "users" if options.users else "events"
    digest = hashlib.sha256()

    def batches() -> Iterator[Batch]:
        on_position = partial(progress.update, task)
        blocks = text_blocks(
            file,
            options.encoding,
            digest.update,
            lambda position: on_position(completed=position),
        )
        yield from source.batches(blocks, list(mapping.sources.values()))
        if digest.hexdigest() != content:
            raise PointwiseError(f"{file} changed while it was read; import it again")

    all_targets = list(mapping.sources) + list(mapping.constants)
    targets = list(EVENT_COLUMNS) if kind == "events" else []
    targets += [target for target in all_targets if target not in targets]
    query = typed_rows(mapping, kind, options.reading, targets)
    return land(
        connection, query, batches(), len(mapping.sources), path, content, settings
    )


def gives_a_column(
    column: str, source: Source, mapping: Mapping, options: argparse.Namespace
) -> bool:
    """Say if a column found late is one that would be guessed, or was asked for."""
    kind = "users" if options.users else "events"
    alone = Source([column], {column: [None]}, set(), source.batches)
    targets = EVENT_COLUMNS if kind == "events" else ["valid_from", *user_attributes()]
    return any(
        guess_column(target, alone, kind, set())
        for target in targets
        if target not in mapping.sources and target not in mapping.constants
    )


def nothing_landed(file: Path, path: Path, set_aside: int) -> PointwiseError:
    """Return the error for a file without a row that can be read."""
    if not set_aside:
        return PointwiseError(f"{file} has no rows, only column names")
    row = next(rejected_rows(rejects_path(path)))
    return PointwiseError(
        f"{file}: none of {set_aside:,} rows can be read; line {row['line']}"
        f" {row['reason']}; all are in {shown_path(rejects_path(path))}"
    )


def count_rows(connection: duckdb.DuckDBPyConnection, path: Path) -> int:
    query = "select count(*) from read_parquet($1)"
    return connection.execute(query, [str(path)]).fetchall()[0][0]


def import_files(options: argparse.Namespace) -> None:
    """Import every file, tell what came of it, and fail if one could not be imported."""
    kind = "users" if options.users else "events"
    out = output_path(options)
    connection = connect()
    check_reading(connection, options.reading)
    imported, failures = [], []
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn()
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, disable=not console.is_terminal, transient=True
    ) as progress:
        for file in options.files:
            try:
                done = import_file(connection, file, out, options, progress)
                imported.append(done)
            except PointwiseError as error:
                failures.append(str(error))
            except OSError as error:
                failures.append(f"{error.filename or file}: {error.strerror}")
    if imported:
        tell(connection, imported, out, kind, options)
    if len(options.files) > 1 and failures:
        failures[0] = f"{len(failures)} of {len(options.files)} files: {failures[0]}"
    if failures:
        raise PointwiseError("; ".join(failures))


def tell(
    connection: duckdb.DuckDBPyConnection,
    imported: list[Imported],
    out: Path,
    kind: str,
    options: argparse.Namespace,
) -> None:
    """Print the summary, and write the starter control panel if asked to."""
    paths = list(dict.fromkeys(file.path for file in imported))
    listed_paths = ", ".join(literal(str(path)) for path in paths)
    rows = f"read_parquet([{listed_paths}], union_by_name = true)"
    print_files(imported)
    print_facts(connection, rows, kind)
    if kind == "events":
        names = event_names(connection, rows)
        print_event_names(names, setting("POINTWISE_CONTROL"), options.outcome)
        if options.outcome and options.outcome not in {name.name for name in names}:
            raise PointwiseError(f"--outcome: no event is named {options.outcome!r}")
        if options.write_panel:
            users = connection.execute(f"select count(distinct user_id) from {rows}")
            users = users.fetchall()[0][0]
            scored = write_panel(options.write_panel, names, users, options.outcome)
            say(
                f"Wrote a control panel to {shown_path(options.write_panel)}:"
                f" {len(names):,} event names, {scored} event types scored with points"
                " to begin with. Edit scoring_rules.csv."
            )
    print_next_steps(out, paths, options.write_panel, options.outcome, kind)


def output_path(options: argparse.Namespace) -> Path:
    """Return the folder that events land in, or the file that user profiles become."""
    if not options.users:
        return options.out or events_folder()
    if options.out and options.out.suffix != ".parquet":
        return options.out / "users.parquet"
    return options.out or setting("POINTWISE_USERS")


def read_options() -> argparse.Namespace:
    """Return the checked command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("files", nargs="+", type=Path, metavar="FILE")
    add(
        "--map",
        action="append",
        default=[],
        metavar="COLUMN=SOURCE",
        help="take COLUMN from the source column SOURCE; empty SOURCE: do not guess it."
        f" Columns: {', '.join(EVENT_COLUMNS)}",
    )
    add(
        "--set",
        action="append",
        default=[],
        metavar="COLUMN=VALUE",
        help="give COLUMN the same value in every row, such as event_type=purchase",
    )
    add(
        "--keep",
        action="append",
        default=[],
        metavar="SOURCE",
        help="take one more source column along, as text",
    )
    add(
        "--time-format",
        action="append",
        default=[],
        metavar="FORMAT",
        help="how times are written, such as '%%d/%%m/%%Y %%H:%%M'; several are tried"
        " in turn, then ISO and seconds since 1970",
    )
    add("--time-zone", default="UTC", help="zone of times that name none (UTC)")
    add(
        "--decimal-comma",
        action="store_true",
        help="numbers are written 1.234,50 instead of 1234.50",
    )
    add("--delimiter", help="what separates fields (found by itself: , ; | or tab)")
    add("--encoding", help="found by itself for UTF-8 and UTF-16; else such as cp1252")
    add("--columns", metavar="A,B,…", help="column names, if the file has no header")
    add(
        "--hash-user-ids",
        action="store_true",
        help="replace user ids, such as e-mail addresses, by hashes",
    )
    add("--users", action="store_true", help="the file has user profiles, not events")
    add("--out", type=Path, help="folder to land in (that of POINTWISE_EVENTS)")
    add("--outcome", metavar="EVENT", help="the event that proves intent later on")
    add(
        "--write-panel",
        type=Path,
        metavar="FOLDER",
        help="write a control panel for these events to a new folder",
    )
    options = parser.parse_args()
    check_options(options)
    options.reading = Reading(
        tuple(options.time_format),
        options.time_zone,
        options.decimal_comma,
        options.hash_user_ids,
    )
    return options


def check_options(options: argparse.Namespace) -> None:
    """Fail on options that contradict each other or can mean nothing."""
    if options.users and (len(options.files) > 1 or options.write_panel):
        raise PointwiseError("--users goes with one file, and not with --write-panel")
    if options.write_panel:
        check_panel_folder(options.write_panel)
    if options.encoding:
        check_encoding(options.encoding)
    if options.delimiter in ("tab", "\\t"):
        options.delimiter = "\t"
    if options.delimiter is not None and (
        len(options.delimiter) != 1
        or not options.delimiter.isascii()
        or options.delimiter.isalnum()
        or options.delimiter in '"\r\n\0'
    ):
        raise PointwiseError(
            "--delimiter must be one character, such as , ; | or tab"
        )


if __name__ == "__main__":
    run(lambda: import_files(read_options()))
