"""Write cells of a file of the control panel anew: a diff shows these and no others.

Quotes, separators, order and the ends of lines stay as a spreadsheet left them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from pointwise.core.errors import PointwiseError
from pointwise.core.panel.reader import (
    header_of,
    pieces,
    plain_value,
    separator_of,
    table_in,
    value_of,
)
from pointwise.core.panel.schema import COLUMNS

# What a cell should say, as the panel writes it, by the row's name and the column.
Edits = Mapping[tuple[str, str], str]


def edited_text(name: str, text: str, edits: Edits) -> str:
    """Return the text of a file with cells that say something else.

    The first column names its row. Raises PointwiseError if a row is not in the file.
    """
    table = table_in(text)
    separator = separator_of(table, COLUMNS[name]) or ","
    rows = [list(row) for row in pieces(table, separator)]
    header = header_of([[cell for cell, _ in rows[0]]])
    key = next(iter(COLUMNS[name]))
    place_of_key = header.index(key)
    missing = {row for row, _ in edits}
    for row in rows[1:]:
        if len(row) != len(header):
            continue
        row_name = (value_of(row[place_of_key][0].strip()) or "").strip()
        missing.discard(row_name)
        for (edited_row, column), wanted in edits.items():
            place = header.index(column)
            cell, end = row[place]
            kind = COLUMNS[name][column].kind
            says = plain_value(value_of(cell.strip()), kind, separator) or ""
            if edited_row == row_name and says != wanted:
                row[place] = (as_cell(wanted, kind, separator), end)
    if missing:
        raise PointwiseError(
            f"{name}.csv has no {key} {min(missing)}: run `dbt build` first, so that"
            " what is published is what the file says"
        )
    note = text[: len(text) - len(table)]
    return note + "".join(cell + end for row in rows for cell, end in row)


def as_cell(value: str, kind: str, separator: str) -> str:
    """Return a value as a cell: 1,5 where semicolons separate, quoted if need be."""
    if kind == "number" and separator == ";":
        return value.replace(".", ",")
    line = io.StringIO()
    csv.writer(line, delimiter=separator, lineterminator="").writerow([value])
    return line.getvalue() if value else ""
