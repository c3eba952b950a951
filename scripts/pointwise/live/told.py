"""Scores of now as small files beside the publication, for `score_now` in the CLI.

    data/published/live/<publication>/<md5 of an id>.json

A file an id of who was scored since, replaced by one rename. A function in SQL cannot
run the models, but reads one of these: whoever scored last has written it. Where there
is none, as in a copy elsewhere, the publication speaks.
"""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import duckdb

# What `score_now` reads, of all ids of the persons just scored.
TOLD = """
    with points as (
        select
            scores.user_id,
            list(struct_pack(
                score_name := score_name, rule := rule, rule_group := rule_group,
                points := points, reason := reason, score := score, band := band,
                scored_at := $1::varchar, event_files := $2::bigint
            )) as points
        from temp.main.score_contributions
        inner join temp.main.user_scores as scores using (user_id, as_of_date)
        group by scores.user_id
    )
    select
        md5(ids.user_id) as name,
        to_json(coalesce(points.points, [])) as content
    from member_ids as ids
    left join temp.main.int_person_links as links on ids.user_id = links.user_id
    left join points on coalesce(links.person_id, ids.user_id) = points.user_id
"""


def forget(folder: Path) -> None:
    """Remove what was told; the folder is as old as the publication."""
    for path in folder.glob("*"):
        path.unlink(missing_ok=True)


def tell(
    cursor: duckdb.DuckDBPyConnection,
    folder: Path,
    event_files: int,
    unless_after: float | None = None,
) -> None:
    """Write the scores of the persons just scored, after so many event files.

    Not over what another has told after a time. Where it cannot be written, what was
    told before goes; where the folder is gone, another publication is current.
    """
    now = datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")
    draft = folder / f".{os.getpid()}.draft"
    for name, content in cursor.execute(TOLD, [now, event_files]).fetchall():
        path = folder / f"{name}.json"
        try:
            if unless_after and path.exists() and path.stat().st_mtime > unless_after:
                continue
            draft.write_text(content, encoding="utf-8")
            draft.replace(path)
        except OSError:
            with suppress(OSError):
                path.unlink(missing_ok=True)
