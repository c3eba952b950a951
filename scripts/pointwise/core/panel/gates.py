"""Rules on machines, and exclusions, that could not be followed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb

from pointwise.core.panel.reader import Mistake
from pointwise.core.panel.rows import Row, closest, cut_short, database
from pointwise.core.panel.schema import COLUMNS

# The threshold of a kind of rule on machines, from and to; other kinds have none.
THRESHOLDS = {
    "events_per_minute": (1, 10_000),
    "events_per_day": (1, 1_000_000),
    "hours_without_pause": (1, 23),
    "seconds_after": (1, 600),
    "links_per_second": (1, 1_000),
}
# Kinds that would take any event for a machine's, were their event types not named.
NEED_EVENT_TYPES = ("seconds_after", "links_per_second")


def check_bot_rules(
    rules: list[Row], event_types: list[str] | None
) -> Iterator[Mistake]:
    """Yield what is wrong with rules on machines, given the event types there are."""
    for row in rules:
        kind = row.values["kind"]
        if kind not in COLUMNS["bot_rules"]["kind"].one_of:
            continue
        yield from check_threshold(row, THRESHOLDS.get(kind))
        yield from check_judged(row, event_types)
        if kind == "seconds_after" and row.texts["after_event"] is None:
            wanted = "the event after which it is too soon, such as email_sent"
            yield row.mistake("after_event", "is blank", wanted)
        if kind != "seconds_after" and row.texts["after_event"] is not None:
            found = "'<after_event>' has no meaning for <kind>"
            yield row.mistake("after_event", found, "blank")
        if kind != "user_agent" and row.texts["pattern"] is not None:
            found = "'<pattern>' has no meaning for <kind>"
            yield row.mistake("pattern", found, "blank")
        yield from check_pattern(row)


def check_threshold(row: Row, bounds: tuple[int, int] | None) -> Iterator[Mistake]:
    """Yield a threshold that its kind has not, or that lies out of bounds."""
    if bounds is None:
        if row.texts["threshold"] is not None:
            found = "'<threshold>' has no meaning for <kind>"
            yield row.mistake("threshold", found, "blank")
        return
    least, most = bounds
    allowed = f"for <kind>, a whole number from {least} to {most}"
    if row.texts["threshold"] is None:
        yield row.mistake("threshold", "is blank", allowed)
    elif row.values["threshold"] is not None and row.values["threshold"] > most:
        found = f"'<threshold>' is more than {most}"
        yield row.mistake("threshold", found, allowed)


def check_judged(row: Row, event_types: list[str] | None) -> Iterator[Mistake]:
    """Yield event types that a rule judges and that there are not."""
    text = row.texts["event_types"]
    if text is None and row.values["kind"] in NEED_EVENT_TYPES:
        wanted = "the event types that are judged, such as email_opened|email_clicked"
        yield row.mistake("event_types", "is blank", wanted)
    yield from check_listed(row, "event_types", event_types)


def check_listed(
    row: Row, column: str, event_types: list[str] | None
) -> Iterator[Mistake]:
    """Yield the first of the event types in a cell, with | between, that is not one."""
    text = row.texts[column]
    for name in text.split("|") if text and event_types else ():
        if name not in event_types:
            near = closest(event_types, name)
            found = f"'{cut_short(name)}' is not in event_types.csv"
            wanted = f"event types such as {near}, with | between them"
            yield row.mistake(column, found, wanted)
            break


def check_exclusions(exclusions: list[Row], attributes: Any) -> Iterator[Mistake]:  # noqa: ANN401
    """Yield what is wrong with exclusions; `attributes` may be a bad setting."""
    for row in exclusions:
        name = row.texts["attribute"]
        if isinstance(attributes, list) and name not in (None, "user_id", *attributes):
            found = "'<attribute>' is not in the setting user_attributes"
            listed = ", ".join(str(attribute) for attribute in attributes)
            yield row.mistake("attribute", found, f"user_id, or one of {listed}")
        if row.texts["equals"] is None and row.texts["pattern"] is None:
            found = "is blank, as is pattern: the exclusion would hold for everybody"
            yield row.mistake("equals", found, "a text, or a pattern")
        if row.texts["equals"] is not None and row.texts["pattern"] is not None:
            found = "'<pattern>' is there beside equals"
            yield row.mistake("pattern", found, "blank, or equals blank")
        yield from check_pattern(row)


def check_pattern(row: Row) -> Iterator[Mistake]:
    """Yield a pattern that is no regular expression, or that any text matches."""
    pattern = row.texts["pattern"]
    if pattern is None:
        return
    allowed = "a regular expression such as ^test[-_]"
    try:
        matches = database().execute("select regexp_matches('', ?)", [pattern])
        if matches.fetchall() == [(True,)]:
            yield row.mistake("pattern", "'<pattern>' matches any text", allowed)
    except duckdb.Error as error:
        reason = str(error).splitlines()[0].split("Error: ")[-1]
        found = f"'<pattern>' is not a regular expression ({cut_short(reason)})"
        yield row.mistake("pattern", found, allowed)
