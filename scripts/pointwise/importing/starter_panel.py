"""A control panel to begin with, made from the event names that a file has.

Points are modest and follow one idea: what few users do says more than what all do.
They are there to be edited.
"""

import csv
import io
import re
import unicodedata
import zlib
from pathlib import Path
from typing import NamedTuple

from pointwise.core.errors import PointwiseError
from pointwise.core.home import PATHS, PROJECT, SETTINGS_FILE, home_settings
from pointwise.core.panel.schema import COLUMNS, needed_columns
from pointwise.core.words import counted
from pointwise.importing.columns import snake_name, user_attributes

MOST_SCORED_TYPES = 40
ACTIVITY_POINTS = 60
MOST_TIMES = 4  # How often an event type earns its points.
WINDOW = 28  # Whole weeks hold each weekday as often, whichever the last day is.
SCORE_GROUPS = [
    ("activity", ACTIVITY_POINTS, "What the user does"),
    ("recency", 19, "Did something this week"),
    ("regularity", 20, "Comes back"),
    ("negative", 0, "Signs against"),
]
SCORE_BANDS = [
    ("high", 50, "Call within one working day"),
    ("medium", 25, "Send a personal message this week"),
    ("low", 1, "No personal contact yet"),
]
# What counts against a user: parts of event names.
NEGATIVE = re.compile(
    r"(^|_)(unsubscri|cancel|refund|return(ed)?(_|$)|uninstall|remov|delet|complain"
    r"|bounce|spam|churn|opt_?out|downgrad|fail|error)"
)
# What tools write for themselves: it says who somebody is, and nothing of intent.
TECHNICAL = re.compile(
    r"identify|alias|group|merge|set|create_alias|groupidentify|feature_flag_called"
    r"|session_start|first_visit|user_engagement|page_ping|opt_?in|pageleave|web_vitals"
)
ACTIVE_DAYS_FEATURE = (
    *("active_days_7d", "*", "active_days", 7, None, "days"),
    "Days with any activity in a week",
)
ACTIVE_DAYS_RULE = (
    *("active_this_week", "regularity", "active_days_7d", None, None, None, 4, 1, 20),
    *("Active on {value} day(s) this week", "another active day this week"),
)


SETTINGS_HEAD = """\
# Settings of this folder: vars of dbt_project.yml, which explains them, with other
# values than there. `dbt build --vars` wins over them.
"""


class EventName(NamedTuple):
    """An event name as the source has it, how often, and how many users have it.

    Of an event that a condition tells apart it is the name with the condition.
    """

    name: str
    events: int
    users: int
    condition: dict[str, str] | None = None

    @property
    def type(self) -> str:
        """Return the event type that it becomes."""
        if self.condition:
            return self.condition["event_type"]
        return event_type_name(self.name)


def event_type_name(name: str) -> str:
    """Return an event name as an event type: lower case, digits and underscores."""
    unaccented = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    snake = snake_name(unaccented)[:60].strip("_")
    if not snake or len(unaccented) < len(name) / 2:
        # Another script than Latin: a number that stays the same for the same name.
        snake = f"event_{zlib.crc32(name.encode()):08x}"
    return f"event_{snake}" if snake[0].isdigit() else snake


def event_type_rows(names: list[EventName], outcome: str | None) -> list[tuple]:
    """Return the lines of event_types.csv for event names, conditions first."""
    rows = []
    for found in sorted(names, key=lambda found: found.condition is None):
        events, users = found.events, found.users
        said = f"{counted(events, 'event')} of {counted(users, 'user')} when imported"
        said = "The outcome; " + said if found.name == outcome else said
        row = (found.name, found.type, "", said)
        if condition := found.condition:
            row = (condition["source_event"], *row[1:])
            row += (condition["property"], condition["pattern"])
        rows.append(row)
    plain = {found.name for found in names if not found.condition}
    others = [n.condition["source_event"] for n in names if n.condition]
    for name in dict.fromkeys(others):
        if name not in plain:
            rows.append((name, event_type_name(name), "", "Any other one"))
    return rows


def as_csv(rows: list[tuple]) -> str:
    """Return rows as lines of CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def check_panel_folder(folder: Path) -> None:
    """Fail if the folder has files already."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise PointwiseError(
            f"--write-panel: {folder} exists and is not empty; name a new folder"
        )


