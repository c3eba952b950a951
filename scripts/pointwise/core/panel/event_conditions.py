"""Rows of event_types.csv that hold for some events of a name, by property and pattern.

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
# Columns with a meaning of their own, which no condition may use.
NEVER = (
    *("user_id", "anonymous_id", "event_id", "session_id", "user_agent", "unparsed"),
    *("event_type", "occurred_at", "received_at", "duration_seconds", "amount"),
)
NAMING = ("source_event", "property", "pattern")
ALLOWED = "path, title, channel, device, country, or a property that the import kept"


def event_name(source_event: str, prop: str | None, pattern: str | None) -> str:
    """Return how events are called for which a row of event_types.csv holds."""
    return source_event if pattern is None else f"{source_event} [{prop} ~ {pattern}]"


def event_type_rows(rows: list[Row]) -> list[dict[str, Any]]:
    """Return the rows as the model event_types has them: a name a row."""
    return [
        {**row.values, "source_event": event_name(*(row.values[c] for c in NAMING))}
        for row in rows
    ]


def conditions_of(rows: list[Row]) -> list[dict[str, str]]:
    """Return the rows with a pattern in their order, with the column and new name."""
    return [
        {
            "source_event": row.values["source_event"],
            "column": column_of(row.values["property"]),
            "pattern": row.values["pattern"],
            "name": event_name(*(row.values[column] for column in NAMING)),
        }
        for row in rows
        if all(row.values[column] is not None for column in NAMING)
    ]


def column_of(prop: str) -> str:
    """Return the column of event files that has a property."""
    return COLUMNS_OF.get(prop, prop)


def check_conditions(rows: list[Row]) -> Iterator[Mistake]:
    """Yield rows that are there twice, that never hold, or that make no sense."""
    seen: set[tuple] = set()
    settled: dict[str | None, int] = {}
    for row in rows:
        name, prop, pattern = (row.texts[c] for c in NAMING)
        if name is not None and (name, prop, pattern) in seen:
            found = "'<source_event>' is there twice"
            yield row.mistake("source_event", found, "a value that no other row has")
        elif pattern is not None and name in settled:
            first = settled[name]
            found = f"'<pattern>' never counts: row {first} takes all <source_event>"
            yield row.mistake("pattern", found, f"a place before row {first}")
        seen.add((name, prop, pattern))
        if pattern is None:
            settled.setdefault(name, row.number)
        yield from check_condition(row)


def check_condition(row: Row) -> Iterator[Mistake]:
    """Yield what is wrong with one row's property and pattern."""
    name, prop, pattern = (row.texts[c] for c in NAMING)
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
