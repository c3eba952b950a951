"""The statistics of experiments, against their sources and against other libraries."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import hypergeom
from sklearn.metrics import roc_auc_score
from statsmodels.stats.proportion import proportion_confint

from pointwise.core.outcome import outcome_of
from pointwise.core.statistics.effects import Cell, Sums, effect_of
from pointwise.core.statistics.intervals import (
    Counts,
    always_valid_limits,
    difference_limits,
    normal_limits,
    ratio_limits,
    wilson,
)
from pointwise.core.statistics.ranking import pairs_in_order
from pointwise.experiments.balance import analysed_check, experiment_balance
from pointwise.experiments.plan import wanted_users
from pointwise.experiments.readout import (
    BAND,
    DIFFER,
    experiment_looks,
    experiment_results,
)
from pointwise.experiments.terms import experiment_seats, populations

# Sums of two simulated experiments, and what SQL, which did the statistics before, made
# of them; but limits that decide, which have been wider since, and rows that are new.
FIGURES = json.loads(
    Path(__file__).with_name("experiment_figures.json").read_text(encoding="utf-8")
)
TERMS = {
    "thirds": {"arms": "control:1/3|mail:1/3|call:1/3", "end_date": "2026-03-05"},
    "tenth": {"arms": "control:0.9|call:0.1", "end_date": "2026-02-01"},
}


def terms(experiment: str, **cells: object) -> dict[str, Any]:
    """Return a row of experiments.csv: everybody, half and half."""
    asked = ("bands", "feature", "min_value", "max_value", "equals", "stratify_by")
    usual = {
        "status": "running",
        "start_date": "2026-02-01",
        "end_date": "2026-02-01",
        "arms": "control:0.5|call:0.5",
        "outcome_event_type": "bought",
        "horizon_days": 3,
    }
    return {"experiment": experiment, **dict.fromkeys(asked), **usual, **cells}


def counts(*rows: tuple[int, int, int, int]) -> Counts:
    """Return counts of users and conversions, in the arm and in the control."""
    return Counts(*np.array(rows, dtype=float).T)


def figures(name: str) -> list[dict]:
    """Return the rows of a table of the recorded figures."""
    columns, *rows = FIGURES[name]
    return [dict(zip(columns, row, strict=True)) for row in rows]


def test_figures_are_those_that_sql_found() -> None:
    experiments = [terms(name, **cells) for name, cells in TERMS.items()]
    sums = figures("sums")
    found = {
        "results": experiment_results(experiments, sums, None, 1000),
        "looks": experiment_looks(experiments, sums, 1000),
        "balance": experiment_balance(
            experiments,
            [{**row, "units": row["users"]} for row in figures("scores")],
            figures("feature_sums"),
            figures("outcomes"),
        ),
    }
    keys = {
        "results": ("experiment", "arm", "cell", "method"),
        "looks": ("experiment", "arm", "look_date"),
        "balance": ("experiment", "arm", "check_name"),
    }
    found["results"] = [
        row for row in found["results"] if row["method"] not in (BAND, DIFFER)
    ]
    for name, rows in found.items():
        by_key = {tuple(row[part] for part in keys[name]): row for row in rows}
        expected = figures(name)
        assert len(rows) == len(by_key) == len(expected)
        for row in expected:
            same = by_key[tuple(row[part] for part in keys[name])]
            assert {column: same.get(column) for column in row} == {
                column: pytest.approx(value, rel=1e-6, abs=1e-9)
                if isinstance(value, float)
                else value
                for column, value in row.items()
            }


def test_an_arm_that_lost_users_has_no_effect() -> None:
    stopped = [{"experiment": "thirds", "arm": "mail"}]
    experiments = [terms(name, **cells) for name, cells in TERMS.items()]
    rows = experiment_results(experiments, figures("sums"), stopped, 1000)
    by_arm = defaultdict(set)
    for row in rows:
        if row["experiment"] == "thirds":
            limits = (row["estimate"], row["lower"], row["verdict"])
            by_arm[row["arm"]].add(limits)
    assert by_arm["mail"] == {
        (None, None, "stopped: an arm lost more users than chance explains")
    }
    assert len(by_arm["call"]) > 5


def test_wilson_s_interval_is_that_of_statsmodels() -> None:
    """As is that of SQL: see test_evaluation."""
    users, conversions = np.array(list(product((1, 10, 3000), (0, 0.3, 1)))).T
    conversions = conversions * users
    expected = proportion_confint(conversions, users, method="wilson")
    assert wilson(conversions, users) == pytest.approx(np.array(expected), abs=1e-12)


def test_the_interval_of_a_difference_is_the_one_in_newcombe_s_table() -> None:
    lower, upper = difference_limits(counts((70, 56, 80, 48)))
    assert (lower[0], upper[0]) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_the_interval_of_a_ratio_is_katz_s() -> None:
    lower, upper = ratio_limits(counts((200, 60, 100, 20), (200, 0, 200, 30)))
    error = math.sqrt(1 / 60 - 1 / 200 + 1 / 20 - 1 / 100)
    assert lower[0] == pytest.approx(1.5 * math.exp(-1.959964 * error))
    assert upper[0] == pytest.approx(1.5 * math.exp(1.959964 * error))
    assert np.isnan(lower[1]), "nobody converted: no logarithm"


def test_limits_need_five_conversions_in_prospect() -> None:
    """Of 50 conversions, an arm with 10 users of 100 can expect five; of 49 not."""
    few = counts((10, 5, 90, 45), (10, 4, 90, 45))
    for limits in (difference_limits(few), ratio_limits(few)):
        assert np.isnan(limits[0]).tolist() == [False, True]


def test_always_valid_limits_are_those_of_the_paper() -> None:
    rows = [(200, 40, 210, 30), (1000, 5, 900, 890), (30, 10, 30, 10)]
    lower, upper = always_valid_limits(counts(*rows), 1000)
    rho = math.sqrt((-2 * math.log(0.05) + math.log(-2 * math.log(0.05)) + 1) / 1000)
    for number, (users, conversions, *control) in enumerate(rows):
        n, variance = users + control[0], 0.0
        for count, of in ((conversions, users), control[::-1]):
            variance += np.var([1] * count + [0] * (of - count), ddof=1) / of
        scale = 2 * (n * rho**2 + 1) / (n**2 * rho**2)
        margin = math.sqrt(scale * math.log(math.sqrt(n * rho**2 + 1) / 0.05))
        half = math.sqrt(n * variance) * margin
        difference = conversions / users - control[1] / control[0]
        assert (lower[number], upper[number]) == pytest.approx(
            (difference - half, difference + half)
        )
    assert np.isnan(always_valid_limits(counts((100, 4, 100, 50)), 1000)[0][0])


def sums_of(converted: np.ndarray, score: np.ndarray) -> Sums:
    """Return the sums over users."""
    columns = (converted, score, score**2, converted * score)
    return Sums(len(score), *(int(column.sum()) for column in columns))


def test_the_worked_example_of_cuped() -> None:
    """Arm: scores 1 and 3, the second converts. Control: 3 and 3, one converts.

    Without the score the effect is 1/2 - 1/2 = 0, the variance 0.5/2 + 0.5/2 = 0.5. The
    slope is (1 + 0) / (2 + 0) = 0.5, the mean scores are 2 and 3: the effect is
    0 + 0.5, and the arm's part of the variance, 0.5 - 2/2 + 2/4, is gone.
    """
    cell = Cell(Sums(2, 1, 4, 10, 3), Sums(2, 1, 6, 18, 3))
    assert effect_of([cell], with_score=False) == (0, 0.5)
    assert effect_of([cell], with_score=True) == (0.5, 0.25)
    assert effect_of([Cell(Sums(1, 1, 4, 16, 4), cell.control)], True) is None


def test_effects_are_least_squares_on_strata_and_score() -> None:
    """One slope within arms and strata; each stratum counts by its users."""
    generator = np.random.default_rng(7)
    stratum, treated = generator.integers(0, 3, 400), generator.integers(0, 2, 400)
    score = generator.integers(1, 101, 400)
    converted = (generator.random(400) < 0.1 + 0.006 * score).astype(int)
    cells = [
        Cell(
            *(
                sums_of(converted[chosen], score[chosen])
                for arm in (1, 0)
                for chosen in [(stratum == part) & (treated == arm)]
            )
        )
        for part in range(3)
    ]
    groups = [
        (stratum == part) & (treated == arm) for part in range(3) for arm in (1, 0)
    ]
    weights = [sum(sums.users for sums in cell) / 400 for cell in cells]
    for with_score, columns in ((False, groups), (True, [*groups, score])):
        design = np.column_stack(columns).astype(float)
        coefficients, *_ = np.linalg.lstsq(design, converted, rcond=None)
        steps = coefficients[0:6:2] - coefficients[1:6:2]
        rest = converted - (coefficients[6] * score if with_score else 0)
        variance = sum(
            weight**2 * sum(np.var(rest[group], ddof=1) / group.sum() for group in pair)
            for weight, pair in zip(
                weights, zip(groups[::2], groups[1::2], strict=True), strict=True
            )
        )
        found = effect_of(cells, with_score)
        assert found.effect == pytest.approx(np.dot(weights, steps))
        assert found.variance == pytest.approx(variance, rel=0.02), "or that in common"
        assert found.variance >= variance * (1 - 1e-12)


def test_few_conversions_raise_no_more_false_alarms() -> None:
    """All ways in which chance can split these conversions, each as likely as it is.

    At most 5 % of them are alarms, also where one arm is nine times as large.
    """
    sizes = [(50, 50), (200, 200), (100, 200), (40, 360), (20, 180), (360, 40)]
    alarms: dict[tuple, float] = {}
    for (users, control_users), conversions in product(sizes, range(1, 61)):
        all_users = users + control_users
        if conversions > all_users / 2:
            continue
        treated = np.arange(
            max(0, conversions - control_users), min(users, conversions) + 1
        )
        split = counts(
            *((users, n, control_users, conversions - n) for n in treated.tolist())
        )
        # Everybody has the same score, so that it explains nothing.
        cells = [
            [Cell(Sums(users, n, users, users, n), Sums(control_users, m, *rest))]
            for n, m in zip(
                treated.tolist(), (conversions - treated).tolist(), strict=True
            )
            for rest in [(control_users, control_users, m)]
        ]
        for with_score in (False, True):
            effects, variances = np.array([effect_of(c, with_score) for c in cells]).T
            lower, upper = normal_limits(effects, variances, split)
            enough = min(users, control_users) * conversions / all_users >= 5
            assert (~np.isnan(lower) == enough).all()
            chance = hypergeom.pmf(treated, all_users, conversions, users)
            is_alarm = (lower > 0) | (upper < 0)
            key = (with_score, users, control_users, conversions)
            alarms[key] = float(chance[is_alarm].sum())
    assert len(alarms) == 2 * (50 + 5 * 60)
    assert not {split: chance for split, chance in alarms.items() if chance > 0.05}


def test_a_block_is_the_smallest_that_holds_every_share() -> None:
    """Halves fit in 2 users, 0.9 and 0.1 in 10, thirds in 3; the control is first."""
    experiments = [
        terms("halves", arms="none:0.5|call:1/2"),
        terms("tenth", arms="none:0.9|call:0.1", status="planned"),
        terms("thirds", arms="none:1/3|call:1/3|mail:1/3"),
    ]
    found = {
        (row["experiment"], row["arm"]): (
            *(row["block_size"], row["seats"], row["share"]),
            *(row["is_control"], row["opening_date"]),
        )
        for row in experiment_seats(experiments, horizon_days=14)
    }
    day = "2026-02-01"
    assert found == {
        ("halves", "none"): (2, 1, "0.500000", True, day),
        ("halves", "call"): (2, 1, "0.500000", False, day),
        ("tenth", "none"): (10, 9, "0.900000", True, None),
        ("tenth", "call"): (10, 1, "0.100000", False, None),
        ("thirds", "none"): (3, 1, "0.333333", True, day),
        ("thirds", "call"): (3, 1, "0.333333", False, day),
        ("thirds", "mail"): (3, 1, "0.333333", False, day),
    }
    seats = [row["seat"] for row in experiment_seats(experiments[1:2])]
    assert seats == [*(f"none:{number}" for number in range(9)), "call:0"]


def test_experiments_that_ask_for_the_same_share_a_population() -> None:
    experiments = [
        terms("second"),
        terms("first", status="planned", arms="a:1/3|b:2/3"),
        terms("other", bands="high"),
        terms("over", status="ended"),
    ]
    assert populations(experiments) == {
        "first": "first",
        "second": "first",
        "other": "other",
        "over": "over",
    }


def test_what_an_experiment_asks_for_is_said_in_words() -> None:
    asked = {"feature": "views_30d", "min_value": 900.0, "max_value": 1000.5}
    row = terms("few", bands="high|low", **asked)
    wanted = "in band high or low, with views_30d from 900 up to 1000.5"
    subscribed = outcome_of("subscribed")
    assert wanted_users(row, subscribed) == wanted
    without = wanted_users(row, outcome_of("bought"))
    assert without == f"{wanted}, without bought so far"
    row = terms("some", feature="industry", equals="Mining")
    assert wanted_users(row, subscribed) == "with industry = Mining"
    assert wanted_users(terms("all"), subscribed) == "who are scored"


def test_the_checks_of_the_split_by_hand() -> None:
    """60 of 100 users in an arm of a half: chi-square 4, one degree of freedom."""
    scores = [
        {
            **{"experiment": "call", "arm": arm, "users": users, "scored_users": 3},
            **{"score_sum": total, "score_squares_sum": squares, "units": users},
        }
        for arm, users, total, squares in (
            ("control", 40, 6, 14),  # 1, 2, 3
            ("call", 60, 9, 29),  # 2, 3, 4
        )
    ]
    rows = experiment_balance([terms("call"), terms("none")], scores, None, None)
    assert [row["check_name"] for row in rows] == ["score", "(assigned users)"]
    score, assigned = rows
    assert (score["difference"], score["verdict"]) == (1, "within chance")
    assert (assigned["difference"], assigned["verdict"]) == (20, "as planned")
    assert assigned["p_value"] == pytest.approx(math.erfc(math.sqrt(4 / 2)))
    lost = [{"matured_users": 10, "analysed_users": kept} for kept in (1, 9)]
    (check,) = analysed_check(*lost)
    # 1 or 0 of the ten who are left of 20, or 9 or 10: 2 (100 + 1) of 184,756 ways.
    assert check["p_value"] == pytest.approx(202 / 184_756)
    assert (check["difference"], check["verdict"]) == (pytest.approx(-0.8), "warn")


def test_the_area_under_the_curve_is_that_of_scikit_learn() -> None:
    generator = np.random.default_rng(3)
    score, converted = generator.integers(0, 10, 200), generator.integers(0, 2, 200)
    by_score = [
        np.bincount(score, label, 10)[::-1] for label in (converted, 1 - converted)
    ]
    pairs = converted.sum() * (1 - converted).sum()
    expected = roc_auc_score(converted, score)
    assert pairs_in_order(*by_score) / pairs == pytest.approx(expected)
