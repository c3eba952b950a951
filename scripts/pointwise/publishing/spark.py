"""What a build on Spark leaves for publishing, and how DuckDB takes it over.

Beside Spark's tables lies `built.json`: which models they are of, from which code and
inputs. It is there only while they are those of one whole build. take_over.py copies
them into the warehouse: what Spark does not build is then built, tested and published
by DuckDB, as always.
"""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

from pointwise.core.errors import PointwiseError
from pointwise.publishing.build import Build
from pointwise.publishing.files import write_json

BUILT = "built.json"
AGAIN = "run `dbt build --target spark --exclude-resource-type test`"
# In the warehouse, until what it has of Spark is published: what `built.json` said.
STATE = """
    create schema if not exists internal;
    create table if not exists internal.built_by_spark (facts varchar);
"""
FORGET = "delete from internal.built_by_spark"
# What only models read that Spark builds: published as Spark found it.
INPUTS = ("event files", "users file", "links file")


def folder_of(warehouse: Path) -> Path:
    """Return where Spark's tables are, as profiles.yml has it."""
    return warehouse.with_name(f"{warehouse.name.removesuffix('.duckdb')}_spark")


def forget_built(warehouse: Path) -> None:
    """Note that Spark's tables may be of two builds from now on."""
    (folder_of(warehouse) / BUILT).unlink(missing_ok=True)


def note_built(
    build: Build, warehouse: Path, publication: dict, columns: dict[str, dict]
) -> list[str]:
    """Write down what a run on Spark built, if that was everything; say what is next.

    `columns` are those of tables that may have no file to say so, with Spark's types.
    """
    models = {name for name in build.nodes if name.startswith("model.")}
    if build.is_empty or not models <= build.passed:
        return ["Only a part was built on Spark: nothing to publish."]
    tables = {
        name: {
            "schema": node["schema"],
            "table": node["alias"],
            "path": node["original_file_path"],
            "checksum": build.checksums[name],
            # Pairs: keys of JSON are sorted, and columns have an order.
            "types": [
                (column, given.get("data_type"))
                for column, given in node["columns"].items()
            ],
            "is_partitioned": bool(node["config"].get("partition_by")),
            "spark_types": columns.get(name, {}),
        }
        for name, node in build.nodes.items()
        if name in models
        and node["config"]["materialized"] != "view"
        # Only on Spark a table: DuckDB makes a view of the files.
        and "macro.pointwise.view_or" not in node["depends_on"]["macros"]
    }
    facts = {
        "invocation_id": build.invocation_id,
        "previous_id": publication["previous_id"],
        "vars": build.vars,
        "inputs": build.inputs,
        "macros": build.checksums["macros"],
        "tables": tables,
    }
    write_json(folder_of(warehouse) / BUILT, facts)
    return ["Built on Spark. To publish it: `pointwise publish --from spark`."]


def read_built(warehouse: Path) -> dict:
    """Return what Spark has built; raises PointwiseError if that is no whole build."""
    folder = folder_of(warehouse)
    try:
        return json.loads((folder / BUILT).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PointwiseError(f"no whole build of Spark in {folder}: {AGAIN}") from error


def taken_over(warehouse: duckdb.DuckDBPyConnection) -> dict | None:
    """Return what Spark noted of what the warehouse has of it, not yet published."""
    warehouse.execute(STATE)
    rows = warehouse.execute("select facts from internal.built_by_spark").fetchall()
    return json.loads(rows[0][0]) if rows else None


def why_not(build: Build) -> str | None:
    """Return why what Spark has built cannot be published now; None if it can."""
    then = build.spark
    if build.vars != then["vars"]:
        return f"the settings are not those of Spark's build: {AGAIN}"
    if build.checksums["macros"] != then["macros"] or any(
        build.checksums.get(name) != table["checksum"]
        for name, table in then["tables"].items()
    ):
        return f"the project's code has changed since Spark's build: {AGAIN}"
    changed = [
        name
        for name in sorted(build.inputs)
        if name.endswith(".csv") and build.inputs[name] != then["inputs"].get(name)
    ]
    if changed:
        return f"{', '.join(changed)} changed since Spark's build: {AGAIN}"
    return None
