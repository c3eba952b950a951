"""Experiments drawn as sums, without SQL: thousands in seconds, and what they promise.

Used by test_experiment_promises and, at length, by bench/experiments.py.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from pointwise.core.statistics.effects import Sums
from pointwise.core.statistics.intervals import (
    LOOK_ALPHA,
    Counts,
    always_valid_limits,
    design_effect,
    wilson,
)
from pointwise.experiments.power import Design, explained, power, users_needed
from pointwise.experiments.readout import experiment_results

RATES = {"high": 0.25, "medium": 0.12, "low": 0.04}
SHARES = {"high": 0.1, "medium": 0.3, "low": 0.6}
SCORES = {"high": 70, "medium": 40, "low": 12}
DAY = "2026-02-01"
# Rate without acting, effect, and the share of the control: 12 designs.
DESIGNS = [
    (rate, effect, control)
    for rate, effect in ((0.03, 0.02), (0.1, 0.04), (0.2, 0.04))
    for control in (0.5, 0.9, 0.2, 0.7)
]


class Found(NamedTuple):
    """How many experiments were said to have an effect, of any arm or in any band."""

    arms: int
    bands: int
    differ: int


def sums_of_draws(
    random: np.random.Generator,
    users: dict[str, int],
    effect: dict[str, float],
    rates: dict[str, float] = RATES,
    relative: float = 1.0,
) -> list[dict[str, Any]]:
    """Return the sums of one experiment, by arm and band; scores differ within bands.

    `users` by arm, `effect` by arm. In a band, three in four have a score of ten less
    than the rest, and convert at half their rate.
    """
    rows = []
    for arm, number in users.items():
        for band, share in SHARES.items():
            people = round(number * share)
            few = people // 4
            base = rates[band] * relative / (0.75 / 2 + 0.25)
            found = []
            for part, score, rate in (
                (people - few, SCORES[band] - 10, base / 2),
                (few, SCORES[band], base),
            ):
                chance = min(rate + effect.get(arm, 0.0), 1)
                found.append((part, random.binomial(part, chance), score))
            rows.append(
                {
                    "arm": arm,
                    "band": band,
                    "stratum": band,
                    "users": people,
                    "conversions": sum(k for _, k, _ in found),
                    "score_sum": sum(n * score for n, _, score in found),
                    "score_squares_sum": sum(n * score**2 for n, _, score in found),
                    "converted_score_sum": sum(k * score for _, k, score in found),
                }
            )
    return rows


def readouts(
    random: np.random.Generator,
    count: int,
    shares: dict[str, float],
    users: int,
    effect: dict[str, float],
    relative: float = 1.0,
) -> list[dict[str, Any]]:
    """Return the final results of many experiments; `shares` has the control first."""
    terms, sums = [], []
    arms = "|".join(f"{arm}:{share:g}" for arm, share in shares.items())
    of_arm = {arm: round(users * share) for arm, share in shares.items()}
    for number in range(count):
        name = f"e{number:05}"
        terms.append(
            {"experiment": name, "arms": arms, "end_date": DAY, "status": "running"}
        )
        about = {
            "experiment": name,
            "matured_date": DAY,
            "as_of_date": DAY,
            "is_matured": True,
        }
        drawn = sums_of_draws(random, of_arm, effect, relative=relative)
        sums += [{**about, **row} for row in drawn]
    return experiment_results(terms, sums, None, 1000)


def found_in(results: list[dict[str, Any]]) -> Found:
    """Return how many experiments have an arm, or a band, that works or harms."""
    arms, bands, differ = set(), set(), set()
    for row in results:
        said = row["verdict"] or ""
        if said.startswith(("works", "harms")):
            (bands if row["cell"] != "all" else arms).add(row["experiment"])
        if said == "bands differ":
            differ.add(row["experiment"])
    return Found(len(arms), len(bands), len(differ))


def power_at_users_needed(
    random: np.random.Generator, count: int, rate: float, effect: float, control: float
) -> tuple[int, float]:
    """Return the users a plan asks for, and how often the readout finds the effect.

    The plan knows a history of the same people; the readout is the real one.
    """
    relative = relative_to(rate)
    users = users_needed(planned(random, 200_000, rate, control), effect)
    shares = {"control": control, "call": round(1 - control, 6)}
    results = readouts(random, count, shares, users, {"call": effect}, relative)
    return users, found_in(results).arms / count


def relative_to(rate: float) -> float:
    """Return by what the rates of bands are multiplied, for this rate of all."""
    return rate / sum(SHARES[band] * RATES[band] for band in RATES)


def planned(
    random: np.random.Generator, people: int, rate: float, control: float
) -> Design:
    """Return what a plan knows from a drawn history of this number of people."""
    history = sums_of_draws(random, {"past": people}, {}, relative=relative_to(rate))
    strata = [Sums(*(row[name] for name in Sums._fields)) for row in history]
    past = sum(sums.conversions for sums in strata) / sum(s.users for s in strata)
    return Design(past, control, 1 - control, 1, explained(strata))


def power_of_plans(
    random: np.random.Generator,
    count: int,
    people: int,
    rate: float,
    effect: float,
    control: float,
) -> np.ndarray:
    """Return the power at the users that plans ask for, each from its own history.

    By the formula of the plan with what is true of the people, which the readouts of
    `power_at_users_needed` bear out.
    """
    truth = planned(random, 2_000_000, rate, control)
    needed = [
        users_needed(planned(random, people, rate, control), effect)
        for _ in range(count)
    ]
    return np.array([power(truth, effect, users) for users in needed if users])


def looked_or_ended(
    random: np.random.Generator, count: int, looks: int, users_a_look: int, rate: float
) -> tuple[int, int]:
    """Return how often any look, or looks or the end, find an effect that is not there.

    Two halves, looked at after every `users_a_look` users; the end is the last look.
    """
    drawn = random.binomial(users_a_look, rate, (2, count, looks)).cumsum(axis=2)
    users = np.arange(1, looks + 1) * float(users_a_look)
    counts = Counts(users + 0 * drawn[0], drawn[0], users + 0 * drawn[0], drawn[1])
    low, high = always_valid_limits(counts, 1000, LOOK_ALPHA)
    by_looks = ((low > 0) | (high < 0)).any(axis=1)
    terms, sums = [], []
    for number in range(count):
        name = f"e{number:05}"
        terms.append(
            {
                "experiment": name,
                "arms": "control:0.5|call:0.5",
                "end_date": DAY,
                "status": "running",
            }
        )
        for arm, conversions in zip(
            ("call", "control"), drawn[:, number, -1], strict=True
        ):
            sums.append(
                {
                    **{"experiment": name, "arm": arm, "band": "low", "stratum": "low"},
                    **{"matured_date": DAY, "as_of_date": DAY, "is_matured": True},
                    **{"users": int(users[-1]), "conversions": int(conversions)},
                    **{"score_sum": 0, "score_squares_sum": 0},
                    "converted_score_sum": 0,
                }
            )
    at_the_end = {
        row["experiment"]
        for row in experiment_results(terms, sums, None, 1000)
        if row["cell"] == "all"
        and (row["verdict"] or "").startswith(("works", "harms"))
    }
    ended = np.array([f"e{number:05}" in at_the_end for number in range(count)])
    return int(by_looks.sum()), int((by_looks | ended).sum())


def overlapping_horizons(
    random: np.random.Generator,
    count: int,
    users: int,
    rate: float,
    horizon: int = 42,
    step: int = 14,
) -> tuple[float, float]:
    """Return how often the interval of a rate over six dates covers it.

    As if examples were persons, and by person. Each of a person's dates is in the band
    in three of five cases, until the one outcome: persons differ in how soon it is.
    """

    def draw(people: int) -> tuple[np.ndarray, np.ndarray]:
        hazard = random.gamma(0.5, rate / 0.5, people) / horizon
        outcome = random.exponential(1 / np.maximum(hazard, 1e-12))[:, None]
        days = np.arange(6) * step
        is_in = (outcome > days) & (random.random((people, 6)) < 0.6)
        return is_in.sum(axis=1), (is_in & (outcome <= days + horizon)).sum(axis=1)

    examples, converted = draw(500_000)
    truth = converted.sum() / examples.sum()
    covered = np.zeros(2)
    for _ in range(count):
        examples, converted = draw(users)
        for place, effect in enumerate((1.0, design_effect(examples, converted))):
            low, high = wilson(converted.sum() / effect, examples.sum() / effect)
            covered[place] += low <= truth <= high
    plain, by_person = covered / count
    return float(plain), float(by_person)
