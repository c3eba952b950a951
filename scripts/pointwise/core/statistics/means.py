"""What an arm adds to a mean, or to a ratio of two, from sums over units.

A unit is whom chance assigned: a person, or a company with all its people. All is a
ratio of sums over units, whose variance the delta method gives (Deng, Knoblich and Lu
2018, KDD, "Applying the Delta Method in Metric Analytics"): a mean of persons has 1
below the line, so that it is the unequal-variance difference of Welch (1947, Biometrika
34:28); a mean of persons whose companies were assigned has their number below it; a
ratio of two has the other one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pointwise.core.statistics.intervals import ALPHA, always_valid_half

# The numbers of a unit, and what stands above and below the line of its three ratios:
# what is measured, the same before the assignment, and the score at the assignment.
PARTS = ("persons", "value", "base", "past", "past_base", "score")
RATIOS = (("value", "base"), ("past", "past_base"), ("score", "persons"))
ABOVE = [PARTS.index(above) for above, _ in RATIOS]
BELOW = [PARTS.index(below) for _, below in RATIOS]
PAIRS = [(a, b) for k, a in enumerate(PARTS) for b in PARTS[k:]]


class Units(NamedTuple):
    """Units of an arm: how many, sums of their parts, and sums of products of two."""

    units: int
    sums: np.ndarray  # (6,), in the order of PARTS
    products: np.ndarray  # (6, 6), symmetric

    def ratios(self) -> np.ndarray:
        """Return the three ratios; 0 where nothing is below the line."""
        below = self.sums[BELOW]
        safe = np.where(below != 0, below, 1.0)
        return np.where(below != 0, self.sums[ABOVE] / safe, 0.0)

    def covariance(self) -> np.ndarray:
        """Return the covariance of the units' parts in the ratios, (3, 3).

        A unit's part in the ratio A / B is (a - b A / B) / mean(b): their mean is 0,
        and their variance over the number of units is that of the ratio, to the first
        order.
        """
        ratio = self.ratios()
        below = self.sums[BELOW] / self.units
        parts = np.zeros((len(RATIOS), len(PARTS)))
        for k, (above, under) in enumerate(zip(ABOVE, BELOW, strict=True)):
            if below[k] != 0:
                parts[k, above] += 1 / below[k]
                parts[k, under] -= ratio[k] / below[k]
        return parts @ self.products @ parts.T / (self.units - 1)


class Mean(NamedTuple):
    """A difference or ratio of two arms, its variance, and its degrees of freedom."""

    estimate: float
    variance: float
    freedom: float

    def limits(self, alpha: float = ALPHA) -> tuple[float, float]:
        """Return the interval, by Student's t."""
        from scipy.stats import t

        half = float(t.isf(alpha / 2, self.freedom)) * self.variance**0.5
        return self.estimate - half, self.estimate + half

    def p_value(self) -> float:
        """Return the alpha at which the interval would just leave out 0."""
        from scipy.stats import t

        if self.variance == 0:
            return float(self.estimate == 0)
        beyond = abs(self.estimate) / self.variance**0.5
        return float(2 * t.sf(beyond, self.freedom))

    def always_valid_limits(
        self, units: int, tuning_units: int, alpha: float
    ) -> tuple[float, float]:
        """Return the interval that holds at all looks together."""
        half = always_valid_half(self.variance, units, tuning_units, alpha)
        return self.estimate - float(half), self.estimate + float(half)


def slope_of(sides: tuple[Units, Units]) -> np.ndarray:
    """Return how the first ratio rises with the other two, within arms."""
    spread = sum((side.units - 1) * side.covariance() for side in sides)
    scale = np.sqrt(np.diag(spread))
    scale = np.where(scale > 0, scale, 1.0)
    within = spread / np.outer(scale, scale)
    found = np.linalg.pinv(within[1:, 1:], rcond=1e-9) @ within[1:, 0]
    is_known = np.all([side.sums[BELOW[1:]] != 0 for side in sides], axis=0)
    return np.where(is_known, found, 0.0) * scale[0] / scale[1:]


def difference_of(arm: Units, control: Units, *, adjusted: bool) -> Mean | None:
    """Return arm less control; None where an arm has no spread.

    `adjusted`: what the past and the score explain is taken off (CUPED: Deng, Xu,
    Kohavi and Walker 2013, WSDM), by one slope within arms; each covariate costs a
    degree of freedom.
    """
    sides = (arm, control)
    if not all(side.units > 1 and side.sums[BELOW[0]] for side in sides):
        return None
    slope = slope_of(sides) if adjusted else np.zeros(len(RATIOS) - 1)
    weights = np.append(1.0, -slope)
    costs = int(np.count_nonzero(slope))
    ratio = arm.ratios() - control.ratios()
    variances = [
        max(float(weights @ side.covariance() @ weights), 0.0) / side.units
        for side in sides
    ]
    units = arm.units + control.units
    left = max(units - 2 - costs, 1)
    variance = sum(variances) * (units - 2) / left
    return Mean(float(weights @ ratio), variance, freedom_of(sides, variances) - costs)


def freedom_of(sides: tuple[Units, Units], variances: list[float]) -> float:
    """Return the degrees of freedom of a difference (Welch 1947)."""
    if not sum(variances):
        return float(sum(side.units for side in sides) - 2)
    parts = zip(variances, sides, strict=True)
    return sum(variances) ** 2 / sum(v**2 / (side.units - 1) for v, side in parts)


def ratio_of(arm: Units, control: Units) -> Mean | None:
    """Return the logarithm of arm over control; None where either is not above 0."""
    plain = difference_of(arm, control, adjusted=False)
    sides = (arm, control)
    rates = [float(side.ratios()[0]) for side in sides]
    if plain is None or min(rates) <= 0:
        return None
    variances = [
        float(side.covariance()[0, 0]) / side.units / rate**2
        for side, rate in zip(sides, rates, strict=True)
    ]
    estimate = float(np.log(rates[0] / rates[1]))
    return Mean(estimate, sum(variances), freedom_of(sides, variances))
