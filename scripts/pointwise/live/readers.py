"""Read event files that came after a build, by the SQL of that build."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

import duckdb

from pointwise.core.sql_text import escaped, sql_text
from pointwise.importing.columns import EVENT_COLUMNS
from pointwise.sources.reading import Column, Verdict, judge


class NewFile(NamedTuple):
    """An event file that came since: when it was last changed, and how it is read."""

    file: str
    modified_at: str
    plan: str


class Readers:
    """The ways in which files are read, as `int_event_readers` has them."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        rows = connection.execute(
            "select plan, is_own, needed_columns, query from internal.event_readers"
        ).fetchall()
        self.queries = {plan: query for plan, _, _, query in rows}
        self.own_plan = next((plan for plan, is_own, *_ in rows if is_own), None)
        self.columns = [Column(**one) for one in json.loads(rows[0][2])] if rows else []

    @property
    def properties(self) -> list[str]:
        """The columns beside those of every event that event_types.csv asks for."""
        own = {*EVENT_COLUMNS, "unparsed"}
        return [one.name for one in self.columns if one.name not in own]

    def judge(self, files: list[str]) -> list[Verdict]:
        """Return how files are read, or why not.

        A new way of reading files needs SQL that a build writes.
        """
        if not files:
            return []
        verdicts = judge(files, self.columns)
        for verdict in verdicts:
            if verdict.reason is None and verdict.plan not in self.queries:
                verdict.reason = "its columns have types that no file had: build first"
        return verdicts

    def query(self, plan: str, files: Mapping[str, str]) -> str:
        """Return the query for the rows of files of a plan; their times are the values.

        What they held is left out: only a build keeps it, of rows that it sets aside.
        Where rows are numbered as they are read, each file is read for itself.
        """
        if json.loads(plan)["has_row_number"]:
            single = [{name: modified_at} for name, modified_at in files.items()]
        else:
            single = [dict(files)]
        return " union all ".join(
            f"select * exclude (raw_row) from ({put_in(self.queries[plan], some)})"
            for some in single
        )

    def queries_of(self, files: list[NewFile]) -> list[str]:
        """Return a query for each plan of some files."""
        plans: dict[str, dict[str, str]] = defaultdict(dict)
        for file in files:
            plans[file.plan][file.file] = file.modified_at
        return [self.query(plan, named) for plan, named in plans.items()]


def put_in(query: str, files: Mapping[str, str]) -> str:
    """Return a reader's query with files in place of `live_file` and `live_time`."""
    named = ", ".join(sql_text(escaped(name)) for name in files)
    names = ", ".join(map(sql_text, files))
    times = ", ".join(map(sql_text, files.values()))
    return query.replace(
        "map(['live_file'], ['live_time'])", f"map([{names}], [{times}])"
    ).replace("['live_file']", f"[{named}]")
