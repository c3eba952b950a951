"""Import one file: look at it, choose its columns, land it unless it has landed."""

import hashlib
import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple

import duckdb
from rich.progress import Progress

from pointwise.core.errors import PointwiseError
from pointwise.core.home import PROJECT, path_setting
from pointwise.core.settings import vars_of_run
from pointwise.core.sql_text import escaped, file_text
from pointwise.importing.batches import WHOLE_LINE, Batch, Source
from pointwise.importing.columns import (
    ASSIGNMENT_COLUMNS,
    EVENT_COLUMNS,
    Mapping,
    choose_columns,
    guess_column,
    listed,
    taken,
    would_be_guessed,
)
from pointwise.importing.csv_reader import open_csv
from pointwise.importing.inputs import Input
from pointwise.importing.json_reader import open_json
from pointwise.importing.landing import land, landed_from, landing_path, rejects_path
from pointwise.importing.lead_columns import Ask
from pointwise.importing.leads import lead_mappings
from pointwise.importing.newer import is_same_people, replace_earlier_lists
from pointwise.importing.parquet_reader import is_parquet, open_parquet
from pointwise.importing.presets import (
    AUTO,
    LEADS,
    Preset,
    fitting_preset,
    named_preset,
    preset_without_header,
)
from pointwise.importing.profiles import (
    changes_only,
    profile_mapping,
    with_all_attributes,
)
from pointwise.importing.summary import Imported, rejected_rows, say, shown_path
from pointwise.importing.takes import Place, Take, plain, read_take
from pointwise.importing.text_blocks import content_hash, raw_blocks, text_blocks
from pointwise.importing.values import (
    LIKE_NUMBER,
    NUMBERS,
    Reading,
    column_type,
    fitting_time_formats,
    readable_share,
    samples_of,
    storable,
    time_expression,
    typed_rows,
)

# Days since 1900: from 1982 to 2064.
OF_EXCEL = re.compile(r"[345]\d{4}([.]\d+)?")
# Names of columns that only files of events have.
SURE_EVENTS = ("eventtype", "event", "eventname")
PERSON = ("user_id", "valid_from")  # Of profiles; the rest is what they say.
VERSION = 6  # To be raised when the same file would land differently than before.


class Options(NamedTuple):
    """What was asked for; all of it decides how a file lands."""

    kind: str  # "events" or "users"
    mapped: dict[str, str]
    constants: dict[str, str]
    kept: list[str]
    columns: list[str] | None
    delimiter: str | None
    encoding: str | None
    reading: Reading
    preset: str = AUTO
    properties: tuple[str, ...] = ()  # Named in event_types.csv.
    role: str = ""  # A file that lands once more, in another role.
    outcomes: tuple[str, ...] = ()  # As asked; a list of leads may have it as a column.


class NoRowsError(PointwiseError):
    """A file has column names only: nothing went wrong, and nothing is there."""


class Landing(NamedTuple):
    """What decides where rows of a file go."""

    kind: str
    path: Path
    content: str


def import_file(
    connection: duckdb.DuckDBPyConnection,
    file: Input,
    out: Path,
    users: Path,
    options: Options,
    progress: Progress,
) -> list[Imported]:
    """Land one file, unless it has landed already; return what came of it.

    That is its events, its profiles, or both.
    """
    content = content_hash(file.path)
    source, preset = look_at_shape(file, options)
    kind = preset.kind if preset else options.kind
    landed = []
    if leads := mappings_of_leads(connection, file, source, options, preset):
        events, profiles = leads
        landing = Landing("events", landing_path(out, file.name, content), content)
        landed.append(
            land_file(connection, file, source, events, landing, options, progress)
        )
        replace_earlier_lists(connection, landing.path, events.leads, users)
        if profiles:
            path = landing_path(users.parent, file.name, content, start="users-")
            landing = Landing("users", path, content)
            landed.append(
                land_file(
                    connection, file, source, profiles, landing, options, progress
                )
            )
        return landed
    if kind == "events" and options.kind == "events":
        mapping = choose_readable_columns(connection, file, source, options, preset)
        path = landing_path(out, file.name, content, options.role)
        landing = Landing("events", path, content)
        landed.append(
            land_file(connection, file, source, mapping, landing, options, progress)
        )
    if options.kind == "users" and not (preset and preset.profiles):
        mapping = choose_readable_columns(connection, file, source, options, preset)
        mapping = with_all_attributes(mapping, source, options.kept)
        landing = Landing("users", users, content)
        landed.append(
            land_people(connection, file, source, mapping, landing, options, progress)
        )
    elif preset and preset.profiles:
        mapping = profile_mapping(source, preset, options.kept, options.mapped)
        landing, land = Landing("users", users, content), land_people
        if options.kind == "events":
            beside = users.parent, file.name, content, options.role
            path = landing_path(*beside, start="users-")
            landing, land = landing._replace(path=path), land_file
        if mapping:
            found = land(connection, file, source, mapping, landing, options, progress)
            # Events need not say anything about anybody.
            landed += [found] if found.landed or not landed else []
    return landed


