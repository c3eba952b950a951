"""Import one file: look at it, choose its columns, land it unless it has landed."""

import hashlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import duckdb
from rich.progress import Progress

from pointwise.core.errors import PointwiseError
from pointwise.core.file_names import escaped
from pointwise.importing.batches import Batch, Source
from pointwise.importing.columns import (
    EVENT_COLUMNS,
    Mapping,
    choose_columns,
    listed,
    would_be_guessed,
)
from pointwise.importing.csv_reader import open_csv
from pointwise.importing.json_reader import open_json
from pointwise.importing.landing import land, landed_from, landing_path, rejects_path
from pointwise.importing.summary import (
    Imported,
    print_columns,
    rejected_rows,
    say,
    shown_path,
)
from pointwise.importing.text_blocks import content_hash, text_blocks
from pointwise.importing.values import (
    Reading,
    column_type,
    fitting_time_formats,
    readable_share,
    typed_rows,
)

VERSION = 1  # To be raised when the same file would land differently than before.


class Options(NamedTuple):
    """What was asked for; all of it decides how a file lands."""

    kind: str  # "events" or "users"
    told: dict[str, str]
    constants: dict[str, str]
    kept: list[str]
    columns: list[str] | None
    delimiter: str | None
    encoding: str | None
    reading: Reading


def import_file(
    connection: duckdb.DuckDBPyConnection,
    file: Path,
    out: Path,
    options: Options,
    progress: Progress,
) -> Imported:
    """Land one file, unless it has landed already; return what came of it."""
    started = time.perf_counter()
    content = content_hash(file)
    source = look_at(file, options)
    mapping = choose_readable_columns(connection, file, source, options)
    settings = settings_of(mapping, options)
    path = landing_path(out, file, content) if options.kind == "events" else out
    earlier_content, earlier_settings = landed_from(path)
    if earlier_content is None and path.exists():
        raise PointwiseError(
            f"{path} was not written by this script; move it away, or name another file"
            " with POINTWISE_USERS or --out"
        )
    print_columns(file.name, source, mapping)
    if (earlier_content, earlier_settings) == (content, settings):
        set_aside = sum(1 for _ in rejected_rows(rejects_path(path)))
        return Imported(file, path, count_rows(connection, path), set_aside, None)

    if earlier_content:
        say(f"Replaces what {shown_path(path)} had before.")

    def land_with(source: Source, mapping: Mapping) -> tuple[int, list[str]]:
        batches = read_batches(file, source, mapping, content, options, progress)
        query = typed_rows(
            mapping,
            options.kind,
            options.reading,
            EVENT_COLUMNS if options.kind == "events" else (),
        )
        columns = len(mapping.sources)
        attributes = [
            target
            for target in mapping.sources
            if options.kind == "users" and target not in ("user_id", "valid_from")
        ]
        return land(
            *(connection, query, batches, columns, path, file.name, content, settings),
            attributes,
        )

    set_aside, late = land_with(source, mapping)
    wanted = would_be_guessed(late, options.kind, mapping)
    if wanted:
        # JSON lines whose first lines lack a column that matters: read them again.
        source = look_at(file, options, wanted)
        mapping = choose_readable_columns(connection, file, source, options)
        say(f"Found further down in {file.name}, which is read again: {listed(wanted)}")
        print_columns(file.name, source, mapping)
        set_aside, late = land_with(source, mapping)
    if late:
        say(f"Left behind, found further down in {file.name}: {listed(late)}")
    if landed_from(path) != (content, settings):
        raise nothing_landed(file, path, set_aside)
    seconds = time.perf_counter() - started
    return Imported(file, path, count_rows(connection, path), set_aside, seconds)


def look_at(
    file: Path, options: Options, known_columns: list[str] | None = None
) -> Source:
    """Return the file's columns and a sample, from its first lines."""
    first_block = next(text_blocks(file, options.encoding), b"")
    if not first_block.strip():
        raise PointwiseError(f"{file} is empty")
    if first_block.lstrip()[:1] in (b"{", b"[") and not options.columns:
        return open_json(str(file), first_block, known_columns or [])
    return open_csv(str(file), first_block, options.delimiter, options.columns)


def choose_readable_columns(
    connection: duckdb.DuckDBPyConnection, file: Path, source: Source, options: Options
) -> Mapping:
    """Return the mapping, without guesses whose values are not what their name says.

    Raises PointwiseError if none of the times can be read.
    """
    mapping = choose_columns(
        str(file), source, options.kind, options.told, options.constants, options.kept
    )
    for target, column in list(mapping.sources.items()):
        if column_type(target, options.kind) == "varchar":
            continue
        values = source.sample[column]
        share = readable_share(
            connection, target, options.kind, values, options.reading
        )
        if share is None:
            continue
        if target == "occurred_at":
            if share == 0:
                raise unreadable_times(connection, file, column, values)
        elif target in mapping.guessed and share < 0.5:
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


def settings_of(mapping: Mapping, options: Options) -> dict:
    """Return all that decides how a file lands, to compare with an earlier landing."""
    settings = {
        "version": VERSION,
        "sources": mapping.sources,
        "constants": mapping.constants,
        "columns": options.columns,
        "delimiter": options.delimiter,
        "encoding": options.encoding,
        "reading": options.reading._asdict(),
    }
    return json.loads(json.dumps(settings))


def read_batches(
    file: Path,
    source: Source,
    mapping: Mapping,
    content: str,
    options: Options,
    progress: Progress,
) -> Iterator[Batch]:
    """Yield the file's batches; fail at the end if its content is not as expected."""
    digest = hashlib.sha256()
    task = progress.add_task(file.name, total=file.stat().st_size)
    blocks = text_blocks(
        file,
        options.encoding,
        digest.update,
        lambda position: progress.update(task, completed=position),
    )
    yield from source.batches(blocks, list(mapping.sources.values()))
    if digest.hexdigest() != content:
        raise PointwiseError(f"{file} changed while it was read; import it again")


def nothing_landed(file: Path, path: Path, set_aside: int) -> PointwiseError:
    """Return the error for a file without a row that can be read."""
    if not set_aside:
        return PointwiseError(f"{file} has no rows, only column names")
    rejects = rejects_path(path)
    row = next(rejected_rows(rejects))
    return PointwiseError(
        f"{file}: none of {set_aside:,} rows can be read; line {row['line']}"
        f" {row['reason']}; all are in {shown_path(rejects)}"
    )


def count_rows(connection: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Return how many rows a Parquet file has."""
    query = "select count(*) from read_parquet($1)"
    return connection.execute(query, [escaped(path)]).fetchall()[0][0]
