"""The lines in which every build ends: bands, what was set aside, what is odd."""

from __future__ import annotations

import numpy as np

from pointwise.core.statistics.intervals import wilson
from pointwise.core.words import counted, share_text
from pointwise.publishing.news import News


def summary(found: News, least: float, most: float) -> list[str]:
    """Return the lines; the top band should hold `least` to `most` of the people."""
    return [
        bands_line(found),
        *top_band_lines(found, least, most),
        *set_aside_lines(found),
        *machine_lines(found),
        *unmapped_lines(found),
        *(
            f"{found.place('scoring_rules', rule)}: {found.label(rule)} matches nobody:"
            f" nobody has {value!r}; {counted(count, 'person has', 'people have')}"
            f" {near!r}."
            for rule, value, near, count in found.near_values
        ),
        *weekday_lines(found),
        *found.back_dated,
        *model_lines(found),
    ]


def bands_line(found: News) -> str:
    """Return the people of each band, before and now."""
    counts = [
        f"{band} {count:,}"
        if before is None or before == count
        else f"{band} {before:,} → {count:,}"
        for band, count, before in found.bands
    ]
    return f"Bands: {', '.join(counts)}{change_text(found)}."


def change_text(found: News) -> str:
    """Return how many scores changed since the last publication, and where to look."""
    if found.people_before is None:
        return ""
    changed = found.scores_up + found.scores_down
    if not changed and not found.moved:
        return "; no score changed"
    text = f"; {counted(changed, 'score')} changed"
    if changed:
        text += f" ({found.scores_up:,} up, {found.scores_down:,} down)"
    if found.moved:
        text += f", {counted(found.moved, 'person', 'people')} changed band"
    return f"{text}: `pointwise why` says whose" if found.has_history else text


def top_band_lines(found: News, least: float, most: float) -> list[str]:
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
                f"The band {found.bands[0][0]} holds {share_text(top, people)} of"
                f" people ({setting} is {100 * limit:g} %): look at its min_score in"
                " score_bands.csv."
            ]
    return []


def set_aside_lines(found: News) -> list[str]:
    """Return a line for what was set aside of each source, and for what is odd."""
    all_rows = sum(found.quality.get("rows", {}).values())
    rows = found.quality.get("quarantined", {})
    profiles = found.quality.get("profile rows", {})
    links = found.quality.get("links", {})
    odd = found.quality.get("worth a look", {})
    excluded = found.quality.get("excluded", {})
    lines = []
    if count := sum(rows.values()):
        lines.append(
            f"Set aside: {count:,} of {counted(all_rows, 'event row')}"
            f" ({share_text(count, all_rows)}): {most_of(rows)}"
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
    if count := sum(links.values()):
        lines.append(
            f"Set aside: {counted(count, 'row')} of the links files, so that these ids"
            f" are joined to nobody: {most_of(links)} (person_links)."
        )
    if excluded:
        reasons = ", ".join(
            f"{count:,} “{reason}”" for reason, count in excluded.items()
        )
        lines.append(f"Not scored: {reasons} (excluded_users).")
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


def machine_lines(found: News) -> list[str]:
    """Return a line on how many rows are taken for machines'."""
    rows = found.quality.get("rows", {})
    if not (count := rows.get("of a machine")):
        return []
    of_all = sum(rows.values())
    return [
        f"Of machines, by bot_rules.csv: {count:,} of {counted(of_all, 'event row')}"
        f" ({share_text(count, of_all)}) (internal.int_machine_events)."
    ]


def unmapped_lines(found: News) -> list[str]:
    """Return lines on event names that event_types.csv does not list."""
    of_all = sum(found.quality.get("rows", {}).values())
    lines = []
    for names, what, todo in (
        (found.unmapped, "", "; add them to event_types.csv"),
        (found.waited_for, " on purpose, as bot_rules.csv waits for them", ""),
    ):
        if not names:
            continue
        shown = [f"{name} ({count:,})" for name, count in names[:3]]
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        share = share_text(sum(count for _, count in names), of_all)
        lines.append(
            f"Event names that count for nothing{what}: {', '.join(shown)}{more},"
            f" {share} of the event rows{todo}."
        )
    return lines


def weekday_lines(found: News) -> list[str]:
    """Return a line if snapshots hold other weekdays than the days to be scored."""
    if found.weekday is None or not found.no_whole_weeks:
        return []
    feature, days = found.no_whole_weeks[-1]
    features = counted(len(found.no_whole_weeks), "feature")
    weeks = max(days // 7, 1)
    return [
        f"All snapshots are {found.weekday}s, and rules ask for {features} with a"
        f" window of no whole weeks, which holds other weekdays then: take"
        f" {7 * weeks} days for the {days} of {feature} (features.csv), or another"
        " snapshot_every_days, such as 15."
    ]


def model_lines(found: News) -> list[str]:
    """Return a line if the model's probabilities cannot be trusted."""
    if not found.model_fails:
        return []
    return [
        f"Do not trust user_propensity: {'; '.join(found.model_fails)} (model_checks)."
    ]


def most_of(quantities: dict[str, int]) -> str:
    """Return the three largest quantities, and what the others sum to."""
    texts = [f"{count:,} {item}" for item, count in [*quantities.items()][:3]]
    if others := sum([*quantities.values()][3:]):
        texts.append(f"{others:,} for other reasons")
    return ", ".join(texts)
