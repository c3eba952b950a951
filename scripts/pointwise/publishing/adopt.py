"""Take over what versions of this project before the record have published.

They kept files of all marts in one folder, and the past in the warehouse. What must be
remembered becomes the first publication of the record: history, changes, versions of
the control panel, assignments.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from pointwise.core.sql_text import file_text, sql_text
from pointwise.publishing.files import make_durable_folder, remove
from pointwise.publishing.record import put_in_record

# Kinds of the record, and the rows of the old mart that become it. A score that was
# replaced by none is followed by a row without a score.
ADOPTED = {
    "scores": (
        "user_score_history",
        """
        select * exclude (replaced_at) from mart
        union all by name
        select user_id, replaced_at as published_at, as_of_date from mart
        where replaced_at is not null and (user_id, replaced_at) not in (
            select (user_id, published_at) from mart
        )
        """,
    ),
    "changes": ("score_changes", "from mart"),
    "backfill": ("user_score_backfill", "from mart"),
    "panels": ("control_panel_versions", "from mart"),
    "assignments": ("experiment_assignments", "from mart"),
}
OLD_FILES = ("*.parquet", "scores.sql", "scores.draft", "manifest.json", "tmp_*")


def adopt_old_layout(published: Path) -> bool:
    """Make a record of old marts, if there are any and no record; say whether."""
    if (published / "record").exists():
        return False
    found = {
        kind: (published / f"{mart}.parquet", query)
        for kind, (mart, query) in ADOPTED.items()
        if (published / f"{mart}.parquet").is_file()
    }
    if not found:
        return False
    draft = published / "record" / ".draft"
    draft.mkdir(parents=True)
    at, day, version = "2000-01-01 00:00:00", None, None
    for kind, (path, query) in found.items():
        with duckdb.connect() as connection:
            connection.execute(
                f"create view mart as from read_parquet({file_text(path)})"
            )
            if kind == "scores":
                last = connection.execute(
                    "select cast(max(published_at) as varchar),"
                    " cast(max_by(as_of_date, published_at) as varchar),"
                    " max_by(weights_version, published_at) from mart"
                ).fetchall()[0]
                at, day, version = last if last[0] else (at, day, version)
            file = sql_text(draft / f"{kind}.parquet")
            connection.execute(
                f"copy ({query}) to {file} (format parquet, compression zstd)"
            )
    put_in_record(
        published,
        {
            "id": "20000101T000000000000-adopted",
            "published_at": at,
            "as_of_date": day,
            "weights_version": version,
            "previous": None,
        },
    )
    return True


def remove_old_layout(published: Path) -> None:
    """Remove the old files, once a publication of today's kind is there."""
    if not (published / "record").exists():
        return
    for pattern in OLD_FILES:
        for path in published.glob(pattern):
            remove(path)
    make_durable_folder(published)
