"""Rows of a query by the names of its columns."""

from __future__ import annotations

from typing import Any

import duckdb


def named_rows(found: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Return the rows that a connection's last query found, each by column name."""
    names = [column for column, *_ in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
