"""JSON events of any known shape as rows of event files, by the importer's own code.

An event is in our columns (`user_id` or `anonymous_id`, `event_type`, …), or in a shape
that a preset of `pointwise import` knows: Segment's calls, PostHog's events, and so on.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cached_property
from typing import Any

import duckdb
import pyarrow as pa

from pointwise.core.errors import PointwiseError
from pointwise.importing.columns import EVENT_COLUMNS, Mapping, choose_columns
from pointwise.importing.json_document import rows_of
from pointwise.importing.json_reader import (
    ESCAPED_NUL,
    SAMPLE_BYTES,
    flattened,
    open_json,
)
from pointwise.importing.presets import PLAIN, Preset, fitting_preset, known_presets
from pointwise.importing.takes import Place, Take
from pointwise.importing.values import Reading, connect, typed_rows
from pointwise.live.files import own_schema

READING = Reading((), "UTC", False, False)
# Lists of events in what tools send: Segment's and PostHog's batches, and others.
LISTS = ("batch", "events")
# Where it is said when something happened, for tools that may leave it out.
TIME = "timestamp"
SECRETS = ("api_key", "writeKey", "token")
KNOWN_SIGNATURES = 10_000
DEEPEST = 50


class ShapeError(PointwiseError):
    """An event, or a body, that cannot be taken: why, in a line."""


def events_in(body: bytes) -> list[dict[str, Any]]:
    """Return the events of a body: one, a list, or a batch.

    Raises ShapeError if it is not JSON, or holds anything but objects.
    """
    try:
        found = json.loads(body, parse_constant=no_constant)
    except (ValueError, RecursionError) as error:
        raise ShapeError("the body is not valid JSON") from error
    if isinstance(found, dict):
        lists = [found[name] for name in LISTS if isinstance(found.get(name), list)]
        found = lists[0] if lists else [found]
    events = rows_of(found)
    for number, event in enumerate(events, 1):
        if not isinstance(event, dict):
            raise ShapeError(f"event {number} is not a JSON object")
        check_text(number, event)
    return events


def no_constant(name: str) -> None:
    """Refuse NaN and Infinity, which are no JSON."""
    raise ValueError(name)


def check_text(number: int, event: dict[str, Any]) -> None:
    """Raise ShapeError if an event holds what no file of events can."""
    try:
        text = json.dumps(event, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise ShapeError(f"event {number} holds text that is not Unicode") from error
    if ESCAPED_NUL.search(text):
        raise ShapeError(f"event {number} has a NUL character")
    if depth(event) > DEEPEST:
        raise ShapeError(f"event {number} is nested more than {DEEPEST} levels deep")


def depth(value: object) -> int:
    """Return how many objects and lists are in one another."""
    levels, here = 0, [value]
    while here := [
        inner
        for one in here
        if isinstance(one, dict | list)
        for inner in (one.values() if isinstance(one, dict) else one)
    ]:
        levels += 1
    return levels


class Shapes:
    """Which shape an event has, and rows of events of one shape."""

    def __init__(self, properties: Iterable[str] = ()) -> None:
        self.properties = list(properties)
        self.schema = own_schema(self.properties)
        self.known: dict[frozenset[str], str | None] = {}

    def accepted(
        self, number: int, event: dict[str, Any], received_at: str
    ) -> tuple[str, str, dict[str, Any]]:
        """Return an event's arrival, the name of its shape, and the event.

        An event that does not say when it happened happened when it arrived. Raises
        ShapeError if no shape fits.
        """
        event = {key: value for key, value in event.items() if key not in SECRETS}
        if "event_type" in event and {"user_id", "anonymous_id"} & event.keys():
            times = {"occurred_at": received_at, "received_at": received_at}
            given = {key: value for key, value in event.items() if value is not None}
            return received_at, PLAIN, {**times, **given}
        for one in (event, {TIME: received_at, **event}):
            name = self.name_of(one)
            if name is not None:
                return received_at, name, one
        raise ShapeError(
            f"event {number} is in no known shape: send user_id or anonymous_id,"
            " event_type and occurred_at, or what Segment or PostHog send"
        )

    def name_of(self, event: dict[str, Any]) -> str | None:
        """Return the preset that reads an event; None if there is none."""
        columns = flattened(event)
        signature = frozenset(name for name, (_, value) in columns.items() if value)
        if signature not in self.known:
            if len(self.known) >= KNOWN_SIGNATURES:
                self.known.clear()
            try:
                block = as_block([event])
                preset = fitting_preset("the event", open_json(block, []))
                if preset is not None and preset.kind == "events":
                    self.mapping(preset.name, block)
                    self.known[signature] = preset.name
                else:
                    self.known[signature] = None
            except PointwiseError:
                self.known[signature] = None
        return self.known[signature]

    def mapping(self, name: str, block: bytes) -> tuple[Mapping, Any]:
        """Return how events of a shape are read, and where from.

        Raises PointwiseError if one that is needed is missing, or could be several.
        """
        if name == PLAIN:
            source = open_json(block, [])
            wanted = [*EVENT_COLUMNS, *self.properties]
            sources = {c: (Take(Place(c)),) for c in wanted if c in source.columns}
            return Mapping(sources, {}, set()), source
        preset: Preset = known_presets()[name]
        places = [f"properties.{one}" for one in self.properties]
        source = open_json(block, [], [*preset.places(), *places])
        mapping = choose_columns(
            "the events", source, "events", {}, {}, [], preset, self.properties
        )
        return mapping, source

    @cached_property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """What makes tables, one at a time: it takes as long to open as to use."""
        return connect()

    def table(
        self, events: dict[str, list[dict[str, Any]]], arrived_at: str
    ) -> pa.Table:
        """Return events by shape as rows of one file, in its columns.

        Those that do not say when they were received were so at `arrived_at`.
        """
        parts = [self.schema.empty_table()]
        for name, of_shape in events.items():
            for some in in_blocks(of_shape):
                parts += self.rows(self.connection, name, some)
        table = pa.concat_tables(parts)
        place = self.schema.get_field_index("received_at")
        received = table["received_at"].fill_null(datetime.fromisoformat(arrived_at))
        return table.set_column(place, self.schema.field(place), received)

    def rows(
        self,
        connection: duckdb.DuckDBPyConnection,
        name: str,
        events: list[dict[str, Any]],
    ) -> list[pa.Table]:
        """Return rows of events of one shape; one by one where they differ too much."""
        block = as_block(events)
        try:
            return self.typed(connection, name, block)
        except (PointwiseError, duckdb.Error):
            if len(events) > 1:
                return [
                    table
                    for event in events
                    for table in self.rows(connection, name, [event])
                ]
        # It was taken, so it is kept: as a row that cannot be used.
        row = {"unparsed": block.decode().strip()}
        return [pa.Table.from_pylist([row], schema=self.schema)]

    def typed(
        self, connection: duckdb.DuckDBPyConnection, name: str, block: bytes
    ) -> list[pa.Table]:
        """Return the rows of JSON lines of one shape, by the SQL of an import."""
        mapping, source = self.mapping(name, block)
        query = typed_rows(
            mapping, "events", READING, [*EVENT_COLUMNS, *self.properties]
        )
        found = []
        for batch in source.batches(iter([block]), mapping.columns()):
            connection.register("batches", batch.rows)
            typed = connection.sql(query).to_arrow_table()
            connection.unregister("batches")
            found.append(typed.select(self.schema.names).cast(self.schema))
        return found


def as_block(events: list[dict[str, Any]]) -> bytes:
    """Return events as JSON lines."""
    return b"".join(json.dumps(event).encode() + b"\n" for event in events)


def in_blocks(events: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Yield events in parts that the importer looks at whole."""
    part: list[dict[str, Any]] = []
    size = 0
    for event in events:
        length = len(json.dumps(event))
        if part and size + length > SAMPLE_BYTES // 2:
            yield part
            part, size = [], 0
        part.append(event)
        size += length
    if part:
        yield part
