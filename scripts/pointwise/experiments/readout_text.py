"""What an arm did to the metrics of an experiment, in tables for people."""

from __future__ import annotations

from pointwise.core.panel.experiment_metrics import RAW, WINSORISED
from pointwise.core.terminal import console, print_table
from pointwise.core.words import counted
from pointwise.experiments.metrics import RATIO
from pointwise.experiments.readout import BAND, BY_LOOKS
from pointwise.experiments.terms import Row

METRIC_METHODS = {
    "difference": "difference",
    "winsorised": "difference, large values cut",
    RAW: "past and score as covariates (CUPED)",
    WINSORISED: "both of these",
    RATIO: "ratio of the two means",
    BY_LOOKS: "difference, valid at every look",
}
ROLES = ("primary", "secondary", "exploratory")


def figure(value: float | None, sign: str = "") -> str:
    """Return a number with four digits that count, or two decimals if it is large."""
    if value is None:
        return ""
    size = abs(value)
    if size == int(size):
        return f"{value:{sign},.0f}"
    if 0 < size < 0.01:
        return f"{value:{sign}.2g}"
    digits = 4 if size < 1 else 3 if size < 100 else 2 if size < 10_000 else 0
    return f"{value:{sign},.{digits}f}"


def interval(row: Row) -> str:
    """Return the limits of an effect, with how sure they are if not 95 %."""
    if row["lower"] is None:
        return ""
    sign = "" if row["method"] == RATIO else "+"
    limits = f"{figure(row['lower'], sign)} to {figure(row['upper'], sign)}"
    return with_level(limits, row["level"])


def with_level(limits: str, level: float) -> str:
    """Return limits with how sure they are, if not 95 %."""
    return limits if level < 0.951 else f"{limits} ({100 * level:.4g} %)"


def effect(row: Row) -> str:
    """Return an effect; a ratio has no sign."""
    if row["estimate"] is None:
        return "unknown"
    return figure(row["estimate"], "" if row["method"] == RATIO else "+")


def in_order(rows: list[Row]) -> list[str]:
    """Return the metrics of rows: the primary first, then by name."""
    keys = {(ROLES.index(row["role"]), row["metric"]) for row in rows}
    return [metric for _, metric in sorted(keys)]


def versions(rows: list[Row], metric: str) -> list[tuple[str, Row]]:
    """Return the rows of a metric for all users, as it is and cut, each with a name.

    What was planned to decide comes first.
    """
    found = {
        r["method"]: r for r in rows if r["metric"] == metric and r["cell"] == "all"
    }
    plain, cut = found.get(RAW), found.get(WINSORISED)
    labelled = [(metric, plain)] if plain else []
    if cut:
        label = f"{metric}, cut at {figure(cut['cut_value'])}"
        labelled.append((label, cut))
    # An exploratory metric that is planned to be cut is not judged: as it is first.
    return sorted(labelled, key=lambda named: named[1]["verdict"] is None)


def print_metrics(rows: list[Row]) -> None:
    """Print what one arm did to its metrics, and the primary one by every method."""
    arm = rows[0]["arm"]
    metrics = in_order(rows)
    lines = [line for metric in metrics for line in versions(rows, metric)]
    columns = ["in the arm", "in the control", "effect", "95 % interval"]
    print_table(
        f"{arm}: metrics, per user",
        ["metric", *columns],
        [
            (
                label,
                figure(row["value"]),
                figure(row["control_value"]),
                effect(row),
                interval(row),
            )
            for label, row in lines
        ],
        right=columns,
    )
    for metric in metrics:
        own = [r for r in rows if r["metric"] == metric and r["cell"] == "all"]
        role = own[0]["role"]
        unsaid = "not judged" if role == "exploratory" else "judged at the end"
        said = next((row["verdict"] for row in own if row["verdict"]), unsaid)
        console.print(f"{metric} ({role}): {said}.", markup=False)
    print_cuts(lines)
    for metric in metrics[:1]:
        own = [row for row in rows if row["metric"] == metric]
        if own[0]["role"] == "primary":
            print_primary(metric, own)


def print_cuts(lines: list[tuple[str, Row]]) -> None:
    """Say how many values are cut, and how much hangs on the largest."""
    for label, row in lines:
        if row["cut_value"] is not None and row["cut_users"]:
            users = counted(row["cut_users"], "user")
            console.print(
                f"{label}: {users} of both arms did more than that.", markup=False
            )
    console.print(
        "Effects are those with the past and the score as covariates, so that they are"
        " not quite the difference of the means."
    )


def print_primary(metric: str, rows: list[Row]) -> None:
    """Print the primary metric by every method, and by band."""
    everybody = {row["method"]: row for row in rows if row["cell"] == "all"}
    columns = ["effect", "95 % interval", "variance saved"]
    console.print()
    print_table(
        f"{metric}: the effect",
        ["estimate by", *columns],
        [
            (name, effect(row), interval(row), percent(row["variance_saved"]))
            for method, name in METRIC_METHODS.items()
            if (row := everybody.get(method))
        ],
        right=columns,
    )
    bands = [row for row in rows if row["method"] == BAND]
    if bands:
        console.print()
        print_table(
            f"{metric}: does acting pay in every band?",
            ["band", "users", "effect", "interval", "verdict"],
            [
                (
                    row["cell"],
                    f"{row['users'] + row['control_users']:,}",
                    effect(row),
                    interval(row),
                    row["verdict"] or "too early to say",
                )
                for row in bands
            ],
            right=["users", "effect", "interval"],
        )


def percent(share: float | None) -> str:
    """Return a share in percent."""
    return "" if share is None else f"{100 * share:.1f} %"
