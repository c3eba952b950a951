"""Rows of event_types.csv that hold for some events of a name: a property and a pattern.

Of several rows of a name the first counts whose pattern is found in the property. An
event for which a row with a pattern holds is called by name and condition from then on,
`page_view [path ~ ^/pricing]`: so it is counted wherever names are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pointwise.core.identifying import identifies_person
from pointwise.core.panel.gates import check_pattern
from pointwise.core.panel.reader import Mistake
from pointwise.core.panel.rows import Row

LONGEST_NAME = 200
# The property that people name, and the column that has it.
COLUMNS_OF = {"path": "page_path"}
# Columns with a meaning of their own, by which nothing is told apart.
NEVER = (
    *("user_id", "anonymous_id", "event_id", "session_id", "user_agent", "unparsed"),
    *("event_type", "occurred_at", "received_at", "duration_seconds", "amount"),
)
PAIR = ("property", "pattern")
ALLOWED = "path, title, channel, device, country, or a property that the import kept"


def event_name(source_event: str, prop: str | None, pattern: str | None) -> str:
    """Return how events are called for which a row of event_types.csv holds."""
    return source_event if pattern is None else f"{source_event} [{prop} ~ {pattern}]"


def event_type_rows(rows: list[Row]) -> list[dict[str, Any]]:
    """Return the rows as the model event_types has them: a name a row.

    Rows with a pattern have a number each, which says in what order they are tried.
    """
    found, tried = [], 0
    for row in rows:
        values = dict(row.values)
        if values["pattern"] is not None:
            tried += 1
            values["match_order"] = tried
            values["source_event"] = event_name(
                values["source_event"], values["property"], values["pattern"]
            )
        found.append(values)
    return found


def conditions_of(rows: list[Row]) -> list[dict[str, str]]:
    """Return the rows with a pattern in their order: name, column, pattern, new name."""
    return [
        {
            "source_event": row.values["source_event"],
            "column": column_of(row.values["property"]),
            "pattern": row.values["pattern"],
            "name": event_name(*(row.values[c] for c in ("source_event", *PAIR))),
        }
        for row in rows
        if all(row.values[column] is not None for column in ("source_event", *PAIR))
    ]


def column_of(prop: str) -> str:
    """Return the column of event files that has a property."""
    return COLUMNS_OF.get(prop, prop)


def check_conditions(rows: list[Row]) -> Iterator[Mistake]:
    """Yield rows that are there twice, that never hold, or that make no sense."""
    seen: set[tuple] = set()
    settled: dict[str | None, int] = {}
    for row in rows:
        name, prop, pattern = (row.texts[c] for c in ("source_event", *PAIR))
        if name is not None and (name, prop, pattern) in seen:
            found, allowed = "'<source_event>' is there twice", "a value that no other row has"
            yield row.mistake("source_event", found, allowed)
        elif pattern is not None and name in settled:
            found = f"'<pattern>' never counts: row {settled[name]} takes all <source_event>"
            yield row.mistake("pattern", found, f"a place before row {settled[name]}")
        seen.add((name, prop, pattern))
        if pattern is None:
            settled.setdefault(name, row.number)
        yield from check_condition(row)


def check_condition(row: Row) -> Iterator[Mistake]:
    """Yield what is wrong with one row's property and pattern."""
    name, prop, pattern = (row.texts[c] for c in ("source_event", *PAIR))
    if prop is None and pattern is not None:
        yield row.mistake("property", "is blank beside a pattern", ALLOWED)
    if prop is not None and pattern is None:
        wanted = "a regular expression such as ^/pricing, or no property"
        yield row.mistake("pattern", "is blank beside a property", wanted)
    if prop in NEVER:
        yield row.mistake("property", "'<property>' is no property", ALLOWED)
    elif prop is not None and identifies_person(prop):
        yield row.mistake("property", "'<property>' may identify a person", ALLOWED)
    if prop and pattern and len(event_name(name or "", prop, pattern)) > LONGEST_NAME:
        found = "source_event, property and pattern are too long together"
        yield row.mistake("pattern", found, f"at most {LONGEST_NAME - 6} characters")
    yield from check_pattern(row)
