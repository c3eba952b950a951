"""Read the CSVs of a control panel as spreadsheets leave them.

A file may begin with a byte order mark, be UTF-8, UTF-16 or Windows-1252, have its
columns in any order, be separated by commas, semicolons or tabs, and end in empty rows
and columns. What cannot be read safely is a mistake in the words of `Mistake`.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from pointwise.core.canonical_text import canonical_text
from pointwise.core.panel.schema import (
    COLUMNS,
    KINDS,
    MAIN_SCORE,
    MAY_BE_EMPTY,
    MAY_BE_MISSING,
    RENAMED_FEATURES,
    Column,
    needed_columns,
)

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Letters in Windows-1252, and more common ones in the code page of a Macintosh; and
# bytes that mean nothing in Windows-1252.
AMBIGUOUS = re.compile(rb"[\x81\x83\x8a\x8c-\x90\x9a\x9c-\x9f]")
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
QUOTED = re.compile(r'"(?:[^"]|"")*"')
FLAGS = {"yes": "yes", "true": "yes", "no": "no", "false": "no"}
# Excel's own note on how cells are separated; it shows no such row.
SEPARATOR_NOTE = re.compile(r'"?sep=(.)"?(?:\r\n|\n|\r)', re.IGNORECASE)


class Mistake(NamedTuple):
    """Where something is wrong, what was found, and what is allowed."""

    file: str
    row: int | None
    column: str | None
    found: str
    allowed: str


class Cell(NamedTuple):
    """A value below a header, its place in a spreadsheet, and what makes it unsure."""

    file: str
    row: int
    column: str
    value: str | None
    problem: str | None = None


class PanelFile(NamedTuple):
    """A file as it was read: its text, its cells, and what is wrong with its form."""

    name: str
    text: str | None
    cells: list[Cell]
    mistakes: list[Mistake]


def decoded(content: bytes) -> str | None:
    """Return the text of a file; None if its encoding is unknown."""
    try:
        for mark, encoding in MARKS:
            if content.startswith(mark):
                return content.decode(encoding).lstrip("\ufeff")
        # UTF-16 without its mark: every other byte of Latin letters is zero.
        for offset, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
            zeros = content[offset::2].count(0)
            if len(content) > 1 and zeros * 2 > len(content[offset::2]):
                return content.decode(encoding)
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.encoding != "utf-8" or AMBIGUOUS.search(content):
            return None
        return content.decode("cp1252")


def cut(text: str, separator: str) -> list[list[str]]:
    """Return the rows of a CSV text, a list of cells each, as they are written."""
    return [[cell for cell, _ in row] for row in pieces(text, separator)]


def pieces(text: str, separator: str) -> list[list[tuple[str, str]]]:
    """Return the rows of a CSV text: each cell as it is written, and what ends it.

    A cell is a quoted text, else all up to a separator or the line's end.
    """
    ends = f"{separator}|\r\n|\n|\r|$"
    cell = re.compile(rf'("(?:[^"]|"")*"|[^{separator}\r\n]*)({ends})')
    rows: list[list[tuple[str, str]]] = []
    row: list[tuple[str, str]] = []
    place = 0
    while place < len(text):
        match = cell.match(text, place)
        row.append((match[1], match[2]))
        place = match.end()
        if match[2] != separator:
            rows.append(row)
            row = []
    if row:
        rows.append([*row, ("", "")])
    return rows


def value_of(cell: str) -> str | None:
    """Return what a cell says, without quotation marks; None if it is blank."""
    if len(cell) > 1 and cell.startswith('"') and cell.endswith('"'):
        cell = cell[1:-1].replace('""', '"')
    return cell or None


def separator_of(text: str, columns: Mapping[str, Column]) -> str | None:
    """Return what separates the cells: what makes the first row the header."""
    found = dict.fromkeys(SEPARATORS, 0)
    for separator in SEPARATORS:
        rows = cut(text, separator)
        # A stray quotation mark: the whole header is one cell of another table.
        if not any(has_stray_quote(cell.strip()) for cell in rows[0]):
            found[separator] = sum(name in columns for name in header_of(rows))
    best = max(found, key=lambda separator: found[separator])
    return best if found[best] else None


def has_stray_quote(cell: str) -> bool:
    """Return whether a cell has a quotation mark that is not closed or not doubled."""
    return '"' in cell and not QUOTED.fullmatch(cell)


def header_of(rows: list[list[str]]) -> list[str | None]:
    """Return the names in the first row, without spaces around them."""
    names = [value_of(cell.strip()) for cell in rows[0]] if rows else []
    return [(name or "").strip() or None for name in names]


def read_file(name: str, content: bytes | None) -> PanelFile:
    """Read one file of the panel; None is a file that is not there."""
    allowed = f"a CSV file that begins with the row {','.join(needed_columns(name))}"
    text = separator = None
    if content is None and name in MAY_BE_MISSING:
        return PanelFile(name, None, [], [])
    if content is None:
        found = "the file is missing"
    elif (text := decoded(content)) is None:
        found, allowed = "the file is not UTF-8 text", "a file saved as CSV UTF-8"
    elif not re.sub(r"[\s,;]", "", table_in(text)):
        found = "the file is empty"
    elif (separator := separator_of(table_in(text), COLUMNS[name])) is None:
        found = "the first row is not the header"
    if separator is None:
        return PanelFile(name, text, [], [Mistake(name, None, None, found, allowed)])
    rows = without_empty_rows(cut(table_in(text), separator))
    rows, header = without_empty_columns(rows, header_of(rows))
    if mistakes := check_header(name, header):
        return PanelFile(name, text, [], mistakes)
    return rows_read(name, text, header, rows[1:], separator)


def rows_read(
    name: str, text: str, header: list[str], rows: list[list[str]], separator: str
) -> PanelFile:
    """Read the rows below a sound header."""
    cells, mistakes = [], []
    for number, row in enumerate(rows, start=2):
        if row == [""]:  # A blank line is a row of one blank cell, and does no harm.
            continue
        if mistake := check_row(name, number, row, len(header), separator):
            mistakes.append(mistake)
        cells += cells_of(name, number, header, row, separator)
    if not (cells or mistakes or name in MAY_BE_EMPTY):
        found = "there is no row below the header"
        mistakes.append(Mistake(name, 1, None, found, "at least one row"))
    return PanelFile(name, text, cells, mistakes)


def table_in(text: str) -> str:
    """Return a text without Excel's note on separators."""
    note = SEPARATOR_NOTE.match(text)
    return text[note.end() :] if note else text


