"""How often the final readout finds an effect: the power of exactly that decision."""

from __future__ import annotations

from statistics import NormalDist
from typing import NamedTuple

from pointwise.core.statistics.effects import Sums, score_slope_of, unexplained
from pointwise.core.statistics.intervals import FEWEST, FINAL_ALPHA

POWER = 0.8  # An effect is found four times in five.
MOST_USERS = 10**9
NORMAL = NormalDist()
GRID = 200
ROUNDS = 12  # Until the least difference found is that of its own error.


class Design(NamedTuple):
    """The smallest arm beside the control, and what converts without acting."""

    rate: float
    control: float  # Shares of all users.
    arm: float
    arms: int = 1  # Besides the control.
    explained: float = 0.0  # Of the variance of conversions, by strata and score.
    # How many users are worth one that is assigned alone: 1 + (size - 1) * correlation,
    # for companies of one size (L. Kish, "Survey Sampling", 1965, ch. 5.4).
    design_effect: float = 1.0


def power(design: Design, effect: float, users: float) -> float:
    """Return how often the readout finds an effect of the arm, were it the only one.

    The readout compares the difference with a multiple of its error, plus half a step
    of counts (`normal_limits`), at the alpha left for the end, which arms share, and
    only if conversions are as many as `has_enough` asks for. The error is that of the
    rates seen: what is found is all above the difference that just equals its own.
    Where chance makes it smaller, both rates have moved, each by its part of the error.
    """
    users /= design.design_effect
    in_arm, in_control = users * design.arm, users * design.control
    step = (1 / in_arm + 1 / in_control) / 2
    rate, hoped = design.rate, design.rate + effect
    spread, control_spread = spreads(design, rate, hoped)
    variance = spread / in_arm + control_spread / in_control
    part = spread / in_arm / variance
    least = effect
    for _ in range(ROUNDS):
        moved = effect - least
        seen = spreads(design, rate + moved * (1 - part), hoped - moved * part)
        by_arm = seen[0] / in_arm + seen[1] / in_control
        together = (seen[0] * in_arm + seen[1] * in_control) / (in_arm + in_control)
        in_common = together * (1 / in_arm + 1 / in_control)
        least = quantile_of(design) * max(by_arm, in_common) ** 0.5 + step
    found = NORMAL.cdf((effect - least) / variance**0.5)
    return found * enough(design, hoped, users)


def quantile_of(design: Design) -> float:
    """Return how many errors an effect must be from 0."""
    return NORMAL.inv_cdf(1 - FINAL_ALPHA / design.arms / 2)


def spreads(design: Design, rate: float, hoped: float) -> tuple[float, float]:
    """Return the variance of conversions in the arm and in the control.

    What strata and score explain is taken off.
    """
    saved = design.explained * design.rate * (1 - design.rate)
    arm, control = (
        max(value * (1 - value) - saved, 1e-12)
        for value in (min(max(hoped, 0.0), 1.0), min(max(rate, 0.0), 1.0))
    )
    return arm, control


def enough(design: Design, hoped: float, users: float) -> float:
    """Return how often enough convert, and do not, for an interval."""
    both = users * (design.arm + design.control)
    rate = (hoped * design.arm + design.rate * design.control) / (
        design.arm + design.control
    )
    least = FEWEST * both / (users * min(design.arm, design.control))
    deviation = max((both * rate * (1 - rate)) ** 0.5, 1e-9)
    mean = both * min(rate, 1 - rate)
    return NORMAL.cdf((mean - least + 0.5) / deviation)


def users_needed(design: Design, effect: float) -> int | None:
    """Return the fewest users, all arms together, that show an effect with `POWER`.

    None where a rate cannot rise so far.
    """
    if design.rate + effect >= 1 or power(design, effect, MOST_USERS) < POWER:
        return None
    low, high = 2, MOST_USERS
    while low < high:
        middle = (low + high) // 2
        if power(design, effect, middle) >= POWER:
            high = middle
        else:
            low = middle + 1
    return low


def detectable_effect(design: Design, users: int) -> float | None:
    """Return the least effect that these users show with `POWER`; None without one.

    Found on a grid first: where nearly all convert, power falls again.
    """
    width = (1 - design.rate) / GRID
    for step in range(1, GRID):
        if power(design, step * width, users) >= POWER:
            break
    else:
        return None
    low, high = (step - 1) * width, step * width
    for _ in range(30):
        middle = (low + high) / 2
        if power(design, middle, users) >= POWER:
            high = middle
        else:
            low = middle
    return high


def explained(strata: list[Sums]) -> float:
    """Return the part of the variance of conversions that strata and score explain.

    Of the history of the population: what `effect_of` leaves of the spread, within
    strata and with one slope of the score, over all there is.
    """
    strata = [sums for sums in strata if sums.users]
    users = sum(sums.users for sums in strata)
    conversions = sum(sums.conversions for sums in strata)
    spread = conversions - conversions**2 / users if users else 0.0
    if not spread:
        return 0.0
    slope = score_slope_of(strata)
    left = sum(unexplained(sums, slope) for sums in strata)
    return min(max(1 - left / spread, 0.0), 0.9)
