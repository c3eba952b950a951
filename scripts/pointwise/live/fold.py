"""Many small event files of an hour become one, with every event there at any moment.

A build does it as it begins, when no other one reads: it writes the file of an hour,
with copies of events that have been published, and copies count once. The small files
go when a later build begins, once a publication has read the file of the hour. A kill
in between leaves copies, or some of them, and the next build goes on.
"""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from pointwise.core.errors import PointwiseError
from pointwise.core.published import current_id
from pointwise.core.sql_text import file_text, sql_text
from pointwise.live.state import state_file
from pointwise.publishing.files import make_durable, make_durable_folder
from pointwise.sources.listing import split

# Beside the journal: which files are in a file of an hour.
OWN = ".live"
HOUR_FILE = "live-hour-"
SMALL_FILES = "live-[0-9]*.parquet"
# As far as the name of a small file says the hour in which it began.
HOUR_LETTERS = len("live-20260628T09")
READ = "select file from state.internal.event_files where is_readable"


def is_hour_file(name: str) -> bool:
    """Whether a file has only copies of events that were published before."""
    return Path(name).name.startswith(HOUR_FILE)


def fold(published: Path, pattern: str) -> list[str]:
    """Fold what is published; return a warning if that did not work.

    A build does not need it: it reads small files as well.
    """
    try:
        go_on(published, pattern)
    except (PointwiseError, duckdb.Error, OSError, ValueError) as error:
        first_line = str(error).splitlines()[0]
        return [f"Small event files of `pointwise live` stay for now: {first_line}"]
    return []


def go_on(published: Path, pattern: str) -> None:
    """Go on with what earlier builds have begun, and begin with what is published."""
    events = Path(split(pattern)[0])
    publication = current_id(published)
    state = state_file(published, str(publication))
    if not (events / OWN).is_dir() or not state.exists():
        return
    with duckdb.connect() as connection:
        connection.execute(f"attach {sql_text(state)} as state (read_only)")
        known = {Path(file) for (file,) in connection.execute(READ).fetchall()}
        folded = remove_folded(events, known)
        hours: dict[str, list[Path]] = defaultdict(list)
        for path in sorted({*events.glob(SMALL_FILES)} & known - folded):
            hours[path.name[:HOUR_LETTERS]].append(path)
        hours.pop(f"live-{datetime.now(UTC):%Y%m%dT%H}", None)
        for hour, files in hours.items():
            if len(files) > 1:
                write_hour(connection, events, hour, files)


def remove_folded(events: Path, known: set[Path]) -> set[Path]:
    """Remove what a published file of an hour has; return what is to go later."""
    later: set[Path] = set()
    for listed in (events / OWN).glob(f"{HOUR_FILE}*.json"):
        path = events / f"{listed.stem}.parquet"
        files = [events / name for name in json.loads(listed.read_text("utf-8"))]
        if path in known and path.exists():
            for file in files:
                file.unlink(missing_ok=True)
            make_durable_folder(events)
        elif path.exists():
            later.update(files)
            continue
        listed.unlink()
    return later


def write_hour(
    connection: duckdb.DuckDBPyConnection, events: Path, hour: str, files: list[Path]
) -> None:
    """Write the file of an hour from small ones, and note which they are."""
    name = f"{HOUR_FILE}{hour.removeprefix('live-')}-{files[0].stem[-8:]}"
    draft, listed = (events / OWN / f"{name}{end}" for end in (".draft", ".json"))
    sources = ", ".join(map(file_text, files))
    connection.execute(
        f"copy (from read_parquet([{sources}], union_by_name = true))"
        f" to {sql_text(draft)} (format parquet, compression zstd)"
    )
    listed.write_text(json.dumps([file.name for file in files]), encoding="utf-8")
    make_durable(events / OWN)
    draft.replace(events / f"{name}.parquet")
    make_durable_folder(events)
