"""What Pointwise should compute, in plain Python: slow, exact, and easy to check.

Written from the words of the design, not from the SQL. Whoever doubts a score reads
`oracle_values.py`, `oracle_events.py` (rows to daily activity), `oracle_machines.py`,
`oracle_links.py` (who is who), `oracle_points.py` (features and points),
`oracle_outcomes.py` and this file; `test_oracle.py` holds the SQL to them, cell by
cell, on random worlds.

`expect(files, users, panel, settings, links)` returns everything at once. Numbers are
whole or Decimal; there is not one float between an event and a score.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from oracle_events import (
    ONE_DAY,
    Activity,
    Event,
    EventFile,
    Panel,
    Row,
    Settings,
    classify,
    daily_activity,
    is_somebody,
    ledger,
    read_events,
)
from oracle_links import People, activity_of, day_of, people_at, read_links
from oracle_machines import find_machines
from oracle_outcomes import customers_at, labels_of
from oracle_points import (
    Value,
    feature_value,
    given_points,
    next_step_of,
    of_score,
    points_of,
    values_since,
)
from oracle_values import UnreadableError, is_nothing

MONDAY = date(1970, 1, 5)  # snapshots lie whole steps from here


@dataclass
class Expected:
    """Everything the warehouse should say."""

    quarantined: dict[tuple[str, int], str]
    ledger: Counter[tuple]
    machines: dict[tuple[str, int], str]
    refused_links: Counter[str]
    people: dict[date, People]
    activity: dict[tuple[str, str, date], Activity]
    activity_by: dict[date, dict[tuple[str, str, date], Activity]]
    scoring_date: date | None
    snapshots: list[date]
    activity_as_of: dict[date, dict[tuple[str, str, date], Activity]]
    population: dict[date, dict[str, bool]]  # whether a person is named
    values: dict[tuple[str, date, str], Value]
    contributions: dict[tuple[str, date], dict[str, dict[str, int]]]  # by score
    labels: dict[tuple[str, date], tuple[bool, int, date | None]]
    scores: dict[str, Row]


def expect(
    files: list[EventFile],
    users: list[Row],
    panel: Panel,
    settings: Settings,
    links: list[Row] = (),
) -> Expected:
    """Return what the warehouse should hold for these files, profiles and panel."""
    events, quarantined = read_events(files, settings)
    classify(events, panel)
    find_machines(events, panel)
    usable_links, refused_links = read_links(links, settings)
    activity = daily_activity(events, panel, settings)
    used_days = [day for (_, event_type, day) in activity if event_type != "*"]
    last_day = last_day_reached(activity)
    scoring_date = settings.as_of_date or last_day
    snapshots = snapshot_dates(scoring_date, used_days, last_day, settings)
    dates = {*snapshots, *([scoring_date] if scoring_date else [])}
    people = {
        day: people_at(day, day == scoring_date, usable_links, events, settings)
        for day in dates
    }
    known = {
        day: known_by(date.max if day == scoring_date else day, events) for day in dates
    }
    activity_as_of = {
        day: activity_of(people[day], known[day], panel, settings) for day in dates
    }
    population, values, since, contributions = {}, {}, {}, {}
    for day in dates:
        is_scoring_date = day == scoring_date
        population[day] = population_at(
            *(day, is_scoring_date, people[day], known[day], users, panel, settings)
        )
        days_of = defaultdict(lambda: defaultdict(dict))
        for (person, event_type, active_day), done in activity_as_of[day].items():
            days_of[person][event_type][active_day] = done
        for person in population[day]:
            days = days_of[person]
            profile = profile_of(day, person, people[day], users, settings)
            found = {
                row["feature"]: feature_value(
                    row, day, days.get(row["event_type"], {}), profile
                )
                for row in panel.features
            }
            values |= {(person, day, name): value for name, value in found.items()}
            since[person, day] = values_since(
                day, panel, days, profile, settings.look_back_days
            )
            contributions[person, day] = points_of(found, since[person, day], panel)
    return Expected(
        quarantined=quarantined,
        ledger=ledger(files, events, quarantined),
        machines={
            (event.file, event.file_row): event.rule
            for event in events
            if event.status == "machine"
        },
        refused_links=refused_links,
        people=people,
        activity=activity,
        activity_by={
            day: daily_activity(known_by(day, events), panel, settings)
            for day in some_days(event.known_date for event in events)
        },
        scoring_date=scoring_date,
        snapshots=snapshots,
        activity_as_of=activity_as_of,
        population=population,
        values=values,
        contributions=contributions,
        labels=labels_of(
            *(snapshots, scoring_date, last_day),
            *(population, people, activity_as_of, settings),
        ),
        scores=scores_at(
            *(scoring_date, values, since, contributions),
            *(activity_as_of, panel, settings),
        ),
    )


# -- What was known, and when ----------------------------------------------------------


def known_by(day: date, events: list[Event]) -> list[Event]:
    """Events that count and of which a copy had come by the end of a day."""
    return [e for e in events if e.status == "used" and e.known_date <= day]


def some_days(days: Iterable[date | None], most: int = 12) -> list[date]:
    """A few of these days, from the first to the last."""
    found = sorted(set(days) - {None})
    return found[:: -(-len(found) // most) or 1]


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
    people: People,
    events: list[Event],
    users: list[Row],
    panel: Panel,
    settings: Settings,
) -> dict[str, bool]:
    """Persons with a used event in the look-back whom no exclusion leaves out.

    At snapshots a sample of them; at the scoring date also those of whom only
    attributes are known. With each, whether the person is named: by a user id, a link
    or, at the scoring date, a profile.
    """
    is_named: dict[str, bool] = defaultdict(bool)
    for event in events:
        age = (day - event.activity_date).days
        if event.status == "used" and 0 <= age < settings.look_back_days:
            is_linked = event.user_id in people.persons
            is_named[people.person_of(event.user_id)] |= event.is_named or is_linked
    active = set(is_named)
    known = {
        str(row["user_id"])
        for row in users
        if is_somebody(row["user_id"], settings)
        and len(str(row["user_id"])) <= settings.max_id_length
        and known_of(day, str(row["user_id"]), users, settings)
    }
    for user_id in known:
        if is_scoring_date or user_id in people.persons:
            is_named[people.person_of(user_id)] = True
    left_out = {
        person
        for person in is_named
        if is_excluded(person, day, people, users, panel, settings)
    }
    if is_scoring_date:
        return {one: named for one, named in is_named.items() if one not in left_out}
    ordered = sorted(
        active - left_out, key=lambda person: hashlib.md5(person.encode()).hexdigest()
    )
    return {
        person: is_named[person] for person in ordered[: settings.snapshot_max_users]
    }


def is_excluded(
    person: str,
    day: date,
    people: People,
    users: list[Row],
    panel: Panel,
    settings: Settings,
) -> bool:
    """Whether an exclusion holds for an id of a person, or for an attribute."""
    known = profile_of(day, person, people, users, settings) if panel.exclusions else {}
    return any(
        holds(row, value)
        for row in panel.exclusions
        for value in (
            people.ids_of(person)
            if row["attribute"] == "user_id"
            else filter(None, [known.get(row["attribute"])])
        )
    )


def holds(row: Row, value: str) -> bool:
    """Whether a condition of exclusions.csv holds for an id or an attribute's value."""
    if row["pattern"] is not None:
        return re.search(row["pattern"], value) is not None
    if row["attribute"] == "user_id":
        return value == row["equals"]
    return value.lower() == row["equals"].lower()


