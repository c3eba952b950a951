"""The published side, as scripts read it: never the warehouse, never locked."""

from __future__ import annotations

from pathlib import Path

import duckdb

from common import PointwiseError, setting


def connect() -> duckdb.DuckDBPyConnection:
    """Return an in-memory database with the published views and table functions.

    It reads the definitions that the build wrote beside the published files, so
    that answers are those of `scores.duckdb`, and holds no file open: any number
    of readers work during a build, or while someone has `scores.duckdb` open.

    Raises PointwiseError if nothing has been published.
    """
    folder = setting("POINTWISE_PUBLISHED")
    definitions = folder / "scores.sql"
    if not definitions.exists():
        raise PointwiseError(
            f"no published scores in {short_path(folder)}: run `dbt build` first"
        )
    connection = duckdb.connect()
    try:
        for definition in definitions.read_text().splitlines():
            connection.execute(definition)
    except duckdb.Error as error:
        first_line = str(error).splitlines()[0]
        raise PointwiseError(
            f"the published scores cannot be read ({first_line}): run `dbt build` again"
        ) from error
    return connection


def short_path(path: Path) -> str:
    """Return a path relative to the current folder where that is shorter."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
