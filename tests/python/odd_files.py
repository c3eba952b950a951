"""Event files as pandas, warehouses and loaders write them: the same events, oddly.

`odd_world` draws a few events and files that hold them in odd types, names and
folders. The oracle is the same events in one plain file: whatever a reader makes of it,
it must make of the odd files.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow
import pyarrow.parquet
from hypothesis import strategies as st

from oracle_events import Row
from world_files import AFTER, LAST_DAY, TYPES, set_modified

NOON = datetime.combine(LAST_DAY, datetime.min.time()) + timedelta(hours=12)
EXACT = 2**53 - 1  # whole numbers up to here are themselves as doubles
# How a column may be written: a type of Arrow, and what becomes of a value.
AS_ID = {
    "text": (pyarrow.string(), str),
    "large text": (pyarrow.large_string(), str),
    "dictionary": (pyarrow.dictionary(pyarrow.int32(), pyarrow.string()), str),
    "bytes": (pyarrow.binary(), lambda value: str(value).encode()),
    "whole": (pyarrow.int64(), int),
    "unsigned": (pyarrow.uint64(), int),
    "double": (pyarrow.float64(), float),
    "decimal": (pyarrow.decimal128(20, 2), Decimal),
}
AS_TEXT = {name: AS_ID[name] for name in ("text", "large text", "dictionary", "bytes")}
AS_TIME = {
    **{
        unit: (pyarrow.timestamp(unit), lambda at: at)
        for unit in ("s", "ms", "us", "ns")
    },
    "UTC": (pyarrow.timestamp("us", "UTC"), lambda at: at.replace(tzinfo=UTC)),
    "ns in Tokyo": (
        pyarrow.timestamp("ns", "Asia/Tokyo"),
        lambda at: at.replace(tzinfo=UTC),
    ),
    "text": (pyarrow.string(), lambda at: at.isoformat(sep=" ")),
    "text with offset": (
        pyarrow.string(),
        lambda at: (at + timedelta(hours=5, minutes=30)).isoformat() + "+05:30",
    ),
    "epoch as text": (pyarrow.string(), lambda at: str(seconds(at))),
    "epoch": (pyarrow.int64(), lambda at: seconds(at)),
    "epoch in ms": (pyarrow.int64(), lambda at: seconds(at) * 1000),
    "epoch in us": (pyarrow.int64(), lambda at: seconds(at) * 10**6),
    "epoch in ns": (pyarrow.int64(), lambda at: seconds(at) * 10**9),
    "epoch as double": (pyarrow.float64(), lambda at: float(seconds(at))),
}
AS_NUMBER = {
    "double": (pyarrow.float64(), float),
    "float": (pyarrow.float32(), float),
    "decimal": (pyarrow.decimal128(12, 3), Decimal),
    "text": (pyarrow.string(), str),
    "whole": (pyarrow.int32(), int),
}
WAYS = {
    "event_id": AS_ID,
    "user_id": AS_ID,
    "occurred_at": AS_TIME,
    "event_type": AS_TEXT,
    "received_at": AS_TIME,
    "session_id": AS_ID,
    "page_path": AS_TEXT,
    "duration_seconds": AS_NUMBER,
    "amount": AS_NUMBER,
}
# Columns that nobody asked for, and that a reader may want to call its own.
EXTRA = {
    "_file": pyarrow.string(), "_line": pyarrow.int64(), "filename": pyarrow.string(),
    "file_row_number": pyarrow.int64(), "pointwise_file": pyarrow.string(),
    "rule": pyarrow.string(), "day": pyarrow.null(), "file": pyarrow.int32(),
    "nested": pyarrow.struct([("a", pyarrow.list_(pyarrow.int8()))]),
}  # fmt: skip
NAMES = [
    "{}.parquet", "{}[1].parquet", "{}*.parquet", "{}?.PARQUET", "{} a'b, c.pq",
    "é{}.Parquet", "[x]/{}.parquet", "day=2026-03-01/{}.parquet", "{}\\b.parquet",
    "a b/event_id=7/{}.parquet",
]  # fmt: skip


def seconds(at: datetime) -> int:
    return int(at.replace(tzinfo=UTC).timestamp())


@dataclass(frozen=True)
class OddFile:
    """Rows, and how they are written."""

    name: str
    rows: tuple[Row, ...]
    ways: dict[str, str]
    extra: tuple[str, ...]
    order: tuple[str, ...]
    row_group: int
    compression: str
    has_dictionaries: bool
    in_folders: bool


@st.composite
def odd_world(draw: st.DrawFn, number: int) -> list[OddFile]:
    """Draw the files of a world; its ids are its own by number."""
    first = number * 100
    user = st.sampled_from([None, *(first + n for n in (1, 2, 3)), EXACT - number])
    event = st.fixed_dictionaries(
        {
            "event_id": st.sampled_from([None, *(first + n for n in range(1, 6))]),
            "user_id": user,
            "occurred_at": st.integers(0, 3 * 86400).map(
                lambda ago: NOON - timedelta(seconds=ago)
            ),
            "event_type": st.sampled_from(["signup", "page_view", "Été"]),
            "received_at": st.sampled_from([None, NOON]),
            "session_id": st.sampled_from([None, first + 1]),
            "page_path": st.sampled_from([None, "/", "/é?'"]),
            "duration_seconds": st.sampled_from([None, 0, 1, 60]),
            "amount": st.sampled_from([None, 0, 5, -3]),
        }
    )
    files = []
    for n in range(draw(st.integers(1, 4))):
        ways = {
            column: draw(st.sampled_from(sorted(ways))) for column, ways in WAYS.items()
        }
        names = draw(st.permutations(sorted(WAYS)))
        files.append(
            OddFile(
                name=draw(st.sampled_from(NAMES)).format(f"w{number}-{n}"),
                rows=tuple(draw(st.lists(event, max_size=6))),
                ways=ways,
                extra=tuple(draw(st.sets(st.sampled_from(sorted(EXTRA)), max_size=3))),
                order=tuple(names),
                row_group=draw(st.integers(1, 7)),
                compression=draw(st.sampled_from(["snappy", "zstd", "gzip", "none"])),
                has_dictionaries=draw(st.booleans()),
                in_folders=draw(st.booleans()),
            )
        )
    return files


def write_odd(folder: Path, file: OddFile) -> None:
    """Write a file as it says. What no row has is of no type, or not there at all."""
    path, columns = folder / file.name, list(file.order)
    names = {row["event_type"] for row in file.rows}
    if file.in_folders and len(names) == 1:
        columns.remove("event_type")
        path = path.parent / f"event_type={names.pop()}" / path.name
    if "event_id=" in file.name:
        path = Path(str(path).replace("event_id=7", "year=2026"))
    arrays = {}
    for column in columns:
        data_type, convert = WAYS[column][file.ways[column]]
        values = [row[column] for row in file.rows]
        if all(value is None for value in values) and column not in REQUIRED:
            if file.has_dictionaries:
                continue
            data_type = pyarrow.null()
        converted = [None if value is None else convert(value) for value in values]
        arrays[column] = pyarrow.array(converted, data_type)
    for column in file.extra:
        arrays[column] = pyarrow.nulls(len(file.rows), EXTRA[column])
    path.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(
        pyarrow.table(arrays),
        path,
        row_group_size=file.row_group,
        compression=file.compression,
        use_dictionary=file.has_dictionaries,
    )
    set_modified(path, AFTER)


REQUIRED = ("user_id", "occurred_at", "event_type")


def write_plain(path: Path, files: list[OddFile]) -> None:
    """Write the same events as one file of plain types."""
    rows = [
        {
            column: str(value)
            if value is not None and TYPES[column] == pyarrow.string()
            else value
            for column, value in row.items()
        }
        for file in files
        for row in file.rows
    ]
    table = pyarrow.Table.from_pylist(rows, schema=pyarrow.schema(TYPES.items()))
    pyarrow.parquet.write_table(table, path)
    set_modified(path, AFTER)
