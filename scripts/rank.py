"""Rank users by score: the list a sales team works from.

python scripts/rank.py --limit 20
python scripts/rank.py --limit 500 --csv list.csv
"""

from __future__ import annotations

import argparse
from pathlib import Path

import duckdb

from common import (
    PointwiseError,
    console,
    plain_text,
    print_table,
    run,
    write_csv,
)
from published import connect


def top_users(
    connection: duckdb.DuckDBPyConnection, limit: int
) -> tuple[list[str], list[tuple]]:
    """Return column names and the `limit` best users, best first, ties by user_id."""
    result = connection.execute("select * from top_users(?)", [limit])
    return [column[0] for column in result.description], result.fetchall()


def band_meanings(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """Return what is known of each band's users in the past, the best band first."""
    return connection.execute(
        "select band, any_value(band_meaning) from user_scores"
        " where band_meaning is not null group by band order by max(score) desc"
    ).fetchall()


def print_ranking(columns: list[str], rows: list[tuple]) -> None:
    """Print users as a table: the reasons of a user below each other."""
    users = [dict(zip(columns, row, strict=True)) for row in rows]
    print_table(
        "The users to talk to",
        ["rank", "user", "score", "band", "why", "what to do"],
        [
            (
                user["rank"],
                user["user_id"],
                user["score"],
                user["band"],
                reasons(user),
                user["action"],
            )
            for user in users
        ],
        right=["rank", "score"],
    )


def reasons(user: dict) -> list[str]:
    """Return the reasons of a user and what the rest adds: they add up to the score."""
    told = [user[f"reason_{n}"] for n in (1, 2, 3) if user[f"reason_{n}"]]
    return [*told, f"everything else ({user['other_points']:+d})"]


def print_who_is_left_out(connection: duckdb.DuckDBPyConnection, last: int) -> None:
    """Print as of when the list is, and how many customers have a rank in it."""
    as_of_date, customers = connection.execute(
        "select max(as_of_date), count(*) filter (where is_customer and rank < ?)"
        " from user_scores",
        [last],
    ).fetchall()[0]
    left_out = f" Ranks that are missing are those of {customers} customers."
    console.print(f"As of {as_of_date}.{left_out if customers else ''}")


def main() -> None:
    """Read the command line, then print or write the ranking."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--limit", type=int, default=20, help="how many users (20)")
    parser.add_argument("--csv", type=Path, help="write the list to this file")
    arguments = parser.parse_args()
    if arguments.limit < 1:
        raise PointwiseError("--limit must be at least 1")
    connection = connect()
    columns, rows = top_users(connection, arguments.limit)
    if arguments.csv:
        write_csv(arguments.csv, columns, rows)
        console.print(f"Wrote {len(rows)} users to {arguments.csv}.", markup=False)
    elif rows:
        print_ranking(columns, rows)
        print_who_is_left_out(connection, rows[-1][0])
        console.print()
        for band, meaning in band_meanings(connection):
            console.print(plain_text(f"{band}: {meaning}"))
    else:
        console.print("Nobody to rank: no user is scored who is not a customer yet.")


if __name__ == "__main__":
    run(main)