def land_people(
    connection: duckdb.DuckDBPyConnection,
    file: Input,
    source: Source,
    mapping: Mapping,
    landing: Landing,
    options: Options,
    progress: Progress,
) -> Imported:
    """Land a file of people in the place of an earlier one of the same people.

    One of others lands beside it, where a build reads several.
    """
    users, content = landing.path, landing.content
    beside = landing_path(users.parent, file.name, content, start="users-")
    is_read = beside.absolute().match(str(path_setting("POINTWISE_USERS").absolute()))
    if landed_before(users)[0] in (None, content) or not is_read:
        return land_file(connection, file, source, mapping, landing, options, progress)
    landing = landing._replace(path=beside)
    found = land_file(connection, file, source, mapping, landing, options, progress)
    if is_same_people(connection, beside, users):
        for there, place in zip(
            (beside, rejects_path(beside)), (users, rejects_path(users)), strict=True
        ):
            place.unlink(missing_ok=True)
            if there.exists():
                there.replace(place)
        return found._replace(path=users)
    return found


def mappings_of_leads(
    connection: duckdb.DuckDBPyConnection,
    file: Input,
    source: Source,
    options: Options,
    preset: Preset | None,
) -> tuple[Mapping, Mapping | None] | None:
    """Return how a list of leads is read; None for a file that is none."""
    is_asked_for = options.preset == LEADS
    is_event = "event_type" in (*options.mapped, *options.constants)
    if options.kind != "events" or options.preset not in (AUTO, LEADS) or is_event:
        return None
    if preset and preset.kind == "events":
        return None
    if not is_asked_for and any(plain(c) in SURE_EVENTS for c in source.columns):
        return None
    settings = vars_of_run(PROJECT, None)
    written_on = datetime.fromtimestamp(file.path.stat().st_mtime, UTC).date()
    if given := options.constants.get("occurred_at"):
        try:
            written_on = date.fromisoformat(given)
        except ValueError:
            raise PointwiseError(
                f"--set occurred_at={given!r} is no date such as 2026-03-31"
            ) from None
    ask = Ask(
        *(list(options.outcomes), options.mapped, options.kept, options.reading),
        *(written_on, int(settings["horizon_days"])),
        *(int(settings["snapshot_every_days"]), is_asked_for),
        lambda column: days_of(connection, file, source, column, options),
    )
    found = lead_mappings(connection, file.shown, source, ask)
    return found and (found[0], with_account(found[1], source, preset))


def with_account(
    profiles: Mapping, source: Source, preset: Preset | None
) -> Mapping | None:
    """Return the profiles of a list with the company, if they say anything.

    It is where a tool's preset knows it, else found by its name.
    """
    written = ((preset and preset.profiles) or {}).get("account_id", [])
    found = tuple(take for one in written if (take := read_take(source, one)))
    of_row = {
        name: profiles.sources[name] for name in PERSON if name in profiles.sources
    }
    by_name = guess_column("account_id", source, "users", taken(of_row))
    if not found and len(by_name) == 1:
        found = (Take(Place(by_name[0])),)
    attributes = {n: t for n, t in profiles.sources.items() if n not in of_row}
    if found:
        others = {n: t for n, t in attributes.items() if t[0].place != found[0].place}
        attributes = {"account_id": found, **others}
    return profiles._replace(sources=of_row | attributes) if attributes else None


