"""Event types that are dated before they happened, as `event_arrivals` lists them."""

from __future__ import annotations

import duckdb

from pointwise.core.words import in_percent


def back_dated(connection: duckdb.DuckDBPyConnection, arrivals: str) -> list[str]:
    """Return a sentence a type of the relation `arrivals` that is, by its name."""
    rows = connection.execute(
        f"select event_type, converters_late_share, late_share from {arrivals}"
        " where is_back_dated order by event_type"
    ).fetchall()
    return [
        f"{event_type} is dated before it happens: {in_percent(of_converters, 0)} % of"
        " the events of people who converted were received after the snapshot that"
        f" they are dated before, {in_percent(of_all, 0)} % of all. Past dates leave"
        " out what was received later, but today's scores may count it for whom it is"
        " too late: take the type out of features.csv (event_arrivals)."
        for event_type, of_converters, of_all in rows
    ]
