"""Explain the scores: of all users together, or every point of one user.

python scripts/explain.py
python scripts/explain.py --user u42
"""

from __future__ import annotations

import argparse
from itertools import groupby

import duckdb

from common import PointwiseError, console, plain_text, print_table, run
from published import connect


def explain_user(connection: duckdb.DuckDBPyConnection, user_id: str) -> None:
    """Print every point of a user, adding up to the score.

    Raises PointwiseError if the user has no score.
    """
    lines = connection.execute("select * from explain_user(?)", [user_id]).fetchall()
    if not lines:
        raise PointwiseError(
            f"no score for user {user_id!r}: `python scripts/rank.py` lists users"
        )
    points = [line for line in lines if line[0] is not None]
    (_, score, _, heading, explanation), *model = lines[len(points) :]
    print_table(
        f"{user_id}: {heading[0].lower()}{heading[1:]}",
        ["points", "score so far", "part", "reason"],
        [(f"{row[0]:+d}", row[1], *row[3:]) for row in points]
        + [("", score, "Score", "")],
        right=["points", "score so far"],
    )
    console.print()
    console.print(plain_text(explanation))
    if model:
        print_propensity(model)


def print_propensity(lines: list[tuple]) -> None:
    """Print what the trained model thinks of a user, and why, where that is known."""
    (*_, heading, propensity), *effects = lines
    console.print()
    if not effects:
        console.print(plain_text(f"{heading}: {propensity}"))
        return
    print_table(
        f"{heading}: {propensity}",
        ["odds times", "part", "reason"],
        [line[2:] for line in effects],
        right=["odds times"],
    )


def explain_scores(connection: duckdb.DuckDBPyConnection) -> None:
    """Print how all users are scored: bands, distribution, points by group and rule."""
    lines = connection.execute("select * from explain_scores()").fetchall()
    for section, rows in groupby(lines, key=lambda line: line[0]):
        print_table(
            section[0].upper() + section[1:],
            ["", "users", "% of users", "points"],
            [
                (item, f"{users:,}", share, f"{points:,}")
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
    arguments = parser.parse_args()
    connection = connect()
    if arguments.user is None:
        explain_scores(connection)
    else:
        explain_user(connection, arguments.user)


if __name__ == "__main__":
    run(main)
