# ruff: noqa: DTZ001 -- times in the sources are UTC and have no zone
"""Files of made-up worlds: events, profiles and a control panel as tests write them."""

from __future__ import annotations

import csv
import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow
import pyarrow.parquet

from oracle_events import EventFile, Panel, Row, Settings

PROJECT = Path(__file__).resolve().parents[2]
PREFIX = "w000_"
PRIVATE = "PRIVATE-7f3a"  # stands in texts that no mart may show
LAST_DAY = date(2026, 3, 1)
AFTER = datetime(2026, 3, 2, 12)  # when files are written, unless they say otherwise
OUTCOME = "subscription_started"
ATTRIBUTES = ("country", "industry", "company_size")


@dataclass(frozen=True)
class FileShape:
    """How the rows of one event file are written."""

    name: str
    modified_at: datetime
    is_text: bool = False  # all columns are text
    has_zones: bool = False  # times have a zone
    is_bare: bool = False  # required columns only
    has_extra: bool = False  # a column that nobody asked for


# -- Writing ---------------------------------------------------------------------------

TYPES = {
    "event_id": pyarrow.string(),
    "user_id": pyarrow.string(),
    "anonymous_id": pyarrow.string(),
    "occurred_at": pyarrow.timestamp("us"),
    "event_type": pyarrow.string(),
    "received_at": pyarrow.timestamp("us"),
    "session_id": pyarrow.string(),
    "page_path": pyarrow.string(),
    "user_agent": pyarrow.string(),
    "duration_seconds": pyarrow.float64(),
    "amount": pyarrow.float64(),
}
REQUIRED = ("user_id", "occurred_at", "event_type")


def write_events(folder: Path, shape: FileShape, rows: list[Row]) -> EventFile:
    """Write rows as a Parquet file; return what the oracle needs to know about it."""
    path = folder / shape.name
    columns = REQUIRED if shape.is_bare else tuple(TYPES)
    kept = [{column: row.get(column) for column in columns} for row in rows]
    types = {column: TYPES[column] for column in columns}
    if shape.is_text:
        types = dict.fromkeys(columns, pyarrow.string())
        kept = [{column: as_text(row[column]) for column in row} for row in kept]
    if shape.has_zones:
        types["occurred_at"] = pyarrow.timestamp("us", tz="UTC")
    written = [
        {**row, "occurred_at": in_utc(row["occurred_at"])} if shape.has_zones else row
        for row in kept
    ]
    if shape.has_extra:
        types["note"] = pyarrow.string()
        written = [{**row, "note": f"note {n}"} for n, row in enumerate(written)]
    table = pyarrow.Table.from_pylist(written, schema=pyarrow.schema(types.items()))
    pyarrow.parquet.write_table(table, path)
    set_modified(path, shape.modified_at)
    return EventFile(str(path), shape.modified_at, kept)


def as_text(value: object) -> str | None:
    if isinstance(value, datetime):
        return value.isoformat(sep="T" if value.microsecond % 2 else " ")
    return None if value is None else str(value)


def in_utc(value: datetime | None) -> datetime | None:
    return value and (value if value.tzinfo else value.replace(tzinfo=UTC))


def set_modified(path: Path, at: datetime) -> None:
    """Give a file a modification time in UTC."""
    seconds = at.replace(tzinfo=UTC).timestamp()
    os.utime(path, (seconds, seconds))


def write_users(path: Path, users: list[Row], has_valid_from: bool) -> None:
    """Write profile rows as a Parquet file."""
    types = dict.fromkeys(("user_id", *ATTRIBUTES), pyarrow.string())
    if has_valid_from:
        types["valid_from"] = pyarrow.date32()
    table = pyarrow.Table.from_pylist(users, schema=pyarrow.schema(types.items()))
    pyarrow.parquet.write_table(table, path)


