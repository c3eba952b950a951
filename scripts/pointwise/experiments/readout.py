"""What experiments did: the effect of every arm, so far and day by day."""

from __future__ import annotations

from collections import defaultdict
from itertools import accumulate

import numpy as np

from pointwise.core.panel.experiments import AT_THE_END
from pointwise.core.statistics.effects import NOTHING, Cell, Sums, effect_of
from pointwise.core.statistics.intervals import (
    ALPHA,
    FINAL_ALPHA,
    LOOK_ALPHA,
    Counts,
    Limits,
    always_valid_limits,
    difference_limits,
    half_step,
    has_enough,
    normal_limits,
    normal_p_value,
    ratio_limits,
)
from pointwise.core.statistics.several import differ, holm_alphas, shrunken
from pointwise.experiments.terms import Row, arms_by_experiment, is_by_account

STOPPED = "stopped: an arm lost more users than chance explains"
# Methods with a variance of their own, and the one that each builds on.
BUILDS_ON = {
    "cuped": "difference",
    "stratified": "difference",
    "stratified cuped": "stratified",
}
# What decides while outcomes are still to come.
BY_LOOKS = "always valid"
# Of bands: whether they differ at all, and each shrunk to the mean of all.
DIFFER, BAND = "bands differ", "shrunken"


def experiment_looks(
    experiments: list[Row] | None,
    sums: list[Row] | None,
    experiment_tuning_users: int,
) -> list[Row]:
    """Return one row per experiment, arm other than the control, and day.

    On every day on which outcomes became known: the difference so far, with an interval
    for someone who looks once, on that day, and one for someone who looks every day and
    stops whenever they like, who shares its alpha with the end and with other arms.
    """
    arms = arms_by_experiment(experiments or [])
    rows = []
    for name, found in by_experiment(of_persons(experiments, known(sums))).items():
        days = sorted({row["matured_date"] for row in found})
        by_day = totals(found, "arm", "matured_date")
        so_far = {
            arm: list(accumulate(by_day.get((arm, day), NOTHING) for day in days))
            for arm in arms[name].shares
        }
        rows += [
            {"experiment": name, "arm": arm, "look_date": day, **counted(cell)}
            for arm in arms[name].others
            for day, cell in zip(
                days, map(Cell, so_far[arm], so_far[arms[name].control]), strict=True
            )
            if cell.least_users() >= 2
        ]
    if rows:
        counts = counts_of(rows)
        add(rows, "difference", counts.difference())
        add_limits(rows, difference_limits(counts))
        alpha = np.array([LOOK_ALPHA / len(arms[r["experiment"]].others) for r in rows])
        always = always_valid_limits(counts, experiment_tuning_users, alpha)
        add_limits(rows, always, "always_valid_")
    return rows


def experiment_results(
    experiments: list[Row] | None,
    sums: list[Row] | None,
    stopped: list[Row] | None,
    experiment_tuning_users: int,
    metrics: list[Row] | None = None,
) -> list[Row]:
    """Return one row per experiment, arm other than the control, cell and method.

    A cell is all users, or a band. `stopped` has the arms that lost users so unevenly
    that no effect is given. Where one of the `metrics` is primary, the outcome is not,
    and statements about it are exploratory.
    """
    terms = {row["experiment"]: row for row in experiments or []}
    arms = arms_by_experiment(experiments or [])
    rows = []
    for name, found in by_experiment(of_persons(experiments, sums)).items():
        as_of_date = found[0]["as_of_date"]
        # Who ends early looked at something: looks decide until the date that was set.
        closed = terms[name]["end_date"] <= as_of_date
        is_final = closed and all(row["is_matured"] for row in found)
        about = {"experiment": name, "as_of_date": as_of_date, "is_final": is_final}
        for arm in arms[name].others:
            compared = effects_of_arm(known(found), arm, arms[name].control)
            rows += [{**about, "arm": arm, **row} for row in compared]
    if rows:
        estimate(rows, experiment_tuning_users)
        add_width_ratios(rows)
        gone = {(row["experiment"], row["arm"]) for row in stopped or []}
        for name, of_experiment in by_experiment(rows).items():
            others = arms[name].others
            decide(of_experiment, len(others), gone, experiment_tuning_users)
            rows += bands_of(of_experiment, len(others))
        judge(rows, gone)
        primary = {m["experiment"] for m in metrics or [] if m["role"] == "primary"}
        for row in rows:
            row.pop("variance", None)
            if row["verdict"] and row["experiment"] in primary:
                row["verdict"] = f"exploratory: {row['verdict']}"
    return rows


