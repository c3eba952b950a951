"""Was the split fair, and did both arms keep their users?"""

from __future__ import annotations

from collections import defaultdict
from math import sqrt
from typing import NamedTuple

from pointwise.experiments.terms import Arms, Row, arms_by_experiment, is_by_account

# Below these, chance is no explanation: of a p-value, the readout stops at the first.
STOP, WARN = 0.001, 0.01
# A text of an attribute is compared if one user in twenty has it.
LEAST_SHARE = 0.05


class Mean(NamedTuple):
    """Users of an arm who have a number, its mean and its variance with n - 1."""

    users: int
    mean: float
    variance: float


def mean_of(users: int, value_sum: float, squares_sum: float) -> Mean | None:
    """Return the mean from sums; None of fewer than two users, who have no variance."""
    if users < 2:
        return None
    spread = max(squares_sum - value_sum * value_sum / users, 0)
    return Mean(users, value_sum / users, spread / (users - 1))


def experiment_balance(
    experiments: list[Row] | None,
    scores: list[Row] | None,
    feature_sums: list[Row] | None,
    outcomes: list[Row] | None,
) -> list[Row]:
    """Return one row per experiment, arm other than the control, and check.

    `scores` has the assigned users of an arm, the units that they are of, and sums of
    their scores, `feature_sums` what they were when assigned, by feature and, for
    attributes, by text, `outcomes` how many units have a known outcome, and how many of
    these can be analysed. A unit is a user, or a company where these are assigned.
    """
    scores_of, outcomes_of = by_arm(scores), by_arm(outcomes)
    features_of = defaultdict(list)
    for row in feature_sums or []:
        features_of[row["experiment"]].append(row)
    rows = []
    by_account = {r["experiment"] for r in experiments or [] if is_by_account(r)}
    for name, arms in arms_by_experiment(experiments or []).items():
        if name not in scores_of:
            continue
        assigned = {
            arm: scores_of[name][arm]["units"] if arm in scores_of[name] else 0
            for arm in arms.shares
        }
        if not sum(assigned.values()):
            continue
        means = means_by_arm(scores_of[name], features_of[name])
        ratio = sample_ratio_p_value(arms, assigned)
        for arm in filter(assigned.get, arms.others):
            found = [
                *mean_checks(means[arm], means.get(arms.control, {})),
                assigned_check(arms, arm, assigned, ratio, name in by_account),
                *analysed_check(
                    outcomes_of[name].get(arm), outcomes_of[name].get(arms.control)
                ),
            ]
            rows += [{"experiment": name, "arm": arm, **check} for check in found]
    return rows


def by_arm(rows: list[Row] | None) -> dict[str, dict[str, Row]]:
    """Return the rows by experiment and arm."""
    found: dict[str, dict[str, Row]] = defaultdict(dict)
    for row in rows or []:
        found[row["experiment"]][row["arm"]] = row
    return found


def means_by_arm(
    scores: dict[str, Row], feature_sums: list[Row]
) -> dict[str, dict[str, Mean | None]]:
    """Return the means of score, features and texts in every arm of an experiment.

    Users without a value count as zero, except days since what never happened.
    """
    texts: dict[tuple, dict[str, Row]] = defaultdict(dict)
    for row in feature_sums:
        texts[row["feature"], row["text_value"]][row["arm"]] = row
    least = LEAST_SHARE * sum(row["users"] for row in scores.values())
    found = {
        arm: {
            "score": mean_of(
                row["scored_users"],
                row["score_sum"] or 0,
                row["score_squares_sum"] or 0,
            )
        }
        for arm, row in scores.items()
    }
    for (feature, text), sums in texts.items():
        if text is not None and sum(row["users"] for row in sums.values()) < least:
            continue
        measured = next(iter(sums.values()))["measure"]
        is_of_known = measured in ("days_since_last", "number")
        for arm, row in scores.items():
            known = sums.get(arm, {"users": 0, "value_sum": 0, "squares_sum": 0})
            users = known["users"] if is_of_known else row["users"]
            measure = feature if text is None else f"{feature} = {text}"
            found[arm][measure] = mean_of(
                users, known["value_sum"], known["squares_sum"]
            )
    return found


def mean_checks(means: dict, control_means: dict) -> list[Row]:
    """Return a check per number known at the assignment.

    Means are compared over the spread of both arms (standardised mean difference,
    Austin 2009, Stat. Med. 28:3083): up to 0.1 counts as balanced; more is chance up to
    three standard errors, as there are many features.
    """
    checks = []
    for measure, mean in means.items():
        control = control_means.get(measure)
        if mean is None or control is None:
            continue
        spread = sqrt((mean.variance + control.variance) / 2)
        difference = (mean.mean - control.mean) / spread if spread else 0.0
        error = sqrt(1 / mean.users + 1 / control.users)
        verdict = "within chance" if abs(difference) <= 3 * error else "uneven"
        checks.append(
            {
                "check_name": measure,
                "arm_value": mean.mean,
                "control_value": control.mean,
                "difference": difference,
                "p_value": None,
                "verdict": "balanced" if abs(difference) <= 0.1 else verdict,
            }
        )
    return checks


def sample_ratio_p_value(arms: Arms, assigned: dict[str, int]) -> float:
    """Return how often chance would split users so unlike the shares, over all arms.

    A chi-square test of the sample ratio (Fabijan et al. 2019, KDD).
    """
    from scipy.stats import chisquare

    users = sum(assigned.values())
    expected = [float(share * users) for share in arms.shares.values()]
    return float(chisquare(list(assigned.values()), expected).pvalue)


def assigned_check(
    arms: Arms, arm: str, assigned: dict[str, int], p_value: float, by_account: bool
) -> Row:
    """Return the check of assigned users, or companies, against the shares."""
    users, control_users = assigned[arm], assigned[arms.control]
    planned = control_users * float(arms.shares[arm] / arms.shares[arms.control])
    return {
        "check_name": f"(assigned {'companies' if by_account else 'users'})",
        "arm_value": users,
        "control_value": control_users,
        "difference": users - planned,
        "p_value": p_value,
        "verdict": p_value_verdict(p_value, "as planned"),
    }


def analysed_check(outcomes: Row | None, control: Row | None) -> list[Row]:
    """Return the check of users who can be analysed among those of known outcome.

    Fisher's exact test of the arm against the control; no check before outcomes are
    known in both.
    """
    if not (outcomes and control and outcomes["matured_users"]):
        return []
    if not control["matured_users"]:
        return []
    from scipy.stats import fisher_exact

    table = [
        [row["analysed_users"], row["matured_users"] - row["analysed_users"]]
        for row in (outcomes, control)
    ]
    share, control_share = (kept / (kept + lost) for kept, lost in table)
    p_value = float(fisher_exact(table).pvalue)
    return [
        {
            "check_name": "(analysed share)",
            "arm_value": share,
            "control_value": control_share,
            "difference": share - control_share,
            "p_value": p_value,
            "verdict": p_value_verdict(p_value, "both arms kept"),
        }
    ]


def p_value_verdict(p_value: float, otherwise: str) -> str:
    """Return what to do about numbers that chance would make so rarely."""
    if p_value < STOP:
        return "stop"
    return "warn" if p_value < WARN else otherwise
