"""Read Parquet as text: nested values as JSON, so that all files are read alike."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa

from pointwise.core.errors import PointwiseError
from pointwise.core.sql_text import escaped, sql_name
from pointwise.importing.batches import Batch, Source

PARQUET_START = b"PAR1"
SAMPLE_ROWS = 5000
BATCH_ROWS = 100_000


def is_parquet(path: Path) -> bool:
    """Say if a file begins as Parquet files do."""
    try:
        with path.open("rb") as file:
            return file.read(4) == PARQUET_START
    except OSError:
        return False


def open_parquet(name: str, path: Path) -> Source:
    """Look at a Parquet file: its columns, and a sample of values.

    Raises PointwiseError if it cannot be read.
    """
    try:
        with connect() as connection:
            types = described(connection, path)
            columns = list(types)
            selected = ", ".join(as_text(column, types[column]) for column in columns)
            rows = connection.execute(
                f"select {selected} from read_parquet($1) limit {SAMPLE_ROWS}",
                [escaped(path)],
            ).fetchall()
    except duckdb.Error as error:
        raise unreadable(name, error) from None
    return Source(
        columns=columns,
        sample={c: [row[i] for row in rows] for i, c in enumerate(columns)},
        duplicated=set(),
        batches=partial(parquet_batches, name, path, types),
    )


def parquet_batches(
    name: str,
    path: Path,
    types: dict[str, str],
    blocks: Iterator[bytes],
    wanted: list[str],
) -> Iterator[Batch]:
    """Yield the file's rows; `blocks` are its bytes, read for their hash only."""
    for _ in blocks:
        pass
    selected = ", ".join(
        f"{as_text(column, types[column])} as c{i}" for i, column in enumerate(wanted)
    )
    try:
        with connect() as connection:
            query = f"select {selected or '1'} from read_parquet($1)"
            rows = connection.sql(query, params=[escaped(path)])
            for batch in rows.to_arrow_reader(BATCH_ROWS):
                yield Batch(pa.Table.from_batches([batch]), [], [])
    except duckdb.Error as error:
        raise unreadable(name, error) from None


def connect() -> duckdb.DuckDBPyConnection:
    """Return a database in memory: its times are UTC, its rows keep their order."""
    connection = duckdb.connect(
        config={"autoinstall_known_extensions": False, "threads": 1}
    )
    connection.execute("set TimeZone = 'UTC'")
    return connection


def described(connection: duckdb.DuckDBPyConnection, path: Path) -> dict[str, str]:
    """Return the columns of a file with their types."""
    rows = connection.execute(
        "describe select * from read_parquet($1)", [escaped(path)]
    ).fetchall()
    return {name: data_type for name, data_type, *_ in rows}


def as_text(column: str, data_type: str) -> str:
    """Return the SQL of a column as text."""
    name = sql_name(column)
    is_nested = data_type.endswith("]") or data_type.startswith(
        ("STRUCT", "MAP", "UNION", "VARIANT", "JSON")
    )
    if data_type.startswith("BLOB"):
        return f"try(decode({name}))"
    return f"cast({f'to_json({name})' if is_nested else name} as varchar)"


def unreadable(name: str, error: Exception) -> PointwiseError:
    """Return the error for a file that is damaged."""
    reason = str(error).strip().splitlines()[0]
    return PointwiseError(f"{name} cannot be read as Parquet: {reason}")