def cells_of(
    name: str, number: int, header: list[str], row: list[str], separator: str
) -> list[Cell]:
    """Return the cells of a row, none if it is blank throughout."""
    cells = []
    for column, cell in zip(header, row, strict=False):
        kind, value = COLUMNS[name][column].kind, value_of(cell)
        problem = ambiguity(value, kind, separator)
        if not problem:
            value = plain_value(value, kind, separator)
        cells.append(Cell(name, number, column, value, problem))
    return cells if any(cell.value is not None for cell in cells) else []


def is_blank(cell: str) -> bool:
    """Return whether a cell of the table's edge holds nothing but space."""
    return not (value_of(cell.strip()) or "").strip()


def without_empty_rows(rows: list[list[str]]) -> list[list[str]]:
    """Return the rows without the empty ones at the end."""
    while len(rows) > 1 and all(is_blank(cell) for cell in rows[-1]):
        rows = rows[:-1]
    return rows


def without_empty_columns(
    rows: list[list[str]], header: list[str | None]
) -> tuple[list[list[str]], list[str | None]]:
    """Return rows and header without the empty, nameless columns at the end."""
    width = len(header)
    while width and header[width - 1] is None:
        width -= 1
    if any(not is_blank(cell) for row in rows[1:] for cell in row[width : len(header)]):
        width = len(header)
    # Blank cells past the table: as far as the header goes, or in all rows alike.
    widths = {len(row) for row in rows[1:] if row != [""]}
    widest = max(len(header), *widths) if len(widths) == 1 else len(header)
    rows = [
        row[:width]
        if len(row) <= widest and all(is_blank(cell) for cell in row[width:])
        else row
        for row in rows
    ]
    return rows, header[:width]


