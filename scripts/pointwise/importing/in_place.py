"""Parquet files that stay where they are: settings that name their columns.

They are read as an import reads them, into a folder that goes again, for the panel to
learn from.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from pointwise.core.errors import PointwiseError
from pointwise.core.sql_text import sql_name, sql_text
from pointwise.importing.columns import Mapping
from pointwise.importing.inputs import is_meant
from pointwise.importing.parquet_reader import is_parquet
from pointwise.importing.takes import Take
from pointwise.importing.values import Reading

AS_THEY_ARE = Reading((), "UTC", decimal_comma=False, hashes_user_ids=False)


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


def event_columns(mappings: list[Mapping]) -> dict[str, str]:
    """Return the setting `event_columns`.

    Raises PointwiseError if files have other columns than the first.
    """
    found = [columns_of(mapping) for mapping in mappings]
    if any(columns != found[0] for columns in found):
        raise PointwiseError(
            "--in-place: the files have different columns; import them instead"
        )
    return found[0] | id_of_rows(mappings)


def id_of_rows(mappings: list[Mapping]) -> dict[str, str]:
    """Return the SQL of an event id from all that rows say, where it takes more.

    A build tells events without an id apart by the columns that it uses.
    """
    told_by = set.intersection(*({*mapping.whole} for mapping in mappings))
    used = {*mappings[0].only_used().columns()}
    if "event_id" in mappings[0].sources or told_by <= used:
        return {}
    cells = (f"coalesce(cast({sql_name(c)} as varchar), '')" for c in sorted(told_by))
    return {"event_id": f"md5(concat_ws(chr(31), {', '.join(cells)}))"}


def columns_of(mapping: Mapping) -> dict[str, str]:
    """Return the SQL of each event column that has another name in the file."""
    columns = {name: sql_text(value) for name, value in mapping.constants.items()}
    for name, takes in mapping.sources.items():
        place = takes[0].place
        if place is None or takes != (Take(place),) or place.keys:
            raise PointwiseError(
                f"--in-place: {name} is not one column; import the file"
            )
        is_plain = re.fullmatch("[a-z_][a-z0-9_]*", place.column)
        if name != place.column:
            columns[name] = place.column if is_plain else sql_name(place.column)
    return columns
