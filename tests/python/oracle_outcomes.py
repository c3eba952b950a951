"""Who had the outcome, and when, in plain Python: see `oracle.py`."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

from oracle_events import Activity, Settings
from oracle_links import People


def labels_of(
    snapshots: list[date],
    scoring_date: date | None,
    last_day: date | None,
    population: dict[date, dict[str, bool]],
    people: dict[date, People],
    activity_as_of: dict[date, dict[tuple[str, str, date], Activity]],
    settings: Settings,
) -> dict[tuple[str, date], tuple[bool, int, date | None]]:
    """For persons at snapshots: are they customers, when the outcome came, and events.

    Nothing is known about a snapshot before the last day of its horizon has passed. Who
    was a customer is as known then; what followed is of whom they are today. A
    repeatable outcome is counted from the day after the snapshot on.
    """
    labels = {}
    days_today = outcome_days(activity_as_of.get(scoring_date, {}), settings)
    for day in snapshots:
        if day + timedelta(days=settings.horizon_days) > min(scoring_date, last_day):
            continue
        customers = customers_at(day, activity_as_of[day], settings)
        for person in population[day]:
            person_today = people[scoring_date].person_of(person)
            days = days_today.get(person_today, {})
            horizon = [
                active_day
                for active_day in sorted(days)
                if 1 <= (active_day - day).days <= settings.horizon_days
            ]
            counted = [d for d in days if d > day or not settings.outcome_is_repeatable]
            completed = [
                active_day
                for active_day in sorted(counted)
                if is_enough([days[d] for d in counted if d <= active_day], settings)
            ]
            labels[person, day] = (
                person in customers,
                sum(days[active_day][0] for active_day in horizon),
                completed[0] if completed and completed[0] in horizon else None,
            )
    return labels


def outcome_days(
    activity: dict[tuple[str, str, date], Activity], settings: Settings
) -> dict[str, dict[date, tuple[int, Decimal]]]:
    """Events that count towards the outcome, and their amount, by person and day."""
    types, *_ = settings.outcome()
    days: dict[str, dict[date, tuple[int, Decimal]]] = defaultdict(dict)
    for (person, event_type, day), done in activity.items():
        if event_type != "*" and (event_type in types or types == ["*"]):
            events, amount = days[person].get(day, (0, Decimal(0)))
            days[person][day] = (events + done.events, amount + done.amount)
    return days


def is_enough(days: list[tuple[int, Decimal]], settings: Settings) -> bool:
    """Whether what happened on some days is the outcome."""
    _, events, amount = settings.outcome()
    return sum(d[0] for d in days) >= events and sum(d[1] for d in days) >= amount


def customers_at(
    day: date,
    activity: dict[tuple[str, str, date], Activity],
    settings: Settings,
) -> set[str]:
    """Who has had an outcome that happens once."""
    if settings.outcome_is_repeatable:
        return set()
    return {
        person
        for person, days in outcome_days(activity, settings).items()
        if any(
            is_enough([days[d] for d in days if d <= last], settings)
            for last in days
            if last <= day
        )
    }
