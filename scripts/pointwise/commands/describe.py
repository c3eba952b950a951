"""Show whether a synthetic world looks right.

    pointwise describe
    pointwise describe --out /tmp/world

Funnel, rhythm, skew, e-mail, outcomes. Reads the Parquet files that `pointwise
generate` has written, the truth among them. A table is a file of
`pointwise/synthetic/tables`; its first line is its title.
"""

from __future__ import annotations

from pathlib import Path

import click
import duckdb

from pointwise import synthetic
from pointwise.core.command_line import PATH, command
from pointwise.core.errors import PointwiseError
from pointwise.core.home import world_folder
from pointwise.core.sql_text import escaped
from pointwise.core.terminal import console, print_table

TABLES = Path(synthetic.__file__).parent / "tables"


def open_world(folder: Path) -> duckdb.DuckDBPyConnection:
    """Return a database in memory with views of a world's files.

    Raises PointwiseError if there is no such world.
    """
    connection = duckdb.connect()
    connection.execute("set variable world = ?", [escaped(folder)])
    try:
        connection.execute((TABLES / "setup.sql").read_text(encoding="utf-8"))
    except duckdb.IOException as error:
        raise PointwiseError(
            f"{folder} holds no world in Parquet: run `pointwise generate"
            f" --out {folder}` first"
        ) from error
    return connection


def describe(connection: duckdb.DuckDBPyConnection, query: Path) -> None:
    """Print the table that a query gives; its first line is the title."""
    sql = query.read_text(encoding="utf-8")
    title = sql.splitlines()[0].removeprefix("--").strip()
    result = connection.execute(sql)
    columns = [column[0] for column in result.description]
    # Numbers to the right; what a line is about, and bars, to the left.
    right = [name for name in columns[1:] if name.strip()]
    print_table(title, columns, result.fetchall(), right)
    console.print()


@command(__doc__)
@click.option("--out", type=PATH, help="The folder of the world (data/raw).")
def main(out: Path | None) -> None:
    """Print every table."""
    connection = open_world(out or world_folder())
    for query in sorted(TABLES.glob("[0-9]*.sql")):
        describe(connection, query)