def known_of(
    day: date, user_id: str, users: list[Row], settings: Settings
) -> dict[str, tuple]:
    """An id's attributes as known on a day: since when, changed when, and the value.

    A row without valid_from is timeless and gives way to any dated one; of several
    changes on a day the last counts, of equals the alphabetically last. A row whose
    valid_from cannot be read counts for nothing.
    """
    found: dict[str, tuple] = {}
    for row in users:
        if str(row["user_id"]) != user_id:
            continue
        try:
            valid_from, changed_at = day_of(row.get("valid_from"), settings)
        except UnreadableError:
            continue
        if valid_from and valid_from > day:
            continue
        for attribute in settings.user_attributes:
            value = canonical(row.get(attribute))
            if value is not None:
                candidate = (valid_from or date.min, changed_at, value)
                found[attribute] = max(found.get(attribute, candidate), candidate)
    return found


def profile_of(
    day: date, person: str, people: People, users: list[Row], settings: Settings
) -> dict[str, str]:
    """A person's attributes: the last change known; of one time, the own id's."""
    last: dict[str, tuple] = {}
    for user_id in people.ids_of(person):  # the own id comes first
        for name, known in known_of(day, user_id, users, settings).items():
            if name not in last or known[:2] > last[name][:2]:
                last[name] = known
    return {name: value for name, (*_, value) in last.items()}


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


# -- Scores ----------------------------------------------------------------------------


def scores_at(
    day: date | None,
    values: dict[tuple[str, date, str], Value],
    since: dict[tuple[str, date], dict[tuple[str, str], Value]],
    contributions: dict[tuple[str, date], dict[str, dict[str, int]]],
    activity_as_of: dict[date, dict[tuple[str, str, date], Activity]],
    panel: Panel,
    settings: Settings,
) -> dict[str, Row]:
    """Score, band, rank, percentile, next step and customer flag of every user."""
    points = {
        user: given for (user, of_day), given in contributions.items() if of_day == day
    }
    score = {user: sum(given["intent"].values()) for user, given in points.items()}
    activity = activity_as_of.get(day, {})
    customers = customers_at(day, activity, settings)
    active = {
        user
        for user, _, active_day in activity
        if 0 <= (day - active_day).days < settings.look_back_days
    }
    measured = [one for user, one in score.items() if user in active - customers]
    of_intent = of_score(panel, None)
    steps = {rule["rule"]: rule["next_step"] for rule in panel.scoring_rules}
    grades = {(g["fit_band"], g["intent_band"]): g for g in panel.score_grades}
    scores = {}
    for rank, user in enumerate(
        sorted(score, key=lambda user: (-score[user], user)), 1
    ):
        band = band_of(score[user], of_intent)
        fit = sum(points[user]["fit"].values()) if "fit" in points[user] else None
        fit_band = fit and band_of(fit, of_score(panel, "fit"))["band"]
        grade = grades.get((fit_band, band["band"]), {"grade": None})
        lower = sum(1 for other in measured if other < score[user])
        is_measured = user in active - customers
        found = {f["feature"]: values[user, day, f["feature"]] for f in panel.features}
        given = given_points(found, of_intent, since[user, day])
        rule, gain = next_step_of(given, of_intent)
        scores[user] = {
            "score": score[user],
            "band": band["band"],
            "action": grade.get("action", band["action"]),
            "fit_score": fit,
            "fit_band": fit_band,
            "grade": grade["grade"],
            "rank": rank,
            "percentile": 100 * lower // len(measured) if is_measured else None,
            "next_step": steps.get(rule),
            "next_step_points": gain,
            "is_customer": user in customers,
        }
    return scores


def band_of(score: int, panel: Panel) -> Row:
    """The highest band that begins at the score or below it."""
    bands = [row for row in panel.score_bands if row["min_score"] <= score]
    return max(bands, key=lambda row: row["min_score"])
