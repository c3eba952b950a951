"""List whom to work on today: as many of each band as you have room for.

    pointwise worklist
    pointwise worklist --csv today.csv
    pointwise worklist --results

The list is that of the last build. `daily_capacity` in score_bands.csv says how many of
a band a day takes, `repeat_after_days` how long whoever was offered, or worked on, is
left alone. People who asked for contact come first, whatever the capacity. --results
says what became of earlier lists.
"""

from __future__ import annotations

from pathlib import Path

import click
import duckdb

from pointwise.core.command_line import PATH, command
from pointwise.core.published import connect, need
from pointwise.core.terminal import console, print_table, write_csv
from pointwise.core.words import counted, in_percent

LIST = "from worklist order by place"
RESULTS = "from worklist_results where band is null order by as_of_date desc limit 30"


def rows_of(
    connection: duckdb.DuckDBPyConnection, query: str
) -> tuple[list[str], list[tuple]]:
    """Return the columns and rows of a query."""
    result = connection.execute(query)
    return [column[0] for column in result.description], result.fetchall()


def print_list(columns: list[str], rows: list[tuple]) -> None:
    """Print the list: the reasons of a person below each other."""
    people = [dict(zip(columns, row, strict=True)) for row in rows]
    raised = sum(person["is_hand_raise"] for person in people)
    first = f", {raised} of whom asked for contact" if raised else ""
    console.print(
        f"{counted(len(people), 'person', 'people')} to work on as of"
        f" {people[0]['as_of_date']}{first}.\n"
    )
    print_table(
        "Today's list",
        ["place", "user", "score", "why", "what to do"],
        [
            (
                person["place"],
                [person["user_id"], *(["asked"] if person["is_hand_raise"] else [])],
                f"{person['score']} {person['band']}",
                [
                    *(
                        person[f"reason_{n}"]
                        for n in (1, 2, 3)
                        if person[f"reason_{n}"]
                    ),
                    person["news"],
                ],
                person["action"],
            )
            for person in people
        ],
        right=["place"],
    )


def rate_of(rate: float | None, low: float | None, high: float | None) -> str:
    """Return a rate with its interval; nothing where it is not known."""
    if rate is None or low is None or high is None:
        return ""
    ends = "-".join(in_percent(end, 0) for end in (low, high))
    return f"{in_percent(rate, 0)} % [{ends}]"


def print_results(connection: duckdb.DuckDBPyConnection) -> None:
    """Print what became of the lists that were offered, the last one first."""
    columns, rows = rows_of(connection, RESULTS)
    lists = [dict(zip(columns, row, strict=True)) for row in rows]
    judged = sum(found["judged_people"] for found in lists)
    right = sum(found["right_people"] for found in lists)
    said = "Nobody has said yet whether anyone on the list was right"
    if judged:
        said = (
            f"Of {counted(judged, 'offer')} that your side judged, {right:,} were right"
        )
    console.print(f"{said}.\n")
    print_table(
        "Lists that were offered, and their 95 % intervals",
        ["list", "people", "worked on", "right", "precision", "converted"],
        [
            (
                found["as_of_date"],
                found["people"],
                found["contacted"],
                f"{found['right_people']} of {found['judged_people']}",
                rate_of(
                    *(
                        found[name]
                        for name in ("precision", "lower_precision", "upper_precision")
                    )
                ),
                rate_of(
                    *(
                        found[name]
                        for name in ("conversion_rate", "lower_rate", "upper_rate")
                    )
                ),
            )
            for found in lists
        ],
        right=["people", "worked on", "right", "precision", "converted"],
    )


@command(__doc__)
@click.option("--csv", "file", type=PATH, help="Write the list to this file.")
@click.option("--results", is_flag=True, help="What became of earlier lists.")
def main(file: Path | None, results: bool) -> None:
    """Print or write the list, or what became of earlier ones."""
    if file and results:
        raise click.UsageError("--csv goes without --results")
    connection = connect()
    need(connection, "worklist", "lists")
    if results:
        print_results(connection)
        return
    columns, rows = rows_of(connection, LIST)
    if file:
        write_csv(file, columns, rows)
        console.print(
            f"Wrote {counted(len(rows), 'person', 'people')} to {file}.", markup=False
        )
    elif rows:
        print_list(columns, rows)
    else:
        console.print(
            "Nobody to work on: no band of score_bands.csv has a daily_capacity, or"
            " everybody in these was offered or worked on lately."
        )
