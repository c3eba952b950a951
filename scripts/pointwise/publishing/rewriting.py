"""Raw files rewritten without a person: aside, made durable, renamed."""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from pointwise.core.errors import PointwiseError
from pointwise.core.sql_text import escaped, file_text, sql_name, sql_text
from pointwise.publishing.files import make_durable_folder, remove
from pointwise.publishing.remains import Traces, first_line, ids_as_text, is_one_of
from pointwise.sources.links import COLUMNS, KINDS, look_at
from pointwise.sources.listing import find_files

LINKED = ("id", "person_id")
CODECS = {"UNCOMPRESSED", "SNAPPY", "GZIP", "ZSTD", "BROTLI", "LZ4", "LZ4_RAW"}


@dataclass(frozen=True)
class PersonsFile:
    """A raw file, the SQL that says which rows are the person's, and how many are.

    In rows of others, `emptied` is set to NULL where `is_emptied` holds: the id of a
    device that they used too. A file of links or assignments has the `ids` that go.
    """

    path: Path
    is_theirs: str
    has_partitions: bool
    rows: int
    rows_of_others: int
    emptied: str | None = None
    is_emptied: str = "false"
    ids: tuple[str, ...] = ()


def files_of(pattern: str) -> list[Path]:
    """Return the files that a setting such as POINTWISE_EVENTS names."""
    return [Path(found.file) for found in find_files(pattern)]


def source(path: Path, has_partitions: bool) -> str:
    """Return the SQL that reads this very file, whatever its name looks like."""
    options = f"hive_partitioning = {str(has_partitions).lower()}"
    if has_partitions:
        options += ", hive_types_autocast = false"
    return f"read_parquet({file_text(path)}, {options})"


def look_into(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    expression: str,
    ids: Sequence[str],
) -> PersonsFile:
    """Return how many rows of a file belong to ids, and to others.

    An id is compared as the project reads it: see `ids_as_text`. It may be the name
    of a folder, as in `user_id=u42/`.

    Raises duckdb.Error if the file cannot be read.
    """
    texts, has_partitions = texts_of_ids(connection, path, [expression])
    is_theirs = is_one_of(texts[0], ids)
    return counted(connection, PersonsFile(path, is_theirs, has_partitions, 0, 0))


def look_into_events(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    columns: EventIds,
    ids: Sequence[str],
) -> PersonsFile:
    """Return the same of an event file: who has no user id has the anonymous one.

    Raises duckdb.Error if the file cannot be read, or has neither id.
    """
    (user, anonymous), has_partitions = columns.in_file(connection, path)
    is_device = is_one_of(anonymous, ids)
    is_theirs = (
        f"({is_one_of(user, ids)} or (not {columns.is_somebody(user)} and {is_device}))"
    )
    emptied = own_column(connection, path, columns.anonymous_id)
    file = PersonsFile(path, is_theirs, has_partitions, 0, 0)
    if emptied:
        is_emptied = f"(not {is_theirs} and {is_device})"
        file = replace(file, emptied=emptied, is_emptied=is_emptied)
    return counted(connection, file)


def look_into_links(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    ids: Sequence[str],
    needed: dict[str, bool] = COLUMNS,
) -> PersonsFile:
    """Return the same of a links file, whose rows name two ids, or one of assignments.

    Raises PointwiseError if the file cannot be read.
    """
    file = look_at(connection, str(path), None, needed)
    if file["reason"]:
        raise PointwiseError(file["reason"])
    texts = [
        ids_as_text(*file["columns"][one].values()) for one in LINKED if one in needed
    ]
    is_theirs = " or ".join(is_one_of(text, ids) for text in texts)
    rows, others = connection.execute(
        f"select count_if({is_theirs}), count_if(not ({is_theirs})) from {file['rows']}"
    ).fetchall()[0]
    return PersonsFile(path, f"({is_theirs})", False, rows, others, ids=tuple(ids))


def counted(connection: duckdb.DuckDBPyConnection, file: PersonsFile) -> PersonsFile:
    """Return a file with the numbers of its rows that change, and that others have."""
    rows, others = connection.execute(
        f"select count_if({file.is_theirs} or {file.is_emptied}),"
        f" count_if(not {file.is_theirs})"
        f" from {source(file.path, file.has_partitions)}"
    ).fetchall()[0]
    return replace(file, rows=rows, rows_of_others=others)


@dataclass(frozen=True)
class EventIds:
    """Which columns of event files, in SQL, are ids; and which ids are nobody's."""

    user_id: str
    anonymous_id: str
    placeholders: tuple[str, ...]

    def in_file(
        self, connection: duckdb.DuckDBPyConnection, path: Path
    ) -> tuple[list[str], bool]:
        """Return both as text in a file, and whether names of folders are needed."""
        return texts_of_ids(connection, path, [self.user_id, self.anonymous_id])

    def is_somebody(self, text: str) -> str:
        """Return the SQL of the macro `is_somebody`."""
        listed = ", ".join(sql_text(one.lower()) for one in ("", *self.placeholders))
        return (
            f"coalesce(lower(trim({text})) not in ({listed})"
            f" and trim({text}, '0- ') <> '', false)"
        )


