# ruff: noqa: DTZ001 -- times in the sources are UTC and have no zone
"""Random small worlds for the tests: events, profiles and a valid control panel.

A world is a few users, a few days and a panel of its own. All its names begin with
`w000_`, and `renamed` gives it another number, so that fifty worlds fit in one build:
the panels are joined, and each user meets every rule, but only the own world's events.
"""

from __future__ import annotations

import csv
import json
import os
import random
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pyarrow
import pyarrow.parquet
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from oracle import EventFile, Panel, Row, Settings

PROJECT = Path(__file__).resolve().parents[2]
PREFIX = "w000_"
PRIVATE = "PRIVATE-7f3a"  # stands in texts that no mart may show
LAST_DAY = date(2026, 3, 1)
AFTER = datetime(2026, 3, 2, 12)  # when files are written, unless they say otherwise
OUTCOME = "subscription_started"
ATTRIBUTES = ("country", "industry", "company_size")
# Where a window, a half-life or a snapshot begins and ends.
AGES = [
    0,
    0,
    1,
    1,
    2,
    2,
    3,
    5,
    6,
    7,
    8,
    12,
    13,
    14,
    15,
    20,
    29,
    30,
    31,
    44,
    45,
    60,
    89,
    90,
]
# Where a day begins and ends, in several time zones.
CLOCKS = [
    time(0, 0), time(4, 59, 59), time(5, 0), time(9, 59, 59), time(10, 0),
    time(18, 29, 59), time(18, 30), time(22, 59, 59, 999999), time(23, 0),
    time(23, 59, 59, 999999),
]  # fmt: skip
HOSTILE = [
    "u'1", 'u"2', "=1+1", "<script>alert(1)</script>", "'; drop table events; --",
    "😀é\u202eלאב", "{{ var }}", "a,b;c\td\\n%s", "u ", "x" * 195,
]  # fmt: skip


@dataclass(frozen=True)
class FileShape:
    """How the rows of one event file are written."""

    name: str
    modified_at: datetime
    is_text: bool = False  # all columns are text
    has_zones: bool = False  # times have a zone
    is_bare: bool = False  # required columns only
    has_extra: bool = False  # a column that nobody asked for


@dataclass(frozen=True)
class World:
    """Rows by number of file, profile rows, and a part of a control panel."""

    rows: tuple[tuple[int, Row], ...]
    users: tuple[Row, ...]
    panel: Panel


# -- Writing ---------------------------------------------------------------------------