def known(sums: list[Row] | None) -> list[Row]:
    """Return the sums over users whose outcome is known and who can be analysed."""
    return [row for row in sums or [] if row["is_matured"] and row["users"]]


def of_persons(experiments: list[Row] | None, rows: list[Row] | None) -> list[Row]:
    """Return the rows of experiments that assign persons.

    People of a company are alike: where companies are assigned, the outcome is read as
    a metric, whose interval knows about them.
    """
    gone = {row["experiment"] for row in experiments or [] if is_by_account(row)}
    return [row for row in rows or [] if row["experiment"] not in gone]


def by_experiment(rows: list[Row]) -> dict[str, list[Row]]:
    """Return the rows of every experiment."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["experiment"]].append(row)
    return found


def totals(rows: list[Row], *columns: str) -> dict[tuple, Sums]:
    """Return the sums by the values of these columns."""
    found: dict[tuple, Sums] = {}
    for row in rows:
        key = tuple(row[column] for column in columns)
        sums = Sums(*(row[name] for name in Sums._fields))
        found[key] = found.get(key, NOTHING) + sums
    return found


def cells_of(rows: list[Row], cut: str | None, arm: str, control: str) -> dict:
    """Return an arm beside the control, by the values of a column; None: as a whole."""
    by_arm = totals(rows, *filter(None, ["arm", cut]))
    names = sorted({key[1:] for key in by_arm if key[0] in (arm, control)})
    return {
        name: Cell(*(by_arm.get((of, *name), NOTHING) for of in (arm, control)))
        for name in names
    }


def strata_of(rows: list[Row], arm: str, control: str) -> list[Cell]:
    """Return the strata as cells.

    Those with fewer than two users in either arm have no spread: they are one together.
    """
    cells = list(cells_of(rows, "stratum", arm, control).values())
    rest = [cell for cell in cells if cell.least_users() < 2]
    large = [cell for cell in cells if cell.least_users() >= 2]
    if rest:
        large.append(Cell(*(sum(of, NOTHING) for of in zip(*rest, strict=True))))
    return large


def effects_of_arm(rows: list[Row], arm: str, control: str) -> list[Row]:
    """Return an arm's cells and methods, with effects that need more than counts."""
    found = []
    for (band,), cell in cells_of(rows, "band", arm, control).items():
        if cell.least_users() > 0:
            effect = effect_of([cell], with_score=False)
            about = {"cell": band, "method": "difference", **counted(cell)}
            found.append({**about, "variance": effect and effect.variance})
    for whole in cells_of(rows, None, arm, control).values():
        if whole.least_users() == 0:
            continue
        about = {"cell": "all", **counted(whole)}
        strata = strata_of(rows, arm, control)
        effects = {
            "difference": effect_of([whole], with_score=False),
            "cuped": effect_of([whole], with_score=True),
            "stratified": effect_of(strata, with_score=False),
            "stratified cuped": effect_of(strata, with_score=True),
        }
        found += [{**about, "method": method} for method in ("difference", "ratio")]
        if whole.least_users() >= 2:
            found.append({**about, "method": "always valid"})
        for method, base in BUILDS_ON.items():
            effect, simple = effects[method], effects[base]
            if effect:
                of_base = simple and simple.variance
                saved = 1 - effect.variance / of_base if of_base else None
                saving = {"variance_saved": saved, **effect._asdict()}
                found.append({**about, "method": method, **saving})
    return found


