"""What experiments do to means and ratios, against textbooks and other libraries."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.stats import ttest_ind

from drawn_metrics import DAY, spend, sums_row, units
from pointwise.core.statistics.means import difference_of, ratio_of
from pointwise.experiments.metrics import experiment_metric_results


@pytest.fixture
def random() -> np.random.Generator:
    """Return numbers that are the same in every run."""
    return np.random.default_rng(7)


def test_a_mean_is_the_unequal_variance_difference_of_the_textbook(
    random: np.random.Generator,
) -> None:
    """Spend a visitor of a mailing, as in Hillstrom's trial: 21,000 in each arm."""
    mailed, control = spend(random, 21_387, 0.0125), spend(random, 21_306, 0.0057)
    found = difference_of(units(mailed), units(control), adjusted=False)
    is_mailed = np.repeat([1.0, 0.0], [len(mailed), len(control)])
    fit = sm.OLS(np.append(mailed, control), sm.add_constant(is_mailed)).fit(
        cov_type="HC2"
    )
    assert found is not None
    assert found.estimate == pytest.approx(fit.params[1], rel=1e-9)
    assert found.variance**0.5 == pytest.approx(fit.bse[1], rel=1e-9)
    test = ttest_ind(mailed, control, equal_var=False)
    assert found.freedom == pytest.approx(test.df)
    assert found.p_value() == pytest.approx(test.pvalue)
    limits = test.confidence_interval(0.96)
    assert found.limits(0.04) == pytest.approx((limits.low, limits.high))


def test_published_figures_come_back_by_hand() -> None:
    """Student's sleep (1908, Biometrika 6:20): Welch's t is -1.8608, p 0.07939."""
    first = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
    second = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])
    found = difference_of(units(first), units(second), adjusted=False)
    assert found is not None
    assert found.estimate == pytest.approx(-1.58)
    assert found.estimate / found.variance**0.5 == pytest.approx(-1.8608, abs=5e-5)
    assert found.freedom == pytest.approx(17.776, abs=5e-4)
    assert found.p_value() == pytest.approx(0.07939, abs=5e-6)
    limits = found.limits()
    assert limits == pytest.approx((-3.3654832, 0.2054832), abs=5e-8)


