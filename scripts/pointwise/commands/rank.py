"""Rank users by score: the list a sales team works from.

    pointwise rank --limit 20
    pointwise rank --limit 500 --csv list.csv
    pointwise rank --with-visitors --with-held-out

Customers are left out, and unless asked for visitors of whom no name is known, and who
is held out (`holdout_share`); what users did is in the reasons, best first. The last
line of a user is the news: new in the band since the last publication, rising, peaking
or falling, last seen.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import click
import duckdb

from pointwise.core.command_line import PATH, Whole, command
from pointwise.core.published import connect, has_grades
from pointwise.core.terminal import console, plain_text, print_table, write_csv
from pointwise.core.words import all_of, counted

# As in the function `top_users`, with a column a reason.
TOP_USERS = """
    select
        rank, user_id, score, band, reason_1, reason_2, reason_3, other_points, action,
        next_step, is_named, is_held_out, change_7d, change_28d, is_new_in_band, trend,
        last_seen_date, news{graded}
    from user_scores
    where not is_customer and (is_named or ?) and (not is_held_out or ?)
    order by rank
    limit ?
"""


class Asked(NamedTuple):
    """Who is listed beside people known by name who are no customers."""

    with_visitors: bool = False
    with_held_out: bool = False


def top_users(
    connection: duckdb.DuckDBPyConnection, limit: int, asked: Asked
) -> tuple[list[str], list[tuple]]:
    """Return column names and the `limit` best users, best first, ties by user_id."""
    query = TOP_USERS.format(
        graded=", fit_score, fit_band, grade" if has_grades(connection) else ""
    )
    result = connection.execute(query, [*asked, limit])
    return [column[0] for column in result.description], result.fetchall()


def bands_in_words(
    connection: duckdb.DuckDBPyConnection, grades: list[str | None]
) -> list[str]:
    """Return what to do about users of each band, and what they converted at.

    Where a panel has grades, these say what to do: only the bands asked for are listed.
    """
    rows = connection.execute(
        "select band, any_value(action) filter (where grade is null),"
        " any_value(band_meaning) from user_scores"
        " group by band order by max(score) desc"
    ).fetchall()
    rows += connection.execute(
        "select concat(grade, ' (', intent_band, ', ', fit_band, ')'), action, meaning"
        " from score_grade_outlook where list_contains(?, grade) order by grade",
        [grades],
    ).fetchall()
    return [
        f"{band}: " + " ".join(f"{text.rstrip('.')}." for text in texts if text)
        for band, *texts in rows
    ]


def print_ranking(columns: list[str], rows: list[tuple]) -> None:
    """Print users as a table: the reasons of a user below each other."""
    users = [dict(zip(columns, row, strict=True)) for row in rows]
    print_table(
        "The users to talk to",
        ["rank", "user", "score", "band", "why"],
        [
            (
                user["rank"],
                [user["user_id"], *marks(user)],
                user["score"],
                [user["band"], *([user["grade"]] if user.get("grade") else [])],
                [*reasons(user), user["news"]],
            )
            for user in users
        ],
        right=["rank", "score"],
    )


def marks(user: dict) -> list[str]:
    """Return what a user is who is listed since that was asked for."""
    return [
        *([] if user["is_named"] else ["unknown visitor"]),
        *(["held out"] if user["is_held_out"] else []),
    ]


def reasons(user: dict) -> list[str]:
    """Return the reasons of a user and what the rest adds: they add up to the score."""
    named = [user[f"reason_{n}"] for n in (1, 2, 3) if user[f"reason_{n}"]]
    return [*named, f"everything else ({user['other_points']:+d})"]


def print_who_is_left_out(
    connection: duckdb.DuckDBPyConnection, last: int, asked: Asked
) -> None:
    """Print as of when the list is, and whose ranks are missing in it."""
    as_of_date, customers, visitors, held_out = connection.execute(
        """
        select
            max(as_of_date),
            count(*) filter (is_customer and rank < $last),
            count(*) filter (not is_customer and not is_named and rank < $last),
            count(*) filter (
                not is_customer and (is_named or $visitors) and is_held_out
                and rank < $last
            )
        from user_scores
        """,
        {"last": last, "visitors": asked.with_visitors},
    ).fetchall()[0]
    left_out = [
        counted(number, noun)
        for number, noun in (
            (customers, "customer"),
            (0 if asked.with_visitors else visitors, "unknown visitor"),
        )
        if number
    ]
    if held_out and not asked.with_held_out:
        left_out.append(f"{counted(held_out, 'person', 'people')} held out")
    missing_ranks = f" Missing ranks belong to {all_of(left_out)}."
    console.print(f"As of {as_of_date}.{missing_ranks if left_out else ''}")


@command(__doc__)
@click.option("--limit", type=Whole(1), default=20, help="How many (20).")
@click.option("--csv", "file", type=PATH, help="Write the list to this file.")
@click.option("--with-visitors", is_flag=True, help="List unknown visitors, too.")
@click.option("--with-held-out", is_flag=True, help="List who is held out, too.")
def main(
    limit: int, file: Path | None, with_visitors: bool, with_held_out: bool
) -> None:
    """Print or write the ranking."""
    connection, asked = connect(), Asked(with_visitors, with_held_out)
    if file:
        columns, rows = top_users(connection, limit, asked)
        write_csv(file, columns, rows)
        console.print(f"Wrote {counted(len(rows), 'user')} to {file}.", markup=False)
    else:
        show(connection, limit, asked)


NOBODY = Asked()


def show(
    connection: duckdb.DuckDBPyConnection, limit: int, asked: Asked = NOBODY
) -> None:
    """Print the best users, and what is known about their bands."""
    columns, rows = top_users(connection, limit, asked)
    if rows:
        print_ranking(columns, rows)
        print_who_is_left_out(connection, rows[-1][0], asked)
        console.print()
        grades = [dict(zip(columns, row, strict=True)).get("grade") for row in rows]
        for line in bands_in_words(connection, grades):
            console.print(plain_text(line))
    elif top_users(connection, 1, asked._replace(with_visitors=True))[1]:
        console.print(
            "Nobody to rank who is known by name: `pointwise rank --with-visitors`"
            " lists unknown visitors."
        )
    else:
        console.print("Nobody to rank: no user is scored who is not a customer yet.")
