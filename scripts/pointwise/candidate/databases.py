"""Read the warehouse and what was built beside it."""

from __future__ import annotations

from pathlib import Path

import duckdb

from pointwise.core.errors import PointwiseError


def attach(script: str = "", **databases: Path) -> duckdb.DuckDBPyConnection:
    """Return a connection that reads databases by these names, after a script of SQL.

    Raises PointwiseError if one cannot be read, as while a build holds it.
    """
    connection = duckdb.connect()
    try:
        for name, path in databases.items():
            quoted = str(path).replace("'", "''")
            connection.execute(f"attach '{quoted}' as {name} (read_only)")
        if script:
            connection.execute(script)
    except duckdb.Error as error:
        raise PointwiseError(str(error).splitlines()[0]) from error
    return connection
