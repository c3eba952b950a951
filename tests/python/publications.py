"""Publish what a scratch folder has built, without the tests that publishing asks for.

A whole green build takes too long for every step of a life. This goes the same way
from there on: the same files, the same record, the same rename.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from pointwise.core.panel.reader import files_in
from pointwise.core.published import (
    content_of,
    current,
    record_files,
    record_ids,
    recorded,
)
from pointwise.publishing.build import Build
from pointwise.publishing.publish import finish, this_publication, write_aside

if TYPE_CHECKING:
    from conftest import Scratch

PROJECT = Path(__file__).resolve().parents[2]
BUILT_AT = """
    select cast(max(published_at) as varchar) from internal.int_changed_scores
"""


def publish_as_built(scratch: Scratch) -> str:
    """Publish the tables that are there; return the publication's id."""
    with duckdb.connect(str(scratch.warehouse)) as warehouse:
        build = build_of(scratch, warehouse)
        publication = this_publication(scratch.published)
        if build.relation("int_changed_scores"):
            # When the build took it to be: rows of the record say so.
            at = warehouse.execute(BUILT_AT).fetchall()[0][0]
            publication["published_at"] = at or publication["published_at"]
        previous = current(scratch.published)
        panel = files_in(Path(build.control))
        texts = {name: file.text for name, file in panel.items() if file.text}
        facts = write_aside(build, warehouse, publication, previous, texts)
    finish(scratch.published, facts)
    return facts["id"]


def build_of(scratch: Scratch, warehouse: duckdb.DuckDBPyConnection) -> Build:
    """Return the last run of dbt there, with the models that the warehouse has."""
    target = scratch.folder / "target"
    there = {
        f"{schema}.{name}"
        for schema, name in warehouse.execute(
            "select table_schema, table_name from information_schema.tables"
        ).fetchall()
    }
    manifest = json.loads((target / "manifest.json").read_text())
    manifest["nodes"] = {
        name: node
        for name, node in manifest["nodes"].items()
        if f"{node['schema']}.{node['alias']}" in there
    }
    build = Build(
        invocation_id="test",
        project=target,
        published=scratch.published,
        control=scratch.environment.get("POINTWISE_CONTROL", f"{PROJECT}/seeds"),
        events=scratch.environment["POINTWISE_EVENTS"],
        target_path=target,
        target="dev",
        default_target="dev",
        database=scratch.warehouse.stem,
        schema="main",
        statuses=dict.fromkeys(manifest["nodes"], "success"),
    )
    build.__dict__["manifest"] = manifest
    return build


def rewrite_record(scratch: Scratch, kind: str, query: str) -> None:
    """Put what a query says of the `recorded` rows in place of each file of a kind."""
    for path in record_files(scratch.published, kind):
        path.chmod(0o644)
        duckdb.sql(
            f"copy (with recorded as (from read_parquet('{path}')) {query})"
            f" to '{path}.new'  (format parquet)"
        )
        path.with_name(f"{path.name}.new").replace(path)
        says = path.with_name("publication.json")
        facts = json.loads(says.read_text())
        facts["files"][path.name] = content_of(path)
        says.chmod(0o644)
        says.write_text(json.dumps(facts))


def published_times(scratch: Scratch) -> list[datetime]:
    """Return when each publication was made, oldest first."""
    return [
        datetime.fromisoformat(recorded(scratch.published, name)["published_at"])
        for name in record_ids(scratch.published)
    ]
