"""Texts, names and files as SQL has them."""

from __future__ import annotations

import re
from pathlib import Path

MAGIC = re.compile(r"[*?\[]")


def sql_text(value: object) -> str:
    """Return a value as an SQL text literal."""
    return "'" + str(value).replace("'", "''") + "'"


def sql_name(name: str) -> str:
    """Return the name of a column or table as SQL."""
    return '"' + name.replace('"', '""') + '"'


def escaped(path: str | Path) -> str:
    """Return a path as a pattern of DuckDB's that means this very file."""
    return MAGIC.sub(r"[\g<0>]", str(path))


def file_text(path: str | Path) -> str:
    """Return the name of a file as SQL for DuckDB's readers: it is no pattern."""
    return sql_text(escaped(path))
