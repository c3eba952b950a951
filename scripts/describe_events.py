"""Show whether a synthetic world looks right: funnel, rhythm, skew, e-mail, outcomes.

    python scripts/describe_events.py
    python scripts/describe_events.py --out /tmp/world

Reads the Parquet files that `generate_events.py` has written, the truth among them. A
table is a file of `scripts/synthetic/tables`; its first line is its title.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import duckdb

from common import PROJECT, PointwiseError, console, print_table, run

TABLES = Path(__file__).parent / "synthetic/tables"


def open_world(folder: Path) -> duckdb.DuckDBPyConnection:
    """Return a database in memory with views of a world's files.

    Raises PointwiseError if there is no such world.
    """
    connection = duckdb.connect()
    connection.execute("set variable world = ?", [str(folder)])
    try:
        connection.execute((TABLES / "setup.sql").read_text(encoding="utf-8"))
    except duckdb.IOException as error:
        raise PointwiseError(
            f"{folder} holds no world in Parquet: run `python"
            f" scripts/generate_events.py --out {folder}` first"
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


def main() -> None:
    """Read the command line and print every table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=PROJECT / "data/raw",
        help="the folder of the world (data/raw)",
    )
    arguments = parser.parse_args()
    connection = open_world(arguments.out)
    for query in sorted(TABLES.glob("[0-9]*.sql")):
        describe(connection, query)


if __name__ == "__main__":
    run(main)
