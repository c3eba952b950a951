"""Show whether the score is true: what its bands converted at.

    pointwise evaluate

It asks of past dates what today's points would have said, and what followed.
"""

from __future__ import annotations

import duckdb

from pointwise.core.arrivals import back_dated
from pointwise.core.command_line import command
from pointwise.core.errors import PointwiseError
from pointwise.core.home import PROJECT
from pointwise.core.published import connect, need
from pointwise.core.settings import check_has_outcome, vars_of_run
from pointwise.core.terminal import console, print_table
from pointwise.core.words import LEARNED_FROM, UNSTEADY, in_percent

MOST_LINES = 12
# From here on the mart calls drift moderate, if there is more of it than by chance.
MODERATE = 0.1
# From here on it prints what AUC a feature had, had all been known.
FELT = 0.01
# Below it the test no_feature_gives_the_outcome_away looks for nothing.
FEWEST_FOR_LEAKS = 20


def percent(rate: float | None) -> str:
    """Return a rate in percent, with a decimal below ten percent."""
    if rate is None:
        return ""
    return f"{in_percent(rate, 0 if rate >= 0.0995 else 1)} %"


def interval(low: float | None, high: float | None) -> str:
    """Return the 95 % interval of a rate in percent."""
    if low is None or high is None:
        return ""
    digits = 0 if high >= 0.1 else 1
    return f"{in_percent(low, digits)}-{in_percent(high, digits)}"


def populations(connection: duckdb.DuckDBPyConnection) -> list[tuple]:
    """Return the snapshots: who was evaluated.

    Raises PointwiseError if no snapshot's horizon has passed yet.
    """
    rows = connection.execute(
        "select outcome, horizon_end_date - as_of_date, as_of_date, horizon_end_date,"
        " has_matured, has_full_look_back, is_judged, users, customers, examples,"
        " conversions, conversion_rate, lower_rate, upper_rate, late_event_share"
        " from snapshot_populations order by as_of_date"
    ).fetchall()
    known = [row for row in rows if row[10] is not None]
    if not known:
        check_has_outcome()
        raise PointwiseError(
            "nothing to evaluate yet: no past date with users has its whole horizon in"
            " the data (vars horizon_days, snapshot_every_days, snapshot_dates)"
        )
    if not any(row[6] for row in known):
        raise PointwiseError(
            f"nothing to evaluate yet: {LEARNED_FROM} all past dates; dates from"
            f" {vars_of_run(PROJECT, None)['learned_until']} on (learned_until) will be"
            " judged, once their horizon has passed"
        )
    return rows


def verdict(connection: duckdb.DuckDBPyConnection) -> str:
    """Return whether the score is true, in a sentence or two."""
    found = connection.execute(
        "select auc, lower_auc, upper_auc from feature_signals"
        " where as_of_date is null and feature = 'score'"
    ).fetchall()
    if not found or found[0][0] is None:
        return "Nothing shows yet whether the score is true: too few converted."
    auc, low, high = found[0]
    evidence = (
        f"in {100 * auc:.0f} % of pairs of a user who converted and one who did not,"
        f" the first has the higher score (95 % interval {interval(low, high)}, chance"
        " 50)"
    )
    if low <= 0.5:
        return f"Nothing shows yet that the score is worth acting on: {evidence}."
    return f"The score predicts who converts: {evidence}.{of_the_best_band(connection)}"


def of_the_best_band(connection: duckdb.DuckDBPyConnection) -> str:
    """Return what the highest band converted at, in a sentence, if it had anybody."""
    ((band, rate, low, high, lift),) = connection.execute(
        "select band, outlook.conversion_rate, outlook.lower_rate, outlook.upper_rate,"
        " lift from score_band_performance"
        " inner join score_band_outlook as outlook using (band)"
        " where as_of_date is null order by outlook.min_score desc limit 1"
    ).fetchall() or [(None,) * 5]
    if rate is None or lift is None:
        return ""
    return (
        f" The band {band} converts at {percent(rate)} ({interval(low, high)} at the"
        f" next date), {lift:.1f} times the average."
    )


def print_populations(rows: list[tuple]) -> None:
    """Print the snapshots, and what to know about them."""
    table, notes = [], []
    if days := ", ".join(str(row[2]) for row in rows if not row[6]):
        notes.append(
            f"{LEARNED_FROM.capitalize()} {days} (learned_until): they are judged by"
            " the other dates only."
        )
    for _, _, day, end, has_matured, has_full_look_back, _, *numbers in rows:
        *counts, rate, low, high, late = numbers
        if not has_matured:
            notes.append(f"{day}: its horizon ends on {end}, after the data.")
        if not has_full_look_back:
            notes.append(f"{day}: its look-back begins before the data.")
        shown = ["" if count is None else f"{count:,}" for count in counts]
        late_share = "" if late is None else f"{100 * late:.2f} %"
        table.append((day, *shown, percent(rate), interval(low, high), late_share))
    numeric = ["users", "customers", "evaluated", "converted", "rate", "95 %"]
    numeric.append("late events")
    print_table(
        f"{rows[0][0]} within {rows[0][1]} days of past dates",
        ["as of", *numeric],
        table,
        right=numeric,
    )
    for note in notes:
        console.print(note, markup=False)


