r"""Import events, or user profiles, from CSV or JSON lines (plain or gzip).

  python scripts/import_events.py events.csv
  python scripts/import_events.py shop.csv --map user_id=visitor --map occurred_at=ts
  python scripts/import_events.py de.csv --time-format '%d.%m.%Y %H:%M' \
      --time-zone Europe/Berlin --decimal-comma
  python scripts/import_events.py events.csv --outcome purchase --write-panel my_panel
  python scripts/import_events.py people.csv --users

Every file lands once, as one Parquet file named by its content; importing the same
content again changes nothing, or, with other options, replaces what it gave before.
Columns are found by their names unless told. Only columns that the project uses are
taken along. Times may be ISO, with or without a zone, or seconds, milliseconds or
microseconds since 1970. Rows with a value that cannot be read land
with it in the column `unparsed`, and the build quarantines them. Lines that cannot be
read at all are set aside in the folder `rejected` beside the landed files, with file,
line and reason.

Times without a zone are in --time-zone. Where its clocks go forward, 02:30 is read as
03:30; where they go back, a time that happens twice is read as the second.
"""

import argparse
import difflib
from pathlib import Path

import duckdb
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from common import PointwiseError, run, setting
from importing.columns import EVENT_COLUMNS, split_pairs
from importing.landing import events_folder
from importing.one_file import Options, import_file
from importing.starter_panel import check_panel_folder, write_panel
from importing.summary import (
    Imported,
    count_users,
    event_names,
    print_event_names,
    print_facts,
    print_files,
    print_next_steps,
    say,
    shown_path,
)
from importing.text_blocks import check_encoding
from importing.values import Reading, check_reading, connect, literal


def import_files(
    files: list[Path],
    out: Path,
    options: Options,
    panel: Path | None = None,
    outcome: str | None = None,
) -> None:
    """Import every file and tell what came of it; fail at the end if one failed."""
    connection = connect()
    check_reading(connection, options.reading)
    imported, failures = [], []
    terminal = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn()
    with Progress(
        *columns, console=terminal, disable=not terminal.is_terminal, transient=True
    ) as progress:
        for file in files:
            try:
                done = import_file(connection, file, out, options, progress)
                imported.append(done)
            except PointwiseError as error:
                failures.append(str(error))
            except OSError as error:
                failures.append(f"{error.filename or file}: {error.strerror}")
    if imported:
        tell(connection, imported, options.kind, panel, outcome)
    if failures:
        if len(files) > 1:
            failures[0] = f"{len(failures)} of {len(files)} files: {failures[0]}"
        raise PointwiseError("; ".join(failures))


def tell(
    connection: duckdb.DuckDBPyConnection,
    imported: list[Imported],
    kind: str,
    panel: Path | None,
    outcome: str | None,
) -> None:
    """Print the summary, and write the starter control panel if asked to."""
    paths = list(dict.fromkeys(file.path for file in imported))
    rows = f"read_parquet([{', '.join(literal(str(path)) for path in paths)}])"
    print_files(imported)
    print_facts(connection, rows, kind)
    if kind == "events":
        names = event_names(connection, rows)
        print_event_names(
            names, setting("POINTWISE_CONTROL"), outcome, lists_unknown=not panel
        )
        check_outcome(outcome, [name.name for name in names])
        if panel:
            scored = write_panel(panel, names, count_users(connection, rows), outcome)
            say(
                f"Wrote a control panel to {shown_path(panel)}: {len(names):,} event"
                f" names, {scored} event types with points to begin with. Edit"
                " scoring_rules.csv to say what each is worth."
            )
    print_next_steps(paths, kind, panel, outcome)


def check_outcome(outcome: str | None, names: list[str]) -> None:
    """Fail if the outcome is the name of no event; name the nearest."""
    if outcome is None or outcome in names:
        return
    lower = {name.lower(): name for name in reversed(names)}
    near = difflib.get_close_matches(outcome.lower(), lower, n=1)
    hint = f"; did you mean {lower[near[0]]!r}?" if near else ""
    raise PointwiseError(f"--outcome: no event is named {outcome!r}{hint}")


def read_command_line() -> argparse.Namespace:
    """Return the command line as it is."""
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
    return parser.parse_args()


def checked_options(arguments: argparse.Namespace) -> Options:
    """Return the options that decide how a file lands; fail if they make no sense."""
    if arguments.users and (
        len(arguments.files) > 1 or arguments.write_panel or arguments.outcome
    ):
        raise PointwiseError(
            "--users goes with one file, and without --write-panel and --outcome"
        )
    if arguments.write_panel:
        check_panel_folder(arguments.write_panel)
    if arguments.encoding:
        check_encoding(arguments.encoding)
    delimiter = "\t" if arguments.delimiter in ("tab", "\\t") else arguments.delimiter
    if delimiter is not None and (
        len(delimiter) != 1
        or not delimiter.isascii()
        or delimiter.isalnum()
        or delimiter in '"\r\n\0'
    ):
        raise PointwiseError("--delimiter must be one character, such as , ; | or tab")
    return Options(
        kind="users" if arguments.users else "events",
        told=split_pairs("--map", arguments.map),
        constants=split_pairs("--set", arguments.set),
        kept=arguments.keep,
        columns=arguments.columns.split(",") if arguments.columns else None,
        delimiter=delimiter,
        encoding=arguments.encoding,
        reading=Reading(
            tuple(arguments.time_format),
            arguments.time_zone,
            arguments.decimal_comma,
            arguments.hash_user_ids,
        ),
    )


def output_path(users: bool, out: Path | None) -> Path:
    """Return the folder that events land in, or the file that profiles become."""
    if not users:
        return out or events_folder()
    if out and out.suffix != ".parquet":
        return out / "users.parquet"
    return out or setting("POINTWISE_USERS")


def main() -> None:
    """Read the command line, import, and tell."""
    arguments = read_command_line()
    options = checked_options(arguments)
    out = output_path(arguments.users, arguments.out)
    import_files(
        arguments.files, out, options, arguments.write_panel, arguments.outcome
    )


if __name__ == "__main__":
    run(main)
