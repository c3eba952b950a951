"""What experiments promise, held to draws whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from conftest import Scratch, last_lines
from drawn_experiments import (
    DESIGNS,
    found_in,
    looked_or_ended,
    power_at_users_needed,
    power_of_plans,
    readouts,
)
from pointwise.core.statistics.several import differ, holm_alphas, shrunken
from pointwise.experiments.power import (
    Design,
    detectable_effect,
    power,
    users_needed,
)


def at_most(found: int, of: int, rate: float) -> bool:
    """Whether this count is within the 99.9 % bound of a rate."""
    return found <= binom.ppf(0.999, of, rate)


def test_the_plan_asks_for_as_many_users_as_the_readout_needs() -> None:
    """Twelve designs: power 0.8 by the real readout, whichever arm is the smaller."""
    random = np.random.default_rng(5)
    found = [power_at_users_needed(random, 60, *design)[1] for design in DESIGNS]
    assert np.mean(found) == pytest.approx(0.81, abs=0.05)
    assert min(found) > 0.62


def test_a_plan_from_a_short_history_has_the_power_on_average() -> None:
    """Of 1,000 past people, who show only roughly what converts anyway."""
    random = np.random.default_rng(5)
    for design in DESIGNS[::4]:
        found = power_of_plans(random, 60, 1000, *design)
        assert found.mean() == pytest.approx(0.8, abs=0.02)
        assert np.quantile(found, 0.1) > 0.68


def test_a_small_arm_needs_more_users_than_a_small_control_of_low_rates() -> None:
    """Arms were swapped once: 967 were promised where 1,370 are needed."""
    few, many = (Design(0.05, *shares) for shares in ((0.9, 0.1), (0.1, 0.9)))
    assert users_needed(few, 0.05) > users_needed(many, 0.05)
    needed = users_needed(few, 0.05)
    assert power(few, 0.05, needed) >= 0.8 > power(few, 0.05, needed - 1)
    assert users_needed(Design(0.5, 0.5, 0.5), 0.6) is None
    assert users_needed(Design(0.05, 0.4, 0.2, arms=3), 0.05) > users_needed(
        Design(0.05, 0.4, 0.2), 0.05
    )


@pytest.mark.parametrize("arms", [3, 5])
def test_nothing_works_in_one_of_twenty_experiments_at_most(arms: int) -> None:
    """Of several arms and of three bands together."""
    shares = {"control": 0.25, **{f"arm{n}": 0.75 / arms for n in range(arms)}}
    count = 300
    found = found_in(readouts(np.random.default_rng(1), count, shares, 1500, {}))
    assert at_most(found.arms, count, 0.05)
    assert at_most(found.bands, count, 0.05)
    assert at_most(found.differ, count, 0.05)


def test_looks_and_the_end_share_one_chance_of_a_false_alarm() -> None:
    looks, either = looked_or_ended(np.random.default_rng(2), 600, 40, 25, 0.2)
    assert at_most(looks, 600, 0.01)
    assert at_most(either, 600, 0.05)


def test_holm_s_procedure_by_hand() -> None:
    """At 0.04: 0.008 is below 0.04 / 4; 0.013 below 0.04 / 3; 0.021 not 0.04 / 2."""
    alphas = holm_alphas(np.array([0.021, 0.008, np.nan, 0.013]), 0.04)
    assert alphas == pytest.approx([0.02, 0.01, 0.02, 0.04 / 3])


def test_effects_are_drawn_to_their_mean_the_less_is_known_the_more() -> None:
    """By hand: weights 1, mean 2, Q 2 of one degree; variance (2 - 1) / 1 = 1."""
    found = differ(np.array([1.0, 3.0]), np.array([1.0, 1.0]))
    assert found.variance == pytest.approx(1)
    assert found.p_value == pytest.approx(0.1573, abs=1e-4)
    drawn = shrunken(np.array([1.0, 3.0]), np.array([1.0, 1.0]))
    assert drawn.effects == pytest.approx([1.5, 2.5])
    assert drawn.variances == pytest.approx([0.5 + 0.25, 0.5 + 0.25])
    alike = shrunken(np.array([1.9, 2.1]), np.array([1.0, 1.0]))
    assert alike.effects == pytest.approx([2, 2])
    assert alike.variances == pytest.approx([0.5, 0.5])


def test_the_plan_is_that_of_the_readout(default_world: Scratch) -> None:
    ((rate, explained, effect, needed, users, detectable),) = default_world.query(
        "select baseline_rate, variance_explained, minimum_effect, users_needed,"
        " population_users, detectable_effect from main.experiment_plan"
    )
    design = Design(rate, 0.5, 0.5, 1, explained)
    assert 0 < explained < 0.5
    assert needed == users_needed(design, float(effect))
    assert detectable == detectable_effect(design, users)


def test_the_script_plans_and_says_what_to_do(default_world: Scratch) -> None:
    name = "call_promising_users"
    plan = default_world.pointwise("experiment", "plan", name)
    assert plan.returncode == 0, last_lines(plan)
    assert plan.stdout.startswith(f"{name} (planned): ")
    assert "users needed to find it" in plan.stdout
    assert "experiment_tuning_users that fits" in plan.stdout
    unknown = default_world.pointwise("experiment", "read", "nothing")
    assert unknown.returncode == 1
    assert unknown.stderr.startswith("error: no experiment 'nothing' in the published")
    early = default_world.pointwise("experiment", "read", name)
    assert early.stderr.startswith(
        f"error: nobody is assigned to {name} yet: it is planned, from 2026-06-01 to"
        " 2026-12-31, and the scores are as of 2026-06-28. Users are assigned by"
    )
