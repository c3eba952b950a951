# ruff: noqa: DTZ001 -- times in the sources are UTC and have no zone
"""Random small worlds for the tests: events, profiles, links and a control panel.

A world is a few users, a few days and a panel of its own. All its names begin with
`w000_`, and `renamed` gives it another number, so that fifty worlds fit in one build:
the panels are joined, and each user meets every rule, but only the own world's events.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, fields
from datetime import UTC, datetime, time, timedelta, timezone

from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from oracle_events import Panel, Row, Settings
from pointwise.core.verdicts import VERDICTS
from world_files import (
    ATTRIBUTES,
    LAST_DAY,
    PREFIX,
    PRIVATE,
    PROJECT,
    FileShape,
    read_panel,
)
from world_panels import NAMES, panels

# Where a window, a half-life or a snapshot begins and ends.
AGES = [
    *(0, 0, 1, 1, 2, 2, 3, 5, 6, 7, 8, 12, 13, 14, 15, 20, 29, 30, 31, 44, 45, 60),
    *(89, 90),
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
class World:
    """Rows by number of file, profile rows, links, and a part of a control panel."""

    rows: tuple[tuple[int, Row], ...]
    users: tuple[Row, ...]
    links: tuple[Row, ...]
    panel: Panel


# -- Drawing a world -------------------------------------------------------------------


def drawn(strategy: st.SearchStrategy, number: int) -> object:
    """Return the example of a strategy that belongs to a number, always the same.

    Hypothesis begins with the simplest example and goes on with a random one; further
    ones would be variations of that, so that each number asks again.
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
        links=tuple(rename(row) for row in world.links),
        panel=Panel(**parts),
    )


USER_AGENTS = [
    *[None] * 6,
    *[f"{PRIVATE} Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"] * 6,
    "Mozilla/5.0 (compatible; Googlebot/2.1)", "curl/8.5.0", "python-requests/2.32",
    "Our monitor 'x'",
]  # fmt: skip

