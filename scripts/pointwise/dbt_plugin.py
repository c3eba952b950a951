"""What dbt calls of this package: a plugin of dbt-duckdb, named in profiles.yml.

Hooks and models call the functions below in SQL, through the macro `call_python`. Each
takes a JSON text with its arguments and returns one: `{"value": …}`, or
`{"error": "…"}` with a line for a person, in which the run then ends.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import import_module

from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt_common.exceptions import DbtRuntimeError
from duckdb import DuckDBPyConnection

from pointwise.core.errors import PointwiseError
from pointwise.core.warehouse import check_folder, discard_if_damaged, watch_for_damage

# The functions that SQL calls as pointwise_<name>(json), and where they are. Those that
# need the warehouse get a cursor of their own.
FUNCTIONS = {
    "begin_run": ("pointwise.begin", True),
    "publish": ("pointwise.publishing.hooks", True),
    "this_publication": ("pointwise.publishing.hooks", False),
    "record_files": ("pointwise.publishing.hooks", False),
    "home_settings": ("pointwise.core.panel.hooks", False),
    "panel_rows": ("pointwise.core.panel.hooks", False),
    "panel_features": ("pointwise.core.panel.hooks", False),
    "event_conditions": ("pointwise.core.panel.hooks", False),
    "panel_texts": ("pointwise.core.panel.hooks", False),
    "identifying_values": ("pointwise.core.panel.hooks", False),
    "worth_a_look": ("pointwise.core.panel.hooks", False),
    "erase_user": ("pointwise.publishing.erase", True),
    "found_files": ("pointwise.sources.hooks", False),
    "judged_files": ("pointwise.sources.hooks", False),
    "link_files": ("pointwise.sources.links", False),
    "assignment_files": ("pointwise.sources.assignments", False),
    "assignment_days": ("pointwise.sources.assignments", False),
    "outcome_terms": ("pointwise.core.outcome", False),
    "live_plan": ("pointwise.live.files", False),
    "crawler_list": ("pointwise.sources.machines", False),
    "machine_agents": ("pointwise.sources.machines", False),
    "experiment_seats": ("pointwise.experiments.terms", False),
    "experiment_plan": ("pointwise.experiments.plan", False),
    "experiment_balance": ("pointwise.experiments.balance", False),
    "experiment_results": ("pointwise.experiments.readout", False),
    "experiment_looks": ("pointwise.experiments.readout", False),
    "experiment_metric_results": ("pointwise.experiments.metrics", False),
    "holdout_effects": ("pointwise.experiments.holdout", False),
}


def callable_in_sql(name: str, connection: DuckDBPyConnection) -> Callable[[str], str]:
    """Return a function from JSON to JSON; its module is loaded when it is called."""
    module, needs_warehouse = FUNCTIONS[name]

    def call(arguments: str) -> str:
        function = getattr(import_module(module), name)
        given = json.loads(arguments)
        try:
            if needs_warehouse:
                with connection.cursor() as warehouse:
                    value = function(warehouse, **given)
            else:
                value = function(**given)
        except PointwiseError as error:
            return json.dumps({"error": str(error)})
        return json.dumps({"value": value}, default=str)

    return call


class Plugin(BasePlugin):
    """Registers the functions on dbt's connection, and looks after the warehouse."""

    def update_connection_config(self, creds: DuckDBCredentials, config: dict) -> None:
        """Before dbt opens the warehouse: set it aside if it is damaged.

        Raises DbtRuntimeError, which dbt shows in a line, if its folder is not there.
        """
        try:
            check_folder(creds.path)
        except PointwiseError as error:
            raise DbtRuntimeError(str(error)) from error
        discard_if_damaged(creds.path, config)
        watch_for_damage(creds.path)

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Make the functions callable in SQL."""
        for name in FUNCTIONS:
            conn.create_function(
                f"pointwise_{name}",
                callable_in_sql(name, conn),
                ["VARCHAR"],
                "VARCHAR",
                side_effects=True,
            )
