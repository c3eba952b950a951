"""Parquet files that stay where they are: settings that name their columns.

They are read as an import reads them, into a folder that goes again, for the panel to
learn from.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import duckdb

from pointwise.core.errors import PointwiseError
from pointwise.core.sql_text import file_text, sql_name, sql_text
from pointwise.importing.columns import EVENT_COLUMNS, Mapping
from pointwise.importing.inputs import is_meant
from pointwise.importing.parquet_reader import described, is_parquet
from pointwise.importing.summary import Imported
from pointwise.importing.takes import Take
from pointwise.importing.values import WHITE, Reading, time_expression

AS_THEY_ARE = Reading((), "UTC", decimal_comma=False, hashes_user_ids=False)
REMEDIES = {
    "unreadable when imported": "import the files, without --in-place: an import reads"
    " $1,200.00, too, and has options for how values are written; or leave it out:"
    " --map COLUMN="
}


def pattern_of(files: Sequence[Path], reading: Reading, kept: list[str]) -> Path:
    """Return what POINTWISE_EVENTS is to name: a Parquet file, or all of a folder.

    Raises PointwiseError if a build would not read it as it is.
    """
    if len(files) > 1:
        raise PointwiseError(
            "--in-place goes with one Parquet file, or a folder of them"
        )
    path = files[0].absolute()
    found = [path]
    if path.is_dir():
        found = sorted(file for file in path.rglob("*") if is_meant(file, path))
    for file in found:
        if not is_parquet(file):
            raise PointwiseError(
                f"{file} is no Parquet file: import it, without --in-place"
            )
    if (
        reading._replace(time_formats=tuple(reading.time_formats)) != AS_THEY_ARE
        or kept
    ):
        raise PointwiseError(
            "--in-place leaves values as they are: it goes without --keep and options"
            " on times, numbers and ids"
        )
    return path / "**" / "*.parquet" if path.is_dir() else path


def event_columns(
    connection: duckdb.DuckDBPyConnection, files: list[Imported]
) -> dict[str, str]:
    """Return the setting `event_columns`.

    Raises PointwiseError if files have other columns than the first, or values that a
    build would read in another way than an import.
    """
    mappings = [file.mapping for file in files]
    padded = {
        name for file in files for name in padded_columns(connection, file, mappings[0])
    }
    found = [columns_of(file.mapping, file.source.columns, padded) for file in files]
    if any(columns != found[0] for columns in found):
        raise PointwiseError(
            "--in-place: the files have different columns; import them instead"
        )
    return found[0] | id_of_rows(mappings)


def padded_columns(
    connection: duckdb.DuckDBPyConnection, file: Imported, mapping: Mapping
) -> list[str]:
    """Return the event columns of a file whose texts have blanks around them.

    Raises PointwiseError where a build would not read what an import does: of other
    white space, and of times in another spelling.
    """
    types = described(connection, file.file.path)
    found = []
    for name, takes in mapping.sources.items():
        column = takes[0].place.column if takes[0].place else None
        if types.get(column) != "VARCHAR":
            continue
        cell = sql_name(column)
        if EVENT_COLUMNS.get(name, "varchar") == "varchar":
            is_padded = f"{cell} <> trim({cell})"
            is_other = f"trim({cell}) <> trim({cell}, {sql_text(WHITE)})"
        elif EVENT_COLUMNS[name] == "timestamp":
            is_padded = "false"
            is_other = (
                f"{time_expression(cell, (), 'UTC')} is not null"
                f" and try_cast({cell} as timestamptz) is null"
                f" and not regexp_full_match({cell}, '\\d{{9,19}}([.]\\d+)?')"
            )
        else:
            continue
        padded, other = connection.execute(
            f"select bool_or({is_padded}), min({cell}) filter ({is_other})"
            f" from read_parquet({file_text(file.file.path)})"
        ).fetchall()[0]
        if other is not None:
            raise PointwiseError(
                f"--in-place: a build does not read {other[:40]!r} in column"
                f" {column!r} of {file.file.shown} as an import does; import the files"
            )
        found += [name] if padded else []
    return found


def id_of_rows(mappings: list[Mapping]) -> dict[str, str]:
    """Return the SQL of an event id from all that rows say, where it takes more.

    A build identifies events without an id by the columns that it uses.
    """
    whole = set.intersection(*({*mapping.whole} for mapping in mappings))
    used = {*mappings[0].only_used().columns()}
    if "event_id" in mappings[0].sources or whole <= used:
        return {}
    cells = (f"coalesce(cast({sql_name(c)} as varchar), '')" for c in sorted(whole))
    return {"event_id": f"md5(concat_ws(chr(31), {', '.join(cells)}))"}


def columns_of(
    mapping: Mapping, there: Sequence[str], padded: set[str]
) -> dict[str, str]:
    """Return the SQL of each event column that is not the file's column of that name.

    `there` are the columns of the file: those that the import does not take are none.
    `padded` are columns of events whose texts have blanks around them.
    """
    columns = {name: sql_text(value) for name, value in mapping.constants.items()}
    for name, takes in mapping.sources.items():
        place = takes[0].place
        if place is None or takes != (Take(place),) or place.keys:
            raise PointwiseError(
                f"--in-place: {name} is not one column; import the file"
            )
        is_plain = re.fullmatch("[a-z_][a-z0-9_]*", place.column)
        written = place.column if is_plain else sql_name(place.column)
        if name in padded:
            columns[name] = f"trim({written})"
        elif name != place.column:
            columns[name] = written
    left = {c.lower() for c in there} & EVENT_COLUMNS.keys() - mapping.sources.keys()
    return dict.fromkeys(sorted(left - columns.keys()), "null") | columns
