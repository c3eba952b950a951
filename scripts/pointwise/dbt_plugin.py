"""What dbt calls of this package: a plugin of dbt-duckdb, named in profiles.yml.

Hooks and models call the functions below in SQL. Each takes a JSON text and returns one:
`{"value": …}`, or `{"error": "…"}` with a line for a person. Jinja calls them through the
macro `call_python`, which ends the run with that line.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.flags import get_flags
from duckdb import DuckDBPyConnection

from pointwise.core.errors import PointwiseError
from pointwise.core.identifying import WORTH_A_LOOK, identifying_values
from pointwise.core.panel import snapshot
from pointwise.core.settings import path_setting, setting_mistakes, vars_of_run


def panel_folder(project_dir: str) -> Path:
    """Return the folder of the control panel, read anew by each run of dbt."""
    snapshot.begin(get_flags())
    return path_setting("POINTWISE_CONTROL", Path(project_dir))


def mistakes(project_dir: str, recorded: list[dict] | None = None) -> list[str]:
    """Return every mistake of control panel and settings, a line each."""
    folder = panel_folder(project_dir)
    given = vars_of_run(Path(project_dir), get_flags().VARS)
    event_types = snapshot.column_in(folder, "event_types", "event_type")
    return [
        *setting_mistakes(given, event_types),
        *snapshot.mistake_lines(folder, given, recorded or []),
    ]


def panel_rows(project_dir: str, file: str) -> list[dict[str, Any]]:
    """Return the rows of a file of the control panel."""
    return snapshot.panel_rows(panel_folder(project_dir), file)


def panel_features(project_dir: str) -> list[dict[str, Any]]:
    """Return the features of the control panel: the columns of the feature mart."""
    return snapshot.panel_features(panel_folder(project_dir))


def panel_texts(project_dir: str) -> dict[str, str]:
    """Return the text of each file of the control panel as it was read."""
    return snapshot.panel_texts(panel_folder(project_dir))


# The functions, by the name that SQL calls them: pointwise_<name>(json) -> json.
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "mistakes": mistakes,
    "panel_rows": panel_rows,
    "panel_features": panel_features,
    "panel_texts": panel_texts,
    "identifying_values": identifying_values,
    "worth_a_look": lambda: WORTH_A_LOOK,
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
