"""Explain the scores of all users, or every point of one.

    pointwise explain
    pointwise explain --user u42
    pointwise explain --user u42 --now
    pointwise explain --user u42 --path

With --now the score counts event files that came since the last build, as the next
one will: no build is needed, and none is waited for.

With --path it says what would bring the user into the next band: the fewest steps that
may still be asked for.

With --changes or --since it is `pointwise why`.
"""

from __future__ import annotations

from datetime import date
from itertools import groupby

import click
import duckdb

from pointwise.commands import why
from pointwise.commands.why import check_user, explain_change
from pointwise.core.command_line import DAY, command
from pointwise.core.errors import PointwiseError
from pointwise.core.published import connect, is_there
from pointwise.core.terminal import console, plain_text, print_table
from pointwise.core.words import counted, in_percent


def explain_user(connection: duckdb.DuckDBPyConnection, user_id: str) -> None:
    """Print every point of a user, adding up to the score.

    Raises PointwiseError if the user has no score.
    """
    check_user(connection, user_id)
    lines = connection.execute(
        "select points, score_so_far, part, reason from explain_user(?)", [user_id]
    ).fetchall()
    (heading,) = (part for points, _, part, _ in lines if points is None)
    ((explanation, is_named),) = connection.execute(
        "select"
        " concat_ws(' ', explanation, score_meaning || '.', band_meaning || '.'),"
        " is_named from user_scores where user_id = ?",
        [user_id],
    ).fetchall()
    who = user_id if is_named else f"{user_id}, unknown visitor"
    console.print(plain_text(verdict(connection, user_id, who)))
    console.print()
    print_table(
        f"{who}: {heading[0].lower()}{heading[1:]}",
        ["points", "score so far", "part", "reason"],
        [
            ("", row[1], "Score", "") if row[0] is None else (f"{row[0]:+d}", *row[1:])
            for row in lines
        ],
        right=["points", "score so far"],
    )
    console.print()
    console.print(plain_text(explanation))
    if contact := last_contact(connection, user_id):
        console.print(plain_text(contact))
    if is_there(connection, "explain_propensity"):
        print_propensity(
            connection.execute("from explain_propensity(?)", [user_id]).fetchall()
        )


def last_contact(connection: duckdb.DuckDBPyConnection, user_id: str) -> str | None:
    """Return when somebody last acted on a user, in a sentence, where that is known."""
    if not is_there(connection, "user_contacts"):
        return None
    ((day,),) = connection.execute(
        "select max(contact_date) from user_contacts where user_id = ?", [user_id]
    ).fetchall()
    return f"Somebody last acted on this user on {day}." if day else None


def verdict(connection: duckdb.DuckDBPyConnection, user_id: str, who: str) -> str:
    """Return what a score comes to and what to do, in a sentence."""
    ((score, band, to_do),) = connection.execute(
        """
        select
            score, band,
            case
                when is_customer then 'a customer already, nothing to do'
                when is_held_out then 'held out, to be left alone'
                else action
            end
        from user_scores where user_id = ?
        """,
        [user_id],
    ).fetchall()
    to_do = to_do[:1].lower() + to_do[1:].rstrip(".")
    return f"{who} scores {score} of 100, {band}: {to_do}."


