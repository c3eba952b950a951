"""What acting adds: people who are held out for good, beside all others."""

from __future__ import annotations

import numpy as np

from pointwise.core.statistics.intervals import Counts, difference_limits
from pointwise.core.words import in_percent
from pointwise.experiments.readout import add, add_limits
from pointwise.experiments.terms import Row

EVERYBODY = "all"


def holdout_effects(counts: list[Row] | None) -> list[Row]:
    """Return one row per quarter and cell: both rates, and what acting adds to one.

    `counts` has users and conversions of both sides, a person once. The difference is
    that of all who may be acted on, whether anybody did or not (intention to treat),
    with Newcombe's interval; there is none where one side cannot expect five people
    who convert and five who do not, since chance comes in too large steps there.
    """
    rows = [dict(row) for row in counts or []]
    if not rows:
        return []
    names = ("users", "conversions", "held_out_users", "held_out_conversions")
    columns = ([row[name] for row in rows] for name in names)
    found = Counts(*(np.array(column, dtype=float) for column in columns))
    with np.errstate(divide="ignore", invalid="ignore"):
        add(rows, "conversion_rate", found.conversions / found.users)
        add(rows, "held_out_rate", found.control_conversions / found.control_users)
        add(rows, "difference", found.difference())
        add_limits(rows, difference_limits(found))
    for row in rows:
        is_whole = row["quarter_start_date"] is None and row["cell"] == EVERYBODY
        row["verdict"] = verdict(row) if is_whole else None
    return rows


def verdict(row: Row) -> str:
    """Return what the row of all people and quarters says.

    The other rows have none: of many intervals, some leave out 0 by chance.
    """
    if row["lower"] is None:
        return "too few conversions to say"
    if row["lower"] > 0:
        return "acting adds"
    return "acting takes away" if row["upper"] < 0 else "no difference shown"


def holdout_sentence(row: Row) -> str:
    """Return the row of all people and quarters in a sentence."""
    rates = (
        f"{percent(row['conversion_rate'])} of {row['users']:,} people converted,"
        f" {percent(row['held_out_rate'])} of {row['held_out_users']:,} held out"
    )
    if row["lower"] is None:
        return f"Too few converted to say what acting adds: {rates}."
    said = {
        "acting adds": "Acting adds conversions",
        "acting takes away": "Acting takes conversions away",
        "no difference shown": "Nothing shows yet that acting adds anything",
    }[row["verdict"]]
    return f"{said}: {rates}, a difference of {points(row)}."


def percent(rate: float | None) -> str:
    """Return a rate in percent."""
    return "none" if rate is None else f"{in_percent(rate, 1)} %"


def points(row: Row) -> str:
    """Return the difference and its interval in percentage points."""
    added, low, high = (100 * row[name] for name in ("difference", "lower", "upper"))
    limits = f"95 % interval {low:+.1f} to {high:+.1f}"
    return f"{added:+.1f} percentage points ({limits})"