def write_links(path: Path, links: list[Row], is_text: bool = False) -> None:
    """Write who is who as a Parquet file."""
    types = dict.fromkeys(("id", "person_id", "known_from"), pyarrow.string())
    if is_text:
        links = [{**link, "known_from": as_text(link["known_from"])} for link in links]
    else:
        types["known_from"] = pyarrow.date32()
    table = pyarrow.Table.from_pylist(links, schema=pyarrow.schema(types.items()))
    pyarrow.parquet.write_table(table, path)


COLUMNS = {
    "event_types": "source_event,event_type,max_per_day,description,property,pattern",
    "features": (
        "feature,event_type,measure,window_days,half_life_days,unit,description"
    ),
    "scoring_rules": (
        "rule,rule_group,feature,min_value,max_value,equals,points,per,max_points,"
        "reason,next_step"
    ),
    "score_groups": "rule_group,max_points,label,pick_best,score,resets",
    "score_bands": (
        "band,min_score,action,score,enter_at,leave_at,min_days,daily_capacity,"
        "repeat_after_days"
    ),
    "score_grades": "grade,fit_band,intent_band,action",
    "bot_rules": (
        "rule,kind,threshold,event_types,after_event,pattern,status,description"
    ),
    "exclusions": "exclusion,attribute,equals,pattern,reason",
}
WHOLE = {
    "max_per_day", "window_days", "half_life_days", "points", "max_points", "min_score",
    "threshold", "enter_at", "leave_at", "min_days", "daily_capacity",
    "repeat_after_days",
}  # fmt: skip
DECIMAL = {"min_value", "max_value", "per"}


def write_panel(folder: Path, panel: Panel) -> None:
    """Write a control panel as its CSV files, without an experiment."""
    folder.mkdir(parents=True, exist_ok=True)
    with (PROJECT / "seeds" / "experiments.csv").open(encoding="utf-8") as file:
        (folder / "experiments.csv").write_text(file.readline(), encoding="utf-8")
    for name, columns in COLUMNS.items():
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns.split(","), lineterminator="\n")
            writer.writeheader()
            writer.writerows(getattr(panel, name))


def read_panel(folder: Path) -> Panel:
    """Read a control panel from its CSV files."""
    return Panel(
        **{
            name: [
                {column: read_cell(column, cell) for column, cell in row.items()}
                for row in csv.DictReader(
                    (folder / f"{name}.csv").open(newline="", encoding="utf-8")
                )
            ]
            for name in COLUMNS
            if (folder / f"{name}.csv").exists()
        }
    )


def read_cell(column: str, cell: str) -> object:
    if cell == "":
        return None
    if column in WHOLE:
        return int(cell)
    return Decimal(cell) if column in DECIMAL else cell


def as_vars(settings: Settings) -> str:
    """Return settings as the argument of dbt's --vars."""
    return json.dumps(asdict(settings), default=str)


def write_raw(path: Path, rows: list[Row], modified_at: datetime = AFTER) -> None:
    """Write event rows as a file, with columns that nobody may see downstream."""
    types = {**TYPES, "full_name": pyarrow.string(), "ip": pyarrow.string()}
    private = {"full_name": f"{PRIVATE} Doe", "ip": f"10.0.0.1 {PRIVATE}"}
    table = pyarrow.Table.from_pylist(
        [{**row, **private} for row in rows], schema=pyarrow.schema(types.items())
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(table, path)
    set_modified(path, modified_at)


def write_profiles(path: Path, users: int = 50) -> None:
    """Write a profile row a user, with columns that nobody may see downstream."""
    rows = [
        {
            "user_id": f"u{n}",
            "country": ("United States", "Japan", None)[n % 3],
            "industry": ("Software", "Finance", "", "Retail")[n % 4],
            "company_size": ("1-10", "51-200", "1001+")[n % 3],
            **dict.fromkeys(("full_name", "email", "phone", "notes"), PRIVATE),
        }
        for n in range(users)
    ]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