def days_of(
    connection: duckdb.DuckDBPyConnection,
    file: Input,
    source: Source,
    column: str,
    options: Options,
) -> list[date]:
    """Return all days that a column of a file has, in order."""
    if is_parquet(file.path):
        blocks = raw_blocks(file.path)
    else:
        blocks = text_blocks(file.path, options.encoding)
    values: set[str | None] = set()
    for batch in source.batches(blocks, [column]):
        values |= {*batch.rows.column(0).unique().to_pylist()}
    reading = options.reading
    read = time_expression("content", reading.time_formats, reading.time_zone)
    found = connection.execute(
        f"select distinct {read}::date from (select unnest($1::varchar[]) as content)"
        f" where {read} is not null order by 1",
        [[storable(value) for value in values if value]],
    ).fetchall()
    return [day for (day,) in found]


def land_file(
    connection: duckdb.DuckDBPyConnection,
    file: Input,
    source: Source,
    mapping: Mapping,
    landing: Landing,
    options: Options,
    progress: Progress,
) -> Imported:
    """Land rows of a file by a mapping, unless they have landed so already."""
    started = time.perf_counter()
    kind, path, content = landing
    # Profiles in a file of events: its lines were judged with the events.
    is_second = kind == "users" and mapping.preset is not None
    is_second = is_second and mapping.preset.kind == "events"
    settings = settings_of(mapping, options)
    earlier_content, earlier_settings = landed_before(path)

    def imported(set_aside: int, seconds: float | None) -> Imported:
        rows = count_rows(connection, path) if path.exists() else 0
        return Imported(file, path, kind, rows, set_aside, seconds, source, mapping)

    if (earlier_content, earlier_settings) == (content, settings):
        return imported(sum(1 for _ in rejected_rows(rejects_path(path))), None)
    if earlier_content:
        say(f"Replaces what {shown_path(path)} had before.")

    def land_with(source: Source, mapping: Mapping) -> tuple[int, list[str]]:
        batches = read_batches(file, source, mapping, content, options, progress)
        always = {"events": EVENT_COLUMNS, "assignments": ASSIGNMENT_COLUMNS}
        query = typed_rows(mapping, kind, options.reading, always.get(kind, ()))
        columns = len(mapping.columns())
        attributes = [
            target
            for target in mapping.sources
            if kind == "users" and target not in ("user_id", "valid_from")
        ]
        if mapping.preset and kind == "users":
            has_time = "valid_from" in mapping.sources
            query = changes_only(query, attributes, has_time)
        return land(
            *(connection, query, batches, columns, path, file.name, content, settings),
            *(attributes, not is_second),
        )

    set_aside, late = land_with(source, mapping)
    is_guessed = kind == options.kind and not mapping.moments
    wanted = would_be_guessed(late, kind, mapping) if is_guessed else []
    if wanted:
        # JSON lines whose first lines lack a column that matters: read them again.
        source, preset = look_at_shape(file, options, wanted)
        mapping = choose_readable_columns(connection, file, source, options, preset)
        say(f"Found further down in {file.name}, which is read again: {listed(wanted)}")
        set_aside, late = land_with(source, mapping)
    if is_guessed and lacks_ids(kind, mapping, path):
        mapping = with_whole_rows(mapping, source)
        set_aside, late = land_with(source, mapping)
    if late and kind == options.kind:
        say(f"Left behind, found further down in {file.name}: {listed(late)}")
    has_landed = landed_from(path) == (content, settings)
    if not has_landed and not is_second and not (wanted and path.exists()):
        raise nothing_landed(file, path, set_aside)
    return imported(set_aside, time.perf_counter() - started)


def landed_before(path: Path) -> tuple[str | None, dict | None]:
    """Return from which content a file landed, and how; fail if it is not of ours."""
    earlier = landed_from(path)
    if earlier[0] is None and path.exists():
        raise PointwiseError(
            f"{path} was not written by this script; move it away, or name another file"
            " with POINTWISE_USERS or --out"
        )
    return earlier