def write_panel(
    folder: Path, names: list[EventName], users: int, outcome: str | None
) -> int:
    """Write the CSVs, experiments without a row; return how many types are scored.

    Who and what does not count is as in the project's own panel, as far as it applies.
    """
    check_panel_folder(folder)
    types = scored_types(names, outcome)
    points = starting_points({t: have / max(users, 1) for t, have in types.items()})
    tables = {
        "event_types": event_type_rows(names, outcome),
        "features": [
            ACTIVE_DAYS_FEATURE,
            *(row for event_type in types for row in feature_rows(event_type)),
        ],
        "scoring_rules": [
            ACTIVE_DAYS_RULE,
            *(row for event_type in types for row in rule_rows(event_type, points)),
        ],
        "score_groups": SCORE_GROUPS,
        "score_bands": SCORE_BANDS,
        "experiments": [],
        "bot_rules": machine_rows({event_type_name(name.name) for name in names}),
        "exclusions": exclusion_rows(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        header = needed_columns(name)
        if any(len(row) > len(header) for row in rows):
            header = list(COLUMNS[name])
            rows = [row + ("",) * (len(header) - len(row)) for row in rows]
        text = as_csv([tuple(header), *rows])
        (folder / f"{name}.csv").write_text(text, encoding="utf-8", newline="")
    return len(types)


def own_panel(name: str) -> list[dict[str, str]]:
    """Return the rows of a file of the project's own panel."""
    file = PROJECT / PATHS["POINTWISE_CONTROL"].in_project / f"{name}.csv"
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def machine_rows(event_types: set[str]) -> list[tuple]:
    """Return the rules on machines whose event types there are."""
    return [
        tuple(row[column] for column in COLUMNS["bot_rules"])
        for row in own_panel("bot_rules")
        if not row["event_types"] or {*row["event_types"].split("|")} <= event_types
    ]


def exclusion_rows() -> list[tuple]:
    """Return the exclusions on ids, and on attributes that the settings have."""
    attributes = {"user_id", *user_attributes()}
    return [
        tuple(row[column] for column in COLUMNS["exclusions"])
        for row in own_panel("exclusions")
        if row["attribute"] in attributes
    ]


def write_settings(
    folder: Path, outcome: str | None, attributes: list[str] | None = None
) -> Path:
    """Write settings.yml into a user's own folder, unless it is there; return it.

    Attributes are added to a file that says nothing of them.
    """
    path = folder / SETTINGS_FILE
    if not path.exists():
        name = f"outcome_event_type: {event_type_name(outcome)}" if outcome else ""
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(
            f"{SETTINGS_HEAD}{name or '# outcome_event_type: …'}\n", encoding="utf-8"
        )
    if attributes and "user_attributes" not in home_settings():
        text = path.read_text(encoding="utf-8")
        line = f"user_attributes: [{', '.join(attributes)}]\n"
        path.write_text(text + ("" if text.endswith("\n") else "\n") + line, "utf-8")
    return path


def feature_rows(event_type: str) -> list[tuple]:
    """Return how often, and how long ago, as features of an event type."""
    words = event_type.replace("_", " ")
    often = f"{words}: events in {WINDOW} days, each counting half after 14 days"
    ago = f"{words}: days since the last one"
    count, since = f"{event_type}_{WINDOW}d", f"days_since_{event_type}"
    return [
        (count, event_type, "events", WINDOW, 14, "events", often),
        (since, event_type, "days_since_last", 90, None, "days", ago),
    ]


def rule_rows(event_type: str, points_of: dict[str, int]) -> list[tuple]:
    """Return what an event type is worth; one that speaks against a user costs."""
    words = event_type.replace("_", " ")
    rule, since = f"recent_{event_type}", f"days_since_{event_type}"
    latest = f"Latest {words} {{value}} day(s) ago"
    if NEGATIVE.search(event_type):
        until = None, 30, None, -10, None, None
        return [(rule, "negative", since, *until, latest, None)]
    points = points_of[event_type]
    each = None, None, None, points, 0.5, MOST_TIMES * points
    times = f"{words.capitalize()} {{value}} time(s) in {WINDOW} days"
    this_week = None, 7, None, points, None, None
    count = f"{event_type}_{WINDOW}d"
    return [
        (f"did_{event_type}", "activity", count, *each, times, f"more of {words}"),
        (rule, "recency", since, *this_week, latest, None),
    ]


def scored_types(names: list[EventName], outcome: str | None) -> dict[str, int]:
    """Return the event types that get features, with their users: the commonest."""
    outcome_type = event_type_name(outcome) if outcome else None
    types: dict[str, int] = {}
    for found in sorted(names, key=lambda found: (-found.users, found.name)):
        event_type = found.type
        if event_type != outcome_type and not TECHNICAL.fullmatch(event_type):
            types[event_type] = max(types.get(event_type, 0), found.users)
    return dict(list(types.items())[:MOST_SCORED_TYPES])


def how_it_counts(
    names: list[EventName], users: int, outcome: str | None
) -> dict[str, str]:
    """Return in words how each event name counts by the panel that is written."""
    types = scored_types(names, outcome)
    points = starting_points({t: have / max(users, 1) for t, have in types.items()})
    told = {}
    for found in names:
        name, event_type = found.name, found.type
        each = points.get(event_type)
        if name == outcome:
            told[name] = "the outcome"
        elif each:
            told[name] = f"{counted(each, 'point')} each, to {MOST_TIMES * each}"
        elif event_type in types:
            told[name] = "-10 points for 30 days"
        else:
            told[name] = "as activity, without points"
    return told


def starting_points(shares: dict[str, float]) -> dict[str, int]:
    """Return points a time for event types, given which share of users has them.

    One to three, the rarer the more; up to four times that while there are few types,
    so that all of them together can fill their group.
    """
    points = {
        event_type: 3 if share < 0.1 else 2 if share < 0.4 else 1
        for event_type, share in shares.items()
        if not NEGATIVE.search(event_type)
    }
    most = sum(MOST_TIMES * each for each in points.values())
    factor = max(1, min(4, ACTIVITY_POINTS // max(most, 1)))
    return {event_type: each * factor for event_type, each in points.items()}
