"""The published side, as scripts read it: never the warehouse, never locked."""

from __future__ import annotations

import duckdb

from common import setting
from pointwise.core import published


def connect() -> duckdb.DuckDBPyConnection:
    """Return an in-memory database with the published marts and table functions.

    Raises PointwiseError if nothing has been published, or it is damaged.
    """
    return published.connect(setting("POINTWISE_PUBLISHED"))
