r"""Import events and user profiles, as tools export them or in any shape.

    pointwise import export.csv.gz --home my_data --outcome purchase
    pointwise import amplitude.zip tracks.csv pages.csv identifies.csv --home my_data
    pointwise import people.csv --home my_data --users
    pointwise import shop.csv --map user_id=visitor --map occurred_at=ts
    pointwise import de.csv --time-format '%d.%m.%Y %H:%M' \
        --time-zone Europe/Berlin --decimal-comma
    pointwise import leads.csv --home my_data --outcome Converted

FILE is CSV, JSON lines or Parquet; gzipped, in a zip archive, or a folder of such
files. Exports of PostHog, Segment, RudderStack, Snowplow, Google Analytics 4, Mixpanel,
Amplitude and HubSpot are recognised by their columns; --preset names one, or a YAML
file of yours, and `--preset plain` finds columns by their names only. What was
understood is said before anything is built. With --home, or where POINTWISE_HOME is
set, that folder is made and gets all that is yours: the events, profiles, a control
panel to begin with, and settings.yml with the outcome.

A flat list of leads, a row a person, is recognised, too (docs/leads.md): its dates
become events, its other columns attributes, and columns that are filled in after the
outcome are refused by name.

Parquet files need not land: with --in-place they stay where they are, and settings.yml
gets the names of their columns.

Every file lands once, as one Parquet file named by its content; importing the same
content again changes nothing, or, with other options, replaces what it gave before.
Columns are found by their names, or named by --map. Only columns that the project uses
are taken along, and properties that event_types.csv names. Times may be ISO, with or
without a zone, or seconds, milliseconds or microseconds since 1970. Rows with a value
that cannot be read land with it in the column `unparsed`, and the build quarantines
them; an event whose amount or duration cannot be read is kept without, and counted.
Lines that cannot be read at all are set aside in the folder `rejected` beside the
landed files, with file, line and reason.

Times without a zone are in --time-zone. Where its clocks go forward, 02:30 is read as
03:30; where they go back, a time that happens twice is read as the second.
"""

import os
import tempfile
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from pointwise.core.command_line import PATH, Whole, command
from pointwise.core.errors import PointwiseError
from pointwise.core.home import (
    HOME,
    path_setting,
)
from pointwise.core.home import home as home_folder
from pointwise.core.outcome import outcome_of
from pointwise.importing.asked import Asked
from pointwise.importing.columns import (
    EVENT_COLUMNS,
    snake_name,
    split_pairs,
)
from pointwise.importing.in_place import pattern_of
from pointwise.importing.inputs import inputs_in
from pointwise.importing.json_document import as_lines
from pointwise.importing.landing import events_folder
from pointwise.importing.lead_columns import LISTING
from pointwise.importing.one_file import NoRowsError, Options, import_file
from pointwise.importing.presets import (
    AUTO,
    LEADS,
    PLAIN,
    named_preset,
    preset_names,
)
from pointwise.importing.report import mapped_events, panel_conditions, report
from pointwise.importing.starter_panel import (
    check_panel_folder,
    is_as_imported,
)
from pointwise.importing.summary import say, say_no_panel
from pointwise.importing.text_blocks import check_encoding, unless_gzip
from pointwise.importing.values import Reading, check_reading, connect

NOTHING_ASKED = Asked()


def import_files(
    files: Sequence[Path],
    out: Path,
    users: Path,
    options: Options,
    panel: Path | None = None,
    asked: Asked = NOTHING_ASKED,
    in_place: Path | None = None,
) -> None:
    """Import every file and report what came of it; fail at the end if one failed.

    `in_place` is the pattern of files that stay where they are: what lands is for now.
    """
    connection = connect()
    check_reading(connection, options.reading)
    imported, failures, read = [], [], 0
    terminal = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn()
    with (
        tempfile.TemporaryDirectory(prefix="pointwise-") as folder,
        Progress(
            *columns, console=terminal, disable=not terminal.is_terminal, transient=True
        ) as progress,
    ):
        for file in inputs_in(list(files), Path(folder)):
            read += 1
            if isinstance(file, PointwiseError):
                failures.append(str(file))
                continue
            try:
                lines = as_lines(file, options.encoding, Path(folder))
                imported += import_file(
                    connection, lines, out, users, options, progress
                )
            except NoRowsError as error:
                say(f"{error}: nothing to import.")
            except PointwiseError as error:
                failures.append(f"{error}{unless_gzip(file)}")
            except OSError as error:
                failures.append(f"{error.filename or file.shown}: {error.strerror}")
    if imported:
        report(connection, imported, options, panel, asked, in_place)
    elif not failures:
        say_no_panel(panel)
    if failures:
        if read > 1:
            failures[0] = f"{len(failures)} of {read} files: {failures[0]}"
        raise PointwiseError("; ".join(failures))


