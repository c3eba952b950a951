"""Show whether the score is true: what its bands converted at.

    pointwise evaluate

It asks of past dates what today's points would have said, and what followed.
"""

from __future__ import annotations

import duckdb

from pointwise.core.command_line import command
from pointwise.core.errors import PointwiseError
from pointwise.core.published import connect, need
from pointwise.core.terminal import console, print_table

MOST_LINES = 12


def percent(rate: float | None) -> str:
    """Return a rate in percent, with a decimal below ten percent."""
    if rate is None:
        return ""
    return f"{100 * rate:.0f} %" if rate >= 0.0995 else f"{100 * rate:.1f} %"


def interval(low: float | None, high: float | None) -> str:
    """Return the 95 % interval of a rate in percent."""
    if low is None or high is None:
        return ""
    digits = 0 if high >= 0.1 else 1
    return f"{100 * low:.{digits}f}-{100 * high:.{digits}f}"


def print_populations(connection: duckdb.DuckDBPyConnection) -> None:
    """Print the snapshots: who was evaluated, and what to beware of.

    Raises PointwiseError if no snapshot's horizon has passed yet.
    """
    rows = connection.execute(
        "select outcome, horizon_end_date - as_of_date, as_of_date, horizon_end_date,"
        " has_matured, has_full_look_back, users, customers, examples, conversions,"
        " conversion_rate, lower_rate, upper_rate, late_event_share"
        " from snapshot_populations order by as_of_date"
    ).fetchall()
    if not any(row[9] is not None for row in rows):
        raise PointwiseError(
            "nothing to evaluate yet: no past date with users has its whole horizon in"
            " the data (vars horizon_days, snapshot_every_days, snapshot_dates)"
        )
    table = []
    for _, _, day, end, has_matured, has_full_look_back, *numbers in rows:
        *counts, rate, low, high, late = numbers
        notes = [] if has_matured else [f"horizon ends on {end}"]
        notes += [] if has_full_look_back else ["look-back begins before the data"]
        shown = ["" if count is None else f"{count:,}" for count in counts]
        late_share = "" if late is None else f"{100 * late:.2f} %"
        table.append(
            (day, *shown, percent(rate), interval(low, high), late_share, notes)
        )
    numeric = ["users", "customers", "evaluated", "converted", "rate", "95 %"]
    numeric.append("late events")
    print_table(
        f"{rows[0][0]} within {rows[0][1]} days of past dates",
        ["as of", *numeric, "beware"],
        table,
        right=numeric,
    )


def print_quality(connection: duckdb.DuckDBPyConnection) -> None:
    """Print what bands and tenths converted at, all past dates together."""
    for section, title in (
        ("band", "Bands, all past dates together"),
        ("tenth of users by score", "Tenths of users by score, the highest first"),
    ):
        rows = connection.execute(
            "select item, users, conversions, percent, percent_from, percent_to, lift,"
            " percent_of_conversions_so_far from score_quality() where section = ?",
            [section],
        ).fetchall()
        columns = ["", "users", "converted", "rate", "95 %", "lift", "caught so far"]
        print_table(
            title,
            columns,
            [
                (
                    item,
                    f"{users:,}",
                    f"{conversions:,}",
                    "" if rate is None else f"{rate} %",
                    "" if rate is None else f"{low}-{high}",
                    "" if lift is None else f"{lift} x",
                    "" if caught is None else f"{caught} %",
                )
                for item, users, conversions, rate, low, high, lift, caught in rows
            ],
            right=columns[1:],
        )
        console.print()


def print_signals(connection: duckdb.DuckDBPyConnection) -> None:
    """Print the score beside the features that rank converters best alone."""
    rows = connection.execute(
        "select feature, 'more', auc, lower_auc, upper_auc from feature_signals"
        " where as_of_date is null and auc >= 0.5 union all"
        " select feature, 'less', 1 - auc, 1 - upper_auc, 1 - lower_auc"
        " from feature_signals where as_of_date is null and auc < 0.5"
        " order by auc desc, feature"
    ).fetchall()
    print_table(
        "The score and features alone",
        ["", "AUC", "95 %", "ranks by"],
        [
            (name, f"{auc:.2f}", f"{low:.2f}-{high:.2f}", direction)
            for name, direction, auc, low, high in rows[:MOST_LINES]
        ],
        right=["AUC", "95 %"],
    )


def print_drift(connection: duckdb.DuckDBPyConnection) -> None:
    """Print what drifted between snapshots, or that nothing did."""
    rows = connection.execute(
        "select as_of_date, feature, stability_index, drift from feature_drift"
        " order by drift = 'stable', stability_index desc, feature, as_of_date"
    ).fetchall()
    if not rows:
        return
    if rows[0][3] == "stable":
        day, name, index, _ = rows[0]
        console.print(
            "No drift: the score and all features are spread as at the snapshot before."
            f"\nLargest stability index: {index:.3f}, {name} on {day}.",
            markup=False,
        )
        return
    print_table(
        "Drift since the snapshot before: 0.1 is moderate, 0.25 large",
        ["as of", "feature", "index", "drift"],
        [
            (day, name, f"{index:.3f}", drift)
            for day, name, index, drift in rows[:MOST_LINES]
            if drift != "stable"
        ],
        right=["index"],
    )


@command(__doc__)
def main() -> None:
    """Print the evaluation."""
    connection = connect()
    need(connection, "snapshot_populations", "evaluation")
    print_populations(connection)
    console.print()
    print_quality(connection)
    print_signals(connection)
    console.print()
    print_drift(connection)
