"""Which events are machines' by the rules of the panel: see `oracle.py`."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from datetime import timedelta

from oracle_events import Event, Panel, Row

# Agents of the worlds that are machines', by the kind of rule that knows them.
AGENTS = {
    "user_agent": ("Mozilla/5.0 (compatible; Googlebot/2.1)",),
    "http_library": ("curl/8.5.0", "python-requests/2.32"),
}


def find_machines(events: list[Event], panel: Panel) -> None:
    """Give used events that a rule takes for a machine's that status, and the rule.

    A rule sees the events that count of one id on one day; of several rules that hold,
    the first by name is reported.
    """
    rules = [rule for rule in panel.bot_rules if rule["status"] == "on"]
    days = defaultdict(list)
    sent = defaultdict(list)
    for event in events:
        sent[event.user_id, event.activity_date].append(event)
        if event.status == "used":
            days[event.user_id, event.activity_date].append(event)
    for key, of_day in days.items():
        caught: dict[int, list[str]] = defaultdict(list)
        for rule in rules:
            types = (rule["event_types"] or "").split("|")
            judged = [
                event for event in of_day if types == [""] or event.event_type in types
            ]
            for event in caught_by(rule, judged, sent[key]):
                caught[id(event)].append(rule["rule"])
        for event in of_day:
            if names := caught[id(event)]:
                event.status, event.rule = "machine", min(names)


def caught_by(rule: Row, judged: list[Event], everything: list[Event]) -> list[Event]:
    """The judged events of an id and day that one rule takes for a machine's."""
    kind, most = rule["kind"], rule["threshold"]
    if kind in AGENTS:
        pattern = rule["pattern"]
        return [
            event
            for event in judged
            if event.user_agent
            and (
                re.search(pattern, event.user_agent)
                if pattern
                else event.user_agent in AGENTS[kind]
            )
        ]
    if kind == "events_per_day":
        return judged if len(judged) > most else []
    if kind == "events_per_minute":
        minutes = Counter(
            event.occurred_at.replace(second=0, microsecond=0) for event in judged
        )
        return judged if minutes and max(minutes.values()) > most else []
    if kind == "hours_without_pause":
        times = sorted(event.occurred_at for event in judged)
        longest, begun = timedelta(0), None
        for before, at in zip([None, *times], times, strict=False):
            if before is None or at - before >= timedelta(hours=1):
                begun = at
            longest = max(longest, at - begun)
        return judged if longest > timedelta(hours=most) else []
    if kind == "seconds_after":
        name = rule["after_event"]
        times = [
            event.occurred_at
            for event in everything
            if name in (event.event_type, event.source_event)
        ]
        within = timedelta(seconds=most)
        return [
            event
            for event in judged
            if any(timedelta(0) <= event.occurred_at - at <= within for at in times)
        ]
    second = timedelta(seconds=1)
    return [
        event
        for event in judged
        if len(
            {
                other.page_path
                for other in judged
                if abs(other.occurred_at - event.occurred_at) <= second
            }
            - {None}
        )
        > most
    ]
