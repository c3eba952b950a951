"""Which ids are one person's: what an erasure follows, both ways.

The links files say it, events that carry both ids, and the current publication where
these two say nothing of an id. A link that would not count for the scores is not
followed: a device that several people used is none of theirs.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import duckdb

from pointwise.core.sql_text import file_text
from pointwise.publishing.files import make_durable_folder
from pointwise.publishing.places import Places
from pointwise.publishing.publish import previous_generation
from pointwise.publishing.remains import ids_as_text, is_one_of
from pointwise.publishing.rewriting import LINKED, EventIds, files_of, source
from pointwise.sources.links import COLUMNS, look_at

TABLES = """
    create temp table said (id varchar, person varchar, known_from timestamptz);
    create temp table seen (id varchar, person varchar);
    create temp table named (id varchar);
    create temp table published (id varchar, person varchar);
"""
# From when a link is known: without a day now; NULL if the day cannot be read.
DAY = r"""
    case
        when day is null or trim(day) = '' then current_timestamp
        when regexp_full_match(day, '\d{9,19}(\.\d+)?')
            then to_timestamp(
                try_cast(day as double)
                / pow(1000, (strpos(day || '.', '.') - 10) // 3)
            )
        else try_cast(day as timestamptz)
    end
"""
# Of several links of an id the last holds, unless it names two people.
POINTERS = """
    create temp table pointers as
    select id, min(person) as person
    from (
        from said
        qualify rank() over (partition by id order by cast(known_from as date) desc) = 1
    )
    group by id
    having min(person) = max(person)
"""


class Person(NamedTuple):
    """The ids of a person, the one that was asked for last; ids that others share."""

    ids: list[str]
    shared: list[str]


def who_is(
    connection: duckdb.DuckDBPyConnection, places: Places, user_id: str
) -> Person:
    """Return the ids of who has this one.

    An erasure that was killed has noted them: part of what said so may be gone.
    """
    links = Links(connection, places)
    noted = [ids for _, ids in notes(places)]
    found, nearest = {user_id}, {user_id}
    while nearest:
        near = links.neighbours(nearest)
        near.update(*(ids for ids in noted if not nearest.isdisjoint(ids)))
        nearest = near - found
        found |= nearest
    shared = {device for device, _ in links.pairs("seen", found, "person")} - found
    return Person([*sorted(found - {user_id}), user_id], sorted(shared))


class Links:
    """Who is who, by files, events and publication."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, places: Places) -> None:
        self.connection = connection
        self.max_ids = places.max_ids
        connection.execute(TABLES)
        for path in places.link_files:
            read_links(connection, path, places.event_ids)
        connection.execute(POINTERS)
        read_events(connection, files_of(places.events), places.event_ids)
        read_publication(connection, places.published)

    def neighbours(self, ids: set[str]) -> set[str]:
        """Return the ids that lead to one of these, or to which one of these leads."""
        ids = {id for id in ids if not self.is_shared(id)}
        found: set[str] = set()
        for id in ids:
            if id not in found:
                found |= self.family(id)[1]
        for device in {device for device, _ in self.pairs("seen", ids)}:
            if owner := self.owner(device):
                found |= {device, owner, *self.seen_with(device)}
        for id, person in self.pairs("published", ids):
            if not self.pairs("pointers", {id}, "id") and not self.seen_with(id):
                found |= {id, person}
        return {id for id in found if not self.is_shared(id)}

    def pairs(
        self, table: str, ids: Iterable[str], *columns: str
    ) -> list[tuple[str, str]]:
        """Return the pairs of a table in which one of these ids is."""
        condition = " or ".join(
            is_one_of(column, sorted(ids)) for column in columns or ("id", "person")
        )
        return self.connection.execute(
            f"select distinct id, person from {table} where {condition} order by all"
        ).fetchall()

    def seen_with(self, device: str) -> set[str]:
        """Return the user ids that came with an anonymous id that is no user id."""
        return {person for _, person in self.pairs("seen", {device}, "id")}

    def is_shared(self, id: str) -> bool:
        """Whether an id is an anonymous one that several people used."""
        return bool(self.seen_with(id)) and self.owner(id) is None

    def owner(self, device: str) -> str | None:
        """Return the person of an anonymous id; None if it was seen with several."""
        linked = {person for _, person in self.pairs("pointers", {device}, "id")}
        owner = None
        for id in self.seen_with(device) | linked:
            if owner not in (None, self.end(id)):
                return None
            owner = self.end(id)
        return owner

    def end(self, id: str) -> str:
        """Return whose an id is by the links files: its own if they do not count."""
        return self.family(id)[0]

    def family(self, id: str) -> tuple[str, set[str]]:
        """Return whose an id is by the links files, and all ids that are."""
        walked = [id]
        while pointed := self.pairs("pointers", {walked[-1]}, "id"):
            if pointed[0][1] in walked or len(walked) > self.max_ids:
                return id, {id}
            walked.append(pointed[0][1])
        found = nearest = {walked[-1]}
        while nearest:
            leading = self.pairs("pointers", nearest, "person")
            nearest = {one for one, _ in leading} - found
            found = found | nearest
            if len(found) > self.max_ids:
                return id, {id}
        return walked[-1], found


def read_links(
    connection: duckdb.DuckDBPyConnection, path: Path, ids: EventIds
) -> None:
    """Note what a links file says; one that cannot be read says nothing."""
    file = look_at(connection, str(path), None, COLUMNS)
    if file["reason"]:
        return
    columns = file["columns"]
    id, person = (ids_as_text(*columns[name].values()) for name in LINKED)
    day = columns["known_from"]
    day = f"cast({day['expression']} as varchar)" if day else "null"
    connection.execute(
        f"insert into said select id, person, {DAY} from"
        f" (select {id} as id, {person} as person, {day} as day from {file['rows']})"
        f" where {ids.is_somebody('id')} and {ids.is_somebody('person')}"
        # What will be known only later does not count yet.
        f" and id <> person and {DAY} <= current_timestamp"
    )


def read_events(
    connection: duckdb.DuckDBPyConnection, paths: list[Path], ids: EventIds
) -> None:
    """Note which anonymous ids came with which user ids, and are none themselves."""
    read = []
    for path in paths:
        try:
            (user, anonymous), has_partitions = ids.in_file(connection, path)
            rows = source(path, has_partitions)
            connection.execute(
                f"insert into seen select distinct {anonymous}, {user} from {rows}"
                f" where {anonymous} <> {user}"
                f" and {ids.is_somebody(anonymous)} and {ids.is_somebody(user)}"
            )
        except duckdb.Error:
            continue  # the caller says that this file cannot be looked into
        read.append((user, rows))
    for user, rows in (
        read if connection.execute("from seen limit 1").fetchall() else ()
    ):
        connection.execute(
            f"insert into named select distinct {user} from {rows}"
            f" where {user} in (select id from seen)"
        )
    connection.execute("delete from seen where id in (from named)")


def read_publication(connection: duckdb.DuckDBPyConnection, published: Path) -> None:
    """Note what the current publication says; a damaged one is met later."""
    previous, _ = previous_generation(published)
    path = previous.folder / "person_links.parquet" if previous else None
    if path and path.exists():
        connection.execute(
            "insert into published select user_id, person_id"
            f" from read_parquet({file_text(path)}) where reason is null"
        )


def notes(places: Places) -> Iterator[tuple[Path, list[str]]]:
    """Yield what erasures that did not end have noted: files, and the ids in them."""
    pattern = note_name(places, "*")
    for path in sorted(places.warehouse.parent.glob(pattern)):
        yield path, json.loads(path.read_text(encoding="utf-8"))


def note_name(places: Places, part: str) -> str:
    """Return how the note of an erasure is called."""
    return f".{places.warehouse.stem}.erasing-{part}.json"


def note(places: Places, ids: Sequence[str]) -> None:
    """Note, durably, which ids are to go, until the last trace of them has gone."""
    part = hashlib.sha256(ids[-1].encode()).hexdigest()[:16]
    path = places.warehouse.parent / note_name(places, part)
    aside = path.with_suffix(".new")
    with aside.open("w", encoding="utf-8") as file:
        json.dump(ids, file)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    make_durable_folder(path.parent)
