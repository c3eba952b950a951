"""Rank companies by what their people come to, or explain one.

    pointwise accounts --limit 20
    pointwise accounts --csv companies.csv
    pointwise accounts --account acme.com

Customers are left out of the list, and companies whose active people are all held
out. Needs account_id in the users file.
"""

from __future__ import annotations

from pathlib import Path

import click
import duckdb

from pointwise.commands.evaluate import interval, percent
from pointwise.core.command_line import PATH, Whole, command
from pointwise.core.errors import PointwiseError
from pointwise.core.published import connect, need
from pointwise.core.terminal import console, plain_text, print_table, write_csv
from pointwise.core.words import all_of, counted


def top_accounts(
    connection: duckdb.DuckDBPyConnection, limit: int
) -> tuple[list[str], list[tuple]]:
    """Return column names and the `limit` best companies; none if none is scored."""
    result = connection.execute(
        "select * from top_accounts(?) where account_id is not null", [limit]
    )
    return [column[0] for column in result.description], result.fetchall()


def number_scored(connection: duckdb.DuckDBPyConnection) -> int:
    """Return how many companies have a score, customers included."""
    return connection.execute("select count(*) from account_scores").fetchall()[0][0]


def why_none(connection: duckdb.DuckDBPyConnection) -> str:
    """Return why there is no company to list, in a sentence."""
    if number_scored(connection):
        return "No company to list: all that are scored are customers or held out"
    return connection.execute("select reasons from top_accounts(1)").fetchall()[0][0]


def show_list(connection: duckdb.DuckDBPyConnection, limit: int) -> None:
    """Print the best companies, and what their bands converted at."""
    _, rows = top_accounts(connection, limit)
    if not rows:
        console.print(plain_text(f"{why_none(connection)}."))
        return
    print_table(
        "The companies to talk to",
        ["rank", "company", "score", "band", "talk to", "why"],
        [
            (rank, name, score, band, talk_to, as_lines(reasons))
            for rank, name, score, band, _, _, talk_to, reasons in rows
        ],
        right=["rank", "score"],
    )
    as_of_date, companies, customers, held_out = connection.execute(
        "select max(as_of_date), count(*), count(*) filter (is_customer),"
        " count(*) filter (is_held_out and not is_customer) from account_scores"
    ).fetchall()[0]
    left_out = [counted(customers, "customer")] if customers else []
    left_out += [f"{held_out:,} held out"] if held_out else []
    not_listed = f"; not listed: {all_of(left_out)}" if left_out else ""
    scored = counted(companies, "company", "companies")
    console.print(f"As of {as_of_date}: {scored} scored{not_listed}.")
    console.print()
    for band, action in {(row[3], row[4]): None for row in rows}:
        console.print(plain_text(f"{band}: {action}"))
    print_bands(connection)


def as_lines(reasons: str | None) -> list[str]:
    """Return the reasons of a company, a line each."""
    return (reasons or "").replace("). ", ")\n").splitlines()


def print_bands(connection: duckdb.DuckDBPyConnection) -> None:
    """Print what companies of each band converted at, where that is known."""
    rows = connection.execute(
        "select band, accounts, conversions, conversion_rate, lower_rate, upper_rate"
        " from account_band_performance where as_of_date is null"
        " order by min_score desc"
    ).fetchall()
    if not rows:
        console.print("No past date says yet what bands of companies convert at.")
        return
    columns = ["companies", "converted", "rate", "95 %"]
    console.print()
    print_table(
        "Bands at past dates",
        ["", *columns],
        [
            (band, f"{companies:,}", f"{converted:,}", percent(rate), interval(*ends))
            for band, companies, converted, rate, *ends in rows
        ],
        right=columns,
    )


def explain(connection: duckdb.DuckDBPyConnection, account_id: str) -> None:
    """Print every point of a company, adding up to the score.

    Raises PointwiseError if the company has no score.
    """
    lines = connection.execute(
        "select points, score_so_far, person, reason from explain_account(?)",
        [account_id],
    ).fetchall()
    *points, (_, score, heading, last_line) = lines
    if score is None:
        raise PointwiseError(
            f"no company {account_id!r} is scored: `pointwise accounts` lists the best"
            if number_scored(connection)
            else last_line
        )
    print_table(
        f"{account_id}: {heading[0].lower()}{heading[1:]}",
        ["points", "score so far", "person", "reason"],
        [(f"{row[0]:+d}", *row[1:]) for row in points] + [("", score, last_line, "")],
        right=["points", "score so far"],
    )
    ((people, active, is_customer),) = connection.execute(
        "select people, active_people, is_customer from account_scores"
        " where account_id = ?",
        [account_id],
    ).fetchall()
    customer = " Somebody there is a customer." if is_customer else ""
    known = counted(people, "person", "people")
    console.print(f"{known} known, {active} of them active.{customer}")


@command(__doc__)
@click.option("--limit", type=Whole(1), default=20, help="How many (20).")
@click.option("--csv", "file", type=PATH, help="Write the list to this file.")
@click.option("--account", help="Explain this company's score.")
def main(limit: int, file: Path | None, account: str | None) -> None:
    """Print or write the list, or explain a company."""
    connection = connect()
    need(connection, "account_scores", "accounts")
    if account is not None:
        explain(connection, account)
    elif file:
        columns, rows = top_accounts(connection, limit)
        write_csv(file, columns, rows)
        written = counted(len(rows), "company", "companies")
        console.print(f"Wrote {written} to {file}.", markup=False)
    else:
        show_list(connection, limit)
