"""Show what an edited control panel would do, before it goes live.

python scripts/what_if.py my_panel
python scripts/what_if.py my_panel/scoring_rules.csv --out data/what_if

Scores everyone with both panels, the candidate's by the same models in a database of
its own, and publishes nothing. Writes what it prints as Markdown, fit for a pull
request, and its tables as CSVs.
"""

from __future__ import annotations

import argparse
import tempfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

from candidate.databases import attach
from candidate.rescore import BUILDS, build_beside, candidate_panel, selection
from common import (
    PROJECT,
    PointwiseError,
    console,
    print_table,
    run,
    setting,
    write_csv,
)
from pointwise.core.published import short_path
from published import connect

QUERIES = Path(__file__).parent / "candidate" / "compare.sql"
MOST_MOVERS = 20
# Title, query, and name of the CSV, in the order in which they are shown.
TABLES = {
    "band_sizes": ("Users by band", "select * from band_sizes"),
    "band_moves": (
        "From band to band",
        "select band_now, band_candidate, users from band_moves"
        " where band_now <> band_candidate",
    ),
    "quality": (
        "Past snapshots, same users, lists of the same length",
        "from quality union all by name from quality_difference",
    ),
    "movers": ("Who would move most, and by which rules", "select * from movers"),
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
        write_csv(folder / f"{name}.csv", columns, rows, line_end="\n")
        shown = rows[:MOST_MOVERS]
        if len(shown) < len(rows):
            title += f" ({len(shown)} of {len(rows):,})"
        console.print()
        words = [column.replace("_", " ") for column in columns]
        cells = [
            [told(*cell) for cell in zip(columns, row, strict=True)] for row in shown
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


def told(column: str, cell: object) -> str:
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


def main() -> None:
    """Read the command line, score the candidate and compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "panel", type=Path, help="the edited control panel, or one of its CSVs"
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=PROJECT / "data" / "what_if",
        help="folder for Markdown and CSVs (default: data/what_if)",
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        panel = Path(scratch).resolve() / "panel"
        differs = candidate_panel(arguments.panel, panel)
        changed = [f"{name}.csv" for name, is_other in differs.items() if is_other]
        if not changed:
            raise PointwiseError(f"{arguments.panel} says what the panel of today says")
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
            panel,
            selection(differs),
            Path(scratch) / "target",
            *("--vars", f"{{as_of_date: {day}}}"),
        )
        try:
            with attach(
                QUERIES.read_text(encoding="utf-8"),
                now=setting("POINTWISE_DB"),
                candidate=database,
            ) as connection:
                report(connection, notes, arguments.out)
        finally:
            database.unlink(missing_ok=True)


if __name__ == "__main__":
    run(main)