def explain_path(connection: duckdb.DuckDBPyConnection, user_id: str) -> None:
    """Print the steps that would bring a user into the next band.

    Raises PointwiseError if the user has no score, or an earlier version published it.
    """
    check_user(connection, user_id)
    if not is_there(connection, "path_to_band"):
        raise PointwiseError("an earlier version published the scores: run `dbt build`")
    *steps, (_, reached, _) = connection.execute(
        "select points, step, score_so_far from path_to_band(?)", [user_id]
    ).fetchall()
    ((score, band),) = connection.execute(
        "select score, band from user_scores where user_id = ?", [user_id]
    ).fetchall()
    console.print(plain_text(f"{user_id}: score {score}, {band}. {reached}."))
    if steps:
        print_table(
            "The way up",
            ["points", "score so far", "step"],
            [(f"{points:+d}", so_far, step) for points, step, so_far in steps],
            right=["points", "score so far"],
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


def explain_scores(connection: duckdb.DuckDBPyConnection) -> None:
    """Print how all users are scored: bands, distribution, points by group and rule."""
    console.print(plain_text(verdict_of_all(connection)))
    console.print()
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
    console.print("One user: pointwise explain --user ID", markup=False)


def verdict_of_all(connection: duckdb.DuckDBPyConnection) -> str:
    """Return how many users are in the highest band, and by what, in a sentence."""
    ((users, band, in_band),) = connection.execute(
        """
        select
            (select count(*) from user_scores), highest.band,
            (select count(*) from user_scores where band = highest.band)
        from (
            select max_by(band, min_score) as band from score_bands where score is null
        ) as highest
        """
    ).fetchall()
    parts = connection.execute(
        """
        select coalesce(score_groups.label, any_value(given.reason))
        from score_contributions as given
        left join score_groups using (rule_group)
        where
            given.score_name = 'intent' and given.rule_group <> 'base'
            and given.as_of_date = (select max(as_of_date) from user_scores)
        group by rule_group, score_groups.label
        having sum(given.points) > 0
        order by sum(given.points) desc, rule_group
        limit 1
        """
    ).fetchall()
    most = f"; most points come from “{parts[0][0]}”" if parts else ""
    share = in_percent(in_band / users if users else 0, 1)
    return (
        f"{in_band:,} of {counted(users, 'user')} ({share} %) are in the highest band,"
        f" {band}{most}."
    )


def explain_now(user_id: str) -> None:
    """Print every point of a user as of now, with the events since the last build."""
    from pointwise.live.now import score_now  # It takes a while to load.

    now = score_now(user_id)
    check_is_scored(now.marts, user_id, now.person)
    explain_user(now.marts, now.person)
    console.print()
    console.print(
        f"Now: the publication of {now.published_at[:16]}, and"
        f" {counted(now.files, 'event file')} since."
    )
    for file, reason in now.set_aside.items():
        console.print(plain_text(f"Not read: {file}: {reason}."))
    if now.changed:
        console.print(
            plain_text(
                f"{counted(len(now.changed), 'event file')} changed or went since, such"
                f" as {now.changed[0]}: only a build sees that."
            )
        )


def check_is_scored(
    marts: duckdb.DuckDBPyConnection, user_id: str, person: str
) -> None:
    """Raise PointwiseError if a person has no score now."""
    if not marts.execute(
        "select 1 from user_scores where user_id = ?", [person]
    ).fetchall():
        raise PointwiseError(
            f"nobody is scored as {user_id} now: left out, or without an event in the"
            " look-back; `pointwise rank` lists who is"
        )


@command(__doc__)
@click.option("--user", help="Explain this user's score.")
@click.option("--now", is_flag=True, help="With event files since the last build.")
@click.option("--path", is_flag=True, help="Say what reaches the next band.")
@click.option("--since", type=DAY, help="As `pointwise why`: since this as-of date.")
@click.option("--until", type=DAY, default=date.max, help="… and up to this one.")
@click.option("--changes", is_flag=True, help="As `pointwise why`: what changed last.")
def main(
    user: str | None,
    now: bool,
    path: bool,
    since: date | None,
    until: date,
    changes: bool,
) -> None:
    """Print the explanation asked for."""
    if now or path:
        if user is None or changes or since is not None or (now and path):
            option = "--now" if now else "--path"
            raise PointwiseError(f"{option} goes with --user ID, and with nothing else")
        if now:
            explain_now(user)
        else:
            explain_path(connect(), user)
        return
    connection = connect()
    if changes or since is not None:
        why.show(connection, user, since, until)
    elif user is None:
        explain_scores(connection)
    else:
        explain_user(connection, user)
        console.print()
        explain_change(connection, user, None, until)
