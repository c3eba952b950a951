"""On-run-start: what is missing before anything is built or tested, in one line.

`settings` is what the macro `build_settings` gathers: paths and the target of the run.
"""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
from dbt.flags import get_flags

from pointwise.core.errors import PointwiseError
from pointwise.core.home import not_installed
from pointwise.core.manifest import read_manifest
from pointwise.core.outcome import outcome_of
from pointwise.core.panel.hooks import panel_features
from pointwise.core.settings import vars_of_run
from pointwise.sources.listing import files_of_run

RETRAIN = "dbt build --vars '{use_propensity_model: false}', then `pointwise train`."


def check_inputs(
    warehouse: duckdb.DuckDBPyConnection,
    settings: dict,
    selected: list[str],
    is_test: bool = False,
    is_part: bool = False,
) -> list[str]:
    """Return messages for the user before a run.

    Raises PointwiseError if the run cannot begin.
    """
    tables = tables_of(warehouse, settings["database"])
    if is_test:
        if (settings["schema"], "user_scores") not in tables:
            raise PointwiseError("There is nothing to test yet: run `dbt build` first.")
        return []
    if "model.pointwise.base_event_files" in selected:
        check_event_files(settings["events"], settings["invocation_id"])
    if is_part:
        check_built(settings, set(selected), tables)
    if "model.pointwise.int_propensity_margins" in selected:
        return check_model(settings)
    return []


def tables_of(
    warehouse: duckdb.DuckDBPyConnection, database: str
) -> set[tuple[str, str]]:
    """Return schema and name of all tables and views of the warehouse."""
    query = (
        "select table_schema, table_name from information_schema.tables"
        " where table_catalog = ?"
    )
    return set(warehouse.execute(query, [database]).fetchall())


def check_event_files(path: str, invocation_id: str) -> None:
    """Raise PointwiseError if there are no event files, or none of them is Parquet."""
    found = files_of_run(path, invocation_id)
    if not found and files_of_run(f"{path}/*", invocation_id):
        raise PointwiseError(f"POINTWISE_EVENTS is a folder: write {path}/*.parquet")
    if not found:
        raise PointwiseError(
            f"No event files at {path}. Make synthetic ones with `pointwise generate`,"
            " import yours with `pointwise import FILE`, or set POINTWISE_EVENTS."
        )
    if all(file.reason for file in found):
        raise PointwiseError(
            f"No Parquet files at {path}. CSV and JSON lines come in with"
            " `pointwise import FILE`."
        )


def check_built(
    settings: dict, selected: set[str], tables: set[tuple[str, str]]
) -> None:
    """Raise PointwiseError if a model reads one that neither is there nor is built."""
    project, folder = Path(settings["project"]), settings["target_path"]
    nodes = read_manifest(project / folder, settings["invocation_id"])["nodes"]
    for name in sorted(selected & nodes.keys()):
        if nodes[name]["resource_type"] != "model":
            continue
        for parent in nodes[name]["depends_on"]["nodes"]:
            node = nodes.get(parent)
            if node is None or parent in selected:
                continue
            if node["config"]["materialized"] == "ephemeral":
                continue
            if (node["schema"], node["alias"]) not in tables:
                raise PointwiseError(
                    f"There is no {node['name']} yet: run `dbt build` first."
                )


def check_model(settings: dict) -> list[str]:
    """Return what to say about the trained model.

    Raises PointwiseError if it is of another outcome, or of features that the control
    panel has not, or defines otherwise.
    """
    given = vars_of_run(Path(settings["project"]), get_flags().VARS)
    if not given["use_propensity_model"]:
        return []
    file = f"{settings['model']}/model.json"
    about = about_model(Path(file))
    if about is None:
        if candidate := not_installed(Path(settings["model"])):
            return [
                "No propensity model in use: the one last trained was not good enough,"
                " as `pointwise train` said, and was not installed; it is in"
                f" {candidate}. user_propensity stays empty."
            ]
        return [
            "No propensity model yet: user_propensity stays empty. After this build,"
            " `pointwise train` trains one."
        ]
    if not about.get("columns"):
        raise PointwiseError(
            f"{file} is no model of `pointwise train`: delete it, or train again."
        )
    outcome = in_words(about)
    asked = in_words(
        {
            "event_type": outcome_of(given["outcome_event_type"]).words(),
            "is_repeatable": given["outcome_is_repeatable"],
            "horizon_days": given["horizon_days"],
        }
    )
    if outcome != asked:
        raise PointwiseError(
            f"The model {file} predicts another outcome, {outcome}, than this build"
            f" asks for, {asked}. Name another folder in POINTWISE_MODEL, or retrain:"
            f" {RETRAIN}"
        )
    unknown = unknown_features(about["features"], panel_features(settings["project"]))
    if unknown:
        raise PointwiseError(
            f"The model {file} was trained on other features than"
            f" {settings['control']}/features.csv has: {', '.join(unknown)}. To"
            f" retrain: {RETRAIN}"
        )
    return []


def about_model(file: Path) -> dict | None:
    """Return what training wrote of itself into a model; None if there is no file."""
    if not file.exists():
        return None
    try:
        attributes = json.loads(file.read_text("utf-8"))["learner"]["attributes"]
        return json.loads(attributes["pointwise"])
    except (ValueError, KeyError, TypeError):
        return {}


def in_words(outcome: dict) -> str:
    """Return an outcome in words: what happens, within how many days, once or again."""
    again = " (repeatable)" if outcome["is_repeatable"] else ""
    event_type = outcome["event_type"] or "unknown"
    return f"{event_type} within {outcome['horizon_days']} days{again}"


def unknown_features(features: dict[str, list], panel: list[dict]) -> list[str]:
    """Return features of a model that the control panel lacks, or defines otherwise."""
    known = {
        row["feature"]: as_texts(
            row[name]
            for name in ("event_type", "measure", "window_days", "half_life_days")
        )
        for row in panel
    }
    return [
        f"{name} (is gone)"
        if name not in known
        else f"{name} (means something else now)"
        for name, definition in features.items()
        if known.get(name) != as_texts(definition)
    ]


def as_texts(cells: object) -> list[str]:
    """Return cells as texts, empty ones alike."""
    return [str(cell or "") for cell in cells]
