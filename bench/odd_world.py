"""A panel of all that a panel may hold, and events and profiles that are odd.

`engines.py odd` builds them on both engines, beside a generated world: the panel is the
project's own, with rules on every measure, window and half-life, on patterns, texts and
numbers, resets, groups that pick their best, bands that hold, and a score more.
"""

# ruff: noqa: DTZ001 -- times in the sources are UTC and have no zone
from __future__ import annotations

import sys
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import product
from pathlib import Path

import pyarrow
import pyarrow.parquet

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "python"))

from oracle_events import Panel, Row
from world_files import PROJECT, FileShape, read_panel, write_events, write_panel
from worlds import DEFECTS, DEFECTS_OF_TEXT, EXTREMES, HOSTILE

SETTINGS = {
    "time_zone": "America/New_York",
    "outcome_is_repeatable": True,
    "snapshot_count": 4,
    "snapshot_every_days": 7,
    "user_attributes": [
        *("country", "city", "industry", "company_size", "job_level", "device"),
        *("company_type", "do_not_contact", "revenue", "motto"),
    ],
}
WRITTEN = datetime(2026, 7, 1)
PEOPLE = [f"u{n}" for n in range(1, 40)] + [*HOSTILE, "u\x00", "Ωu", "test_?", "\u2028"]
NUL, LONG = "nul\x00text", "ä" * 30000
TEXTS = [
    *HOSTILE, NUL, LONG, None, "", "/pricing", "/pricing\r", "/Ärzte",
    "/ärzte", "a\u2028b", "\u212a", "back\\slash", '"quoted"', "'", "$1 \\1", "{value}",
    "%_", "\ufeffx", "e\u0301", "/\x0b", "\U0001f469\u200d\U0001f680",
]  # fmt: skip
NAMES = [
    *("page_view", "search", "feature_used", "email_opened", "email_clicked", "won"),
    *("not_now", "calendar_booked", "subscription_started", "core_feature_used"),
    *("odd", "ODD 'it''s' \\ \"so\" 😀 {{ x }}", "odd\nname", "email_sent", "odd "),
]
WITH_CONDITIONS = ("page_view", "odd")
NUMBERS = [
    None, 0.0, -0.0, 1.0, 0.00005, 0.00015, 0.02465, 0.1, 29.999999999, 30.0, 1e9,
    999999.9999, float("nan"), float("inf"), float("-inf"), -1.0, 1e300, 3e-300, 1e12,
    -1e12, 0.005,
]  # fmt: skip
# Where days begin, clocks are changed, and calendars end.
TIMES = [
    *(datetime(2026, 6, day, 4) for day in range(1, 29)),
    *(datetime(2026, 6, day, 3, 59, 59, 999999) for day in range(1, 29)),
    *(datetime(2026, 3, 8, 6, 59, 59, 999999), datetime(2026, 3, 8, 7)),
    *(datetime(2026, 5, day, 16, 30, day) for day in range(1, 31)),
    *(datetime(2025, 11, 2, 5, 30), datetime(2025, 11, 2, 6, 30), datetime(1, 1, 1)),
    *(datetime(1883, 11, 18, 16), datetime(1969, 7, 20), datetime(2000, 1, 1, 4, 59)),
    *(datetime(9999, 12, 31, 23, 59, 59, 999999), datetime(2100, 1, 1), None),
]
AGENTS = [
    *[None] * 9, *["Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"] * 9,
    "Googlebot/2.1", "curl/8.5.0", "Our 'monitor' \\ 😀", LONG, NUL,
]  # fmt: skip
PATTERNS = [
    *("^/pricing$", "(?i)ärzte", "a.b", "\\\\", "😀|'", '["$%]', "\\bx{5,}"),
    *("^\\s+$|\\x00", "(?i)k$"),
]
ATTRIBUTES = [
    *TEXTS, "5", "5.0", "+50", "5e1", "007", "1_000", "٣", "inf", "NaN", "0x10", "5d",
    "-0", "1e400", "123456789012345678901234567890", "0.0000000005", ".5", "TRUE", "İ",
    "ΟΔΟΣ", "\u00a0true\u2003", "1e-3", "5.", "-1e15", "1e-30", "5e-10",
    "9999999999999999999.123456789",
]  # fmt: skip


