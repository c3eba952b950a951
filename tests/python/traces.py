"""Where an id is found: in the cells of tables, or in the bytes of any file."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb

from pointwise.core.sql_text import sql_text

# Types whose texts DuckDB writes with quotes.
NESTED = re.compile(r"^(STRUCT|MAP|UNION)|\]$")


def tables_of(connection: duckdb.DuckDBPyConnection, path: Path) -> list[str]:
    """Return the tables of a Parquet file or a database, which is attached as `db`."""
    if path.suffix == ".parquet":
        return [f"read_parquet({sql_text(str(path))})"]
    connection.execute("detach database if exists db")
    connection.execute(f"attach {sql_text(str(path))} as db (read_only)")
    names = connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = 'db'"
    )
    return [f'db."{schema}"."{name}"' for schema, name in names.fetchall()]


def is_in_table(connection: duckdb.DuckDBPyConnection, table: str, user: str) -> bool:
    """Whether a cell of a table holds an id; as Python writes lists and structs."""
    columns = connection.execute(f"describe from {table}").fetchall()
    plain = {name for name, kind, *_ in columns if not NESTED.search(kind)}
    found = " or ".join(f'contains("{name}"::varchar, $1)' for name in sorted(plain))
    if plain and connection.execute(f"from {table} where {found}", [user]).fetchone():
        return True
    nested = ", ".join(f'"{name}"' for name, *_ in columns if name not in plain)
    rows = connection.execute(f"select {nested} from {table}") if nested else None
    return rows is not None and any(
        user in str(cell) for row in rows.fetchall() for cell in row
    )


def holding(folder: Path, user: str) -> list[str]:
    """Return the files below a folder that hold an id in their cells or bytes."""
    found = []
    with duckdb.connect() as connection:
        for path in sorted(folder.rglob("*")):
            if path.is_symlink() or not path.is_file():
                continue
            if user.encode() in path.read_bytes() or (
                path.suffix in (".parquet", ".duckdb")
                and any(
                    is_in_table(connection, table, user)
                    for table in tables_of(connection, path)
                )
            ):
                found.append(path.relative_to(folder).as_posix())
    return found
