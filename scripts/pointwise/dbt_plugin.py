"""What dbt calls of this package: a plugin of dbt-duckdb, named in profiles.yml.

Hooks and models call the functions below in SQL. Each takes a JSON text and returns
one: `{"value": …}`, or `{"error": "…"}` with a line for a person. Jinja calls them through
the macro `call_python`, which ends the run with that line.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection

from pointwise.core.errors import PointwiseError
from pointwise.sources.listing import find_files
from pointwise.sources.reading import Column, code_version, judge


def found_files(path: str) -> list[dict]:
    """Return the files that a setting means."""
    return [asdict(file) for file in find_files(path)]


def judged_files(
    files: list[str], columns: list[dict], reads_pages: bool = True
) -> list[dict]:
    """Return how each file is read, or why it cannot be."""
    needed = [Column(**column) for column in columns]
    return [asdict(verdict) for verdict in judge(files, needed, reads_pages)]


# The functions, by the name that SQL calls them: pointwise_<name>(json) -> json.
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "found_files": found_files,
    "judged_files": judged_files,
    "reading_version": code_version,
}


def answer(function: Callable[..., Any]) -> Callable[[str], str]:
    """Return a function from JSON to JSON that reports errors as a value."""

    def call(arguments: str) -> str:
        try:
            return json.dumps({"value": function(**json.loads(arguments))}, default=str)
        except PointwiseError as error:
            return json.dumps({"error": str(error)})

    return call


class Plugin(BasePlugin):
    """Registers the functions on dbt's connection."""

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Make the functions callable in SQL; none is called before it is asked for."""
        for name, function in FUNCTIONS.items():
            conn.create_function(
                f"pointwise_{name}",
                answer(function),
                ["VARCHAR"],
                "VARCHAR",
                side_effects=True,
            )
