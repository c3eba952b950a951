"""What viewers say of people they worked on: an event file that the next build reads.

A file a day, `verdicts-2026-11-30.parquet`, in the folder of the event files, in the
canonical columns. It is written aside and renamed, so that a build reads it whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from uuid import uuid4

import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from pointwise.core.errors import PointwiseError
from pointwise.core.home import PROJECT, path_setting
from pointwise.core.settings import vars_of_run
from pointwise.core.verdicts import FOR_GOOD, REST_DAYS, VERDICTS
from pointwise.importing.landing import events_folder
from pointwise.page import data
from pointwise.sources.listing import reads

SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("user_id", "event_type", "event_id")),
        *((name, pa.timestamp("us")) for name in ("occurred_at", "received_at")),
    ]
)
# Settings without which a file of these columns is read as it is.
NEEDED = ("user_id", "event_type", "occurred_at", "event_id", "received_at")
WRITING = Lock()


def record(user_ids: Iterable[str], verdict: str) -> list[str]:
    """Write what became of people; return the ids of the events.

    Raises PointwiseError if builds would not read such a file, or it cannot be written.
    """
    now = datetime.now(UTC).replace(tzinfo=None)
    path = file_of(now)
    rows = [
        {
            **{"user_id": user_id, "event_type": verdict, "event_id": uuid4().hex},
            **{"occurred_at": now, "received_at": now},
        }
        for user_id in user_ids
    ]
    with WRITING:
        write(path, pa.concat_tables([read(path), table_of(rows)]))
    return [row["event_id"] for row in rows]


def take_back(event_ids: Iterable[str]) -> None:
    """Take back what was written today by mistake."""
    path, wrong = file_of(datetime.now(UTC)), set(event_ids)
    with WRITING:
        kept = [row for row in read(path).to_pylist() if row["event_id"] not in wrong]
        write(path, table_of(kept))


def table_of(rows: list[dict]) -> pa.Table:
    """Return events as rows of such a file."""
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def file_of(now: datetime) -> Path:
    """Return the file of a day; raises PointwiseError if builds would not read it."""
    folder, pattern = events_folder(), str(path_setting("POINTWISE_EVENTS"))
    path = folder / f"verdicts-{now:%Y-%m-%d}.parquet"
    if not reads(pattern, path.name):
        raise PointwiseError(
            f"POINTWISE_EVENTS, {pattern}, does not mean files in {folder} that are"
            " called verdicts-….parquet: it must end in /*.parquet or /**/*.parquet"
        )
    mapped = vars_of_run(PROJECT, None)["event_columns"]
    if wrong := [name for name in NEEDED if mapped.get(name, name) != name]:
        raise PointwiseError(
            f"builds read {wrong[0]} from another column (event_columns), so that they"
            " would not read what the page writes: bring verdicts with your own events"
        )
    return path


def read(path: Path) -> pa.Table:
    """Return the events of a file of ours; none where it is not there."""
    if not path.exists():
        return SCHEMA.empty_table()
    return pyarrow.parquet.read_table(path, schema=SCHEMA, partitioning=None)


def write(path: Path, rows: pa.Table) -> None:
    """Write a file whole; one without events goes."""
    draft = path.with_name(f".{path.name}.tmp")
    try:
        if not len(rows):
            path.unlink(missing_ok=True)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        pyarrow.parquet.write_table(rows, draft, compression="zstd")
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise PointwiseError(f"cannot write {path}: {error.strerror}") from error


def verdicts_given() -> pd.DataFrame:
    """Return what was said, last first: user_id, verdict and the day, by either side.

    What builds have read, and what the page has written since.
    """
    names = list(VERDICTS)
    published = data.ask(
        "select user_id, event_type as verdict, activity_date as day"
        " from user_activity where list_contains(?, event_type)",
        tuple(names),
    )
    both = pd.concat([published, since_then()], ignore_index=True)
    both["day"] = pd.to_datetime(both["day"])
    both["place"] = both["verdict"].map(names.index).astype(int)
    both = both.sort_values(["day", "place"], ascending=False, kind="stable")
    return both.drop_duplicates(["user_id", "verdict", "day"]).drop(columns="place")


def since_then() -> pd.DataFrame:
    """Return what the page has written: user_id, verdict and the day."""
    try:
        paths = sorted(events_folder().glob("verdicts-*.parquet"))
    except PointwiseError:
        paths = []
    rows = [row for path in paths for row in read(path).to_pylist()]
    return pd.DataFrame(
        [(row["user_id"], row["event_type"], row["occurred_at"]) for row in rows],
        columns=["user_id", "verdict", "day"],
    ).assign(day=lambda found: pd.to_datetime(found["day"]).dt.normalize())


def resting() -> tuple[str, ...]:
    """Return who is in no list for now: a verdict is not long ago, or is for good."""
    said = verdicts_given()
    if said.empty:
        return ()
    days = said["user_id"].map(rest_days(set(said["user_id"]))).fillna(REST_DAYS)
    since = data.as_of_date() - pd.to_timedelta(days, unit="D")
    rests = said["verdict"].isin(FOR_GOOD) | (said["day"] > since)
    return tuple(sorted(set(said.loc[rests, "user_id"])))


def rest_days(user_ids: set[str]) -> dict[str, int]:
    """Return how long people rest whose band says so, by user_id."""
    rows = data.ask(
        "select user_id, repeat_after_days as days from user_scores"
        " inner join score_bands using (band) where repeat_after_days is not null"
        " and user_id in (select unnest(?))",
        tuple(sorted(user_ids)),
    )
    return dict(zip(rows["user_id"], rows["days"], strict=True))


def of_user(user_id: str) -> pd.DataFrame:
    """Return the verdicts on one person, last first."""
    said = verdicts_given()
    return said[said["user_id"] == user_id]
