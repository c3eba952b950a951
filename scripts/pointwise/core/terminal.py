"""How tables, progress and lists for spreadsheets look."""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from pointwise.core.errors import PointwiseError

# What a spreadsheet would run as a formula, as in the macro `spreadsheet_safe`.
FORMULA = re.compile(r"\s*[=+\-@\t\r]")

# Between two columns.
GAP = 2
# A table is not cut into narrower ones than this.
LEAST_COLUMNS = 4

# Files and pipes have no width of their own; 80 columns would break most lines.
console = Console(highlight=False, width=None if sys.stdout.isatty() else 130)


@contextmanager
def progress_bar(words: str, steps: int) -> Iterator[Callable[[], None]]:
    """Give a function to call at each step; a bar is shown if there is a terminal."""
    with Progress(
        TextColumn(words),
        BarColumn(),
        # Steps differ too much in length for a guess at what remains.
        TimeElapsedColumn(),
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
    is read as markup or as a terminal control sequence. Columns for which there is no
    room follow below, beside the first one again.
    """
    shown = [[cell_text(cell) for cell in row] for row in rows]
    fits = len(columns)
    while (
        widths := column_widths(columns[:fits], shown, right, console.width)
    ) is None:
        if fits <= LEAST_COLUMNS:
            break
        fits -= 1
    print_part(title, columns[:fits], [row[:fits] for row in shown], right, widths)
    if fits < len(columns):
        console.print()
        rest = [[row[0], *row[fits:]] for row in shown]
        print_table("", [columns[0], *columns[fits:]], rest, right)


def print_part(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Text]],
    right: Sequence[str],
    widths: Sequence[int] | None,
) -> None:
    """Print columns that there is room for, or of which some words break."""
    table = Table(
        title=Text(title) if title else None,
        title_justify="left",
        box=None,
        pad_edge=False,
    )
    for place, column in enumerate(columns):
        table.add_column(
            column,
            justify="right" if column in right else "left",
            overflow="fold",
            width=widths[place] if widths else None,
        )
    for row in rows:
        table.add_row(*row)
    console.print(table)


def column_widths(
    columns: Sequence[str],
    rows: Sequence[Sequence[Text]],
    right: Sequence[str],
    width: int,
) -> list[int] | None:
    """Return how wide columns are so that no number and no word breaks.

    What is left goes to the columns that need least more: long texts wrap. None where
    the longest words are too much for the terminal; some of them then break.
    """
    least, most = [], []
    for place, column in enumerate(columns):
        cells = [row[place] for row in rows]
        lines = [line.cell_len for cell in cells for line in cell.split("\n")]
        words = [cell_len(word) for cell in cells for word in cell.plain.split()]
        fixed = lines if column in right else words
        least.append(max([*map(cell_len, column.split()), *fixed], default=0))
        most.append(max([cell_len(column), *lines]))
    spare = width - sum(least) - GAP * (len(columns) - 1)
    if spare < 0:
        return None
    found = list(least)
    needy = sorted(range(len(columns)), key=lambda place: most[place] - least[place])
    for done, place in enumerate(needy):
        more = min(most[place] - least[place], spare // (len(needy) - done))
        found[place] += more
        spare -= more
    return found


def cell_text(cell: object) -> Text:
    """Return a cell as text, the items of a list below each other."""
    if isinstance(cell, Text):
        return cell
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