DEFECTS = [
    {"user_id": None}, {"user_id": ""}, {"user_id": "  "}, {"user_id": "y" * 201},
    {"user_id": " NULL "}, {"user_id": "00000000-0000-0000"}, {"user_id": "0"},
    {"user_id": None, "anonymous_id": "null"}, {"anonymous_id": "undefined"},
    {"user_id": None, "occurred_at": None, "event_type": None},
    {"occurred_at": None}, {"occurred_at": datetime(2025, 11, 30, 23, 59, 59)},
    {"occurred_at": datetime(2026, 4, 15)}, {"occurred_at": datetime(2999, 1, 1)},
    {"event_type": None}, {"event_type": " "}, {"event_type": "y" * 201},
    {"event_id": "y" * 201}, {"duration_seconds": -0.001},
    {"duration_seconds": 1000000000.5}, {"duration_seconds": -1.0, "amount": 2e12},
    {"amount": 1.5e12},
]  # fmt: skip
EXTREMES = [  # just allowed
    {"event_type": "y" * 200}, {"event_id": "y" * 200}, {"duration_seconds": 1e9},
    {"amount": -1e12}, {"duration_seconds": float("nan")}, {"amount": float("nan")},
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
    """Draw a world: who did what, which files hold it, and what it is worth."""
    hostile = draw(st.sampled_from(HOSTILE))
    names = [PREFIX + name for name in ("u0", "u1", hostile, "u3")]
    devices = [f"{PREFIX}d{n}" for n in range(3)]
    ages = draw(st.lists(st.sampled_from(AGES), min_size=1, max_size=6))
    size = draw(st.sampled_from([0, 1, 8, 16, 24, 24, 32, 32]))
    event = an_event(draw(ids_of_events(names, devices)), ages, shapes)
    draws = draw(st.lists(event, min_size=size, max_size=size))
    draws += [login_after(event) for event in draws if event["ids"][2]]
    rows = [
        row for number, event in enumerate(draws)
        for row in deliveries(number, event, shapes)
    ]  # fmt: skip
    return World(
        rows=tuple(rows),
        users=tuple(draw(st.lists(profiles([*names, devices[0]]), max_size=5))),
        links=tuple(draw(st.lists(a_link(names, devices, shapes[0]), max_size=8))),
        panel=draw(panels(settings)),
    )


@st.composite
def ids_of_events(
    draw: st.DrawFn, names: list[str], devices: list[str]
) -> list[tuple[str | None, str | None, str | None]]:
    """The user and anonymous ids that the events of a world may have.

    A device is somebody's, before a login and after it; some are shared, and some come
    as a user id, too. The third is who logs in after the event, in the same session.
    """
    ids = [(name, None, None) for name in names[:3]]
    for device in devices:
        owners = draw(st.sampled_from([[], names[:1], names[1:2], names[1:3]]))
        ids += [(owner, device, None) for owner in owners] + [(None, device, None)]
        ids += [(None, device, owner) for owner in owners[:1]]
    odd = [(devices[0], None, None), (names[0], names[0], None),
           (" ", devices[1], None), ("undefined", devices[2], None),
           (names[1], "null", None)]  # fmt: skip
    return [*ids, *draw(st.lists(st.sampled_from(odd), max_size=1))]


def login_after(event: dict) -> dict:
    """The same again in the same session, after a login and perhaps after midnight."""
    is_late = event["clock"].hour % 2
    return {
        **event,
        "ids": (event["ids"][2], None, None),
        "event_id": None,
        "age": max(0, event["age"] - is_late),
    }


def an_event(
    ids: list[tuple[str | None, str | None, str | None]],
    ages: list[int],
    shapes: list[FileShape],
) -> st.SearchStrategy[dict]:
    """One event, and the files that deliver it."""
    kinds = [*DEFECTS, *EXTREMES, *(DEFECTS_OF_TEXT if shapes[0].is_text else [])]
    files = st.sampled_from(range(len(shapes)))
    return st.fixed_dictionaries(
        {
            "ids": st.sampled_from(ids),
            "event_id": st.sampled_from([None, *(f"{PREFIX}e{n}" for n in range(6))]),
            "event_type": st.sampled_from([*list(NAMES)[:4] * 3, *NAMES]),
            "age": st.sampled_from(ages),
            "clock": st.sampled_from(CLOCKS),
            "offset": st.sampled_from(OFFSETS),
            "delay": st.sampled_from(
                [None, 0, 0, 3600, *(days * 86400 for days in (1, 2, 9, 20, 40))]
            ),
            "session_id": st.sampled_from(
                [None, "", " ", "null", *(f"{PREFIX}s{n}" for n in (0, 0, 0, 1, 1, 2))]
            ),
            "page_path": st.sampled_from([None, "/", "/pricing?a='b'"]),
            "user_agent": st.sampled_from(USER_AGENTS),
            "duration_seconds": st.sampled_from(
                [None, 0.0, 0.003, 0.375, 1.0, 59.994, 60.0, 100.0, 1234.5]
            ),
            "amount": st.sampled_from(
                [None, 0.0, 0.005, 0.00005, 0.3, 0.6, 0.7, 9.99, 10.3, -3.5, -0.00005,
                 1e6]
            ),
            "files": st.lists(files, min_size=1, max_size=3),
            "defect": st.sampled_from([*[None] * 4 * len(kinds), *kinds]),
        }
    )  # fmt: skip


def deliveries(
    number: int, event: dict, shapes: list[FileShape]
) -> list[tuple[int, Row]]:
    """The rows of one event, one a file that delivers it, later copies a bit later."""
    event = dict(event)
    event["user_id"], event["anonymous_id"], _ = event.pop("ids")
    age, clock, offset, delay, files, defect = (
        event.pop(name)
        for name in ("age", "clock", "offset", "delay", "files", "defect")
    )
    at = datetime.combine(LAST_DAY - timedelta(days=age), clock)
    if event["event_id"] is None:
        # Events without an id are identified by their content, in no order that a
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


def a_link(
    names: list[str], devices: list[str], shape: FileShape
) -> st.SearchStrategy[Row]:
    """A row of a links file: sound ones, and some that say nothing."""
    days = [LAST_DAY - timedelta(days=age) for age in (60, 45, 30, 15, 14, 14, 1, -5)]
    texts = ["2026-02-14 23:30:00", "2026-02-01T20:00:00-05:00", "soon", " ", "N/A"]
    crm = f"{PREFIX}crm'1"
    return st.fixed_dictionaries(
        {
            "id": st.sampled_from(
                [*names, *devices, *names, *devices, None, "undefined"]
            ),
            "person_id": st.sampled_from(
                [*names, *devices, crm, crm, crm, " ", "0", "y" * 201]
            ),
            "known_from": st.sampled_from(
                [None, None, *days, *(texts if shape.is_text else [])]
            ),
        }
    )


# -- A plain world on the project's own panel ------------------------------------------


def campaign(number: int, users: int = 40, events: int = 1500) -> list[Row]:
    """Return event rows of an ordinary half-year.

    Most are fine; some come twice, late, without an id, with a shared id, with an
    unknown name, or cannot be used.
    """
    dice = random.Random(number)
    named = read_panel(PROJECT / "seeds").event_types
    # The last is the outcome. Of what your side did, the lists' own tests have worlds.
    names = [row["source_event"] for row in named if row["event_type"] not in VERDICTS]
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
