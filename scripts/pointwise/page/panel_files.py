"""Write an edited control panel back into its files: a diff shows the edit only.

Lines, quotes and the order of rows stay as they are; only cells that changed are
written anew.
"""

from __future__ import annotations

import csv
import io
import re

import pandas as pd

# The first column of each file names its row.
Panel = dict[str, pd.DataFrame]
# The new value of each cell that changed, by the row's name and the column.
Edits = dict[tuple[str, str], object]
KEYS = {"scoring_rules": "rule", "score_groups": "rule_group", "score_bands": "band"}
CELL = re.compile(r'(\s*"(?:[^"]|"")*"\s*|[^,\r\n]*)(,|\r\n|\n|\r|$)')


def raw_rows(text: str) -> list[list[tuple[str, str]]]:
    """Return the rows of a CSV text as cells, each as written and what ends it."""
    rows, row, place = [], [], 0
    while place < len(text):
        match = CELL.match(text, place)
        row.append((match[1], match[2]))
        place = match.end()
        if match[2] != ",":
            rows.append(row)
            row = []
    return [*rows, row] if row else rows


def meaning(cell: str) -> str:
    """Return what a cell says, without its quotes."""
    return next(csv.reader(io.StringIO(cell)), [""])[0] if cell.strip() else ""


def written(value: object) -> str:
    """Return a value as a cell of a CSV file."""
    if value is None or pd.isna(value):
        return ""
    if isinstance(value, str):
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow([value])
        return line.getvalue()
    return f"{float(value):.4f}".rstrip("0").rstrip(".")


def changes(before: pd.DataFrame, after: pd.DataFrame, key: str) -> Edits:
    """Return the cells that differ: (row's name, column) and the new value."""
    new = after.set_index(key).to_dict("index")
    return {
        (row, column): new[row][column]
        for row, cells in before.set_index(key).to_dict("index").items()
        for column, cell in cells.items()
        if written(cell) != written(new[row][column])
    }


def edits_of(before: Panel, after: Panel) -> dict[str, Edits]:
    """Return the cells that differ by file, of the files where any do."""
    found = {name: changes(before[name], after[name], KEYS[name]) for name in KEYS}
    return {name: edits for name, edits in found.items() if edits}


def edited_text(name: str, text: str, edits: Edits) -> str:
    """Return the text of a file of the panel with the cells that changed."""
    rows = raw_rows(text)
    header = [meaning(cell).strip().lstrip("\ufeff") for cell, _ in rows[0]]
    key = header.index(KEYS[name])
    for row in rows[1:]:
        if len(row) != len(header):
            continue
        for (row_name, column), value in edits.items():
            if meaning(row[key][0]).strip() == row_name:
                place = header.index(column)
                row[place] = (written(value), row[place][1])
    return "".join(cell + end for row in rows for cell, end in row)
