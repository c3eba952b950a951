"""Write what a publication adds to the record, which nothing takes away.

Each kind is a Parquet file in the publication's folder of the record. A model that
needs the past reads the files of its kind that the current publication lists.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from pointwise.core.published import PUBLICATION, Generation, record_files
from pointwise.core.sql_text import file_text, sql_text
from pointwise.publishing.build import Build
from pointwise.publishing.files import contents_of, put_in_place, write_json

PARQUET = "(format parquet, compression zstd)"
# What is recorded: the model, its rows that this publication adds, and their order.
KINDS = {
    "scores": ("int_changed_scores", "true", "user_id"),
    "changes": ("score_changes", "published_at = {published_at}", "user_id"),
    "backfill": (
        "user_score_backfill",
        "published_at = {published_at}",
        "as_of_date, user_id",
    ),
    "panels": (
        "control_panel_versions",
        "weights_version not in (select weights_version from {recorded})",
        "weights_version, panel_file, line_key",
    ),
    "assignments": (
        "experiment_assignments",
        "(experiment, slot_number) not in (select (experiment, slot_number)"
        " from {recorded})",
        "experiment, slot_number",
    ),
    "predictions": (
        "int_predictions",
        "(as_of_date, model_version) not in (select (as_of_date, model_version)"
        " from {recorded})",
        "user_id",
    ),
    "worklists": (
        "worklist",
        "(as_of_date, user_id) not in (select (as_of_date, user_id) from {recorded})",
        "as_of_date, place",
    ),
    "entries": ("top_band_entries", "true", "user_id"),
}


def write_record(
    build: Build,
    warehouse: duckdb.DuckDBPyConnection,
    draft: Path,
    published_at: str,
    previous: Generation | None,
    panel_texts: dict[str, str],
) -> None:
    """Write what this build adds to the record; no file for a kind without rows."""
    for kind, (model, condition, order) in KINDS.items():
        relation = build.relation(model)
        if relation is None:
            continue
        files = record_files(build.published, kind)
        listed = ", ".join(file_text(file) for file in files)
        recorded = f"read_parquet([{listed}], union_by_name = true)"
        if not files:
            recorded = f"(from {relation} limit 0)"
        where = condition.format(
            published_at=f"timestamp {sql_text(published_at)}", recorded=recorded
        )
        rows = f"from {relation} where {where}"
        if warehouse.execute(f"select count(*) {rows}").fetchall()[0][0]:
            warehouse.execute(
                f"copy (select * {rows} order by {order})"
                f" to {sql_text(draft / f'{kind}.parquet')} {PARQUET}"
            )
    if panel_texts != texts_of(previous):
        from pointwise.publishing.generation import write_texts

        write_texts(draft / "texts.parquet", panel_texts)


def texts_of(generation: Generation | None) -> dict[str, str]:
    """Return the control panel's files as a generation published them."""
    if generation is None:
        return {}
    path = generation.folder / "control_panel.parquet"
    with duckdb.connect() as connection:
        return dict(
            connection.execute(
                f"select file, content from read_parquet({file_text(path)})"
            ).fetchall()
        )


def put_in_record(published: Path, facts: dict) -> None:
    """Give a publication its folder in the record, with what its draft holds."""
    draft = published / "record" / ".draft"
    draft.mkdir(parents=True, exist_ok=True)
    copied = ("id", "published_at", "as_of_date", "weights_version", "previous")
    content = {name: facts[name] for name in copied}
    write_json(draft / PUBLICATION, {**content, "files": contents_of(draft)})
    put_in_place(draft, facts["id"])
