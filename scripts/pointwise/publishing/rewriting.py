"""Raw files rewritten without a person: aside, made durable, renamed."""

from __future__ import annotations

import csv
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pointwise.core.errors import PointwiseError
from pointwise.core.published import sql_text
from pointwise.publishing.files import make_durable_folder, remove
from pointwise.publishing.remains import Traces, first_line, ids_as_text
from pointwise.sources.listing import find_files

CODECS = {"UNCOMPRESSED", "SNAPPY", "GZIP", "ZSTD", "BROTLI", "LZ4", "LZ4_RAW"}


@dataclass(frozen=True)
class PersonsFile:
    """A raw file, the SQL that says whose a row is, and how many are the person's."""

    path: Path
    id_text: str
    has_partitions: bool
    rows: int
    rows_of_others: int


def files_of(pattern: str) -> list[Path]:
    """Return the files that a setting such as POINTWISE_EVENTS names."""
    return [Path(found.file) for found in find_files(pattern)]


def source(path: Path, has_partitions: bool) -> str:
    """Return the SQL that reads this very file, whatever its name looks like."""
    name = re.sub(r"[*?\[]", r"[\g<0>]", str(path))
    options = f"hive_partitioning = {str(has_partitions).lower()}"
    if has_partitions:
        options += ", hive_types_autocast = false"
    return f"read_parquet({sql_text(name)}, {options})"


def look_into(
    connection: duckdb.DuckDBPyConnection, path: Path, expression: str, user_id: str
) -> PersonsFile:
    """Return how many rows of a file belong to an id, and to others.

    The id is compared as the project reads it: see `ids_as_text`. It may be the name
    of a folder, as in `user_id=u42/`.

    Raises duckdb.Error if the file cannot be read.
    """
    has_partitions = False
    try:
        kind = type_of(connection, path, expression, has_partitions)
    except duckdb.BinderException:
        has_partitions = True
        kind = type_of(connection, path, expression, has_partitions)
    id_text = ids_as_text(expression, kind)
    rows, others = connection.execute(
        f"select count_if({id_text} = $1), count_if({id_text} is distinct from $1)"
        f" from {source(path, has_partitions)}",
        [user_id],
    ).fetchall()[0]
    return PersonsFile(path, id_text, has_partitions, rows, others)


def type_of(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    expression: str,
    has_partitions: bool,
) -> str:
    """Return the type of an expression over a file's columns."""
    return connection.execute(
        f"describe select {expression} from {source(path, has_partitions)}"
    ).fetchall()[0][1]


def rewrite(
    connection: duckdb.DuckDBPyConnection, file: PersonsFile, user_id: str
) -> None:
    """Rewrite a raw file without a person's rows: same columns, types, order, time.

    A file of nobody else stays as one without rows, with its columns, so that builds
    know them; in a folder named after the person it is removed.

    Raises PointwiseError if a part of the file cannot be read.
    """
    path = file.path.resolve()
    if not file.rows_of_others and file.has_partitions:
        remove(path)
        if not any(path.parent.iterdir()):
            path.parent.rmdir()
        return
    aside = path.with_name(f".{path.name}.erasing")
    own = connection.execute(f"describe from {source(path, False)}").fetchall()
    columns = ", ".join('"' + name.replace('"', '""') + '"' for name, *_ in own)
    query = (
        f"select {columns} from {source(path, file.has_partitions)}"
        f" where {file.id_text} is distinct from {sql_text(user_id)}"
    )
    try:
        connection.execute(
            f"copy ({query}) to {sql_text(aside)}"
            f" (format parquet, {how_it_was_written(connection, path)})"
        )
    except duckdb.Error as error:
        remove(aside)
        raise PointwiseError(
            f"{path} holds the person and cannot be rewritten ({first_line(error)}):"
            " delete it or bring it back from where it came from, and run this again"
        ) from error
    put_in_place_of(path, aside)


def how_it_was_written(connection: duckdb.DuckDBPyConnection, path: Path) -> str:
    """Return the options that keep a file's compression and the importer's marks."""
    name = re.sub(r"[*?\[]", r"[\g<0>]", str(path))
    codecs = connection.execute(
        "select distinct compression from parquet_metadata(?)", [name]
    ).fetchall()
    codec = codecs[0][0] if len(codecs) == 1 and codecs[0][0] in CODECS else "ZSTD"
    marks = connection.execute(
        "select decode(key), decode(value) from parquet_kv_metadata(?)"
        " where starts_with(decode(key), 'pointwise_')",
        [name],
    ).fetchall()
    kept = ", ".join(f"{key}: {sql_text(value)}" for key, value in marks)
    return f"compression {codec}" + (f", kv_metadata {{{kept}}}" if kept else "")


def put_in_place_of(path: Path, aside: Path) -> None:
    """Rename what was written aside, durably; the file keeps its time and rights."""
    status = path.stat()
    with aside.open("rb") as file:
        os.fsync(file.fileno())
    os.utime(aside, ns=(status.st_atime_ns, status.st_mtime_ns))
    shutil.copymode(path, aside)
    aside.replace(path)
    make_durable_folder(path.parent)


def erase_rejected_lines(path: Path, traces: Traces) -> None:
    """Rewrite a CSV of lines that an import set aside, without those with the id."""
    aside = path.with_name(f".{path.name}.erasing")
    csv.field_size_limit(2**31 - 1)
    with (
        path.open(newline="", encoding="utf-8", errors="surrogateescape") as old,
        aside.open("w", newline="", encoding="utf-8", errors="surrogateescape") as new,
    ):
        writer = csv.writer(new)
        for row in csv.reader(old):
            if not traces.are_in("\n".join(row).encode(errors="surrogateescape")):
                writer.writerow(row)
    put_in_place_of(path, aside)