def write_odd_world(folder: Path) -> None:
    """Write odd events, profiles and the panel beside a generated world."""
    rows = [odd_event(number) for number in range(6000)]
    shapes = [
        FileShape("odd.parquet", WRITTEN),
        FileShape("odd text's.parquet", WRITTEN, is_text=True),
        FileShape("odd zones.parquet", WRITTEN, has_zones=True),
    ]
    for number, shape in enumerate(shapes):
        kept = rows[number::2] if shape.is_text else rows[number::3]
        texts = DEFECTS_OF_TEXT if shape.is_text else []
        kept = [{**row, **defect} for row, defect in with_defects(kept, texts)]
        write_events(folder / "events", shape, kept)
    users = [
        {
            "user_id": (PEOPLE * 4)[number % (4 * len(PEOPLE))],
            "revenue": ATTRIBUTES[number % len(ATTRIBUTES)],
            "motto": ATTRIBUTES[number * 7 % len(ATTRIBUTES)],
            "country": TEXTS[number * 3 % len(TEXTS)],
            "valid_from": (datetime(2026, 6, 1) + timedelta(hours=number)).isoformat(),
        }
        for number in range(600)
    ]
    table = pyarrow.Table.from_pylist(users)
    pyarrow.parquet.write_table(table, folder / "users_odd.parquet")
    write_panel(folder / "panel", odd_panel())


def odd_event(number: int) -> Row:
    """Return one of the events: lists of different lengths meet in all ways."""
    return {
        "event_id": f"odd {number % 5500}" if number % 5 else None,
        "user_id": PEOPLE[number * 7 % len(PEOPLE)],
        "anonymous_id": f"device {number % 61}" if number % 11 == 0 else None,
        "occurred_at": TIMES[number * 13 % len(TIMES)],
        "event_type": NAMES[number % len(NAMES)],
        "received_at": datetime(2026, 6, 20) if number % 17 == 0 else None,
        "session_id": f"s{number % 97}" if number % 3 else None,
        "page_path": TEXTS[number * 11 % len(TEXTS)],
        "user_agent": AGENTS[number % len(AGENTS)],
        "duration_seconds": NUMBERS[number % len(NUMBERS)],
        "amount": NUMBERS[number * 3 % len(NUMBERS)],
    }


