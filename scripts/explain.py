"""Explain the scores: of all users together, or every point of one user, or a change.

python scripts/explain.py
python scripts/explain.py --changes
python scripts/explain.py --user u42
python scripts/explain.py --user u42 --since 2026-10-01
"""

from __future__ import annotations

import argparse
from datetime import date
from itertools import groupby

import duckdb

from common import PointwiseError, as_date, console, plain_text, print_table, run
from pointwise.core.published import is_there, need
from published import connect


def explain_user(connection: duckdb.DuckDBPyConnection, user_id: str) -> None:
    """Print every point of a user, adding up to the score.

    Raises PointwiseError if the user has no score.
    """
    lines = connection.execute("select * from explain_user(?)", [user_id]).fetchall()
    if lines[0][1] is None:
        raise PointwiseError(
            f"no score for user {user_id!r}: `python scripts/rank.py` lists users"
        )
    *points, (_, score, heading, explanation) = lines
    print_table(
        f"{user_id}: {heading[0].lower()}{heading[1:]}",
        ["points", "score so far", "part", "reason"],
        [(f"{row[0]:+d}", *row[1:]) for row in points] + [("", score, "Score", "")],
        right=["points", "score so far"],
    )
    console.print()
    console.print(plain_text(explanation))
    if is_there(connection, "explain_propensity"):
        print_propensity(
            connection.execute("from explain_propensity(?)", [user_id]).fetchall()
        )


def print_propensity(lines: list[tuple]) -> None:
    """Print what the trained model thinks of a user, and why, where that is known."""
    if not lines:
        return
    (_, heading, propensity), *effects = lines
    console.print()
    if not effects:
        console.print(plain_text(f"{heading}: {propensity}"))
        return
    print_table(
        f"{heading}: {propensity}",
        ["odds times", "part", "reason"],
        effects,
        right=["odds times"],
    )


def explain_change(
    connection: duckdb.DuckDBPyConnection, user_id: str, since: date | None, until: date
) -> None:
    """Print why a user's score changed since a date, or the last time.

    Raises PointwiseError if a date was given and nothing changed since.
    """
    if since is None and not is_there(connection, "why_changed"):
        return
    need(connection, "why_changed", "history")
    if since is None:
        query, values = "select * from why_changed(?)", [user_id]
    else:
        query = "select * from why_changed_between(?, ?, ?)"
        values = [user_id, since, until]
    lines = connection.execute(query, values).fetchall()
    if not lines:
        if since is None:
            return
        raise PointwiseError(
            f"the history knows no change of user {user_id!r} since {since}"
        )
    by_cause: dict[str, int] = {}
    for cause, points, *_ in lines[1:-1]:
        by_cause[cause] = by_cause.get(cause, 0) + points
    first, last = lines[0], lines[-1]
    change = last[2] - first[2]
    told = ", ".join(f"{cause} {points:+d}" for cause, points in by_cause.items())
    print_table(
        f"{user_id}: {'the last change' if since is None else f'since {since}'},"
        f" {change:+d} ({told or 'nothing'})",
        ["cause", "points", "score so far", "reason"],
        [
            (cause, "" if points is None else f"{points:+d}", score, reason)
            for cause, points, score, reason in lines
        ],
        right=["points", "score so far"],
    )


def explain_changes(connection: duckdb.DuckDBPyConnection) -> None:
    """Print who moved most with the last build and why, and each week's causes."""
    need(connection, "top_changes", "history")
    movers = connection.execute("select * from top_changes(10)").fetchall()
    print_table(
        "Who moved most with the last build",
        ["user", "before", "after", "change", "why"],
        [(*row[:3], f"{row[3]:+d}", row[4]) for row in movers],
        right=["before", "after", "change"],
    )
    console.print()
    weeks = connection.execute(
        "select * from score_change_summary order by week_start_date desc, cause"
        " limit 30"
    ).fetchall()
    print_table(
        "Changes by week and cause",
        ["week", "cause", "users", "points up", "points down", "points"],
        [
            (week, cause, f"{users:,}", *(f"{n:+,}" for n in points))
            for week, cause, users, *points in weeks
        ],
        right=["users", "points up", "points down", "points"],
    )


def explain_scores(connection: duckdb.DuckDBPyConnection) -> None:
    """Print how all users are scored: bands, distribution, points by group and rule."""
    lines = connection.execute("select * from explain_scores()").fetchall()
    for section, rows in groupby(lines, key=lambda line: line[0]):
        print_table(
            section[0].upper() + section[1:],
            ["", "users", "% of users", "points"],
            [
                (item, f"{users:,}", share, f"{points or 0:,}")
                for _, item, users, share, points in rows
            ],
            right=["users", "% of users", "points"],
        )
        console.print()
    console.print("One user: python scripts/explain.py --user ID", markup=False)


def main() -> None:
    """Read the command line, then print the explanation asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--user", help="explain this user's score")
    parser.add_argument(
        "--since", type=as_date, help="why it changed since this as-of date"
    )
    parser.add_argument(
        "--until", type=as_date, default=date.max, help="… and up to this one"
    )
    parser.add_argument(
        "--changes", action="store_true", help="who moved most with the last build"
    )
    arguments = parser.parse_args()
    connection = connect()
    if arguments.changes:
        explain_changes(connection)
    elif arguments.user is None:
        explain_scores(connection)
    else:
        if arguments.since is None:
            explain_user(connection, arguments.user)
            console.print()
        explain_change(connection, arguments.user, arguments.since, arguments.until)


if __name__ == "__main__":
    run(main)