def check_header(name: str, header: Sequence[str | None]) -> list[Mistake]:
    """Return columns that are missing, unknown, without a name or there twice."""
    expected = COLUMNS[name]
    needed = needed_columns(name)
    found = [f"column '{c}' is missing" for c in needed if c not in header]
    for place, column in enumerate(header):
        if column is None:
            found.append(f"column {place + 1} has no name")
        elif column not in expected:
            found.append(f"column '{column}' is not known")
        elif column in header[:place]:
            found.append(f"column '{column}' is there twice")
    allowed = f"the columns {', '.join(needed)}"
    return [Mistake(name, 1, None, text, allowed) for text in found]


def check_row(
    name: str, number: int, row: list[str], width: int, separator: str
) -> Mistake | None:
    """Return what is wrong with the form of a row: its first fault only."""
    if all(value_of(cell) is None for cell in row):
        allowed = "rows with something in them"
        return Mistake(name, number, None, "the row is empty", allowed)
    if any(has_stray_quote(cell) for cell in row):
        found = "a quotation mark is not closed or not doubled"
        allowed = 'cells such as "He said ""yes"", twice"'
        return Mistake(name, number, None, found, allowed)
    if len(row) != width:
        what = {",": "comma", ";": "semicolon", "\t": "tab"}[separator]
        allowed = (
            f'{width}, one a column; a cell with a {what} in it needs "quotation marks"'
        )
        found = f"the row has {len(row)} cell(s)"
        return Mistake(name, number, None, found, allowed)
    return None


def ambiguity(value: str | None, kind: str, separator: str) -> str | None:
    """Return why a number cannot be read for sure: 1.500 is 1500 to who writes 1,5."""
    if value is None or kind not in ("whole", "number") or separator == ",":
        return None
    if re.fullmatch(r"-?[1-9][0-9]{0,2}([.][0-9]{3})+", value):
        return f"may be {value.replace('.', '')} or {value}"
    return None


def plain_value(value: str | None, kind: str, separator: str) -> str | None:
    """Return a number as the panel has it: 30 for 30.0, and 1.5 for 1,5.

    A comma is a point only where a semicolon separates the cells. All else stays.
    """
    if value is None or kind not in ("whole", "number"):
        return value
    if separator == ";" and re.fullmatch("-?[0-9]+,[0-9]+", value):
        value = value.replace(",", ".")
    if kind == "whole" and re.fullmatch("-?[0-9]{1,18}[.]0+", value):
        value = value.split(".")[0]
    return value


def typed(value: str | None, column: Column) -> str | int | Decimal | None:
    """Return a value as its column's type; None if it does not fit."""
    if value is None:
        return None
    pattern = KINDS[column.kind].pattern
    if column.kind == "flag":
        return FLAGS.get(value.lower())
    if column.kind == "whole":
        if not re.fullmatch(pattern, value):
            return None
        number = int(value)
        fits = (column.at_least is None or number >= column.at_least) and (
            column.at_most is None or number <= column.at_most
        )
        return number if fits else None
    if column.kind == "number":
        if not re.fullmatch(pattern, value) or abs(Decimal(value)) >= 10**13:
            return None
        return Decimal(value)
    if column.kind == "score":
        return None if value == MAIN_SCORE else value
    return canonical_text(value) if column.kind == "value" else value


def files_in(folder: Path) -> dict[str, PanelFile]:
    """Read every file of the panel in a folder, once."""
    found = {}
    for name in COLUMNS:
        path = folder / f"{name}.csv"
        try:
            content = path.read_bytes() if path.is_file() else None
        except OSError as error:
            problem = f"cannot be read: {error.strerror}"
            mistake = Mistake(name, None, None, problem, "a file that can be read")
            found[name] = PanelFile(name, None, [], [mistake])
            continue
        found[name] = read_file(name, content)
    return with_names_of_today(found)


def with_names_of_today(files: dict[str, PanelFile]) -> dict[str, PanelFile]:
    """Return the files with the new names of features that have been renamed.

    A feature that features.csv has by its earlier name keeps it.
    """
    features = {c.value for c in files["features"].cells if c.column == "feature"}

    def today(cell: Cell) -> Cell:
        name = RENAMED_FEATURES.get(cell.value or "")
        if cell.column not in ("feature", "stratify_by") or cell.value in features:
            return cell
        return cell._replace(value=name) if name in features else cell

    return {
        name: file._replace(cells=[today(cell) for cell in file.cells])
        for name, file in files.items()
    }
