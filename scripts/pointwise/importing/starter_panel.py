"""A control panel to begin with, made from the event names that a file has.

Without an outcome points are modest and follow one idea: what few users do says more
than what all do. They are there to be edited. With one they are learned: learned.py.
"""

import csv
import hashlib
import io
import re
import unicodedata
import zlib
from pathlib import Path
from typing import NamedTuple

from pointwise.core.errors import PointwiseError
from pointwise.core.home import (
    PATHS,
    PROJECT,
    SETTINGS_FILE,
    home_settings,
    path_setting,
)
from pointwise.core.panel.reader import files_in
from pointwise.core.panel.rows import rows_of
from pointwise.core.panel.schema import COLUMNS, needed_columns
from pointwise.core.verdicts import REST_DAYS, VERDICTS
from pointwise.core.words import counted
from pointwise.importing.columns import snake_name, user_attributes

LEARNED = "learned_until"
MARK = ".as_imported"  # Beside the CSVs of a panel: what an import wrote.
MOST_SCORED_TYPES = 60
FEWEST_OF_TYPE = 2  # People, of the FEWEST_TO_JUDGE or more that there are.
FEWEST_TO_JUDGE = 50
ACTIVITY_POINTS = 60
MOST_TIMES = 4  # How often an event type earns its points.
PER = 0.5  # Events, each weighted by its age, that earn them once.
HALF_LIFE = 14  # Days.
WINDOW = 28  # Whole weeks hold each weekday as often, whichever the last day is.
SCORE_GROUPS = [
    ("activity", ACTIVITY_POINTS, "What the user does"),
    ("recency", 19, "Did something this week"),
    ("regularity", 20, "Comes back"),
    ("negative", 0, "Signs against"),
]
# A day has room for 20 and 30 people, as in the project's own panel, or for as many as
# --capacity says, this share of them in the highest band.
HIGHEST_OF_DAY = 0.4
SCORE_BANDS = [
    ("high", 50, "Call within one working day", 20, REST_DAYS),
    ("medium", 25, "Send a personal message this week", 30, REST_DAYS),
    ("low", 1, "No personal contact yet", "", ""),
]
# Columns beside those that a file must have.
MORE_COLUMNS = {"score_bands": ("daily_capacity", "repeat_after_days")}
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
# A number or a hash in a name: it is another for every page, order or person.
MACHINE_NAME = re.compile(r"\d{4,}|(?<![a-z])(?=[0-9a-f]*\d)[0-9a-f]{8,}")
ACTIVE_DAYS_FEATURE = (
    *("active_days_7d", "*", "active_days", 7, None, "days"),
    "Days with any activity in a week",
)
ACTIVE_DAYS_RULE = (
    *("active_this_week", "regularity", "active_days_7d", None, None, None, 4, 1, 20),
    *("Active on {value} day(s) this week", "another active day this week"),
)


NO_OUTCOME_YET = """\
# The event type that proves intent, as event_types.csv calls it. null: none yet.
outcome_event_type: null"""
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


class Starter(NamedTuple):
    """A panel to begin with: rows by file, how each event name counts, and why."""

    tables: dict[str, list[tuple]]
    scored_as: dict[str, str]
    said: list[str]
    is_repeatable: bool | None = None
    learned_until: object = None  # The day until which it knows what followed.


def event_type_name(name: str) -> str:
    """Return an event name as an event type: lower case, digits and underscores."""
    unaccented = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    snake = snake_name(unaccented)[:60].strip("_")
    if not snake or len(unaccented) < len(name) / 2:
        # Another script than Latin: a number that stays the same for the same name.
        snake = f"event_{zlib.crc32(name.encode()):08x}"
    return f"event_{snake}" if snake[0].isdigit() else snake


def event_type_rows(names: list[EventName], outcome_types: list[str]) -> list[tuple]:
    """Return the lines of event_types.csv for event names, conditions first."""
    rows = []
    for found in sorted(names, key=lambda found: found.condition is None):
        events, users = found.events, found.users
        said = f"{counted(events, 'event')} of {counted(users, 'user')} when imported"
        said = "The outcome; " + said if found.type in outcome_types else said
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


