"""The effect of an arm on the rate that converts, from sums over its users."""

from __future__ import annotations

from typing import NamedTuple


class Sums(NamedTuple):
    """Sums over users. A conversion is 0 or 1, so that it is its own square."""

    users: int
    conversions: int
    score_sum: int
    score_squares_sum: int
    converted_score_sum: int

    def __add__(self, other: Sums) -> Sums:
        """Return the sums over the users of both."""
        return Sums(*map(sum, zip(self, other, strict=True)))

    def spreads(self) -> tuple[float, float, float]:
        """Return the sums of squares and products about the means.

        Of conversions, of scores, and of both: Σxy - Σx Σy / n.
        """
        return (
            self.conversions - self.conversions**2 / self.users,
            self.score_squares_sum - self.score_sum**2 / self.users,
            self.converted_score_sum - self.score_sum * self.conversions / self.users,
        )


NOTHING = Sums(0, 0, 0, 0, 0)


class Cell(NamedTuple):
    """Users who are compared with each other: those of the arm, and of the control."""

    arm: Sums
    control: Sums

    def least_users(self) -> int:
        """Return the users of the smaller side."""
        return min(self.arm.users, self.control.users)


class Effect(NamedTuple):
    """A difference of two rates, and its variance."""

    effect: float
    variance: float


def effect_of(cells: list[Cell], with_score: bool) -> Effect | None:
    """Return the effect over all cells; None where no cell has two users in each arm.

    Of each cell counts the difference of the rates, weighted by its users (Cochran
    1977, Sampling Techniques, ch. 5A). With the score at the assignment as covariate,
    what it explains is taken off, by one slope within arms and cells (CUPED: Deng, Xu,
    Kohavi and Walker 2013, WSDM).

    Of the variance by arm and the one that arms without an effect have in common, the
    larger counts (Angrist and Pischke 2009, Mostly Harmless Econometrics, ch. 8.1): a
    small arm with few conversions seems to spread little, and would raise false alarms.
    """
    cells = [cell for cell in cells if cell.least_users() >= 2]
    if not cells:
        return None
    slope = score_slope(cells) if with_score else 0.0
    all_users = sum(sums.users for cell in cells for sums in cell)
    effect = variance_by_arm = variance_in_common = 0.0
    for arm, control in cells:
        users = arm.users + control.users
        weight = users / all_users
        rates = arm.conversions / arm.users - control.conversions / control.users
        scores = arm.score_sum / arm.users - control.score_sum / control.users
        effect += weight * (rates - slope * scores)
        spread, control_spread = unexplained(arm, slope), unexplained(control, slope)
        variance_by_arm += weight**2 * (
            spread / (arm.users - 1) / arm.users
            + control_spread / (control.users - 1) / control.users
        )
        in_common = (spread + control_spread) / (users - 2)
        variance_in_common += (
            weight**2 * in_common * (1 / arm.users + 1 / control.users)
        )
    return Effect(effect, max(variance_by_arm, variance_in_common))


def score_slope(cells: list[Cell]) -> float:
    """Return how the rate rises with the score, within arms and cells."""
    return score_slope_of([sums for cell in cells for sums in cell])


def score_slope_of(groups: list[Sums]) -> float:
    """Return how the rate rises with the score, within groups of users."""
    spreads = [sums.spreads() for sums in groups]
    of_scores = sum(of_score for _, of_score, _ in spreads)
    return sum(joint for *_, joint in spreads) / of_scores if of_scores else 0.0


def unexplained(sums: Sums, slope: float) -> float:
    """Return what the score leaves of the spread: (y - slope x)², about its mean."""
    of_conversions, of_scores, joint = sums.spreads()
    return of_conversions - 2 * slope * joint + slope**2 * of_scores