def counted(cell: Cell) -> Row:
    """Return the users and conversions of a cell, by column."""
    return {
        "users": cell.arm.users,
        "conversions": cell.arm.conversions,
        "control_users": cell.control.users,
        "control_conversions": cell.control.conversions,
    }


def counts_of(rows: list[Row]) -> Counts:
    """Return the counts of the rows as arrays."""
    columns = ([row[name] for row in rows] for name in Counts._fields)
    return Counts(*(np.array(column, dtype=float) for column in columns))


def add(rows: list[Row], name: str, values: np.ndarray) -> None:
    """Add a column to the rows; None where it is not a number."""
    for row, value in zip(rows, values.tolist(), strict=True):
        row[name] = value if np.isfinite(value) else None


def add_limits(rows: list[Row], limits: Limits, prefix: str = "") -> None:
    """Add lower and upper limits to the rows."""
    for name, values in zip(("lower", "upper"), limits, strict=True):
        add(rows, prefix + name, values)


def estimate(rows: list[Row], experiment_tuning_users: int) -> None:
    """Add estimates and limits, all rows of a method at once."""
    by_method: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_method[row["method"]].append(row)
    for method, found in by_method.items():
        counts = counts_of(found)
        estimates = counts.difference()
        if method == "difference":
            limits = difference_limits(counts)
        elif method == "always valid":
            limits = always_valid_limits(counts, experiment_tuning_users)
        elif method == "ratio":
            estimates, limits = counts.ratio(), ratio_limits(counts)
        else:
            estimates = np.array([row.pop("effect") for row in found])
            variances = np.array([row["variance"] for row in found])
            limits = normal_limits(estimates, variances, counts)
        add(found, "estimate", estimates)
        add_limits(found, limits)
        for row in found:
            row["level"] = 1 - ALPHA


def add_width_ratios(rows: list[Row]) -> None:
    """Add how wide intervals are, over that of the difference in the same cell."""
    widths = {
        (row["experiment"], row["arm"], row["cell"]): row["upper"] - row["lower"]
        for row in rows
        if row["method"] == "difference" and row["lower"] is not None
    }
    for row in rows:
        width = widths.get((row["experiment"], row["arm"], row["cell"]))
        if width and row["lower"] is not None and row["method"] != "ratio":
            row["width_ratio"] = (row["upper"] - row["lower"]) / width


def decide(
    rows: list[Row], arms: int, stopped: set[tuple[str, str]], tuning_users: int
) -> None:
    """Give the rows that decide on an experiment the limits at which they do.

    Looks and the end share alpha, and so do arms: looks in equal parts (Bonferroni), at
    the end by Holm's procedure. The end counts arms that were stopped as not found.
    """
    looks = [row for row in rows if row["method"] == BY_LOOKS]
    if looks:
        alpha = LOOK_ALPHA / arms
        limits = always_valid_limits(counts_of(looks), tuning_users, alpha)
        set_limits(looks, limits, np.full(len(looks), alpha))
    end = [row for row in rows if row["method"] == AT_THE_END and row["is_final"]]
    if not end:
        return
    counts = counts_of(end)
    effects, variances = (
        np.array([row[name] for row in end], float) for name in ("estimate", "variance")
    )
    p_values = normal_p_value(effects, variances, counts)
    is_out = [(row["experiment"], row["arm"]) in stopped for row in end]
    p_values[np.array(is_out)] = np.nan
    add(end, "p_value", p_values)
    lacking = np.full(arms - len(end), np.nan)
    alphas = holm_alphas(np.append(p_values, lacking), FINAL_ALPHA)[: len(end)]
    set_limits(end, normal_limits(effects, variances, counts, alphas), alphas)