TYPES = {
    "event_id": pyarrow.string(),
    "user_id": pyarrow.string(),
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
    """Write rows as a Parquet file; return what the oracle needs to know of it."""
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


COLUMNS = {
    "event_types": "source_event,event_type,max_per_day,description",
    "features": (
        "feature,event_type,measure,window_days,half_life_days,unit,description"
    ),
    "scoring_rules": (
        "rule,rule_group,feature,min_value,max_value,equals,points,per,max_points,"
        "reason,next_step"
    ),
    "score_groups": "rule_group,max_points,label",
    "score_bands": "band,min_score,action",
    "bot_rules": (
        "rule,kind,threshold,event_types,after_event,pattern,status,description"
    ),
    "exclusions": "exclusion,attribute,equals,pattern,reason",
}
WHOLE = {
    "max_per_day", "window_days", "half_life_days", "points", "max_points", "min_score",
    "threshold",
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


# -- Drawing a world -------------------------------------------------------------------


def drawn(strategy: st.SearchStrategy, number: int) -> object:
    """Return the example of a strategy that belongs to a number, always the same.

    Hypothesis begins with the simplest example and goes on with a random one; further
    ones would be variations of that, so that each number asks anew.
    """
    found = []

    @seed(number)
    @hypothesis_settings(
        max_examples=2,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def draw(example: object) -> None:
        found.append(example)

    draw()
    return found[-1]


def joined(panels: list[Panel]) -> Panel:
    """Return panels as one."""
    return Panel(
        **{
            part.name: [row for panel in panels for row in getattr(panel, part.name)]
            for part in fields(Panel)
        }
    )


def renamed(world: World, prefix: str) -> World:
    """Return a world with another prefix in all its texts."""

    def rename(row: Row) -> Row:
        return {
            column: value.replace(PREFIX, prefix) if isinstance(value, str) else value
            for column, value in row.items()
        }

    parts = {
        part.name: [rename(row) for row in getattr(world.panel, part.name)]
        for part in fields(Panel)
    }
    return World(
        rows=tuple((file, rename(row)) for file, row in world.rows),
        users=tuple(rename(row) for row in world.users),
        panel=Panel(**parts),
    )


NAMES = {  # source event -> event type; the last ones are not in the panel
    f"{PREFIX}view": f"{PREFIX}view",
    f"{PREFIX}\"See\" it, 'now'; -- 😀": f"{PREFIX}view",
    f"{PREFIX}use": f"{PREFIX}use",
    f"{PREFIX}buy": f"{PREFIX}buy",
    "login": "login",
    OUTCOME: OUTCOME,
    f"{PREFIX}VIEW": None,
    f"{PREFIX}view ": None,
}

USER_AGENTS = [
    *[None] * 6,
    *[f"{PRIVATE} Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"] * 6,
    "Mozilla/5.0 (compatible; Googlebot/2.1)", "curl/8.5.0", "python-requests/2.32",
    "Our monitor 'x'",
]  # fmt: skip

DEFECTS = [
    {"user_id": None}, {"user_id": ""}, {"user_id": "  "}, {"user_id": "y" * 201},
    {"user_id": " NULL "}, {"user_id": "00000000-0000-0000"}, {"user_id": "0"},
    {"user_id": None, "occurred_at": None, "event_type": None},
    {"occurred_at": None}, {"occurred_at": datetime(2025, 11, 30, 23, 59, 59)},
    {"occurred_at": datetime(2026, 4, 15)}, {"occurred_at": datetime(2999, 1, 1)},
    {"event_type": None}, {"event_type": " "}, {"event_type": "y" * 201},
    {"event_id": "y" * 201}, {"duration_seconds": -0.001},
    {"duration_seconds": 1000000000.5}, {"duration_seconds": float("nan")},
    {"duration_seconds": -1.0, "amount": 2e12}, {"amount": 1.5e12},
]  # fmt: skip
EXTREMES = [  # just allowed
    {"event_type": "y" * 200}, {"event_id": "y" * 200}, {"duration_seconds": 1e9},
    {"amount": -1e12},
]  # fmt: skip
DEFECTS_OF_TEXT = [
    {"occurred_at": "yesterday"}, {"occurred_at": "2026-02-30 10:00:00"},
    {"received_at": "soon"}, {"duration_seconds": "ten"}, {"amount": "1,5"},
    {"occurred_at": "?", "amount": "?"}, {"duration_seconds": "?", "amount": "1.2.3"},
    {"occurred_at": "", "duration_seconds": ""}, {"received_at": "", "amount": ""},
]  # fmt: skip
OFFSETS = [None, None, UTC, timezone(timedelta(hours=2)),
           timezone(timedelta(hours=-5, minutes=-30))]  # fmt: skip


@st.composite
def worlds(draw: st.DrawFn, settings: Settings, shapes: list[FileShape]) -> World:
    """Draw a world: who did what, which files tell it, and what it is worth."""
    hostile = draw(st.sampled_from(HOSTILE))
    names = [PREFIX + name for name in ("u0", "u1", hostile, "u3")]
    ages = draw(st.lists(st.sampled_from(AGES), min_size=1, max_size=6))
    size = draw(st.sampled_from([0, 1, 8, 16, 24, 24, 32, 32]))
    event = an_event(names, ages, shapes)
    draws = draw(st.lists(event, min_size=size, max_size=size))
    rows = [
        row for number, event in enumerate(draws)
        for row in deliveries(number, event, shapes)
    ]  # fmt: skip
    return World(
        rows=tuple(rows),
        users=tuple(draw(st.lists(profiles(names), max_size=5))),
        panel=draw(panels(settings)),
    )


def an_event(
    names: list[str], ages: list[int], shapes: list[FileShape]
) -> st.SearchStrategy[dict]:
    """One event, and the files that deliver it."""
    kinds = [*DEFECTS, *EXTREMES, *(DEFECTS_OF_TEXT if shapes[0].is_text else [])]
    files = st.sampled_from(range(len(shapes)))
    return st.fixed_dictionaries(
        {
            "user_id": st.sampled_from(names[:3]),
            "event_id": st.sampled_from([None, *(f"{PREFIX}e{n}" for n in range(6))]),
            "event_type": st.sampled_from([*list(NAMES)[:4] * 3, *NAMES]),
            "age": st.sampled_from(ages),
            "clock": st.sampled_from(CLOCKS),
            "offset": st.sampled_from(OFFSETS),
            "delay": st.sampled_from([None, 0, 3600, 40 * 86400]),
            "session_id": st.sampled_from(
                [None, "", " ", "null", *(f"{PREFIX}s{n}" for n in range(3))]
            ),
            "page_path": st.sampled_from([None, "/", "/pricing?a='b'"]),
            "user_agent": st.sampled_from(USER_AGENTS),
            "duration_seconds": st.sampled_from(
                [None, 0.0, 0.003, 0.375, 1.0, 59.994, 60.0, 100.0, 1234.5]
            ),
            "amount": st.sampled_from(
                [
                    None,
                    0.0,
                    0.005,
                    0.00005,
                    0.3,
                    0.6,
                    0.7,
                    9.99,
                    10.3,
                    -3.5,
                    -0.00005,
                    1e6,
                ]
            ),
            "files": st.lists(files, min_size=1, max_size=3),
            "defect": st.sampled_from([*[None] * 4 * len(kinds), *kinds]),
        }
    )


def deliveries(
    number: int, event: dict, shapes: list[FileShape]
) -> list[tuple[int, Row]]:
    """The rows of one event, one a file that delivers it, later copies a bit later."""
    event = dict(event)
    age, clock, offset, delay, files, defect = (
        event.pop(name)
        for name in ("age", "clock", "offset", "delay", "files", "defect")
    )
    at = datetime.combine(LAST_DAY - timedelta(days=age), clock)
    if event["event_id"] is None:
        # Events without an id are told apart by their content, in no order that a
        # reader could name: so no two are at the same time, and a file that leaves
        # columns out does not deliver a second, different, one.
        at = at.replace(microsecond=number)
        files = [file for file in files if not shapes[file].is_bare] or files[:1]
    rows = []
    for copy, file in enumerate(files):
        received_at = (
            None if delay is None else at + timedelta(seconds=delay + copy * 60)
        )
        row = {**event, "occurred_at": at, "received_at": received_at, **(defect or {})}
        if shapes[file].is_text and offset and isinstance(row["occurred_at"], datetime):
            row["occurred_at"] = (
                row["occurred_at"].replace(tzinfo=UTC).astimezone(offset)
            )
        rows.append((file, row))
    return rows


def profiles(names: list[str]) -> st.SearchStrategy[Row]:
    """A profile row; its attributes are the world's own or everybody's."""
    value = st.sampled_from(
        [None, "", " ", "A", "B", f"{PREFIX}A", f"{PREFIX}B'; --", f" {PREFIX}A", "N/A",
         "TRUE", " true", "50", "+50.0", "5e1", "007"]
    )  # fmt: skip
    valid_from = st.sampled_from(
        [None, *(LAST_DAY - timedelta(days=age) for age in (60, 20, 14, 0, -3))]
    )
    return st.fixed_dictionaries(
        {
            "user_id": st.sampled_from([*names, *names, None, " ", "z" * 201]),
            **dict.fromkeys(ATTRIBUTES, value),
            "valid_from": valid_from,
        }
    )


# -- Drawing a control panel -----------------------------------------------------------

POINTS = [-7, -1, 0, 1, 2, 5, 10, 25, 40]


@st.composite
def panels(draw: st.DrawFn, settings: Settings) -> Panel:
    """A valid panel of a world's own.

    None of its rules fires for who did nothing of its own events: it would fire for the
    users of all the other worlds.
    """
    limits = {
        event_type: draw(st.sampled_from([None, 1, 2, 3]))
        for event_type in (f"{PREFIX}view", f"{PREFIX}use", f"{PREFIX}buy")
    }
    event_types = [
        {"source_event": name, "event_type": kind, "max_per_day": limits[kind]}
        for name, kind in NAMES.items()
        if kind in limits
    ]
    features = [
        draw(a_feature(f"{PREFIX}f{n}", list(limits), settings))
        for n in range(draw(st.integers(2, 6)))
    ]
    groups = [
        {
            "rule_group": f"{PREFIX}g{n}",
            "max_points": draw(st.sampled_from([0, 5, 20, 60])),
            "label": "Group",
        }
        for n in range(2)
    ]
    rules = []
    for n in range(draw(st.integers(3, 10))):
        feature = draw(st.sampled_from([*features, *features, *attribute_features()]))
        most = reach(feature, limits.get(feature["event_type"]))
        condition = draw(a_condition(feature, most, is_common=False))
        group = draw(st.sampled_from(groups))["rule_group"]
        # Everybody could still earn these points: few are asked for, and small ones.
        is_asked_for = draw(st.booleans()) and condition["points"] in (0, 1, 2)
        is_asked_for = is_asked_for and condition["per"] is None
        rules.append(a_rule(f"{PREFIX}r{n}", group, condition, is_asked_for))
    return Panel(event_types, features, without_twins(rules), groups, [])


@st.composite
def common_panels(draw: st.DrawFn, settings: Settings) -> Panel:
    """The part of a panel that all worlds of a build share.

    Bands, attributes, rules on any event, on the outcome, and those that also fire for
    who did nothing.
    """
    choices = ["*", "*", "login"] + [OUTCOME] * settings.outcome_is_repeatable
    event_types = [
        {"source_event": "login", "event_type": "login", "max_per_day": 2},
        {
            "source_event": OUTCOME,
            "event_type": OUTCOME,
            "max_per_day": draw(st.sampled_from([None, 1])),
        },
    ]
    features = [
        *attribute_features(),
        *(draw(a_feature(f"common_{n}", choices, settings)) for n in range(6)),
    ]
    groups = [
        {
            "rule_group": f"common_g{n}",
            "max_points": draw(st.sampled_from([0, 5, 15, 25])),
            "label": "Common",
        }
        for n in range(3)
    ]
    rules = []
    for n in range(10):
        feature = draw(st.sampled_from(features))
        most = reach(feature, {"login": 2, OUTCOME: 1}.get(feature["event_type"]))
        condition = draw(a_condition(feature, most, is_common=True))
        condition["points"] = max(-5, min(10, condition["points"]))
        group = draw(st.sampled_from(groups))["rule_group"]
        is_asked_for = draw(st.sampled_from([True, True, False]))
        rules.append(a_rule(f"common_r{n}", group, condition, is_asked_for))
    lowest = draw(st.sets(st.integers(2, 100), max_size=4))
    bands = [
        {"band": f"from {score}", "min_score": score, "action": f"do {score}"}
        for score in [1, *sorted(lowest)]
    ]
    return Panel(
        *(event_types, features, without_twins(rules), groups, bands),
        bot_rules=draw(bot_rules()),
        exclusions=[
            {
                "exclusion": "staff",
                "attribute": "country",
                "equals": "a",
                "pattern": None,
                "reason": "Staff",
            },
            {
                "exclusion": "test",
                "attribute": "user_id",
                "equals": None,
                "pattern": "[05]_u[03]$",
                "reason": "Test",
            },
        ],
    )


@st.composite
def bot_rules(draw: st.DrawFn) -> list[Row]:
    """Rules on machines of every kind, so that few events are caught by each."""
    kinds = [
        ("user_agent", None, None, None),
        ("http_library", None, draw(st.sampled_from([None, "login"])), None),
        ("events_per_minute", draw(st.sampled_from([1, 2])), None, None),
        ("events_per_day", draw(st.sampled_from([3, 5])), None, None),
        ("events_per_day", 1, f"login|{OUTCOME}", None),
        ("hours_without_pause", 1, None, None),
        ("seconds_after", draw(st.sampled_from([1, 600])), OUTCOME, "login"),
        ("seconds_after", 1, f"login|{OUTCOME}", f"{PREFIX}VIEW"),
        ("links_per_second", 1, f"login|{OUTCOME}", None),
    ]
    rules = [
        {
            "rule": f"bot_{number}", "kind": kind, "threshold": threshold,
            "event_types": types, "after_event": after, "pattern": None,
            "status": draw(st.sampled_from(["on", "on", "on", "off"])),
        }
        for number, (kind, threshold, types, after) in enumerate(kinds)
    ]  # fmt: skip
    own = {"rule": "own", "kind": "user_agent", "pattern": "^Our .*'", "status": "on"}
    return [*rules, {**dict.fromkeys(rules[0]), **own}]


def attribute_features() -> list[Row]:
    return [
        {"feature": name, "event_type": None, "measure": "attribute",
         "window_days": None, "half_life_days": None}
        for name in ATTRIBUTES
    ]  # fmt: skip


@st.composite
def a_feature(
    draw: st.DrawFn, name: str, event_types: list[str], settings: Settings
) -> Row:
    """A feature of any measure on one of these event types."""
    measure = draw(
        st.sampled_from(
            ["events", "events", "active_days", "sessions", "minutes", "amount",
             "days_since_last"]
        )
    )  # fmt: skip
    longest = settings.look_back_days
    windows = [days for days in (1, 2, 7, 14, 30) if days < longest] + [longest]
    can_decay = measure in ("events", "minutes", "amount")
    half_lives = [None, None, 1, 2, 3, 7, 30] if can_decay else [None]
    return {
        "feature": name,
        "event_type": draw(st.sampled_from(event_types)),
        "measure": measure,
        "window_days": draw(st.sampled_from(windows)),
        "half_life_days": draw(st.sampled_from(half_lives)),
    }


def reach(feature: Row, max_per_day: int | None) -> int:
    """A value that a feature can surely reach."""
    days = 1 if feature["half_life_days"] else feature["window_days"]
    if feature["measure"] == "active_days":
        return days
    if feature["measure"] in ("events", "sessions"):
        return (max_per_day or 5) * days
    return 10**9


@st.composite
def a_condition(draw: st.DrawFn, feature: Row, most: int, is_common: bool) -> Row:
    """When a rule on a feature fires, and what it gives; as a rule without names."""
    rule = dict.fromkeys(COLUMNS["scoring_rules"].split(","))
    rule |= {"feature": feature["feature"], "points": draw(st.sampled_from(POINTS))}
    measure = feature["measure"]
    if measure == "attribute":
        texts = ["A", "B"] if is_common else [f"{PREFIX}A", f"{PREFIX}B'; --"]
        rule["equals"] = draw(st.sampled_from(texts))
    elif measure == "days_since_last":
        age = st.integers(0, feature["window_days"] - 1)
        first, last = sorted((draw(age), draw(age)))
        rule["min_value"] = draw(st.sampled_from([None, Decimal(first)]))
        rule["max_value"] = draw(st.sampled_from([None, Decimal(last)]))
    elif draw(st.booleans()):
        steps = ["1", "2", "3"]
        if measure in ("minutes", "amount") or feature["half_life_days"]:
            steps = ["0.1", "0.1", "0.2", "0.5", "1", "0.0001", "10.25"]
        reachable = [Decimal(step) for step in steps if Decimal(step) <= most]
        rule["per"] = draw(st.sampled_from(reachable))
        rule["points"] = draw(st.sampled_from([-7, -1, 1, 2, 5]))
        sign = 1 if rule["points"] > 0 else -1
        bounds = [sign * bound for bound in (1, 6, 15)]
        rule["max_points"] = draw(st.sampled_from(bounds + [None] * (not is_common)))
    elif measure == "amount" and draw(st.booleans()):
        rule["max_value"] = Decimal("-0.01")
    elif is_common and draw(st.booleans()):
        rule["max_value"] = Decimal(draw(st.integers(0, max(0, min(most, 4) - 1))))
        rule["min_value"] = draw(st.sampled_from([None, Decimal(0)]))
    else:
        lowest = [Decimal(1), Decimal(min(2, most)), Decimal("0.0001"), Decimal("0.5")]
        rule["min_value"] = draw(st.sampled_from(lowest))
        width = draw(st.sampled_from([None, 1, 3]))
        rule["max_value"] = None if width is None else rule["min_value"] + width
    return rule


def a_rule(name: str, group: str, condition: Row, is_asked_for: bool) -> Row:
    """A condition with its names."""
    may_ask = is_asked_for and condition["points"] >= 0
    return {
        **condition,
        "rule": name,
        "rule_group": group,
        "reason": f"Did {{value}} of {name}",
        "next_step": f"more of {name}" if may_ask else None,
    }


def without_twins(rules: list[Row]) -> list[Row]:
    """Leave out rules whose condition an earlier rule has."""
    kept = {}
    for rule in rules:
        condition = tuple(
            rule[column]
            for column in ("feature", "min_value", "max_value", "per", "equals")
        )
        kept.setdefault(condition, rule)
    return list(kept.values())


def with_points(panel: Panel, rule: str, points: int) -> Panel:
    """Return a panel in which one rule gives other points."""
    rules = [
        {**row, "points": points} if row["rule"] == rule else row
        for row in panel.scoring_rules
    ]
    return replace(panel, scoring_rules=rules)


# -- A plain world on the project's own panel ------------------------------------------


def campaign(number: int, users: int = 40, events: int = 1500) -> list[Row]:
    """Return event rows of an ordinary half-year.

    Most are fine; some come twice, late, without an id, with a shared id, with an
    unknown name, or cannot be used.
    """
    dice = random.Random(number)
    names = [row["source_event"] for row in read_panel(PROJECT / "seeds").event_types]
    rows = []
    for n in range(events):
        user = int(users * dice.random() ** 1.5)
        age, clock = int(150 * dice.random() ** 1.3), dice.randrange(86400)
        if user >= users - 8:  # came lately
            age %= (10, 25, 50, 99)[user % 4]
        at = datetime.combine(LAST_DAY - timedelta(days=age), time(0))
        row = {
            "event_id": f"e{n}",
            "user_id": f"u{user}",
            "occurred_at": at + timedelta(seconds=clock),
            "event_type": dice.choice(names if dice.random() < 0.3 else names[:-1]),
            "received_at": at + timedelta(seconds=clock + dice.choice([1, 60, 10**5])),
            "session_id": dice.choice([None, f"s{user}-{age}-{clock // 7200}"]),
            "page_path": f"/{PRIVATE}?e=jane@example.com",
            "duration_seconds": dice.choice([None, float(dice.randrange(900))]),
            "amount": dice.choice([None, dice.randrange(10**5) / 100]),
        }
        odd = dice.random()
        if odd < 0.03:
            row["event_id"] = None
        elif odd < 0.06:
            twin = dice.choice(rows or [row])
            row |= {name: twin[name] for name in ("event_id", "occurred_at")}
        elif odd < 0.08:
            row["event_type"] = "newsletter_printed"
        elif odd < 0.11:
            row |= dice.choice(DEFECTS)
        rows += [row] * dice.choice([1] * 9 + [2])
    return rows


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
