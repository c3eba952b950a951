"""Rewrite cells of a file of the control panel: a diff shows these and no others.

Quotes, separators, order and the ends of lines stay as a spreadsheet left them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping, Sequence

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


def edited_text(
    name: str,
    text: str,
    edits: Edits,
    added: Sequence[Mapping[str, str]] = (),
    removed: Collection[str] = (),
) -> str:
    """Return the text of a file with cells that say something else.

    The first column names its row. Rows that are `added` come last, in the file's own
    columns. Raises PointwiseError if a row is not in the file.
    """
    table = table_in(text)
    separator = separator_of(table, COLUMNS[name]) or ","
    rows = [list(row) for row in pieces(table, separator)]
    header = header_of([[cell for cell, _ in rows[0]]])
    key = next(iter(COLUMNS[name]))
    place_of_key = header.index(key)
    missing = {row for row, _ in edits} | set(removed)
    for row in rows[1:]:
        if len(row) != len(header):
            continue
        row_name = (value_of(row[place_of_key][0].strip()) or "").strip()
        missing.discard(row_name)
        if row_name in removed:
            row.clear()
        for (edited_row, column), wanted in edits.items() if row else ():
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
    kept = "".join(cell + end for row in rows for cell, end in row)
    line_end = rows[0][-1][1] or "\n"
    if added and not kept.endswith(("\n", "\r")):
        kept += line_end
    return (
        note
        + kept
        + "".join(new_row(name, header, one, separator) + line_end for one in added)
    )


def new_row(
    name: str, header: Sequence[str | None], values: Mapping[str, str], separator: str
) -> str:
    """Return a row as a line of the file; columns that it does not name are blank."""
    return separator.join(
        as_cell(values.get(column or "", ""), COLUMNS[name][column].kind, separator)
        if column in COLUMNS[name]
        else ""
        for column in header
    )


def as_cell(value: str, kind: str, separator: str) -> str:
    """Return a value as a cell: 1,5 where semicolons separate, quoted if need be."""
    if kind == "number" and separator == ";":
        return value.replace(".", ",")
    line = io.StringIO()
    csv.writer(line, delimiter=separator, lineterminator="").writerow([value])
    return line.getvalue() if value else ""