def set_limits(rows: list[Row], limits: Limits, alphas: np.ndarray) -> None:
    """Add limits, and how sure they are."""
    add_limits(rows, limits)
    add(rows, "level", 1 - alphas)


def bands_of(rows: list[Row], arms: int) -> list[Row]:
    """Return rows that say whether bands differ, and of each band shrunk to their mean.

    One test for all bands of an arm. The limits of bands hold together, for all bands
    and arms of the experiment: alpha in equal parts (Bonferroni).
    """
    found = []
    bands = [r for r in rows if r["cell"] != "all" and r["method"] == "difference"]
    for arm in sorted({row["arm"] for row in bands}):
        of_arm = [row for row in bands if row["arm"] == arm]
        new = [{**row, "method": BAND, "variance_saved": None} for row in of_arm]
        for row in new:
            row.update(lower=None, upper=None, width_ratio=None)
        enough = has_enough(counts_of(of_arm))
        known = [row for row, is_known in zip(new, enough, strict=True) if is_known]
        known = [row for row in known if row["variance"]]
        if known:
            effects = np.array([row["estimate"] for row in known])
            variances = np.array([row["variance"] for row in known])
            drawn, counts = shrunken(effects, variances), counts_of(known)
            steps = half_step(counts)
            steps = drawn.own * steps + (1 - drawn.own) * steps.min()
            alphas = np.full(len(known), ALPHA / (arms * len(of_arm)))
            add(known, "estimate", drawn.effects)
            limits = normal_limits(
                drawn.effects, drawn.variances, counts, alphas, steps
            )
            set_limits(known, limits, alphas)
            p_value = differ(effects, variances).p_value
            whole = next(r for r in rows if r["arm"] == arm and r["cell"] == "all")
            about = ("experiment", "arm", "as_of_date", "is_final", *Counts._fields)
            test = {name: whole[name] for name in ("cell", *about)}
            if len(known) > 1:
                limits = dict.fromkeys(["estimate", "lower", "upper"])
                about_test = {"method": DIFFER, "p_value": p_value}
                found.append({**test, **limits, **about_test})
        found += new
    return found


def judge(rows: list[Row], stopped: set[tuple[str, str]]) -> None:
    """Add verdicts, and take away the effects of arms that lost users unevenly."""
    arms: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        arms[row["experiment"]].add(row["arm"])
    for row in rows:
        if (row["experiment"], row["arm"]) in stopped:
            row.update(dict.fromkeys(["estimate", "lower", "upper", "p_value"]))
            row["verdict"] = STOPPED
        else:
            row["verdict"] = verdict(row, len(arms[row["experiment"]]))


def verdict(row: Row, arms: int) -> str | None:
    """Return what a row says; None for methods that do not decide.

    One row for all users decides: the always valid one while outcomes are still to
    come, the stratified one with the score after. Bands are judged at the end.
    """
    if row["method"] == DIFFER:
        if not row["is_final"]:
            return None
        is_shown = row["p_value"] <= ALPHA / arms
        return "bands differ" if is_shown else "bands are not shown to differ"
    lower, upper, is_final = row.get("lower"), row.get("upper"), row["is_final"]
    effect = "none"
    if lower is None:
        effect = "unknown"
    elif lower > 0 or upper < 0:
        effect = "works" if lower > 0 else "harms"
    if row["cell"] != "all":
        if row["method"] != BAND:
            return None
        if not is_final:
            return "too early to say"
        return {
            "works": "works here",
            "harms": "harms here",
            "unknown": "too few conversions to say",
            "none": "no effect shown here",
        }[effect]
    if row["method"] != (AT_THE_END if is_final else BY_LOOKS):
        return None
    return {
        "works": "works: more convert",
        "harms": "harms: fewer convert",
        "unknown": "too few conversions to say" if is_final else "too early to say",
        "none": "no difference shown" if is_final else "no difference shown yet",
    }[effect]
