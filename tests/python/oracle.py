# ruff: noqa: DTZ901 -- times in the sources are UTC and have no zone
"""What Pointwise should compute, in plain Python: slow, exact, and easy to check.

Written from the words of the design, not from the SQL. Whoever doubts a score reads
`oracle_events.py` (rows to daily activity), `oracle_points.py` (features and points)
and this file; `test_oracle.py` holds the SQL to them, cell by cell, on random worlds.

`expect(files, users, panel, settings)` returns everything at once. Numbers are whole
or Decimal; there is not one float between an event and a score.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from oracle_events import (
    ONE_DAY,
    Activity,
    EventFile,
    Panel,
    Row,
    Settings,
    UnreadableError,
    as_time,
    classify,
    daily_activity,
    is_blank,
    is_nothing,
    is_placeholder,
    ledger,
    read_events,
)
from oracle_points import Value, feature_value, next_step_of, points_of

MONDAY = date(1970, 1, 5)  # snapshots lie whole steps from here


@dataclass
class Expected:
    """Everything the warehouse should say."""

    quarantined: dict[tuple[str, int], str]
    ledger: Counter[tuple]
    activity: dict[tuple[str, str, date], Activity]
    scoring_date: date | None
    snapshots: list[date]
    population: dict[date, set[str]]
    values: dict[tuple[str, date, str], Value]
    contributions: dict[tuple[str, date], dict[str, int]]
    labels: dict[tuple[str, date], tuple[bool, int]]
    scores: dict[str, Row]


def expect(
    files: list[EventFile], users: list[Row], panel: Panel, settings: Settings
) -> Expected:
    """Return what the warehouse should hold for these files, profiles and panel."""
    events, quarantined = read_events(files, settings)
    classify(events, panel)
    activity = daily_activity(events, panel, settings)
    used_days = [day for (_, event_type, day) in activity if event_type != "*"]
    last_day = last_day_reached(activity)
    scoring_date = settings.as_of_date or last_day
    snapshots = snapshot_dates(scoring_date, used_days, last_day, settings)
    population = {
        day: population_at(day, day == scoring_date, activity, users, settings)
        for day in {*snapshots, *([scoring_date] if scoring_date else [])}
    }
    days_of = defaultdict(dict)
    for (user_id, event_type, day), done in activity.items():
        days_of[user_id, event_type][day] = done
    values, contributions = {}, {}
    for day, user_ids in population.items():
        for user_id in user_ids:
            profile = profile_at(day, user_id, users, settings)
            for feature in panel.features:
                values[user_id, day, feature["feature"]] = feature_value(
                    feature,
                    day,
                    days_of.get((user_id, feature["event_type"]), {}),
                    profile,
                )
            contributions[user_id, day] = points_of(user_id, day, values, panel)
    return Expected(
        quarantined=quarantined,
        ledger=ledger(files, events, quarantined),
        activity=activity,
        scoring_date=scoring_date,
        snapshots=snapshots,
        population=population,
        values=values,
        contributions=contributions,
        labels=labels_of(
            snapshots, scoring_date, last_day, population, activity, settings
        ),
        scores=scores_at(scoring_date, contributions, activity, panel, settings),
    )


# -- Who is scored, and when -----------------------------------------------------------


def last_day_reached(activity: dict[tuple[str, str, date], Activity]) -> date | None:
    """The last day that enough of the data has reached: no single row decides.

    A day is reached if the ids with an event then or later are a hundredth of those of
    a busy day, which a tenth of the last 90 active days exceed; after more than three
    days without an event it takes a fifth for what follows.
    """
    last_days: dict[str, date] = {}
    ids_by_day: dict[date, int] = defaultdict(int)
    for user, event_type, day in activity:
        last_days[user] = max(day, last_days.get(user, day))
        ids_by_day[day] += event_type == "*"
    days = sorted(ids_by_day)
    if not days:
        return None
    recent = sorted((ids_by_day[day] for day in days[-90:]), reverse=True)
    busy = recent[len(recent) // 10]
    reached = start = days[0]
    for before, day in zip(days[:1] + days, days, strict=False):
        start = day if (day - before).days > 4 else start
        ids, ids_of_stretch = (
            sum(1 for last in last_days.values() if last >= first)
            for first in (day, start)
        )
        if 100 * ids >= busy and 5 * ids_of_stretch >= busy:
            reached = day
    return reached


def snapshot_dates(
    scoring_date: date | None,
    used_days: list[date],
    last_day_reached: date | None,
    settings: Settings,
) -> list[date]:
    """Past as-of dates: those listed, else the last on the grid with a past horizon."""
    if scoring_date is None or not used_days:
        return []
    first_day = min(used_days)
    if settings.snapshot_dates:
        return sorted(
            day for day in settings.snapshot_dates if first_day <= day <= scoring_date
        )
    last_day = min(scoring_date, last_day_reached)
    day, found = last_day - timedelta(days=settings.horizon_days), []
    while day >= first_day and len(found) < settings.snapshot_count:
        if (day - MONDAY).days % settings.snapshot_every_days == 0:
            found.append(day)
        day -= ONE_DAY
    return sorted(found)


def population_at(
    day: date,
    is_scoring_date: bool,
    activity: dict[tuple[str, str, date], Activity],
    users: list[Row],
    settings: Settings,
) -> set[str]:
    """Users with a used event in the look-back.

    At snapshots a sample of them; at the scoring date also those of whom only
    attributes are known.
    """
    active = {
        user_id
        for (user_id, event_type, active_day) in activity
        if event_type != "*" and 0 <= (day - active_day).days < settings.look_back_days
    }
    if not is_scoring_date:
        ordered = sorted(
            active, key=lambda user: hashlib.md5(user.encode()).hexdigest()
        )
        return set(ordered[: settings.snapshot_max_users])
    known = {
        str(row["user_id"])
        for row in users
        if not is_blank(row["user_id"])
        and not is_placeholder(row["user_id"], settings)
        and profile_at(day, str(row["user_id"]), users, settings)
    }
    return active | {user for user in known if len(user) <= settings.max_id_length}


def profile_at(
    day: date, user_id: str, users: list[Row], settings: Settings
) -> dict[str, str]:
    """A user's attributes as known on a day.

    A row without valid_from is timeless and gives way to any dated one; of several
    changes on a day the last counts, of equals the alphabetically last. A row whose
    valid_from cannot be read counts for nothing.
    """
    found: dict[str, tuple] = {}
    for row in users:
        if str(row["user_id"]) != user_id:
            continue
        try:
            valid_from, changed_at = holds_from(row.get("valid_from"), settings)
        except UnreadableError:
            continue
        if valid_from and valid_from > day:
            continue
        for attribute in settings.user_attributes:
            value = canonical(row.get(attribute))
            if value is not None:
                candidate = (valid_from or date.min, changed_at, value)
                found[attribute] = max(found.get(attribute, candidate), candidate)
    return {attribute: value for attribute, (_, _, value) in found.items()}


def holds_from(value: object, settings: Settings) -> tuple[date | None, datetime]:
    """The local day from which a profile row holds, and the time; a day has no time."""
    if is_nothing(value):
        return None, datetime.min
    if isinstance(value, str) and len(value.strip()) == len("2026-01-01"):
        try:
            value = date.fromisoformat(value.strip())
        except ValueError:
            raise UnreadableError from None
    if isinstance(value, date) and not isinstance(value, datetime):
        return value, datetime.min
    at = as_time(value)
    zone = ZoneInfo(settings.time_zone)
    return at.replace(tzinfo=UTC).astimezone(zone).date(), at


def canonical(value: object) -> str | None:
    """One text for what people write in several ways: TRUE and true, 50 and +50.0."""
    if is_nothing(value):
        return None
    text = str(value).strip()
    if text.lower() in ("true", "false"):
        return text.lower()
    if re.fullmatch(r"[+-]?((0|[1-9]\d*)(\.\d+)?|\d(\.\d+)?[eE][+-]?\d{1,2})", text):
        number = f"{Decimal(text):f}"
        return number.rstrip("0").rstrip(".") if "." in number else number
    return text


# -- Outcomes --------------------------------------------------------------------------


def labels_of(
    snapshots: list[date],
    scoring_date: date | None,
    last_day: date | None,
    population: dict[date, set[str]],
    activity: dict[tuple[str, str, date], Activity],
    settings: Settings,
) -> dict[tuple[str, date], tuple[bool, int]]:
    """For users at past snapshots: are they customers, and how many outcomes followed.

    Nothing is known of a snapshot before the last day of its horizon has passed.
    """
    outcomes = defaultdict(dict)
    for (user, event_type, day), done in activity.items():
        if event_type == settings.outcome_event_type:
            outcomes[user][day] = done.events
    labels = {}
    for day in snapshots:
        if day + timedelta(days=settings.horizon_days) > min(scoring_date, last_day):
            continue
        for user in population[day]:
            had_it = any(outcome_day <= day for outcome_day in outcomes[user])
            following = sum(
                events
                for outcome_day, events in outcomes[user].items()
                if 1 <= (outcome_day - day).days <= settings.horizon_days
            )
            is_customer = had_it and not settings.outcome_is_repeatable
            labels[user, day] = (is_customer, following)
    return labels


# -- Scores ----------------------------------------------------------------------------


def scores_at(
    day: date | None,
    contributions: dict[tuple[str, date], dict[str, int]],
    activity: dict[tuple[str, str, date], Activity],
    panel: Panel,
    settings: Settings,
) -> dict[str, Row]:
    """Score, band, rank, percentile, next step and customer flag of every user."""
    points = {
        user: given for (user, of_day), given in contributions.items() if of_day == day
    }
    score = {user: sum(given.values()) for user, given in points.items()}
    customers = {
        user
        for (user, event_type, active_day) in activity
        if event_type == settings.outcome_event_type
        and active_day <= day
        and not settings.outcome_is_repeatable
    }
    bands = sorted(panel.score_bands, key=lambda band: band["min_score"])
    steps = {rule["rule"]: rule["next_step"] for rule in panel.scoring_rules}
    scores = {}
    for rank, user in enumerate(
        sorted(score, key=lambda user: (-score[user], user)), 1
    ):
        band = [band for band in bands if band["min_score"] <= score[user]][-1]
        lower = sum(1 for other in score.values() if other < score[user])
        rule, gain = next_step_of(points[user], panel)
        scores[user] = {
            "score": score[user],
            "band": band["band"],
            "action": band["action"],
            "rank": rank,
            "percentile": 100 * lower // len(score),
            "next_step": steps.get(rule),
            "next_step_points": gain,
            "is_customer": user in customers,
        }
    return scores