def panel_properties() -> tuple[str, ...]:
    """Return the properties by which the current control panel tells events apart."""
    conditions = panel_conditions(path_setting("POINTWISE_CONTROL"))
    columns = dict.fromkeys(condition["column"] for condition in conditions)
    return tuple(name for name in columns if name not in EVENT_COLUMNS)


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
    "--role",
    default="",
    metavar="NAME",
    help="Land the file once more beside what it gave before, as for the receivers of"
    " what others sent.",
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
@click.option(
    "--preset",
    "--from",
    "preset",
    default=AUTO,
    metavar="NAME",
    help=f"Whose export it is, found by its columns ({AUTO}): {PLAIN}, {LEADS},"
    f" {', '.join(preset_names())}, or a YAML file of yours.",
)
@click.option("--users", is_flag=True, help="The file has user profiles, not events.")
@click.option(
    "--in-place",
    is_flag=True,
    help="Leave Parquet files where they are; write settings and a panel for them.",
)
@click.option("--home", type=PATH, help="Folder of all that is yours, made if missing.")
@click.option("--out", type=PATH, help="Folder to land in (that of POINTWISE_EVENTS).")
@click.option(
    "--outcome",
    "outcomes",
    multiple=True,
    metavar="EVENT",
    help="The event that proves intent; given again, one of several; '*' for any event,"
    " as of who comes back.",
)
@click.option(
    "--outcome-min-events",
    type=Whole(1),
    default=1,
    metavar="NUMBER",
    help="How many of these events are the outcome (1).",
)
@click.option(
    "--outcome-min-amount",
    type=float,
    metavar="AMOUNT",
    help="What their amounts must come to.",
)
@click.option(
    "--capacity",
    type=Whole(1),
    metavar="PEOPLE",
    help="How many people the team can contact: as many are in the two highest bands of"
    " the panel (a tenth of all).",
)
@click.option(
    "--write-panel",
    type=PATH,
    metavar="FOLDER",
    help="Write a control panel for these events to a new folder.",
)
def main(
    files: tuple[Path, ...],
    users: bool,
    in_place: bool,
    home: Path | None,
    out: Path | None,
    outcomes: tuple[str, ...],
    outcome_min_events: int,
    outcome_min_amount: float | None,
    capacity: int | None,
    write_panel: Path | None,
    **given: object,
) -> None:
    """Import, and report."""
    if home:
        os.environ[HOME] = str(home.absolute())
    options = checked_options(users, outcomes, given)
    if not in_place:
        options = options._replace(reading=options.reading._replace(is_lenient=True))
    if options.preset != AUTO:
        named_preset(options.preset)
    asked = checked_outcome(outcomes, outcome_min_events, outcome_min_amount)
    asked = asked._replace(capacity=capacity)
    if users and (len(files) > 1 or write_panel or outcomes):
        raise PointwiseError(
            "--users goes with one file, and without --write-panel and --outcome"
        )
    if write_panel:
        check_panel_folder(write_panel)
    panel = write_panel or (None if users else missing_panel())
    if in_place:
        if users or out:
            raise PointwiseError("--in-place goes without --users and --out")
        pattern = pattern_of(files, options.reading, options.kept)
        with tempfile.TemporaryDirectory(prefix="pointwise-") as folder:
            landed = Path(folder) / "events", Path(folder) / "users.parquet"
            options = options._replace(preset=PLAIN)
            import_files(files, *landed, options, panel, asked, pattern)
        return
    people = output_path(True, out) if users or not out else beside(out)
    events = output_path(users, out)
    import_files(files, events, people, options, panel, asked)


def checked_outcome(
    names: tuple[str, ...], min_events: int, min_amount: float | None
) -> Asked:
    """Return the outcome that is asked for; fail if it asks for nothing."""
    if not names:
        if min_events > 1 or min_amount is not None:
            raise PointwiseError("--outcome-min-… says how much of --outcome: name it")
        return NOTHING_ASKED
    amount = None if min_amount is None else Decimal(str(min_amount))
    asked = Asked(tuple(dict.fromkeys(names)), min_events, amount)
    outcome_of(asked.setting())
    return asked


def beside(out: Path) -> Path:
    """Return where profiles land that are found in events of a folder of their own."""
    return out.absolute().parent / "users.parquet"


def missing_panel() -> Path | None:
    """Return where POINTWISE_HOME should have a control panel, and has none.

    One that an import wrote is written again, from everything landed, until somebody
    edits it or builds with it.
    """
    panel = path_setting("POINTWISE_CONTROL")
    if home_folder() is None:
        return None
    if not any(panel.glob("*.csv")):
        return panel
    is_built = path_setting("POINTWISE_DB").exists()
    is_of_leads = LISTING in mapped_events(panel)
    may_change = is_as_imported(panel) and not is_built and not is_of_leads
    return panel if may_change else None


def checked_options(
    users: bool, outcomes: tuple[str, ...], given: dict[str, Any]
) -> Options:
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
        mapped=split_pairs("--map", given["mapped"]),
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
        preset=given["preset"],
        properties=panel_properties(),
        role=snake_name(given["role"]),
        outcomes=outcomes,
    )


def output_path(users: bool, out: Path | None) -> Path:
    """Return the folder that events land in, or the file that profiles become."""
    if not users:
        return out or events_folder()
    if out and out.suffix != ".parquet":
        return out / "users.parquet"
    return out or users_file()


def users_file() -> Path:
    """Return the file in which profiles are looked for, by its plain name."""
    path = path_setting("POINTWISE_USERS")
    return path.with_name(path.name.replace("*", ""))
