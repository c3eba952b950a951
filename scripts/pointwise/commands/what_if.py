"""Show what an edited control panel would do.

    pointwise what-if my_panel
    pointwise what-if my_panel/scoring_rules.csv --out data/what_if

PANEL is the edited panel, or one of its CSVs. Scores everyone with both panels, the
candidate's by the same models in a database of its own, with the settings of the last
publication, and publishes nothing. Writes what it prints as Markdown, fit for a pull
request, and its tables as CSVs.
"""

from __future__ import annotations

import tempfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import click
import duckdb

from pointwise import candidate
from pointwise.candidate.databases import attach
from pointwise.candidate.rescore import BUILDS, build_beside, candidate_panel, selection
from pointwise.core.command_line import PATH, command
from pointwise.core.errors import PointwiseError
from pointwise.core.home import own_folder, path_setting
from pointwise.core.published import connect, short_path
from pointwise.core.terminal import console, print_table, write_csv

QUERIES = Path(candidate.__file__).parent / "compare.sql"
MOST_MOVERS = 20
# Title, query, and name of the CSV, in the order in which they are shown.
TABLES = {
    "band_sizes": ("Users by band", "select * from band_sizes"),
    "band_moves": (
        "From band to band",
        "select band_now, band_candidate, users from band_moves"
        " where band_now <> band_candidate",
    ),
    "other_scores": ("Other scores than intent", "from other_scores"),
    "quality": (
        "Past snapshots, same users, lists of the same length",
        "from quality union all by name from quality_difference",
    ),
    "movers": ("Who would move most, and why", "select * from movers"),
}


def report(
    connection: duckdb.DuckDBPyConnection, notes: list[str], folder: Path
) -> None:
    """Print the comparison, and write it as Markdown and CSVs."""
    folder.mkdir(parents=True, exist_ok=True)
    markdown = ["# What if", "", *(f"{note}" for note in notes), ""]
    for note in notes:
        console.print(note, markup=False)
    for name, (title, query) in TABLES.items():
        found = connection.execute(query)
        columns = [column[0] for column in found.description]
        rows = found.fetchall()
        if name == "other_scores" and not rows:
            continue
        write_csv(folder / f"{name}.csv", columns, rows, line_end="\n")
        shown = rows[:MOST_MOVERS]
        if len(shown) < len(rows):
            title += f" ({len(shown)} of {len(rows):,})"
        console.print()
        words = [column.replace("_", " ") for column in columns]
        cells = [
            [cell_text(*cell) for cell in zip(columns, row, strict=True)]
            for row in shown
        ]
        if cells:
            numbers = [
                word
                for word, column in zip(words, zip(*shown, strict=True), strict=True)
                if any(isinstance(cell, int | float | Decimal) for cell in column)
            ]
            print_table(title, words, cells, right=numbers)
        else:
            console.print(f"{title}: nobody.", markup=False)
        markdown += [f"## {title}", "", *as_markdown(words, cells), ""]
    (folder / "what_if.md").write_text("\n".join(markdown), encoding="utf-8")
    console.print(
        f"\nAlso in {short_path(folder)}: what_if.md and a CSV a table.", markup=False
    )


def cell_text(column: str, cell: object) -> str:
    """Return a cell as people read it; changes have a sign."""
    if cell is None:
        return ""
    if not isinstance(cell, int):
        return str(cell)
    return f"{cell:+,}" if column in ("change", "difference") else f"{cell:,}"


def scoring_date() -> date:
    """Return the day as of which users are scored now: the candidate's, too."""
    with connect() as connection:
        query = "select max(as_of_date) from user_scores"
        return connection.execute(query).fetchall()[0][0]


def as_markdown(columns: list[str], rows: list[list[str]]) -> list[str]:
    """Return a table as lines of Markdown; what a cell holds is never markup."""
    if not rows:
        return ["Nobody."]
    safe = [
        [c.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;") for c in row]
        for row in rows
    ]
    lines = [columns, ["---"] * len(columns), *safe]
    return [f"| {' | '.join(line)} |" for line in lines]


@command(__doc__)
@click.argument("panel", type=PATH)
@click.option("--out", type=PATH, help="Folder for Markdown and CSVs (data/what_if).")
def main(panel: Path, out: Path | None) -> None:
    """Score the candidate, an edited control panel or one of its CSVs, and compare."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch).resolve() / "panel"
        differs = candidate_panel(panel, copy)
        changed = [f"{name}.csv" for name, is_other in differs.items() if is_other]
        if not changed:
            raise PointwiseError(f"{panel} says what the panel of today says")
        day = scoring_date()
        notes = [
            f"Changed: {', '.join(changed)}. Scored as of {day}, published nothing."
        ]
        for name in BUILDS:
            if differs[name]:
                notes.append(
                    f"Rebuilt for the candidate, since {name}.csv changed:"
                    f" {BUILDS[name]}."
                )
        database = build_beside(
            copy,
            selection(differs),
            Path(scratch) / "target",
            given={"as_of_date": str(day)},
        )
        try:
            with attach(
                QUERIES.read_text(encoding="utf-8"),
                now=path_setting("POINTWISE_DB"),
                candidate=database,
            ) as connection:
                report(connection, notes, out or own_folder("what_if"))
        finally:
            database.unlink(missing_ok=True)
