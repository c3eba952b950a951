"""How tables, progress and lists for spreadsheets look."""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from pointwise.core.errors import PointwiseError

# What a spreadsheet would run as a formula, as in the macro `spreadsheet_safe`.
FORMULA = re.compile(r"\s*[=+\-@\t\r]")

# Files and pipes have no width of their own; 80 columns would break most lines.
console = Console(highlight=False, width=None if sys.stdout.isatty() else 130)


@contextmanager
def progress_bar(words: str, steps: int) -> Iterator[Callable[[], None]]:
    """Give a function to call at each step; a bar is shown if there is a terminal."""
    with Progress(
        TextColumn(words),
        BarColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    ) as progress:
        task = progress.add_task("", total=steps)
        yield lambda: progress.advance(task)


def print_table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    right: Sequence[str] = (),
) -> None:
    """Print rows as a table; columns named in `right` are right-aligned.

    A list in a cell is shown a line each. Cells are shown as text: nothing in them
    is read as markup or as a terminal control sequence.
    """
    table = Table(title=Text(title), title_justify="left", box=None, pad_edge=False)
    for column in columns:
        table.add_column(
            column, justify="right" if column in right else "left", overflow="fold"
        )
    for row in rows:
        table.add_row(*(cell_text(cell) for cell in row))
    console.print(table)


def cell_text(cell: object) -> Text:
    """Return a cell as text, the items of a list below each other."""
    lines = cell if isinstance(cell, list) else [cell]
    return Text("\n").join(plain_text(line) for line in lines)


def plain_text(value: object) -> Text:
    """Return a value as printable text: NULL as empty, control characters shown."""
    text = "" if value is None else str(value)
    return Text("".join(c if c.isprintable() else repr(c)[1:-1] for c in text))


def spreadsheet_safe(cell: object) -> object:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and FORMULA.match(cell) else cell


def write_csv(
    path: Path,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    line_end: str = "\r\n",
) -> None:
    """Write rows as CSV that is safe to open in a spreadsheet.

    Raises PointwiseError if the file cannot be written.
    """
    try:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator=line_end)
            writer.writerow(columns)
            writer.writerows([spreadsheet_safe(cell) for cell in row] for row in rows)
    except OSError as error:
        raise PointwiseError(f"cannot write {path}: {error.strerror}") from error
