"""What finished experiments say of acting on each band: effect, not response."""

from __future__ import annotations

from typing import NamedTuple

import duckdb

from pointwise.core.published import is_there

EFFECTS = """
    select experiment, arm, cell, results.users + control_users, estimate, lower, upper
    from experiment_results as results
    inner join score_bands as bands on results.cell = bands.band
    where is_final and method = 'shrunken' and estimate is not null
    order by experiment, arm, min_score desc
"""


class Effect(NamedTuple):
    """How much more users of a band converted because of an arm, and its limits.

    Shrunk to the mean of all bands, which the limits hold for together. Too few
    conversions have no limits.
    """

    experiment: str
    arm: str
    band: str
    users: int
    estimate: float
    lower: float | None
    upper: float | None


def read_effects(connection: duckdb.DuckDBPyConnection) -> list[Effect]:
    """Return the effects of finished experiments, the highest band of each first."""
    if not is_there(connection, "experiment_results"):
        return []
    return [Effect(*row) for row in connection.execute(EFFECTS).fetchall()]


def meaning(effects: list[Effect]) -> str:
    """Return what the bands of one experiment and arm say about the points."""
    top = effects[0]
    subject = f"{top.experiment}, {top.arm}: acting on band {top.band}"
    others = [
        effect.band for effect in effects[1:] if effect.lower and effect.lower > 0
    ]
    elsewhere = f" It pays in {', '.join(others)}." if others else ""
    if top.lower is None or top.upper is None:
        return f"{subject} has too few conversions to say.{elsewhere}"
    if top.lower > 0:
        return f"{subject} pays, so points that lead there find whom it moves."
    if top.upper < 0:
        return f"{subject} does harm: many points are no reason for it."
    return (
        f"{subject} is not shown to pay: points may say who converts anyway, not whom"
        f" it moves.{elsewhere}"
    )
