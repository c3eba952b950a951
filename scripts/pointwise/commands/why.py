"""Say why scores changed, of all users or of one.

    pointwise why
    pointwise why --user u42
    pointwise why --user u42 --since 2026-10-01

Without a user: who moved most with the last build, and each week's causes. With one:
the last change, or that between two as-of dates.
"""

from __future__ import annotations

from datetime import date

import click
import duckdb

from pointwise.core.command_line import DAY, command
from pointwise.core.errors import PointwiseError
from pointwise.core.published import connect, is_there, need
from pointwise.core.terminal import console, print_table


def check_user(connection: duckdb.DuckDBPyConnection, user_id: str) -> None:
    """Raise PointwiseError if a user has no score; it says whose id it is if it can."""
    scored = "select 1 from user_scores where user_id = ?"
    if connection.execute(scored, [user_id]).fetchall():
        return
    person = connection.execute(
        "select person_id from person_links where user_id = ? and reason is null",
        [user_id],
    ).fetchall()
    if person:
        ((person_id,),) = person
        raise PointwiseError(
            f"the id {user_id!r} belongs to {person_id!r}: `pointwise explain --user"
            f" {person_id}` has its points"
        )
    raise PointwiseError(f"no score for user {user_id!r}: `pointwise rank` lists users")


def explain_change(
    connection: duckdb.DuckDBPyConnection, user_id: str, since: date | None, until: date
) -> bool:
    """Print why a user's score changed since a date, or the last time, if it has.

    Raises PointwiseError if a date was given and nothing changed since.
    """
    if since is None and not is_there(connection, "why_changed"):
        return False
    need(connection, "why_changed", "history")
    if since is None:
        query, values = "select * from why_changed(?)", [user_id]
    else:
        query = "select * from why_changed_between(?, ?, ?)"
        values = [user_id, since, until]
    lines = connection.execute(query, values).fetchall()
    if not lines:
        if since is None:
            return False
        check_user(connection, user_id)
        raise PointwiseError(
            f"the history knows no change of user {user_id!r} since {since}"
        )
    # Lines on other scores than intent have no score so far.
    first, *causes, last = (line for line in lines if line[2] is not None)
    by_cause: dict[str, int] = {}
    for cause, points, *_ in causes:
        by_cause[cause] = by_cause.get(cause, 0) + points
    change = last[2] - first[2]
    sums = ", ".join(f"{cause} {points:+d}" for cause, points in by_cause.items())
    print_table(
        f"{user_id}: {'the last change' if since is None else f'since {since}'},"
        f" {change:+d} ({sums or 'nothing'})",
        ["cause", "points", "score so far", "reason"],
        [
            (cause, "" if points is None else f"{points:+d}", score, reason)
            for cause, points, score, reason in lines
        ],
        right=["points", "score so far"],
    )
    return True


def explain_changes(connection: duckdb.DuckDBPyConnection) -> None:
    """Print who moved most with the last build and why, and each week's causes."""
    need(connection, "top_changes", "history")
    ((published_at, changed_at),) = connection.execute(
        "select (select max(published_at) from publication), max(published_at)"
        " from score_changes where change <> 0"
    ).fetchall()
    if changed_at is None:
        console.print("No build has changed a score yet: there was no other before it.")
        return
    build = "the last build"
    if changed_at != published_at:
        build = f"the build of {changed_at:%Y-%m-%d %H:%M}"
        console.print(f"The last build changed no score; the last that did is {build}.")
        console.print()
    movers = connection.execute("select * from top_changes(10)").fetchall()
    print_table(
        f"Who moved most with {build}",
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


@command(__doc__)
@click.option("--user", help="Why this user's score changed.")
@click.option("--since", type=DAY, help="… since this as-of date.")
@click.option("--until", type=DAY, default=date.max, help="… and up to this one.")
def main(user: str | None, since: date | None, until: date) -> None:
    """Print why scores changed."""
    show(connect(), user, since, until)


def show(
    connection: duckdb.DuckDBPyConnection,
    user: str | None,
    since: date | None,
    until: date,
) -> None:
    """Print why scores changed, of all users or of one.

    Raises PointwiseError if there is no such user.
    """
    need(connection, "score_changes", "history")
    if user is None:
        if since is not None:
            raise click.UsageError("--since goes with --user")
        explain_changes(connection)
    elif not explain_change(connection, user, since, until):
        check_user(connection, user)
        console.print(f"The history knows no change of user {user!r}.", markup=False)
