r"""Import events or user profiles from CSV or JSON lines.

    pointwise import events.csv --home my_data --outcome purchase
    pointwise import people.csv --home my_data --users
    pointwise import shop.csv --map user_id=visitor --map occurred_at=ts
    pointwise import de.csv --time-format '%d.%m.%Y %H:%M' \
        --time-zone Europe/Berlin --decimal-comma

Files may be gzipped. With --home, or where POINTWISE_HOME is set, that folder is made
and gets all that is yours: the events, a control panel to begin with, and settings.yml
with the outcome.

Every file lands once, as one Parquet file named by its content; importing the same
content again changes nothing, or, with other options, replaces what it gave before.
Columns are found by their names unless told. Only columns that the project uses are
taken along. Times may be ISO, with or without a zone, or seconds, milliseconds or
microseconds since 1970. Rows with a value that cannot be read land with it in the
column `unparsed`, and the build quarantines them. Lines that cannot be read at all are
set aside in the folder `rejected` beside the landed files, with file, line and reason.

Times without a zone are in --time-zone. Where its clocks go forward, 02:30 is read as
03:30; where they go back, a time that happens twice is read as the second.
"""

import difflib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import duckdb
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from pointwise.core.command_line import PATH, command
from pointwise.core.errors import PointwiseError
from pointwise.core.home import HOME, home_settings, path_setting
from pointwise.core.home import home as home_folder
from pointwise.importing.columns import EVENT_COLUMNS, split_pairs
from pointwise.importing.landing import events_folder
from pointwise.importing.one_file import Options, import_file
from pointwise.importing.starter_panel import (
    check_panel_folder,
    event_type_name,
    write_panel,
    write_settings,
)
from pointwise.importing.summary import (
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
from pointwise.importing.text_blocks import check_encoding
from pointwise.importing.values import Reading, check_reading, connect, literal


def import_files(
    files: Sequence[Path],
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
            names, path_setting("POINTWISE_CONTROL"), outcome, lists_unknown=not panel
        )
        check_outcome(outcome, [name.name for name in names])
        if panel:
            scored = write_panel(panel, names, count_users(connection, rows), outcome)
            say(
                f"Wrote a control panel to {shown_path(panel)}: {len(names):,} event"
                f" names, {scored} event types with points to begin with. Edit"
                " scoring_rules.csv to say what each is worth."
            )
        if home_folder():
            say_settings(write_settings(home_folder(), outcome), outcome)
    print_next_steps(paths, kind, panel, outcome)


def say_settings(path: Path, outcome: str | None) -> None:
    """Say where the outcome stands, or is to be written."""
    where, found = shown_path(path), home_settings().get("outcome_event_type")
    wanted = outcome and event_type_name(outcome)
    if found is None:
        say(f"Name the outcome, the event that proves intent, in {where}.")
    elif wanted not in (None, found):
        say(f"{where} has outcome_event_type: {found}; for {wanted}, edit it.")
    else:
        say(f"{where} has outcome_event_type: {found}.")


def check_outcome(outcome: str | None, names: list[str]) -> None:
    """Fail if the outcome is the name of no event; name the nearest."""
    if outcome is None or outcome in names:
        return
    lower = {name.lower(): name for name in reversed(names)}
    near = difflib.get_close_matches(outcome.lower(), lower, n=1)
    hint = f"; did you mean {lower[near[0]]!r}?" if near else ""
    raise PointwiseError(f"--outcome: no event is named {outcome!r}{hint}")


@command(__doc__, makes_home=True)
@click.argument("files", nargs=-1, required=True, type=PATH, metavar="FILE…")
@click.option(
    "--map",
    "mapped",
    multiple=True,
    metavar="COLUMN=SOURCE",
    help="Take COLUMN from the source column SOURCE; empty SOURCE: do not guess it."
    f" Columns: {', '.join(EVENT_COLUMNS)}.",
)
@click.option(
    "--set",
    "constants",
    multiple=True,
    metavar="COLUMN=VALUE",
    help="Give COLUMN the same value in every row, such as event_type=purchase.",
)
@click.option(
    "--keep",
    multiple=True,
    metavar="SOURCE",
    help="Take one more source column along, as text.",
)
@click.option(
    "--time-format",
    multiple=True,
    metavar="FORMAT",
    help="How times are written, such as '%d/%m/%Y %H:%M'; several are tried in turn,"
    " then ISO and seconds since 1970.",
)
@click.option("--time-zone", default="UTC", help="Zone of times that name none (UTC).")
@click.option(
    "--decimal-comma",
    is_flag=True,
    help="Numbers are written 1.234,50 instead of 1234.50.",
)
@click.option(
    "--delimiter", help="What separates fields (found by itself: , ; | or tab)."
)
@click.option(
    "--encoding", help="Found by itself for UTF-8 and UTF-16; else such as cp1252."
)
@click.option(
    "--columns", metavar="A,B,…", help="Column names, if the file has no header."
)
@click.option(
    "--hash-user-ids",
    is_flag=True,
    help="Replace user ids, such as e-mail addresses, by hashes.",
)
@click.option("--users", is_flag=True, help="The file has user profiles, not events.")
@click.option("--home", type=PATH, help="Folder of all that is yours, made if missing.")
@click.option("--out", type=PATH, help="Folder to land in (that of POINTWISE_EVENTS).")
@click.option("--outcome", metavar="EVENT", help="The event that proves intent.")
@click.option(
    "--write-panel",
    type=PATH,
    metavar="FOLDER",
    help="Write a control panel for these events to a new folder.",
)
def main(
    files: tuple[Path, ...],
    users: bool,
    home: Path | None,
    out: Path | None,
    outcome: str | None,
    write_panel: Path | None,
    **given: object,
) -> None:
    """Import, and tell."""
    if home:
        os.environ[HOME] = str(home.absolute())
    options = checked_options(users, given)
    if users and (len(files) > 1 or write_panel or outcome):
        raise PointwiseError(
            "--users goes with one file, and without --write-panel and --outcome"
        )
    if write_panel:
        check_panel_folder(write_panel)
    panel = write_panel or (None if users else missing_panel())
    import_files(files, output_path(users, out), options, panel, outcome)


def missing_panel() -> Path | None:
    """Return where POINTWISE_HOME should have a control panel, and has none."""
    panel = path_setting("POINTWISE_CONTROL")
    return None if home_folder() is None or any(panel.glob("*.csv")) else panel


def checked_options(users: bool, given: dict[str, Any]) -> Options:
    """Return the options that decide how a file lands; fail if they make no sense."""
    if given["encoding"]:
        check_encoding(given["encoding"])
    delimiter = given["delimiter"]
    delimiter = "\t" if delimiter in ("tab", "\\t") else delimiter
    if delimiter is not None and (
        len(delimiter) != 1
        or not delimiter.isascii()
        or delimiter.isalnum()
        or delimiter in '"\r\n\0'
    ):
        raise PointwiseError("--delimiter must be one character, such as , ; | or tab")
    return Options(
        kind="users" if users else "events",
        told=split_pairs("--map", given["mapped"]),
        constants=split_pairs("--set", given["constants"]),
        kept=list(given["keep"]),
        columns=given["columns"].split(",") if given["columns"] else None,
        delimiter=delimiter,
        encoding=given["encoding"],
        reading=Reading(
            given["time_format"],
            given["time_zone"],
            given["decimal_comma"],
            given["hash_user_ids"],
        ),
    )


def output_path(users: bool, out: Path | None) -> Path:
    """Return the folder that events land in, or the file that profiles become."""
    if not users:
        return out or events_folder()
    if out and out.suffix != ".parquet":
        return out / "users.parquet"
    return out or path_setting("POINTWISE_USERS")
