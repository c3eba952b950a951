# ruff: noqa: DTZ901 -- times in the sources are UTC and have no zone
"""Who is who on a day, by what was known then, in plain Python: see `oracle.py`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from oracle_events import (
    Activity,
    Event,
    Panel,
    Row,
    Settings,
    daily_activity,
    is_placeholder,
    of_copies,
)
from oracle_values import UnreadableError, as_time, is_blank, is_nothing

TOO_MANY = "one of too many ids of a person"


@dataclass(frozen=True)
class Link:
    """A usable row of a links file; without a day it is known at the scoring date."""

    user_id: str
    person_id: str
    known_from: date | None


@dataclass
class People:
    """Whose each id is on a day, the links that do not count, and why."""

    persons: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    refused_of_files: dict[str, str] = field(default_factory=dict)

    def person_of(self, user_id: str) -> str:
        """Return whose an id is."""
        return self.persons.get(user_id, user_id)

    def ids_of(self, person: str) -> list[str]:
        """Return a person's own id, and those linked to it."""
        linked = sorted(one for one, whose in self.persons.items() if whose == person)
        return [person, *linked]


def read_links(rows: list[Row], settings: Settings) -> tuple[list[Link], Counter[str]]:
    """Return the usable rows, and how many others there are by reason."""
    links, refused = [], Counter()
    for row in rows:
        user_id, person_id = row["id"], row["person_id"]
        known_from, is_readable = None, True
        try:
            known_from, _ = day_of(row["known_from"], settings)
        except UnreadableError:
            is_readable = False
        longest = max(len(str(user_id)), len(str(person_id)))
        reasons = {
            "no id": is_blank(user_id),
            "no person_id": is_blank(person_id),
            "id is a placeholder": is_placeholder(user_id, settings),
            "person_id is a placeholder": is_placeholder(person_id, settings),
            "id too long": longest > settings.max_id_length,
            "an id that is linked to itself": user_id == person_id,
            "unreadable known_from": not is_readable,
        }
        reason = next((why for why, holds in reasons.items() if holds), None)
        if reason:
            refused[reason] += 1
        else:
            links.append(Link(str(user_id), str(person_id), known_from))
    return links, refused


def day_of(value: object, settings: Settings) -> tuple[date | None, datetime]:
    """The local day that a value names, and the time; a day has no time."""
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


def people_at(
    day: date,
    is_scoring_date: bool,
    links: list[Link],
    events: Iterable[Event],
    settings: Settings,
) -> People:
    """Return whose each id is by what was known at the end of a day."""
    people = People()
    of_files = file_links(day, is_scoring_date, links, people, settings)
    known_by = date.max if is_scoring_date else day
    past = [event for event in events if event.activity_date <= day]
    found = {}
    for user_id, owners in owners_of(past, known_by, of_files).items():
        if len(owners) > 1:
            people.refused[user_id] = "seen with several people"
        elif owners != {user_id}:
            found[user_id] = min(owners)
    # A device that the file joins to another device is whose that one is.
    found = {user_id: found.get(person, person) for user_id, person in found.items()}
    sizes = Counter(found.values())
    for user_id, person in found.items():
        if sizes[person] >= settings.max_ids_per_person:
            people.refused[user_id] = TOO_MANY
        else:
            people.persons[user_id] = person
    return people


def owners_of(
    events: list[Event], known_by: date, of_files: dict[str, str]
) -> dict[str, set[str]]:
    """The people with whom each id was seen, and whom the files name.

    Any usable event shows which ids belong together, but only one that counts shows
    that an id came as a user id by itself.
    """
    received = [event for event in events if event.received_date <= known_by]
    named = {event.user_id for event in received if event.anonymous_id}
    named |= {
        event.user_id
        for event in events
        if event.is_named and event.status == "used" and event.known_date <= known_by
    }
    owners = defaultdict(set)
    for user_id, person in of_files.items():
        owners[user_id].add(person)
        if user_id in named:
            owners[person].add(person)  # a known person's id is no one else's device
    for event in received:
        if event.anonymous_id and event.anonymous_id not in named:
            owner = of_files.get(event.user_id, event.user_id)
            owners[event.anonymous_id].add(owner)
    return owners


def file_links(
    day: date,
    is_scoring_date: bool,
    links: list[Link],
    people: People,
    settings: Settings,
) -> dict[str, str]:
    """Return the person of each id that the files link, at the end of its chain.

    The last link of an id that was known holds. What does not is noted in `people`.
    """
    known = defaultdict(lambda: defaultdict(set))
    for link in links:
        since = link.known_from or (day if is_scoring_date else None)
        if since and since <= day:
            known[link.user_id][since].add(link.person_id)
    last = {user_id: by_day[max(by_day)] for user_id, by_day in known.items()}
    leads_to = {
        user_id: min(whose) for user_id, whose in last.items() if len(whose) < 2
    }
    refused = people.refused_of_files
    refused |= dict.fromkeys(last.keys() - leads_to, "names two people on one day")
    ends = {}
    for user_id, person in leads_to.items():
        steps = 1
        while person in leads_to and steps < settings.max_ids_per_person:
            person, steps = leads_to[person], steps + 1
        if person in leads_to:
            refused[user_id] = "leads in a circle"
        else:
            ends[user_id] = person
    sizes = Counter(ends.values())
    for user_id, person in list(ends.items()):
        if sizes[person] >= settings.max_ids_per_person:
            refused[user_id] = TOO_MANY
            del ends[user_id]
    return ends


def activity_of(
    people: People, events: Iterable[Event], panel: Panel, settings: Settings
) -> dict[tuple[str, str, date], Activity]:
    """Daily activity had all events carried the one id of their person.

    An event that several of the ids have is one; its session is known for each row.
    """
    renamed = [
        replace(event, user_id=people.person_of(event.user_id))
        for event in events
        if event.status == "used"
    ]
    copies = defaultdict(list)
    for event in renamed:
        copies[
            event.activity_date, event.event_id, event.user_id, event.source_event
        ].append(event)
    firsts = {id(min(same, key=of_copies)) for same in copies.values()}
    once = [event for event in renamed if id(event) in firsts]
    activity = daily_activity(once, panel, settings)
    for (person, kind, day), seen in daily_activity(renamed, panel, settings).items():
        activity[person, kind, day].sessions |= seen.sessions
    return activity
