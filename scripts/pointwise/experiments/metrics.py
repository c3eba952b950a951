"""What experiments did to counts, amounts and ratios of two: their metrics."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, NamedTuple

import numpy as np

from pointwise.core.panel.experiment_metrics import RAW, decides
from pointwise.core.statistics.intervals import (
    ALPHA,
    FEWEST,
    FINAL_ALPHA,
    LOOK_ALPHA,
)
from pointwise.core.statistics.means import (
    PAIRS,
    PARTS,
    Mean,
    Units,
    difference_of,
    ratio_of,
)
from pointwise.core.statistics.several import holm_alphas, shrunken
from pointwise.experiments.readout import BAND, BY_LOOKS, STOPPED, by_experiment
from pointwise.experiments.terms import Arms, Row, arms_by_experiment

RATIO = "ratio"


class Sides(NamedTuple):
    """The rows of sums of an arm, and of the control beside it."""

    arm: Row
    control: Row

    def units(self) -> tuple[Units, Units]:
        """Return them as sums over units."""
        return units_of(self.arm), units_of(self.control)

    def has_enough(self) -> bool:
        """Return whether each arm can expect five units who did something."""
        units = self.arm["units"] + self.control["units"]
        active = self.arm["active_units"] + self.control["active_units"]
        least = min(self.arm["units"], self.control["units"])
        return least >= 2 and least * active >= FEWEST * units


def units_of(row: Row) -> Units:
    """Return a row of sums as arrays."""
    products = np.zeros((len(PARTS), len(PARTS)))
    for left, right in PAIRS:
        a, b = PARTS.index(left), PARTS.index(right)
        products[a, b] = products[b, a] = float(row[f"{left}_{right}"])
    sums = np.array([float(row[part]) for part in PARTS])
    return Units(row["units"], sums, products)


def experiment_metric_results(
    experiments: list[Row] | None,
    metrics: list[Row] | None,
    sums: list[Row] | None,
    states: list[Row] | None,
    stopped: list[Row] | None,
    experiment_tuning_users: int,
) -> list[Row]:
    """Return one row per experiment, metric, arm other than the control, cell, method.

    `states` say as of when an experiment is read, and whether all outcomes are known;
    `stopped` has the arms that lost users so unevenly that no effect is given.
    """
    ends = {row["experiment"]: row["end_date"] for row in experiments or []}
    arms = arms_by_experiment(experiments or [])
    state = {row["experiment"]: row for row in states or []}
    gone = {(row["experiment"], row["arm"]) for row in stopped or []}
    planned = {(row["experiment"], row["metric"]): row for row in metrics or []}
    rows: list[Row] = []
    for name, found in by_experiment(sums or []).items():
        as_of_date = state[name]["as_of_date"]
        is_final = state[name]["is_matured"] and ends[name] <= as_of_date
        about = {"experiment": name, "as_of_date": as_of_date, "is_final": is_final}
        of_experiment: list[Row] = []
        for metric in sorted({row["metric"] for row in found}):
            plan = planned[name, metric]
            of_metric = {"metric": metric, "role": plan["role"], "kind": plan["kind"]}
            own = [row for row in found if row["metric"] == metric]
            of_experiment += [
                {**about, **of_metric, **row, "decides": decides(plan)}
                for row in effects_on(own, arms[name])
            ]
        decide(of_experiment, arms[name], gone, experiment_tuning_users)
        rows += of_experiment
    for row in rows:
        judge(row, gone)
        for name in ("mean", "sides", "decides"):
            row.pop(name, None)
    return rows


def effects_on(rows: list[Row], arms: Arms) -> list[Row]:
    """Return the effects of all arms on a metric, by cell and method, with its mean."""
    by_place = {(row["is_winsorised"], row["cell"], row["arm"]): row for row in rows}
    found = []
    for (is_winsorised, cell, arm), row in sorted(
        by_place.items(), key=lambda item: item[0]
    ):
        control = by_place.get((is_winsorised, cell, arms.control))
        if arm == arms.control or control is None:
            continue
        sides = Sides(row, control)
        of_arm = {"arm": arm, "cell": cell, "sides": sides, **counted(sides)}
        for method, mean in methods_of(sides, is_winsorised).items():
            found.append({**of_arm, "method": method, "mean": mean})
    add_savings(found)
    return found


def methods_of(sides: Sides, is_winsorised: bool) -> dict[str, Mean | None]:
    """Return the effect by every method; only the plain one in a band."""
    arm, control = sides.units()
    plain = difference_of(arm, control, adjusted=False)
    base = "winsorised" if is_winsorised else "difference"
    if sides.arm["cell"] != "all":
        return {base: plain}
    adjusted = difference_of(arm, control, adjusted=True)
    found = {base: plain, "winsorised cuped" if is_winsorised else "cuped": adjusted}
    return found if is_winsorised else {**found, RATIO: ratio_of(arm, control)}


def counted(sides: Sides) -> Row:
    """Return what both sides have, and where large values are cut, by column."""
    found: dict[str, Any] = {}
    for prefix, row in (("", sides.arm), ("control_", sides.control)):
        base = float(row["base"])
        found |= {
            f"{prefix}units": row["units"],
            f"{prefix}users": int(row["persons"]),
            f"{prefix}active_units": row["active_units"],
            f"{prefix}value": float(row["value"]) / base if base else None,
        }
    cuts = [row["cut_value"] for row in sides if row["cut_value"] is not None]
    return found | {
        "cut_value": float(cuts[0]) if cuts else None,
        "cut_users": sum(row["cut_persons"] for row in sides) if cuts else None,
        "largest": max(float(row["largest"]) for row in sides),
    }


def add_savings(rows: list[Row]) -> None:
    """Add which part of the variance past and score take off."""
    plain = {
        (row["arm"], f"{row['method']} cuped".replace("difference ", "")): row["mean"]
        for row in rows
        if row["cell"] == "all"
    }
    for row in rows:
        base = plain.get((row["arm"], row["method"]))
        if row["mean"] and base and base.variance:
            row["variance_saved"] = 1 - row["mean"].variance / base.variance


def decide(
    rows: list[Row], arms: Arms, stopped: set[tuple[str, str]], tuning_users: int
) -> None:
    """Add limits: 95 %, and wider where a row decides.

    As of conversions: looks at the primary metric and its end share alpha, and so do
    arms, at the end by Holm's procedure. Secondary metrics have an alpha of their own,
    at the end only, which all of them and all arms share by Holm's procedure.
    """
    for row in rows:
        set_limits(row, ALPHA)
    deciding = [r for r in rows if r["cell"] == "all" and r["method"] == r["decides"]]
    for role, alpha in (("primary", FINAL_ALPHA), ("secondary", ALPHA)):
        family = [row for row in deciding if row["role"] == role]
        metrics = len({row["metric"] for row in family})
        ends = [row for row in family if row["is_final"] and row["lower"] is not None]
        for row in ends:
            row["p_value"] = row["mean"].p_value()
        p_values = [
            np.nan if (row["experiment"], row["arm"]) in stopped else row["p_value"]
            for row in ends
        ]
        lacking = [np.nan] * (metrics * len(arms.others) - len(ends))
        alphas = holm_alphas(np.array([*p_values, *lacking], float), alpha)
        for row, own in zip(ends, alphas[: len(ends)].tolist(), strict=True):
            set_limits(row, own)
    rows += looks_of(deciding, rows, len(arms.others), tuning_users)
    rows += bands_of(rows, len(arms.others))


def set_limits(row: Row, alpha: float) -> None:
    """Add estimate, standard error and limits; of a ratio, not of its logarithm."""
    mean = row["mean"]
    row.update(estimate=None, standard_error=None, lower=None, upper=None)
    row["level"] = 1 - alpha
    if mean is None:
        return
    is_ratio = row["method"] == RATIO
    row["estimate"] = float(np.exp(mean.estimate)) if is_ratio else mean.estimate
    row["standard_error"] = mean.variance**0.5 * (row["estimate"] if is_ratio else 1)
    if row["sides"].has_enough():
        limits = mean.limits(alpha)
        limits = tuple(np.exp(limits).tolist()) if is_ratio else limits
        row["lower"], row["upper"] = limits


def looks_of(
    deciding: list[Row], rows: list[Row], arms: int, tuning_users: int
) -> list[Row]:
    """Return rows with the interval that is valid at every look.

    Of the plain difference, of values that are cut where the plan says so.
    """
    found = []
    for row in deciding:
        same = [r for r in rows if all(r[n] == row[n] for n in ("metric", "arm"))]
        plain = next(r for r in same if r["cell"] == "all" and is_plain(r))
        new = {**plain, "method": BY_LOOKS}
        alpha = LOOK_ALPHA / arms if row["role"] == "primary" else ALPHA
        new["level"] = 1 - alpha
        if new["lower"] is not None:
            units = row["units"] + row["control_units"]
            mean = new["mean"]
            limits = mean.always_valid_limits(units, tuning_users, alpha)
            new["lower"], new["upper"] = limits
        found.append(new)
    return found


def is_plain(row: Row) -> bool:
    """Return whether it is the plain difference of the values that decide."""
    wanted = "difference" if row["decides"] == RAW else "winsorised"
    return bool(row["method"] == wanted)


def bands_of(rows: list[Row], arms: int) -> list[Row]:
    """Return the effect on the primary metric in every band, shrunk to their mean.

    The limits hold together, for all bands and arms: alpha in equal parts (Bonferroni).
    """
    by_arm: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row["role"] == "primary" and row["cell"] != "all" and is_plain(row):
            by_arm[row["arm"]].append(row)
    found = []
    for of_arm in by_arm.values():
        known = [row for row in of_arm if row["lower"] is not None]
        known = [row for row in known if row["mean"].variance]
        if not known:
            continue
        drawn = shrunken(
            np.array([row["mean"].estimate for row in known]),
            np.array([row["mean"].variance for row in known]),
        )
        alpha = ALPHA / (arms * len(of_arm))
        for row, effect, variance in zip(
            known, drawn.effects.tolist(), drawn.variances.tolist(), strict=True
        ):
            mean = Mean(effect, variance, row["mean"].freedom)
            new = {**row, "method": BAND, "mean": mean, "p_value": None}
            set_limits(new, alpha)
            found.append(new)
    return found


def judge(row: Row, stopped: set[tuple[str, str]]) -> None:
    """Add the verdict; the effects of arms that lost users unevenly are taken away."""
    if (row["experiment"], row["arm"]) in stopped:
        gone = ("estimate", "standard_error", "lower", "upper", "p_value")
        row.update(dict.fromkeys(gone))
        row["verdict"] = STOPPED if row["role"] != "exploratory" else None
    else:
        row["verdict"] = verdict(row)


def verdict(row: Row) -> str | None:
    """Return what a row says; None where it does not decide."""
    is_final, role = row["is_final"], row["role"]
    at_the_end = role != "exploratory" and row["method"] == row["decides"]
    by_looks = role == "primary" and row["method"] == BY_LOOKS
    by_band = role == "primary" and row["method"] == BAND
    if not (at_the_end if is_final else by_looks) and not (by_band and is_final):
        return None
    here = " here" if by_band else ""
    yet = "" if is_final else " yet"
    if row["lower"] is None:
        return "too few to say" if is_final else "too early to say"
    if row["lower"] > 0:
        return f"higher than in the control{here}"
    if row["upper"] < 0:
        return f"lower than in the control{here}"
    return f"no difference shown{here}{yet}"
