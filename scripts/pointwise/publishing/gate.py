"""Whether anyone can have meant what a publication would change for people.

Beyond the limits of the setting `publish_limits` a build stops before it publishes, and
names the most likely culprit and what lets it pass.
"""

from __future__ import annotations

import difflib

from pointwise.core.words import counted
from pointwise.publishing.build import Build
from pointwise.publishing.news import News

# What stops a publication where the var `publish_limits` says nothing else: shares, and
# the number of people that is never too many.
LIMITS = {
    "people": 20,
    "band_changes": 0.3,
    "top_band_loss": 0.8,
    "people_lost": 0.3,
    "events_lost": 0.2,
    "machines": 0.1,
}


def judge(build: Build, found: News) -> list[str]:
    """Return what the limits do not let pass, each with the most likely culprit."""
    limits = build.limits
    least = limits["people"]
    stops = []
    if found.people_before:
        share = found.moved / max(found.people_in_both, 1)
        if found.moved >= least and share > limits["band_changes"]:
            stops.append(
                f"{found.moved:,} of {found.people_in_both:,} people would change band"
                f" ({100 * share:.0f} %, limit {100 * limits['band_changes']:.0f} %)"
                + culprit_text(found)
            )
        band, now, before = found.bands[0]
        if (before or 0) >= least and now < (1 - limits["top_band_loss"]) * before:
            stops.append(
                f"the band {band} would go from {before:,} to {now:,} people"
                + culprit_text(found)
            )
        went_back = (found.day or "") < (found.day_before or "")
        if went_back and found.people >= least and not build.vars.get("as_of_date"):
            stops.append(
                f"scores would go back from {found.day_before} to {found.day}, the last"
                " day of the event files as they are now"
            )
        lost = found.people_before - found.people
        if lost >= least and lost > limits["people_lost"] * found.people_before:
            stops.append(
                f"{lost:,} of {found.people_before:,} people would lose their score"
            )
    if found.used_before:
        lost = found.used_before - found.used
        if lost >= least and lost > limits["events_lost"] * found.used_before:
            stops.append(
                f"{lost:,} of {found.used_before:,} used events would be gone"
                + (
                    f"; {found.unreadable_files:,} files cannot be read"
                    if found.unreadable_files
                    else ""
                )
            )
    stops += misspelt_events(found, least)
    stops += too_many_machines(found, limits)
    lost_rules = [
        f"{found.place('scoring_rules', rule)}: {found.label(rule)}, which"
        f" {people:,} people matched, matches nobody{near_value(found, rule)}"
        for rule, people in found.lost_rules
        # Where nothing was edited, time has passed: the windows of rules are empty.
        if people >= least and found.edited
    ]
    return stops + lost_rules[:3]


def culprit_text(found: News) -> str:
    """Return what moves those who change band: edges of bands, and the worst rule."""
    causes = edge_texts(found) + rule_texts(found)
    if not causes:
        edited = ", ".join(f"{file}.csv" for file in found.edited)
        return f"; edited since the last publication: {edited}" if edited else ""
    if not found.edited and found.day != found.day_before:
        return (
            "; no control panel was edited: the scoring date moved from"
            f" {found.day_before} to {found.day}"
        )
    return f", {' and '.join(causes)}"


def edge_texts(found: News) -> list[str]:
    """Return how many are in another band by its edges alone, and which were edited."""
    if not found.moved_by_edges or not found.edges:
        return []
    edges = ", ".join(
        f"{band} from {'nothing' if was is None else was} to"
        f" {'nothing' if is_now is None else is_now}"
        f" ({found.place('score_bands', band)})"
        for band, was, is_now in found.edges[:3]
    )
    return [f"{found.moved_by_edges:,} of them by edited bands: {edges}"]


def rule_texts(found: News) -> list[str]:
    """Return the rule that moves most of those whom points move to another band."""
    if found.culprit is None:
        return []
    rule, people, points = found.culprit
    where = found.place("scoring_rules", rule)
    is_there = ("scoring_rules", rule) in found.rows_of
    named = f"{found.label(rule)} ({where})" if is_there else rule
    return [f"{people:,} of them by {named}, {points:+,} points together"]


def too_many_machines(found: News, limits: dict) -> list[str]:
    """Return the rule that takes too many people for machines, if one does."""
    if found.machine_rule is None or found.machines < limits["people"]:
        return []
    share = found.machines / max(found.people_with_machines, 1)
    if share <= limits["machines"]:
        return []
    rule, people = found.machine_rule
    return [
        f"{found.machines:,} of {found.people_with_machines:,} people would be taken"
        f" for machines ({100 * share:.0f} %, limit {100 * limits['machines']:.0f} %),"
        f" {people:,} of them by {rule} ({found.place('bot_rules', rule)})"
    ]


def misspelt_events(found: News, least: int) -> list[str]:
    """Return mapped names that no event has, where an unmapped one is like it."""
    unmapped = {name: events for name, events in found.unmapped if events >= least}
    stops = []
    for name in found.silent_names:
        near = difflib.get_close_matches(name, unmapped, 1, cutoff=0.8)
        # A condition that holds for no event today is no misspelt name.
        if near and not name.startswith(f"{near[0]} ["):
            stops.append(
                f"{found.place('event_types', name)}: no event is called {name!r}, and"
                f" {unmapped[near[0]]:,} events called {near[0]!r} count for nothing"
            )
    return stops


def near_value(found: News, rule: str) -> str:
    """Return the value that people have instead, if one is very like the rule's."""
    for name, value, near, people in found.near_values:
        if name == rule:
            who = counted(people, "person has", "people have")
            return f": nobody has {value!r}, {who} {near!r}"
    return ""
