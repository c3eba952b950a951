"""95 % intervals for rates and for what an arm adds to one, from counts.

Counts are arrays, one value an interval. Limits are not a number where there are too
few conversions for the interval to hold. statsmodels takes a second to load, and is
loaded when something is computed.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import NamedTuple

import numpy as np

ALPHA = 0.05
# "Works" or "harms" is said falsely in 5 % of experiments at most, looks and end
# together: a fifth of it is for looks, the rest for the end.
LOOK_ALPHA, FINAL_ALPHA = 0.01, 0.04
FEWEST = 5  # Users with and without the outcome that an arm must expect.
QUANTILE = NormalDist().inv_cdf(1 - ALPHA / 2)  # of the normal distribution: 1.96

Limits = tuple[np.ndarray, np.ndarray]


class Counts(NamedTuple):
    """Users and conversions of an arm, and of the control beside it."""

    users: np.ndarray
    conversions: np.ndarray
    control_users: np.ndarray
    control_conversions: np.ndarray

    def statsmodels(self) -> tuple[np.ndarray, ...]:
        """Return the counts in the order in which statsmodels takes them."""
        return (
            *(self.conversions, self.users),
            *(self.control_conversions, self.control_users),
        )

    def difference(self) -> np.ndarray:
        """Return the difference of the rates, arm less control."""
        control_rate = self.control_conversions / self.control_users
        return self.conversions / self.users - control_rate

    def ratio(self) -> np.ndarray:
        """Return the ratio of the rates; not a number where nobody converts without."""
        control_rate = self.control_conversions / self.control_users
        base = np.where(control_rate > 0, control_rate, np.nan)
        return self.conversions / self.users / base


def wilson(conversions: np.ndarray, users: np.ndarray) -> Limits:
    """Return Wilson's score interval for a rate (Wilson 1927, JASA 22:209).

    The same as statsmodels', which the results page does not wait for. In SQL it is
    macros/evaluation/wilson_bound.sql; tests hold all three together.
    """
    rate, square = conversions / users, QUANTILE**2
    middle = rate + square / (2 * users)
    half = QUANTILE * np.sqrt(rate * (1 - rate) / users + square / (4 * users**2))
    limits = ((middle + sign * half) / (1 + square / users) for sign in (-1, 1))
    lower, upper = (np.clip(limit, 0, 1) for limit in limits)
    return lower, upper


def design_effect(users: np.ndarray, conversions: np.ndarray) -> float:
    """Return how much the variance of a rate grows as persons count several times.

    From the examples and the conversions of each person: the variance of a ratio of
    sums over persons (Cochran 1977, Sampling Techniques, ch. 2.11) over that of as many
    persons (Kish 1965, Survey Sampling, ch. 8.2), at least 1. Both counts over it are
    what `wilson` takes. In SQL it is the macro of the same name; a test holds them
    together.
    """
    rate = conversions.sum() / users.sum()
    of_persons = users.sum() * rate * (1 - rate)
    if of_persons == 0:
        return 1.0
    return max(float(((conversions - rate * users) ** 2).sum() / of_persons), 1.0)


def has_enough(counts: Counts) -> np.ndarray:
    """Return where an arm can expect five users with and five without the outcome.

    That is as many as both have together, times its part of the users (Cochran 1954,
    Biometrics 10:417). With fewer, chance comes in steps too large for any of the
    intervals: one user of ten against none of ninety would be an effect.
    """
    users, conversions, control_users, control_conversions = counts
    all_users = users + control_users
    all_conversions = conversions + control_conversions
    rarer = np.minimum(all_conversions, all_users - all_conversions)
    return np.minimum(users, control_users) * rarer >= FEWEST * all_users


def difference_limits(counts: Counts) -> Limits:
    """Return Newcombe's hybrid score interval for a difference of two rates.

    Newcombe 1998, Stat. Med. 17:873, method 10.
    """
    from statsmodels.stats.proportion import confint_proportions_2indep

    limits = confint_proportions_2indep(*counts.statsmodels(), "newcomb", "diff", ALPHA)
    return where(has_enough(counts), limits)


def ratio_limits(counts: Counts) -> Limits:
    """Return the interval for a ratio of two rates, taken for log-normal.

    Katz, Baptista, Azen and Pike 1978, Biometrics 34:469. Undefined for the
    logarithm of a ratio to or of nothing.
    """
    from statsmodels.stats.proportion import confint_proportions_2indep

    with np.errstate(divide="ignore", invalid="ignore"):
        limits = confint_proportions_2indep(
            *counts.statsmodels(), "log", "ratio", ALPHA
        )
    converted = np.minimum(counts.conversions, counts.control_conversions) > 0
    return where(has_enough(counts) & converted, limits)


def half_step(counts: Counts) -> np.ndarray:
    """Return half a step in which counts move, as a difference of rates."""
    return (1 / counts.users + 1 / counts.control_users) / 2


def normal_limits(
    effect: np.ndarray,
    variance: np.ndarray,
    counts: Counts,
    alpha: float | np.ndarray = ALPHA,
    step: np.ndarray | None = None,
) -> Limits:
    """Return the interval for an effect on the rate that is taken for normal.

    Counts move in steps: half a step is added at either end, or few conversions would
    raise more false alarms than meant (continuity correction: Fleiss, Levin and Paik
    2003, Statistical Methods for Rates and Proportions, ch. 3).
    """
    step = half_step(counts) if step is None else step
    half = quantile(alpha) * np.sqrt(variance) + step
    return where(has_enough(counts), (effect - half, effect + half))


def normal_p_value(
    effect: np.ndarray, variance: np.ndarray, counts: Counts
) -> np.ndarray:
    """Return the alpha at which `normal_limits` would just leave out 0."""
    from scipy.stats import norm

    beyond = np.maximum(np.abs(effect) - half_step(counts), 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        p_value = 2 * norm.sf(np.where(beyond > 0, beyond / np.sqrt(variance), 0))
    return np.where(has_enough(counts), p_value, np.nan)


def quantile(alpha: float | np.ndarray) -> np.ndarray:
    """Return the quantile of the normal distribution for a two-sided alpha."""
    return np.vectorize(lambda value: NormalDist().inv_cdf(1 - value / 2))(alpha)


def always_valid_limits(
    counts: Counts, tuning_users: int, alpha: float | np.ndarray = ALPHA
) -> Limits:
    """Return an interval for the difference that holds at all looks together.

    An asymptotic confidence sequence: as sure as 1 - alpha however often one looks
    (Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas 2024, Ann. Stat. 52:2613, theorem
    2.2). By the tuning of its appendix B.2 it is narrowest, against a single look, at
    `tuning_users` users. As it rests on the central limit theorem, it begins when each
    arm has five users with and five without the outcome.
    """
    users, conversions, control_users, control_conversions = counts
    least = np.minimum(conversions, users - conversions)
    control_least = np.minimum(control_conversions, control_users - control_conversions)
    variance = rate_variance(users, conversions)
    variance = variance + rate_variance(control_users, control_conversions)
    half = always_valid_half(variance, users + control_users, tuning_users, alpha)
    difference = counts.difference()
    limits = (difference - half, difference + half)
    return where(np.minimum(least, control_least) >= FEWEST, limits)


def always_valid_half(
    variance: float | np.ndarray,
    users: float | np.ndarray,
    tuning_users: int,
    alpha: float | np.ndarray,
) -> np.ndarray:
    """Return half the width of an always valid interval, as `always_valid_limits`."""
    once = -2 * np.log(alpha)
    tuned = (once + np.log(once) + 1) / tuning_users * users
    return np.sqrt(
        variance * 2 * (tuned + 1) / tuned * np.log(np.sqrt(tuned + 1) / alpha)
    )


def rate_variance(users: np.ndarray, conversions: np.ndarray) -> np.ndarray:
    """Return the variance of an observed rate, without bias; of two users or more."""
    return conversions * (users - conversions) / users**2 / (users - 1)


def where(condition: np.ndarray, limits: Limits) -> Limits:
    """Return the limits where the condition holds, else not a number."""
    lower, upper = limits
    return np.where(condition, lower, np.nan), np.where(condition, upper, np.nan)