def lacks_ids(kind: str, mapping: Mapping, path: Path) -> bool:
    """Say if events have landed without an id, though the first lines have some."""
    is_identified = mapping.whole or "event_id" in mapping.constants
    if kind != "events" or is_identified or not path.exists():
        return False
    query = f"from read_parquet({file_text(path)}) where event_id is null limit 1"
    return bool(duckdb.sql(query).fetchall())


def look_at_shape(
    file: Input, options: Options, known_columns: list[str] | None = None
) -> tuple[Source, Preset | None]:
    """Return what is in a file's first lines, and the preset by which it is read."""
    source = look_at(file, options, known_columns)
    preset = None
    if options.preset != AUTO:
        preset = named_preset(options.preset)
        if preset and preset.header and len(preset.header) == len(source.columns):
            source = look_at(file, options, header=preset.header)
    elif options.columns is None:
        preset = preset_without_header(len(source.columns))
        if preset and not set(preset.header) & set(source.columns):
            source = look_at(file, options, header=preset.header)
        else:
            preset = fitting_preset(file.shown, source)
    if options.kind == "users" and preset and preset.kind != "users":
        preset = None
    places = preset.places() if preset else []
    for outer in ("properties", "event_properties"):
        if any(column.startswith(f"{outer}.") for column in source.columns):
            places += [f"{outer}.{name}" for name in options.properties]
    if source.is_open and places:
        source = look_at(file, options, known_columns, places)
    return source, preset


def look_at(
    file: Input,
    options: Options,
    known_columns: list[str] | None = None,
    known_places: list[str] | None = None,
    header: list[str] | None = None,
) -> Source:
    """Return the file's columns and a sample, from its first lines."""
    if is_parquet(file.path):
        return open_parquet(file.shown, file.path)
    first_block = next(text_blocks(file.path, options.encoding), b"")
    if not first_block.strip():
        raise PointwiseError(f"{file.shown} is empty")
    names = header or options.columns
    if first_block.lstrip()[:1] in (b"{", b"[") and not names:
        return open_json(first_block, known_columns or [], known_places)
    return open_csv(file.shown, first_block, options.delimiter, names)


def choose_readable_columns(
    connection: duckdb.DuckDBPyConnection,
    file: Input,
    source: Source,
    options: Options,
    preset: Preset | None,
) -> Mapping:
    """Return the mapping, without guesses whose values are not what their name says.

    Raises PointwiseError if none of the times can be read.
    """
    mapping = choose_columns(
        *(file.shown, source, options.kind, options.mapped, options.constants),
        *(options.kept, preset, options.properties),
    )
    samples = samples_of(connection, source, mapping)
    for target, values in samples.items():
        if column_type(target, options.kind) == "varchar":
            continue
        share = readable_share(
            connection, target, options.kind, values, options.reading
        )
        if share is None:
            continue
        if target in ("occurred_at", "assigned_at"):
            if share == 0:
                raise unreadable_times(
                    *(connection, file.shown, target, mapping),
                    *(values, options.reading),
                )
        elif target in mapping.guessed and share < 0.5:
            if is_number_elsewhere(target, values, options):
                continue
            say_no_number(target, mapping.sources.pop(target)[0], values)
    if options.kind != "events":
        return mapping
    mapping = mapping._replace(role=options.role)
    has_ids = all(value and value.strip() for value in samples.get("event_id", [""]))
    return mapping if has_ids else with_whole_rows(mapping, source)


def is_number_elsewhere(
    target: str, values: list[str | None], options: Options
) -> bool:
    """Say if a column most likely has numbers, written as is not read.

    It is taken anyway, for its values to be counted and named.
    """
    filled = [v.strip() for v in values if v and v.strip()]
    alike = sum(LIKE_NUMBER.fullmatch(value) is not None for value in filled)
    is_asked = options.reading.is_lenient and target in NUMBERS
    return is_asked and alike >= 0.5 * len(filled)


def say_no_number(target: str, take: Take, values: list[str | None]) -> None:
    """Print that a column whose name means a number has none."""
    if target in NUMBERS:
        example = next(value for value in values if value and value.strip())
        say(
            f"{example[:40]!r} in column {str(take.place)!r} is no number: {target}"
            " stays empty."
        )