def texts_of_ids(
    connection: duckdb.DuckDBPyConnection, path: Path, expressions: list[str]
) -> tuple[list[str], bool]:
    """Return ids of a file as text, and whether names of folders are needed for them.

    One that the file does not have is NULL. Raises duckdb.Error if it has none.
    """
    found: dict[str, str] = {}
    has_partitions = False
    for tried in (False, True):
        for expression in (one for one in expressions if one not in found):
            try:
                kind = type_of(connection, path, expression, tried)
            except duckdb.BinderException as error:
                lacking = error
                continue
            found[expression] = ids_as_text(expression, kind)
            has_partitions = tried
    if not found:
        raise lacking
    return [found.get(one, "cast(null as varchar)") for one in expressions], (
        has_partitions
    )


def own_column(
    connection: duckdb.DuckDBPyConnection, path: Path, expression: str
) -> str | None:
    """Return the column of a file that an expression is; None if it is more."""
    described = connection.execute(f"describe from {source(path, False)}").fetchall()
    name = expression.strip().strip('"').lower()
    return next((own for own, *_ in described if own.lower() == name), None)


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


def rewrite(connection: duckdb.DuckDBPyConnection, file: PersonsFile) -> None:
    """Rewrite a raw file without a person's rows: same columns, types, order, time.

    A file of nobody else stays as one without rows, with its columns, so that builds
    know them; in a folder named after the person it is removed.

    Raises PointwiseError if a part of the file cannot be read.
    """
    path = file.path.resolve()
    if path.suffix.lower() in KINDS:
        rewrite_lines(connection, file)
        return
    if not file.rows_of_others and file.has_partitions:
        remove(path)
        if not any(path.parent.iterdir()):
            path.parent.rmdir()
        return
    aside = path.with_name(f".{path.name}.erasing")
    own = connection.execute(f"describe from {source(path, False)}").fetchall()
    columns = ", ".join(
        f"case when not {file.is_emptied} then {sql_name(name)} end as {sql_name(name)}"
        if name == file.emptied
        else sql_name(name)
        for name, *_ in own
    )
    query = (
        f"select {columns} from {source(path, file.has_partitions)}"
        f" where not {file.is_theirs}"
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


def rewrite_lines(connection: duckdb.DuckDBPyConnection, file: PersonsFile) -> None:
    """Rewrite links or assignments in CSV: the other lines stay to the byte.

    Raises PointwiseError if its lines are not the rows that DuckDB reads.
    """
    path = file.path.resolve()
    aside = path.with_name(f".{path.name}.erasing")
    gone = 0
    with aside.open("w", newline="", encoding="utf-8", errors="surrogateescape") as new:
        for line, ids in lines_of(connection, path):
            if ids.isdisjoint(file.ids):
                new.write(line)
            else:
                gone += 1
    if gone != file.rows:
        remove(aside)
        raise PointwiseError(
            f"{path} holds the person and cannot be rewritten line by line: take the"
            " person out of it yourself, and run this again"
        )
    put_in_place_of(path, aside)


def lines_of(
    connection: duckdb.DuckDBPyConnection, path: Path
) -> Iterator[tuple[str, set[str]]]:
    """Yield each record of a CSV as it is written, and the ids of a link in it."""
    delimiter, quote, escape, skipped = connection.execute(
        "select nullif(Delimiter, '(empty)'), nullif(Quote, '(empty)'),"
        " nullif(Escape, '(empty)'), SkipRows"
        f" from sniff_csv({file_text(path)},"
        " header = true, all_varchar = true)"
    ).fetchall()[0]
    taken: list[str] = []
    places: list[int] = []
    csv.field_size_limit(2**31 - 1)
    with path.open(newline="", encoding="utf-8", errors="surrogateescape") as old:
        for _ in range(skipped):
            yield old.readline(), set()
        records = csv.reader(
            (taken.append(line) or line for line in old),
            delimiter=delimiter or ",",
            quotechar=quote or '"',
            quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
            escapechar=escape if escape != quote else None,
            doublequote=escape is None or escape == quote,
        )
        for record in records:
            cells = dict(enumerate(cell.strip() for cell in record))
            ids = {cells[one] for one in places if one in cells}
            yield "".join(taken), ids | {id.removesuffix(".0") for id in ids}
            taken.clear()
            if not places:
                names = [name.strip("\ufeff ").lower() for name in record]
                places = [names.index(name) for name in LINKED if name in names]


def how_it_was_written(connection: duckdb.DuckDBPyConnection, path: Path) -> str:
    """Return the options that keep a file's compression and the importer's marks."""
    name = escaped(path)
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