def clusters(random: np.random.Generator, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the company of every person, and what they spend: alike in a company."""
    company = np.repeat(np.arange(number), random.poisson(4, number) + 1)
    alike = random.lognormal(3, 0.7, number)[company]
    return company, alike * random.lognormal(0, 0.5, len(company))


def test_companies_have_the_cluster_robust_error_of_statsmodels(
    random: np.random.Generator,
) -> None:
    """Its correction for few clusters is another: all of them, not those of an arm."""
    number = 60
    of = {arm: clusters(random, number) for arm in ("call", "control")}
    sides = [
        units(
            np.bincount(company, value),
            base=np.bincount(company).astype(float),
            persons=np.bincount(company).astype(float),
        )
        for company, value in of.values()
    ]
    found = difference_of(*sides, adjusted=False)
    companies = np.concatenate([of["call"][0], of["control"][0] + number])
    values = np.concatenate([of["call"][1], of["control"][1]])
    design = sm.add_constant(np.repeat([1.0, 0.0], [len(v) for v, _ in of.values()]))
    fit = sm.OLS(values, design).fit(
        cov_type="cluster", cov_kwds={"groups": companies, "use_correction": False}
    )
    plain = sm.OLS(values, design).fit()
    assert found is not None
    assert found.estimate == pytest.approx(fit.params[1], rel=1e-9)
    error = fit.bse[1] * (number / (number - 1)) ** 0.5
    assert found.variance**0.5 == pytest.approx(error, rel=1e-9)
    assert number - 1 <= found.freedom <= 2 * number - 2
    assert plain.bse[1] < 0.6 * error, "persons of a company are alike"


def test_a_ratio_of_two_has_the_error_of_the_delta_method(
    random: np.random.Generator,
) -> None:
    """Spend an order: the mean of orders, whose errors are by person."""
    orders = random.poisson(2, 3000)
    amounts = random.lognormal(3, 0.6, orders.sum())
    person = np.repeat(np.arange(3000), orders)
    spent = np.bincount(person, amounts, 3000)
    is_called = np.arange(3000) % 2 == 0
    sides = [
        units(spent[arm], base=orders[arm].astype(float))
        for arm in (is_called, ~is_called)
    ]
    found = difference_of(*sides, adjusted=False)
    fit = sm.OLS(amounts, sm.add_constant(is_called[person].astype(float))).fit(
        cov_type="cluster", cov_kwds={"groups": person, "use_correction": False}
    )
    assert found is not None
    assert found.estimate == pytest.approx(fit.params[1], rel=1e-9)
    assert found.variance == pytest.approx(fit.bse[1] ** 2 * 1500 / 1499, rel=1e-9)


def test_past_and_score_take_off_what_they_explain(random: np.random.Generator) -> None:
    past, score = random.lognormal(2, 1, 4000), random.integers(1, 100, 4000)
    is_called = np.arange(4000) % 2 == 0
    value = 0.7 * past + 0.1 * score + random.normal(0, 3, 4000) + is_called
    sides = [
        units(value[arm], past=past[arm], score=score[arm].astype(float))
        for arm in (is_called, ~is_called)
    ]
    found = difference_of(*sides, adjusted=True)
    plain = difference_of(*sides, adjusted=False)
    design = sm.add_constant(np.column_stack([is_called, past, score]).astype(float))
    fit = sm.OLS(value, design).fit()
    assert found is not None
    assert plain is not None
    assert found.estimate == pytest.approx(fit.params[1], rel=1e-9)
    assert found.variance**0.5 == pytest.approx(fit.bse[1], rel=0.01)
    assert found.variance < plain.variance / 3
    nothing = [units(value[arm]) for arm in (is_called, ~is_called)]
    assert difference_of(*nothing, adjusted=True) == difference_of(
        *nothing, adjusted=False
    ), "a past in which nobody did anything takes off nothing"


def test_a_ratio_of_means_is_that_of_the_logarithms(
    random: np.random.Generator,
) -> None:
    called, control = random.lognormal(1, 0.5, 900), random.lognormal(1, 0.5, 900)
    found = ratio_of(units(called), units(control))
    assert found is not None
    assert np.exp(found.estimate) == pytest.approx(called.mean() / control.mean())
    parts = (v.var(ddof=1) / 900 / v.mean() ** 2 for v in (called, control))
    assert found.variance == pytest.approx(sum(parts))
    assert ratio_of(units(called), units(0 * control)) is None


def plan(metric: str, **cells: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a row of experiment_metrics.csv."""
    usual = {"kind": "amount", "role": "primary", "winsorise_share": None}
    return {"experiment": "mail", "metric": metric, **usual, **cells}


def read(
    metrics: list[dict[str, Any]],
    values: dict[tuple[str, str], np.ndarray],
    *,
    is_matured: bool = True,
    stopped: tuple[str, ...] = (),
) -> dict[tuple, dict[str, Any]]:
    """Return the readout of values by metric and arm, by metric, arm, method."""
    arms = sorted({arm for _, arm in values}, key=lambda arm: arm != "control")
    shares = "|".join(f"{arm}:1/{len(arms)}" for arm in arms)
    rows = experiment_metric_results(
        [{"experiment": "mail", "arms": shares, "end_date": DAY, "status": "ended"}],
        metrics,
        [
            {
                **{"experiment": "mail", "metric": metric, "is_winsorised": False},
                **{"arm": arm, "cell": cell, **sums_row(of)},
            }
            for (metric, arm), found in values.items()
            for cell, of in (("all", found), ("high", found[::3]), ("low", found[1::3]))
        ],
        [{"experiment": "mail", "as_of_date": DAY, "is_matured": is_matured}],
        [{"experiment": "mail", "arm": arm} for arm in stopped],
        1000,
    )
    key = ("metric", "arm", "cell", "method")
    return {tuple(row[name] for name in key): row for row in rows}


def test_the_primary_metric_decides_and_arms_share_its_alpha(
    random: np.random.Generator,
) -> None:
    """Of two arms the clear one is judged at 2 %, the other then at 4 % (Holm)."""
    values = {
        ("spend", arm): random.normal(mean, 1, 500)
        for arm, mean in (("control", 5), ("call", 6), ("mail", 5))
    }
    found = read([plan("spend")], values)
    call, mail = (found["spend", arm, "all", "cuped"] for arm in ("call", "mail"))
    assert call["verdict"] == "higher than in the control"
    assert mail["verdict"] == "no difference shown"
    assert (call["level"], mail["level"]) == pytest.approx((0.98, 0.96))
    assert found["spend", "call", "high", "shrunken"]["verdict"] == (
        "higher than in the control here"
    )
    said = {key for key, row in found.items() if row["verdict"]}
    bands = {key for key in said if key[3] == "shrunken"}
    assert len(bands) == 4
    assert len(said) == 6
    early = read([plan("spend")], values, is_matured=False)
    looks = early["spend", "call", "all", "always valid"]
    assert looks["verdict"] == "higher than in the control"
    assert looks["level"] == pytest.approx(0.995), "two arms share 1 %"
    assert {key[3] for key, row in early.items() if row["verdict"]} == {"always valid"}


def test_secondary_metrics_share_an_alpha_and_exploratory_ones_say_nothing(
    random: np.random.Generator,
) -> None:
    """Three of them: the smallest p-value at 5 % / 3, the next at 5 % / 2."""
    metrics = [plan("spend"), plan("visits", role="exploratory")]
    metrics += [plan(f"m{n}", role="secondary") for n in range(3)]
    values = {
        (row["metric"], arm): random.normal(mean, 1, 500)
        for row in metrics
        for arm, mean in (("control", 5), ("call", 6 if row["metric"] == "m1" else 5))
    }
    found = read(metrics, values)
    levels = [found[f"m{n}", "call", "all", "cuped"]["level"] for n in range(3)]
    assert levels == pytest.approx([1 - 0.05 / 2, 1 - 0.05 / 3, 1 - 0.05 / 2])
    assert found["m1", "call", "all", "cuped"]["verdict"].startswith("higher")
    visits = [row["verdict"] for key, row in found.items() if key[0] == "visits"]
    assert set(visits) == {None}


def test_few_who_did_anything_or_a_lost_arm_have_no_interval(
    random: np.random.Generator,
) -> None:
    few = np.append(random.lognormal(3, 1, 4), np.zeros(96))
    found = read([plan("spend")], {("spend", "control"): few, ("spend", "call"): few})
    row = found["spend", "call", "all", "cuped"]
    assert (row["lower"], row["verdict"]) == (None, "too few to say")
    many = {("spend", arm): random.normal(5, 1, 90) for arm in ("control", "call")}
    lost = read([plan("spend")], many, stopped=("call",))
    row = lost["spend", "call", "all", "cuped"]
    assert row["estimate"] is None
    assert row["verdict"] == "stopped: an arm lost more users than chance explains"