def print_acted_on(connection: duckdb.DuckDBPyConnection) -> None:
    """Print how many examples are left out since somebody acted on people."""
    acted_on, converted_first = connection.execute(
        "select coalesce(sum(acted_on), 0), coalesce(sum(converted_first), 0)"
        " from snapshot_populations"
    ).fetchall()[0]
    if acted_on:
        console.print(
            f"Left out: {acted_on:,} on whom somebody acted in the horizon or less than"
            f" one before, and with them {converted_first:,} of those who converted"
            " before anybody did.",
            markup=False,
        )


def print_arrivals(connection: duckdb.DuckDBPyConnection) -> None:
    """Print of which event types most came late, and which are dated too early."""
    rows = connection.execute(
        "select event_type, late_share from event_arrivals where late_share >= 0.005"
        " order by late_share desc, event_type"
    ).fetchall()
    if rows:
        shares = [f"{name} {percent(share)}" for name, share in rows[:MOST_LINES]]
        more = f" and {len(rows) - MOST_LINES} more" if len(rows) > MOST_LINES else ""
        console.print(
            "Received after the date, and left out as they were not known then:"
            f" {', '.join(shares)}{more} of the events before it.",
            markup=False,
        )
    for line in back_dated(connection, "event_arrivals"):
        console.print(f"WARNING: {line}", markup=False)


def print_quality(connection: duckdb.DuckDBPyConnection) -> None:
    """Print what bands and tenths converted at, all past dates together."""
    rows = connection.execute("from score_quality()").fetchall()
    ((bands,),) = connection.execute(
        "select count(*) from score_band_performance where as_of_date is null"
    ).fetchall()
    for title, part in (
        ("Bands, all past dates together", rows[:bands]),
        ("Tenths of users by score, the highest first", rows[bands:]),
    ):
        columns = ["", "users", "converted", "rate", "95 %", "lift", "caught so far"]
        print_table(
            title,
            columns,
            [
                (
                    item,
                    f"{users:,}",
                    f"{converted:,}",
                    "" if rate is None else f"{rate} %",
                    between,
                    "" if lift is None else f"{lift} x",
                    "" if caught is None else f"{caught} %",
                )
                for item, users, converted, rate, between, lift, caught in part
            ],
            right=columns[1:],
        )
        console.print()


def print_outlook(connection: duckdb.DuckDBPyConnection) -> None:
    """Print what to expect of each band at the next date, with warnings."""
    rows = connection.execute(
        "select band, dates, users, conversions, conversion_rate, lowest_rate,"
        " highest_rate, lower_rate, upper_rate, dispersion, meaning"
        " from score_band_outlook order by min_score desc"
    ).fetchall()
    columns = ["", "dates", "rate", "by date", "next date, 95 %"]
    print_table(
        "Bands at the next date",
        columns,
        [
            (band, dates, percent(rate), interval(least, most), interval(low, high))
            for band, dates, _, _, rate, least, most, low, high, _, _ in rows
        ],
        right=columns[1:],
    )
    for band, dates, users, converted, *_, dispersion, meaning in rows:
        if users and not converted:
            console.print(f"{band}: {meaning}.", markup=False)
        elif dispersion is not None and dispersion >= UNSTEADY:
            console.print(
                f"{band}: its {dates} dates differ far more than its users do"
                f" (chi-square per degree of freedom {dispersion:.0f}, 1 by chance): do"
                " not count on the rate, only on the interval.",
                markup=False,
            )


def print_signals(connection: duckdb.DuckDBPyConnection) -> None:
    """Print the score beside the features that rank converters best alone.

    As was known then, or would, had all been known.
    """
    rows = connection.execute(
        "select feature, 'more', auc, lower_auc, upper_auc, happened_auc"
        " from feature_signals where as_of_date is null and auc >= 0.5 union all"
        " select feature, 'less', 1 - auc, 1 - upper_auc, 1 - lower_auc,"
        " 1 - happened_auc from feature_signals where as_of_date is null and auc < 0.5"
        " order by greatest(auc, happened_auc, 1 - happened_auc) desc, feature"
    ).fetchall()
    print_table(
        "The score and features alone",
        ["", "AUC", "95 %", "ranks by", "had all been known"],
        [
            (
                name,
                f"{auc:.2f}",
                f"{low:.2f}-{high:.2f}",
                direction,
                f"{happened:.2f}" if abs(happened - auc) >= FELT else "",
            )
            for name, direction, auc, low, high, happened in rows[:MOST_LINES]
        ],
        right=["AUC", "95 %", "had all been known"],
    )
    ((converted,),) = connection.execute(
        "select coalesce(max(conversions), 0) from feature_signals"
        " where feature <> 'score'"
    ).fetchall()
    if converted < FEWEST_FOR_LEAKS:
        console.print(
            "Whether a feature knows the outcome beforehand is not tested: it takes"
            f" {FEWEST_FOR_LEAKS} conversions, and there are {converted}.",
            markup=False,
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
            "No drift beyond chance from one snapshot to the next, of the score or a"
            f" feature. Largest stability index: {index:.3f}, {name} on {day}"
            + (
                ", no more than chance gives this number of users."
                if index >= MODERATE
                else "."
            ),
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
    rows = populations(connection)
    console.print(verdict(connection), markup=False)
    console.print()
    print_populations(rows)
    print_acted_on(connection)
    print_arrivals(connection)
    console.print()
    print_quality(connection)
    print_outlook(connection)
    console.print()
    print_signals(connection)
    console.print()
    print_drift(connection)
