"""The files that `pointwise live` writes: canonical columns, read like others."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

from pointwise.importing.columns import EVENT_COLUMNS
from pointwise.sources.reading import Column, judge

TYPES = {
    "varchar": pa.string(),
    "timestamp": pa.timestamp("us"),
    "double": pa.float64(),
}


def own_schema(properties: list[str]) -> pa.Schema:
    """Return the columns of such a file: those of events, and of event_types.csv."""
    columns = {**EVENT_COLUMNS, **dict.fromkeys(properties, "varchar")}
    return pa.schema(
        [
            (name, TYPES[kind])
            for name, kind in {**columns, "unparsed": "varchar"}.items()
        ]
    )


def live_plan(columns: list[dict]) -> str | None:
    """Return how builds read such files; None if the var event_columns keeps them off.

    `columns` are what is needed of event files, as the macro needed_event_columns says.
    """
    needed = [Column(**column) for column in columns]
    properties = [one.name for one in needed if one.name not in EVENT_COLUMNS]
    schema = own_schema([name for name in properties if name != "unparsed"])
    with tempfile.TemporaryDirectory(prefix="pointwise-") as folder:
        path = Path(folder) / "live.parquet"
        pa.parquet.write_table(schema.empty_table(), path)
        # Of a file in a folder named a=b, that name would be a column.
        verdict = judge([os.fspath(path)], needed, reads_pages=False)[0]
    return verdict.plan