def verdict_rows(names: list[EventName]) -> list[tuple]:
    """Return the lines of event_types.csv for what your side may say of people."""
    taken = {found.name for found in names} | {found.type for found in names}
    return [
        (name, name, 1, meaning)
        for name, (_, meaning) in VERDICTS.items()
        if name not in taken
    ]


def as_csv(rows: list[tuple]) -> str:
    """Return rows as lines of CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def fingerprint(folder: Path) -> str:
    """Return a hash of the CSVs in a folder, with their names."""
    files = sorted(folder.glob("*.csv"))
    content = b"".join(file.name.encode() + file.read_bytes() for file in files)
    return hashlib.sha256(content).hexdigest()


def is_as_imported(folder: Path) -> bool:
    """Say if a panel is still as an import wrote it."""
    mark = folder / MARK
    return mark.is_file() and mark.read_text(encoding="utf-8") == fingerprint(folder)


def check_panel_folder(folder: Path) -> None:
    """Fail if the folder has files already, except those that an import wrote."""
    if is_as_imported(folder):
        return
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise PointwiseError(
            f"--write-panel: {folder} exists and is not empty; name a new folder"
        )


def write_panel(folder: Path, names: list[EventName], starter: Starter) -> None:
    """Write the CSVs, experiments without a row.

    Who and what does not count is as in the project's own panel, as far as it applies.
    """
    check_panel_folder(folder)
    tables = {
        **starter.tables,
        "experiments": [],
        "bot_rules": machine_rows({event_type_name(name.name) for name in names}),
        "exclusions": exclusion_rows(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for earlier in folder.glob("*.csv"):
        earlier.unlink()
    for name, rows in tables.items():
        header = [*needed_columns(name), *MORE_COLUMNS.get(name, ())]
        if any(len(row) > len(header) for row in rows):
            header = list(COLUMNS[name])
        rows = [row + ("",) * (len(header) - len(row)) for row in rows]
        text = as_csv([tuple(header), *rows])
        (folder / f"{name}.csv").write_text(text, encoding="utf-8", newline="")
    (folder / MARK).write_text(fingerprint(folder), encoding="utf-8")


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


def excluding_attributes() -> list[str]:
    """Return the attributes by which the current panel, if there is one, excludes."""
    file = path_setting("POINTWISE_CONTROL") / "exclusions.csv"
    found = rows_of(files_in(file.parent)["exclusions"]) if file.exists() else []
    named = [row.texts["attribute"] for row in found]
    return [name for name in named if name and name != "user_id"]


def write_settings(
    folder: Path, given: dict[str, str], attributes: list[str] | None = None
) -> Path:
    """Write settings.yml into a user's own folder, unless it is there; return it.

    Settings are given as lines of YAML have them, and added to a file that says nothing
    of them, or null; so are attributes, with those by which the panel excludes people.
    What a panel has learned from goes with the panel.
    """
    path = folder / SETTINGS_FILE
    there = home_settings()
    for name in given:
        if name in there and (name == LEARNED or there[name] is None):
            text = path.read_text(encoding="utf-8")
            line = re.compile(rf"(?m)^{name}:.*")
            path.write_text(line.sub(f"{name}: {given[name]}", text), encoding="utf-8")
    if not path.exists():
        lines = [f"{name}: {value}" for name, value in given.items()]
        if "outcome_event_type" not in given:
            lines.append(NO_OUTCOME_YET)
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(SETTINGS_HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    else:
        more = {n: v for n, v in given.items() if n not in home_settings()}
        add_lines(path, [f"{name}: {value}" for name, value in more.items()])
    if attributes and "user_attributes" not in home_settings():
        used = dict.fromkeys([*attributes, *excluding_attributes()])
        add_lines(path, [f"user_attributes: [{', '.join(used)}]"])
    return path


def add_lines(path: Path, lines: list[str]) -> None:
    """Add lines to the end of a file."""
    if lines:
        text = path.read_text(encoding="utf-8")
        text += "" if text.endswith("\n") else "\n"
        path.write_text(text + "\n".join(lines) + "\n", encoding="utf-8")


def feature_rows(event_type: str, look_back: int) -> list[tuple]:
    """Return how often, and how long ago, as features of an event type."""
    words = event_type.replace("_", " ")
    days, half = min(WINDOW, look_back), min(HALF_LIFE, look_back)
    often = f"{words}: events in {days} days, each counting half after {half} days"
    ago = f"{words}: days since the last one"
    count, since = f"{event_type}_{days}d", f"days_since_{event_type}"
    return [
        (count, event_type, "events", days, half, "events", often),
        (since, event_type, "days_since_last", look_back, None, "days", ago),
    ]


def rule_rows(
    event_type: str, points_of: dict[str, int], look_back: int
) -> list[tuple]:
    """Return what an event type is worth; one that speaks against a user costs."""
    words, days = event_type.replace("_", " "), min(WINDOW, look_back)
    rule, since = f"recent_{event_type}", f"days_since_{event_type}"
    latest = f"Latest {words} {{value}} day(s) ago"
    if NEGATIVE.search(event_type):
        until = None, days, None, -10, None, None
        return [(rule, "negative", since, *until, latest, None)]
    points = points_of[event_type]
    each = None, None, None, points, PER, MOST_TIMES * points
    times = f"{words.capitalize()} {{value}} time(s) in {days} days, weighted by age"
    this_week = None, min(7, look_back), None, points, None, None
    count = f"{event_type}_{days}d"
    return [
        (f"did_{event_type}", "activity", count, *each, times, f"more of {words}"),
        (rule, "recency", since, *this_week, latest, None),
    ]


def why_left_out(found: EventName, users: int) -> str | None:
    """Return why an event name says nothing of intent, whoever has it."""
    if TECHNICAL.fullmatch(found.type):
        return "written by the tool itself"
    if found.type in VERDICTS:
        return "what your side did, see contact_event_types"
    if found.condition is None and MACHINE_NAME.search(found.name.lower()):
        return "a name made by a machine"
    if users >= FEWEST_TO_JUDGE and found.users < FEWEST_OF_TYPE:
        return "hardly anybody has it"
    return None


def scored_types(
    names: list[EventName], unscored: list[str], users: int
) -> dict[str, int]:
    """Return the event types that get features, with their users: the commonest."""
    types: dict[str, int] = {}
    for found in sorted(names, key=lambda found: (-found.users, found.name)):
        if found.type not in unscored and not why_left_out(found, users):
            types[found.type] = max(types.get(found.type, 0), found.users)
    return dict(list(types.items())[:MOST_SCORED_TYPES])


def by_rarity(
    names: list[EventName],
    outcome_types: list[str],
    unscored: list[str],
    users: int,
    look_back: int,
) -> Starter:
    """Return a panel whose points follow from how few people do something.

    An outcome that happens once is unscored.
    """
    types = scored_types(names, unscored, users)
    points = starting_points({t: have / max(users, 1) for t, have in types.items()})
    week = min(7, look_back)
    active = (*ACTIVE_DAYS_FEATURE[:3], week, *ACTIVE_DAYS_FEATURE[4:])
    uses = {}
    for found in names:
        each = points.get(found.type)
        if found.type in outcome_types:
            uses[found.name] = "the outcome"
        elif each:
            most = MOST_TIMES * each
            uses[found.name] = f"{counted(each, 'point')} per {PER} by age, to {most}"
        elif found.type in types:
            uses[found.name] = f"-10 points for {min(WINDOW, look_back)} days"
        else:
            uses[found.name] = "as activity, without points"
    tables = {
        "event_types": [*event_type_rows(names, outcome_types), *verdict_rows(names)],
        "features": [active, *(r for t in types for r in feature_rows(t, look_back))],
        "scoring_rules": [
            ACTIVE_DAYS_RULE,
            *(row for t in types for row in rule_rows(t, points, look_back)),
        ],
        "score_groups": SCORE_GROUPS,
        "score_bands": SCORE_BANDS,
    }
    said = (
        "Nothing says yet what leads to what, so points go by rarity: what few people"
        " do says more than what all do."
    )
    said += f" {said_of_age(look_back)}" if points else ""
    return Starter(tables, uses, [said])


def said_of_age(look_back: int) -> str:
    """Return how events that earn points by rarity are weighted."""
    half, week = min(HALF_LIFE, look_back), min(7, look_back)
    return (
        f"By age: an event of today counts 1, one of {half} days before {PER}; one"
        f" within {week} days earns its points once more."
    )


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
