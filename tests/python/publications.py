"""Publish what a scratch folder has built, without the tests that publishing asks for.

A whole green build takes too long for every step of a life. This goes the same way
from there on: the same files, the same record, the same rename.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import duckdb

from pointwise.core.published import current, record_ids, recorded
from pointwise.publishing.build import Build
from pointwise.publishing.hooks import panel_texts
from pointwise.publishing.publish import finish, this_publication, write_aside

if TYPE_CHECKING:
    from conftest import Scratch

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
        texts = panel_texts(build)
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
        control=scratch.environment.get("POINTWISE_CONTROL", str(target)),
        events=scratch.environment["POINTWISE_EVENTS"],
        target_path=target,
        target="dev",
        is_default_target=True,
        database=scratch.warehouse.stem,
        schema="main",
        statuses=dict.fromkeys(manifest["nodes"], "success"),
    )
    build.__dict__["manifest"] = manifest
    return build


def published_times(scratch: Scratch) -> list[datetime]:
    """Return when each publication was made, oldest first."""
    return [
        datetime.fromisoformat(recorded(scratch.published, name)["published_at"])
        for name in record_ids(scratch.published)
    ]


def now() -> datetime:
    """Return the time of the clock as the record has it: UTC, without a zone."""
    return datetime.now(UTC).replace(tzinfo=None)
