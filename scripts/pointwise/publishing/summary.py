"""The lines in which every build ends: bands, what was set aside, what is odd."""

from __future__ import annotations

import numpy as np

from pointwise.core.statistics.intervals import wilson
from pointwise.core.words import counted, share_told
from pointwise.publishing.news import News


def summary(found: News, least: float, most: float) -> list[str]:
    """Return the lines; the top band should hold `least` to `most` of the people."""
    return [
        bands_told(found),
        *top_band_told(found, least, most),
        *set_aside_told(found),
        *unmapped_told(found),
        *(
            f"{found.place('scoring_rules', rule)}: {found.label(rule)} matches nobody:"
            f" nobody has {value!r}; {counted(count, 'person has', 'people have')}"
            f" {near!r}."
            for rule, value, near, count in found.near_values
        ),
    ]


def bands_told(found: News) -> str:
    """Return the people of each band, before and now."""
    told = [
        f"{band} {count:,}"
        if before is None or before == count
        else f"{band} {before:,} → {count:,}"
        for band, count, before in found.bands
    ]
    moved = counted(found.moved, "person", "people")
    moved = f"; {moved} changed band" if found.moved else ""
    return f"Bands: {', '.join(told)}{moved}."


def top_band_told(found: News, least: float, most: float) -> list[str]:
    """Return a line if the highest band is empty or crowded beyond chance."""
    people, top = found.top_band
    if not people:
        return []
    lower, upper = wilson(np.array(top), np.array(people))
    for is_outside, limit, setting in (
        (upper < least, least, "top_band_min_share"),
        (lower > most, most, "top_band_max_share"),
    ):
        if is_outside:
            return [
                f"The band {found.bands[0][0]} holds {share_told(top, people)} of"
                f" people ({setting} is {100 * limit:g} %): look at its min_score in"
                " score_bands.csv."
            ]
    return []


def set_aside_told(found: News) -> list[str]:
    """Return a line for what was set aside of each source, and for what is odd."""
    all_rows = sum(found.quality.get("rows", {}).values())
    rows = found.quality.get("quarantined", {})
    profiles = found.quality.get("profile rows", {})
    odd = found.quality.get("worth a look", {})
    excluded = found.quality.get("excluded", {})
    lines = []
    if count := sum(rows.values()):
        lines.append(
            f"Set aside: {count:,} of {counted(all_rows, 'event row')}"
            f" ({share_told(count, all_rows)}): {most_of(rows)}"
            " (internal.stg_events_quarantined)."
        )
    if found.unreadable_files:
        lines.append(
            f"Not read: {counted(found.unreadable_files, 'event file')}"
            " (internal.stg_event_files says why)."
        )
    if count := sum(profiles.values()):
        lines.append(
            f"Set aside: {counted(count, 'profile row')}: {most_of(profiles)}"
            " (internal.base_user_rows)."
        )
    if excluded:
        told = ", ".join(f"{count:,} “{reason}”" for reason, count in excluded.items())
        lines.append(f"Not scored: {told} (excluded_users).")
    if count := odd.get("event ids on several days"):
        lines.append(
            f"{counted(count, 'event id comes', 'event ids come')} back on another day,"
            " and counts each time (internal.stg_repeated_event_ids)."
        )
    if count := odd.get("events beyond the data"):
        lines.append(
            f"{counted(count, 'event is', 'events are')} of days that the data has not"
            " reached: they count when their day comes."
        )
    return lines


def unmapped_told(found: News) -> list[str]:
    """Return a line on event names that event_types.csv does not list."""
    if not found.unmapped:
        return []
    names = [f"{name} ({count:,})" for name, count in found.unmapped[:3]]
    more = f" and {len(found.unmapped) - 3} more" if len(found.unmapped) > 3 else ""
    return [
        f"Event names that count for nothing: {', '.join(names)}{more}."
        " Add them to event_types.csv."
    ]


def most_of(quantities: dict[str, int]) -> str:
    """Return the three largest quantities, and what the others sum to."""
    told = [f"{count:,} {item}" for item, count in [*quantities.items()][:3]]
    if others := sum([*quantities.values()][3:]):
        told.append(f"{others:,} for other reasons")
    return ", ".join(told)