def with_defects(rows: list[Row], of_text: list[Row]) -> list[tuple[Row, Row]]:
    """Return rows with what is wrong about some."""
    defects = [*DEFECTS, *EXTREMES, *of_text]
    return [
        (row, defects[n // 9 % len(defects)] if n % 9 == 0 else {})
        for n, row in enumerate(rows)
    ]


def odd_panel() -> Panel:
    """Return the project's panel, and more of all that a panel may hold."""
    panel = read_panel(PROJECT / "seeds")
    by_condition = [
        {
            "source_event": name,
            "event_type": f"by_condition_{number % 3}",
            "max_per_day": (None, 1, 3)[number % 3],
            "property": "path",
            "pattern": pattern,
        }
        for number, (name, pattern) in enumerate(product(WITH_CONDITIONS, PATTERNS))
    ]
    odd = [
        {"source_event": name, "event_type": "odd", "max_per_day": 2}
        for name in NAMES[10:12]
    ]
    of_events = [
        feature
        for place, (kind, measure) in enumerate(product(KINDS, MEASURES))
        for feature in features_of(place, kind, measure)
    ]
    attributes = [
        {"feature": "revenue", "measure": "number"},
        {"feature": "motto", "measure": "attribute"},
    ]
    rules = [
        *(rule for n, each in enumerate(of_events) for rule in rules_on(n, each)),
        *(a_rule(f"number_{n}", "odd_2", "revenue", n, min_value=low, max_value=high)
          for n, (low, high) in enumerate(RANGES)),
        *(a_rule(f"motto_{n}", "odd_3", "motto", n, equals=text)
          for n, text in enumerate(MOTTOS)),
    ]  # fmt: skip
    return Panel(
        event_types=[*by_condition, *odd, *panel.event_types],
        features=[*panel.features, *of_events, *attributes],
        scoring_rules=[*panel.scoring_rules, *rules],
        score_groups=[*panel.score_groups, *GROUPS],
        score_bands=BANDS,
        bot_rules=[*panel.bot_rules, *BOT_RULES],
        exclusions=[*panel.exclusions, *EXCLUSIONS],
        score_grades=[
            {"grade": f"{fit}/{intent} '\\", "fit_band": fit, "intent_band": intent,
             "action": f"{{{{ {fit} }}}} \\ {intent}"}
            for fit in ("good", "fair", "poor") for intent in INTENT_BANDS
        ],
    )  # fmt: skip


KINDS = (
    *("*", "odd", "by_condition_0", "by_condition_2", "feature_used"),
    "subscription_started",
)
MEASURES = ("events", "active_days", "sessions", "minutes", "amount", "days_since_last")
RANGES = [("-5", None), ("0", "0"), ("0.0005", "5"), ("1000", None)]
MOTTOS = ["true", "50", "back\\slash", "ΟΔΟΣ", "İ", "'", "/Ärzte", "😀é\u202eלאב"]
INTENT_BANDS = ("high 100% 'sure' \\", "middle 😀", "low")


def features_of(place: int, kind: str, measure: str) -> list[Row]:
    """Return features of a measure on an event type, of several windows."""
    decays = measure in ("events", "minutes", "amount")
    windows = [(1, None), (90, 1), (30, 7), (7, 3650)][place % 2 :: 2]
    return [
        {
            "feature": f"odd_{place}_{window}d",
            "event_type": kind,
            "measure": measure,
            "window_days": window,
            "half_life_days": half_life if decays else None,
            "unit": "'units' 😀",
        }
        for window, half_life in [*windows, (14, None)]
    ]


def rules_on(number: int, feature: Row) -> list[Row]:
    """Return rules on a feature: by ranges, and for each step of a value."""
    name, group = feature["feature"], f"odd_{number % 3}"
    per = Decimal(("0.1", "0.0001", "1", "0.3333")[number % 4])
    if feature["measure"] == "days_since_last":
        return [a_rule(f"{name}_0", group, name, number, max_value=number % 7)]
    return [
        a_rule(f"{name}_0", group, name, number, per=per, points=1, max_points=9),
        a_rule(f"{name}_1", group, name, number, min_value=Decimal("0.5"), points=-1),
    ]


def a_rule(
    name: str, group: str, feature: str, number: int, **condition: object
) -> Row:
    """Return a rule, with texts that are odd."""
    condition = {"points": (3, -2, 7, 0, 1)[number % 5], **condition}
    return {
        **{"rule": name, "rule_group": group, "feature": feature},
        "reason": f'It\'s \\ "{{value}}" time(s) 😀 $1 \\1 % of {name}',
        "next_step": f"more 'of' \\n {name}" if condition["points"] > 0 else None,
        **condition,
    }


GROUPS = [
    {"rule_group": "odd_0", "max_points": 40, "label": "'Odd' \\ 😀",
     "pick_best": "yes"},
    {"rule_group": "odd_1", "max_points": 15, "label": "Odd", "resets": "not_now|odd"},
    {"rule_group": "odd_2", "max_points": 60, "label": "Odd", "score": "health",
     "resets": "by_condition_1"},
    {"rule_group": "odd_3", "max_points": 1000, "label": "Odd", "score": "fit",
     "pick_best": "yes"},
]  # fmt: skip
BANDS = [
    {"band": INTENT_BANDS[0], "min_score": 60, "enter_at": 70, "leave_at": 40,
     "min_days": 9, "action": "'Call' \\ 😀", "daily_capacity": 3},
    {"band": INTENT_BANDS[1], "min_score": 20, "enter_at": 20, "leave_at": 10,
     "min_days": 30, "action": "Write", "repeat_after_days": 2},
    {"band": "low", "min_score": 1, "action": "Wait"},
    *({"band": band, "min_score": score, "action": "-", "score": "fit"}
      for band, score in [("good", 40), ("fair", 15), ("poor", 1)]),
    *({"band": f"health {score}%", "min_score": score, "action": "-", "score": "health"}
      for score in (1, 9, 100)),
]  # fmt: skip
BOT_RULES = [
    {"rule": "ours", "kind": "user_agent", "pattern": "^Our '.*😀$", "status": "on"},
    {"rule": "often", "kind": "events_per_minute", "threshold": 9, "status": "on",
     "event_types": "odd|search"},
    {"rule": "at_once", "kind": "seconds_after", "threshold": 1, "status": "on",
     "event_types": "won", "after_event": "odd"},
    {"rule": "links", "kind": "links_per_second", "threshold": 3, "status": "on",
     "event_types": "email_opened|by_condition_1"},
]  # fmt: skip
EXCLUSIONS = [
    {"exclusion": "odd_country", "attribute": "country", "equals": "/ÄRZTE",
     "reason": "It's \\ 😀"},
    {"exclusion": "odd_motto", "attribute": "motto", "pattern": "^\\$1 \\\\|(?i)^ä{9}",
     "reason": "odd"},
    {"exclusion": "odd_user", "attribute": "user_id", "pattern": "\\?$", "reason": "?"},
]  # fmt: skip
