"""The models between events and scores, to be run again over other inputs.

A build keeps their SQL as dbt compiled it, in `scoring_models`. It runs here letter for
letter: only the relations that were given, and those made of them, are read instead of
the warehouse's. What-if, the causes of changes and `reproduce` all score this way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from graphlib import TopologicalSorter

import duckdb

RELATION = re.compile(r'"(main|internal)"\."(\w+)"')


@dataclass(frozen=True)
class Core:
    """The SQL of the models, and their schemas, by name."""

    queries: dict[str, str]
    schemas: dict[str, str]
    # What was run before, by its text: parsing takes a seventh of the time of few rows.
    parsed: dict[str, duckdb.Statement] = field(default_factory=dict)

    @classmethod
    def read(cls, connection: duckdb.DuckDBPyConnection, models: str) -> Core:
        """Return the core as a relation, or a table function in SQL, has it."""
        rows = connection.execute(
            f"select model, schema_name, query from {models}"
        ).fetchall()
        return cls(
            {model: query for model, _, query in rows},
            {model: schema for model, schema, _ in rows},
        )

    @cached_property
    def reads(self) -> dict[str, set[str]]:
        """The relations that each model reads."""
        return {
            model: {name for _, name in RELATION.findall(query)}
            for model, query in self.queries.items()
        }

    def in_order(self, wanted: str, given: Iterable[str] = ()) -> list[str]:
        """Return a model after those that it needs and that are not given."""
        known = self.queries.keys() - set(given)
        needed: dict[str, set[str]] = {}
        to_see = [wanted]
        while to_see:
            model = to_see.pop()
            needed[model] = self.reads[model] & known
            to_see += needed[model] - needed.keys()
        return list(TopologicalSorter(needed).static_order())

    def run(
        self,
        connection: duckdb.DuckDBPyConnection,
        wanted: str,
        given: Iterable[str],
        views: Iterable[str],
        changed: Iterable[str] | None = None,
    ) -> None:
        """Make a model, and what it needs, as temporary relations of their names.

        `given` are temporary relations that are there; `views` are not stored. Of a
        second run, `changed` are those of `given` that differ: what reads none of them,
        and nothing that they change, stays as the first run made it.
        """
        models = self.in_order(wanted, given)
        here = {*given, *models}
        stale = set(changed or ())

        def place(found: re.Match) -> str:
            return f'temp.main."{found[2]}"' if found[2] in here else found[0]

        for model in models:
            if changed is not None and not self.reads[model] & stale:
                continue
            kind = "view" if model in views else "table"
            compares = changed is not None and kind == "table" and model != wanted
            before = fingerprint(connection, model) if compares else None
            query = RELATION.sub(place, self.queries[model])
            text = f'create or replace temp {kind} "{model}" as {query}'
            if text not in self.parsed:
                (self.parsed[text],) = connection.extract_statements(text)
            connection.execute(self.parsed[text])
            if not compares or fingerprint(connection, model) != before:
                stale.add(model)


def fingerprint(connection: duckdb.DuckDBPyConnection, table: str) -> tuple:
    """Return what is the same for the same rows of a temporary table, in any order.

    Of lists and structs that may be NULL, DuckDB's hash tells too little.
    """
    query = f'select count(*), sum(hash(a_row)) from temp.main."{table}" as a_row'
    return connection.execute(query).fetchall()[0]


def drop_temporary(connection: duckdb.DuckDBPyConnection, kept: str) -> None:
    """Drop all temporary relations of a connection but one, to free memory."""
    for kind in ("view", "table"):
        for (name,) in connection.execute(
            f"select {kind}_name from duckdb_{kind}s()"
            " where database_name = 'temp' and not internal"
        ).fetchall():
            if name != kept:
                connection.execute(f'drop {kind} temp.main."{name}"')
