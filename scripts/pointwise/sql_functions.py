"""What SQL calls of this package, as pointwise_<name>(json).

Each takes a JSON text with its arguments and returns one: `{"value": …}`, or
`{"error": "…"}` with a line for a person.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from importlib import import_module

from duckdb import DuckDBPyConnection

from pointwise.core.errors import PointwiseError

# The functions, and where they are. Those that need the warehouse get a cursor of their
# own.
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
    "verdict_terms": ("pointwise.core.verdicts", False),
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


def answer(name: str, arguments: str, connection: DuckDBPyConnection | None) -> str:
    """Return what a function answers to JSON, as JSON; its module is loaded here.

    Without a connection those that need the warehouse get none.
    """
    module, needs_warehouse = FUNCTIONS[name]
    function = getattr(import_module(module), name)
    given = json.loads(arguments)
    try:
        if needs_warehouse and connection is None:
            value = function(None, **given)
        elif needs_warehouse:
            with connection.cursor() as warehouse:
                value = function(warehouse, **given)
        else:
            value = function(**given)
    except PointwiseError as error:
        return json.dumps({"error": str(error)})
    return json.dumps({"value": value}, default=str)


def callable_in_sql(name: str, connection: DuckDBPyConnection) -> Callable[[str], str]:
    """Return a function from JSON to JSON."""
    return lambda arguments: answer(name, arguments, connection)


def let_sql_call(name: str, connection: DuckDBPyConnection) -> None:
    """Make a function callable in the SQL of a connection."""
    connection.create_function(
        f"pointwise_{name}",
        callable_in_sql(name, connection),
        ["VARCHAR"],
        "VARCHAR",
        side_effects=True,
    )


def main() -> None:
    """Answer each line of standard input, for SQL that can call programs only."""
    for line in sys.stdin:
        print(answer(sys.argv[1], line, None), flush=True)


if __name__ == "__main__":
    main()