def with_whole_rows(mapping: Mapping, source: Source) -> Mapping:
    """Return the mapping for a file with events that have no id of their own."""
    if "event_id" in mapping.constants:
        return mapping
    whole = (WHOLE_LINE,) if source.is_open else tuple(source.columns)
    return mapping._replace(whole=whole)


def unreadable_times(
    connection: duckdb.DuckDBPyConnection,
    file: str,
    target: str,
    mapping: Mapping,
    values: list[str | None],
    reading: Reading,
) -> PointwiseError:
    """Return an error that names the formats which would read a column's values.

    A format that reads them as of other times than events have is none.
    """
    column = str(mapping.sources[target][0].place)
    filled = [value.strip() for value in values if value and value.strip()]
    example = filled[0]
    if all(OF_EXCEL.fullmatch(value) for value in filled):
        return PointwiseError(
            f"{file}: times in column {column!r} are days since 1900, as Excel counts"
            f" them, such as {example!r}: give the column a date format there, save the"
            " file as CSV again, and import that"
        )
    formats = [
        time_format
        for time_format in fitting_time_formats(connection, values)
        if are_past_times(connection, time_format, values, reading)
    ]
    hint = " or ".join(f"--time-format '{f}'" for f in formats) or (
        f"--time-format, such as '%d/%m/%Y %H:%M', or --map {target}=COLUMN"
    )
    return PointwiseError(
        f"{file}: no time in column {column!r} can be read, such as {example[:40]!r};"
        f" give {hint}"
    )


def are_past_times(
    connection: duckdb.DuckDBPyConnection,
    time_format: str,
    values: list[str | None],
    reading: Reading,
) -> bool:
    """Say if a format reads all values as times from 1980 to a year from now."""
    read = time_expression("content", (time_format,), reading.time_zone)
    return connection.execute(
        f"select bool_and(coalesce({read} between timestamp '1980-01-01' and"
        " now()::timestamp + interval 1 year, false))"
        " from (select something(unnest($1::varchar[])) as content)"
        " where trim(content) <> ''",
        [values],
    ).fetchall()[0][0]


def settings_of(mapping: Mapping, options: Options) -> dict:
    """Return all that decides how a file lands, to compare with an earlier landing."""
    settings = {
        "version": VERSION,
        "sources": mapping.sources,
        "when": mapping.when,
        "moments": mapping.moments,
        "constants": mapping.constants,
        "columns": options.columns,
        "delimiter": options.delimiter,
        "encoding": options.encoding,
        "reading": options.reading._asdict(),
    }
    return json.loads(json.dumps(settings))


def read_batches(
    file: Input,
    source: Source,
    mapping: Mapping,
    content: str,
    options: Options,
    progress: Progress,
) -> Iterator[Batch]:
    """Yield the file's batches; fail at the end if its content is not as expected."""
    digest = hashlib.sha256()
    task = progress.add_task(file.name, total=file.path.stat().st_size)

    def on_position(position: int) -> None:
        progress.update(task, completed=position)

    if is_parquet(file.path):
        blocks = raw_blocks(file.path, digest.update, on_position)
    else:
        blocks = text_blocks(file.path, options.encoding, digest.update, on_position)
    yield from source.batches(blocks, mapping.columns())
    if digest.hexdigest() != content:
        raise PointwiseError(f"{file.shown} changed while it was read; import it again")


def nothing_landed(file: Input, path: Path, set_aside: int) -> PointwiseError:
    """Return the error for a file without a row that can be read."""
    if not set_aside:
        return NoRowsError(f"{file.shown} has no rows, only column names")
    rejects = rejects_path(path)
    row = next(rejected_rows(rejects))
    return PointwiseError(
        f"{file.shown}: none of {set_aside:,} rows can be read; line {row['line']}"
        f" {row['reason']}; all are in {shown_path(rejects)}"
    )


def count_rows(connection: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Return how many rows a Parquet file has."""
    query = "select count(*) from read_parquet($1)"
    return connection.execute(query, [escaped(path)]).fetchall()[0][0]
