"""What each cell of the control panel may hold, in the order of its mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Kind(NamedTuple):
    """A kind of cell: the pattern of a value, what it is not if it does not match."""

    pattern: str = ""
    is_not: str = ""
    allowed: str = ""


NAME = Kind(
    "[a-z][a-z0-9_]{0,62}",
    "is not a plain name",
    "at most 63 small letters, digits and _, beginning with a letter",
)
# The score that ranks people, and the one that blank cells stand for.
MAIN_SCORE = "intent"
# The other score that grades are made of.
GRADED_SCORE = "fit"
SHARE = r"(?:0?[.][0-9]{1,4}|[1-9][0-9]?/[1-9][0-9]?)"
# How arms of other tools are named in a panel; a test holds it to the rule itself.
ARM_NAMES = "Control is control, Variant B is variant_b and 1 is arm_1"
KINDS = {
    "text": Kind(allowed="some text"),
    "value": Kind(allowed="some text"),
    "choice": Kind(),
    "switch": Kind(),
    "flag": Kind("(?i:yes|no|true|false)", "is neither yes nor no", "yes, no or blank"),
    "share": Kind("0([.][0-9]+)?|1([.]0+)?", "is not a share", "a number from 0 to 1"),
    "name": NAME,
    "column": NAME,
    "score": NAME._replace(
        is_not="is not the name of a score",
        allowed=f"blank for {MAIN_SCORE}, or a name such as fit: {NAME.allowed}",
    ),
    "whole": Kind(
        "-?[0-9]{1,18}", "is not a whole number", "a whole number such as 10 or -5"
    ),
    "number": Kind(
        "-?[0-9]+([.][0-9]+)?", "is not a number", "a number such as 2 or 0.25"
    ),
    "arms": Kind(
        f"{NAME.pattern}:{SHARE}(?:[|]{NAME.pattern}:{SHARE})+",
        "is not a list of arms and their shares",
        "arms such as control:0.5|call:0.5, or with shares such as 1/3; the control"
        f" first; names have {NAME.allowed}, so that {ARM_NAMES}",
    ),
    "date": Kind(
        "[0-9]{4}-[0-9]{2}-[0-9]{2}", "is not a date", "a date such as 2026-03-31"
    ),
}


class Column(NamedTuple):
    """A column: its kind, whether it may be blank or repeated, and its bounds."""

    kind: str
    required: bool = False
    unique: bool = False
    at_least: int | None = None
    at_most: int | None = None
    one_of: tuple[str, ...] | None = None

    @property
    def allowed(self) -> str:
        """Return what is allowed, in words."""
        if self.one_of is not None:
            return f"one of {', '.join(self.one_of)}"
        if self.at_most is not None:
            return f"a whole number from {self.at_least} to {self.at_most}"
        if self.at_least is not None:
            return f"a whole number from {self.at_least}"
        return KINDS[self.kind].allowed


TEXT = Column("text")
NEEDED_TEXT = Column("text", required=True)
NUMBER = Column("number")
KEY = Column("name", required=True, unique=True)
POINTS = Column("whole", at_least=-1000, at_most=1000)
SCORE = Column("whole", at_least=1, at_most=100)

COLUMNS: Mapping[str, Mapping[str, Column]] = {
    "event_types": {
        "source_event": NEEDED_TEXT,
        "event_type": Column("name", required=True),
        "max_per_day": Column("whole", at_least=1, at_most=100000),
        "description": TEXT,
        "property": Column("name"),
        "pattern": TEXT,
    },
    "features": {
        "feature": Column("column", required=True, unique=True),
        "event_type": TEXT,
        "measure": Column(
            "choice",
            required=True,
            one_of=(
                *("events", "active_days", "sessions", "minutes", "amount"),
                *("days_since_last", "attribute", "number"),
            ),
        ),
        "window_days": Column("whole", at_least=1),
        "half_life_days": Column("whole", at_least=1, at_most=3650),
        "unit": TEXT,
        "description": TEXT,
    },
    "scoring_rules": {
        "rule": KEY,
        "rule_group": NEEDED_TEXT,
        "feature": NEEDED_TEXT,
        "min_value": NUMBER,
        "max_value": NUMBER,
        "equals": Column("value"),
        "points": POINTS._replace(required=True),
        "per": NUMBER,
        "max_points": POINTS,
        "reason": NEEDED_TEXT,
        "next_step": TEXT,
    },
    "score_groups": {
        "rule_group": KEY,
        "max_points": Column("whole", required=True, at_least=0, at_most=1000),
        "label": NEEDED_TEXT,
        "pick_best": Column("flag"),
        "score": Column("score"),
        "resets": TEXT,
    },
    "score_bands": {
        "band": Column("text", required=True, unique=True),
        "min_score": SCORE._replace(required=True),
        "action": NEEDED_TEXT,
        "score": Column("score"),
        "enter_at": SCORE,
        "leave_at": SCORE,
        "min_days": Column("whole", at_least=1, at_most=365),
        "daily_capacity": Column("whole", at_least=1, at_most=100000),
        "repeat_after_days": Column("whole", at_least=1, at_most=3650),
    },
    "score_grades": {
        "grade": Column("text", required=True, unique=True),
        "fit_band": NEEDED_TEXT,
        "intent_band": NEEDED_TEXT,
        "action": NEEDED_TEXT,
    },
    "experiments": {
        "experiment": KEY,
        "status": Column(
            "choice", required=True, one_of=("planned", "running", "ended")
        ),
        "start_date": Column("date", required=True),
        "end_date": Column("date", required=True),
        "bands": TEXT,
        "feature": TEXT,
        "min_value": NUMBER,
        "max_value": NUMBER,
        "equals": Column("value"),
        "arms": Column("arms", required=True),
        "stratify_by": TEXT,
        "outcome_event_type": NEEDED_TEXT,
        "horizon_days": Column("whole", at_least=1, at_most=3650),
        "minimum_effect": Column("number", required=True),
        "description": TEXT,
        "assign_by": Column("choice", one_of=("person", "account")),
    },
    "experiment_metrics": {
        "experiment": Column("name", required=True),
        "metric": Column("name", required=True),
        "kind": Column(
            "choice", required=True, one_of=("converted", "count", "amount", "ratio")
        ),
        "event_types": TEXT,
        "role": Column(
            "choice", required=True, one_of=("primary", "secondary", "exploratory")
        ),
        "numerator": Column("name"),
        "denominator": Column("name"),
        "winsorise_share": NUMBER,
        "covariate": Column("column"),
        "description": TEXT,
    },
    "bot_rules": {
        "rule": KEY,
        "kind": Column(
            "choice",
            required=True,
            one_of=(
                *("user_agent", "http_library", "events_per_minute", "events_per_day"),
                *("hours_without_pause", "seconds_after", "links_per_second"),
            ),
        ),
        "threshold": Column("whole", at_least=1),
        "event_types": TEXT,
        "after_event": TEXT,
        "pattern": TEXT,
        "status": Column("choice", required=True, one_of=("on", "off")),
        "description": TEXT,
    },
    "exclusions": {
        "exclusion": KEY,
        "attribute": NEEDED_TEXT,
        "equals": Column("value"),
        "pattern": TEXT,
        "reason": NEEDED_TEXT,
    },
    "account_rules": {
        "account_rule": KEY,
        "measure": Column(
            "choice",
            required=True,
            one_of=(
                *("best_people", "further_people", "rule_cap", "attribute"),
                *("not_a_company", "band"),
            ),
        ),
        "applies_to": TEXT,
        "equals": Column("value"),
        "people": Column("whole", at_least=1, at_most=1000),
        "points": Column("whole", at_least=-100000, at_most=100000),
        "max_points": Column("whole", at_least=0, at_most=100000),
        "half_life_days": Column("whole", at_least=1, at_most=3650),
        "reason": NEEDED_TEXT,
    },
}
# Columns that a file can do without: all blank.
OPTIONAL = {
    "event_types": ("property", "pattern"),
    "score_groups": ("pick_best", "score", "resets"),
    "score_bands": (
        *("score", "enter_at", "leave_at", "min_days"),
        *("daily_capacity", "repeat_after_days"),
    ),
    "experiments": ("assign_by",),
    "experiment_metrics": (
        *("numerator", "denominator", "winsorise_share", "covariate", "description"),
    ),
}
# Features of the project's own features.csv by the names they had when their windows
# were of 30 days, so that rules and experiments written then still find them.
RENAMED_FEATURES = {
    f"{name}_30d": f"{name}_28d"
    for name in (
        *("core_feature_uses", "core_feature_days", "feature_minutes", "pricing_days"),
        *("page_views", "searches", "downloads", "active_days"),
        *("email_opens", "email_clicks", "careers_days"),
    )
}


def needed_columns(file: str) -> list[str]:
    """Return the columns that a file of the panel must have."""
    return [name for name in COLUMNS[file] if name not in OPTIONAL.get(file, ())]


# Files that a panel can do without: no file is no row.
MAY_BE_MISSING = (
    *("score_grades", "experiment_metrics", "bot_rules", "exclusions"),
    "account_rules",
)
# Files that may have no row below the header.
MAY_BE_EMPTY = ("experiments", *MAY_BE_MISSING)
