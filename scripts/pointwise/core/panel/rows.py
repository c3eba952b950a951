"""The rows of the panel as checks read them, and how a mistake is worded."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple

import duckdb

from pointwise.core.panel.reader import Cell, Mistake, PanelFile, typed
from pointwise.core.panel.schema import COLUMNS

MOST_CHARACTERS = 60


class Row(NamedTuple):
    """A row of a file: its cells as they are written, and typed (None: does not fit)."""

    file: str
    number: int
    texts: dict[str, str | None]
    values: dict[str, Any]

    def mistake(self, column: str, found: str, allowed: str) -> Mistake:
        """Return a mistake of a cell; `<column>` in the words becomes what it says."""

        def said(words: str) -> str:
            return re.sub(
                "<([a-z_]+)>", lambda m: cut_short(self.texts[m[1]] or ""), words
            )

        return Mistake(self.file, self.number, column, said(found), said(allowed))


def cut_short(text: str) -> str:
    """Return at most 60 characters of what a cell says."""
    return text[:MOST_CHARACTERS] + ("…" if len(text) > MOST_CHARACTERS else "")


def rows_of(file: PanelFile) -> list[Row]:
    """Return the rows of a file in their order."""
    columns = COLUMNS[file.name]
    cells: dict[int, dict[str, Cell]] = defaultdict(dict)
    for cell in file.cells:
        cells[cell.row][cell.column] = cell
    rows = []
    for number, row in cells.items():
        texts = {c: row[c].value if c in row else None for c in columns}
        values = {c: typed(texts[c], column) for c, column in columns.items()}
        rows.append(Row(file.name, number, texts, values))
    return rows


@cache
def memory() -> duckdb.DuckDBPyConnection:
    """Return a database in memory."""
    return duckdb.connect(config={"autoinstall_known_extensions": False})


def database() -> duckdb.DuckDBPyConnection:
    """Return a connection of its own, since dbt has threads, for what DuckDB knows."""
    return memory().cursor()


@cache
def reserved_words() -> frozenset[str]:
    """Return the words that cannot name a column."""
    query = (
        "select keyword_name from duckdb_keywords() where keyword_category = 'reserved'"
    )
    return frozenset(word for (word,) in database().execute(query).fetchall())


def closest(names: Iterable[str], value: str) -> str:
    """Return the name that is most like a value, for people who mistyped one."""
    query = (
        "select name from (select unnest($1::varchar[]) as name)"
        " order by 1 - jaro_winkler_similarity(name, $2), name limit 1"
    )
    return database().execute(query, [list(names), value]).fetchall()[0][0]
