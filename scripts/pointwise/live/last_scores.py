"""Scores of now as small files beside the publication, for `score_now` in the CLI.

    data/published/live/<publication>/<two digits of the md5 of an id>.txt

A line an id of who was scored since: the md5, a blank and score and points as JSON. The
last line of an id holds; one that does not end is none, as where the disk was full. A
function in SQL cannot run the models, but reads one of these: whoever scored last has
written it. Where there is none, as in a copy elsewhere, the publication speaks.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import duckdb

# The score and points of whom each id just scored is of; no points where it has none.
POINTS = """
    with persons as (
        select
            scores.user_id,
            to_json(struct_pack(
                score := scores.score, band := scores.band,
                scored_at := $1::varchar, event_files := $2::bigint,
                lines := list(
                    struct_pack(
                        score_name := score_name, rule := rule,
                        rule_group := rule_group, points := points, value := value,
                        reason := reason
                    )
                    order by rule
                )
            )) as content
        from temp.main.score_contributions
        inner join temp.main.user_scores as scores using (user_id, as_of_date)
        group by scores.user_id, scores.score, scores.band
    )
    select
        ids.user_id,
        coalesce(links.person_id, ids.user_id) as person_id,
        md5(ids.user_id) as name,
        coalesce(persons.content, to_json({'scored_at': $1::varchar, 'lines': []}))
            as content
    from member_ids as ids
    left join temp.main.int_person_links as links on ids.user_id = links.user_id
    left join persons on coalesce(links.person_id, ids.user_id) = persons.user_id
"""

# Every time a file has grown by these bytes, it is looked through for lines that
# hold no more.
LARGE = 1_000_000


def forget(folder: Path) -> None:
    """Remove what was written; the folder is as old as the publication."""
    for path in folder.glob("*"):
        path.unlink(missing_ok=True)


class Points(NamedTuple):
    """What is scored of the person of an id, as JSON: the score and its points."""

    user_id: str
    person_id: str
    name: str  # the md5 of the id
    content: str


def points_of(cursor: duckdb.DuckDBPyConnection, event_files: int) -> list[Points]:
    """Return the points of all ids just scored, after a number of event files."""
    now = datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")
    rows = cursor.execute(POINTS, [now, event_files]).fetchall()
    return [Points(*row) for row in rows]


def write_points(
    points: list[Points], folder: Path, unless_after: datetime | None = None
) -> None:
    """Write the points of ids where `score_now` reads them.

    Not over what another process wrote after a time (UTC). Where that fails, the file
    goes, with what it had; where the folder is gone, another publication is current.
    """
    lines_of: dict[str, list[str]] = defaultdict(list)
    for one in points:
        lines_of[one.name[:2]].append(f"{one.name} {one.content}\n")
    for digits, lines in lines_of.items():
        path = folder / f"{digits}.txt"
        try:
            if unless_after:
                lines = not_written_after(unless_after, path, lines)
            size = add_lines(path, lines)
            if size // LARGE > (size - sum(map(len, lines))) // LARGE:
                keep_last(path)
        except OSError:
            with suppress(OSError):
                path.unlink(missing_ok=True)


def add_lines(path: Path, lines: list[str]) -> int:
    """Add whole lines to a file, after its last whole one; return its bytes."""
    with path.open("a+b") as file:
        if size := file.seek(0, os.SEEK_END):
            file.seek(size - 1)
            if file.read(1) != b"\n":
                file.seek(0)
                file.truncate(file.read().rfind(b"\n") + 1)
        file.write("".join(lines).encode())
        return file.tell()


def last_lines(path: Path) -> dict[str, str]:
    """Return the last whole line of each id in a file, by the md5 of the id."""
    with suppress(FileNotFoundError):
        lines = path.read_text("utf-8").splitlines(keepends=True)
        return {line[:32]: line for line in lines if line.endswith("\n")}
    return {}


def not_written_after(at: datetime, path: Path, lines: list[str]) -> list[str]:
    """Return those of the lines of ids that nobody wrote since a time (UTC)."""
    written = last_lines(path)
    since = at.replace(tzinfo=None).isoformat(timespec="milliseconds")
    return [
        line
        for line in lines
        if line[:32] not in written
        or json.loads(written[line[:32]].partition(" ")[2])["scored_at"] <= since
    ]


def keep_last(path: Path) -> None:
    """Leave the last line of each id, if that makes the file half as large."""
    kept = "".join(last_lines(path).values())
    if 2 * len(kept) <= path.stat().st_size:
        draft = path.with_name(f".{os.getpid()}.draft")
        draft.write_text(kept, encoding="utf-8")
        draft.replace(path)
