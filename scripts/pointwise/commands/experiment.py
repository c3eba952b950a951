"""Plan an experiment, assign its users, and read what it did.

    pointwise experiment plan call_promising_users
    pointwise experiment assign call_promising_users --csv who_to_call.csv
    pointwise experiment read call_promising_users

NAME is a row of experiments.csv.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click
import duckdb

from pointwise.core.command_line import PATH, InOrder, help_of
from pointwise.core.dbt import start_dbt
from pointwise.core.errors import PointwiseError
from pointwise.core.home import path_setting
from pointwise.core.panel import snapshot
from pointwise.core.panel.experiments import arms_of
from pointwise.core.published import connect, need
from pointwise.core.terminal import console, print_table, write_csv
from pointwise.core.words import counted

PLAN = """
    select plans.*, start_date, end_date
    from experiment_plan as plans inner join experiments using (experiment)
    where experiment = ?
"""
ASK_FOR_LESS = "ask for less in its line of experiments.csv, then run `dbt build`"
METHODS = {
    "difference": "difference",
    "ratio": "ratio of the two rates",
    "stratified": "within strata",
    "cuped": "score as covariate (CUPED)",
    "stratified cuped": "both (saved beyond strata)",
    "always valid": "difference, valid at every look",
}


def rows(connection: duckdb.DuckDBPyConnection, sql: str, name: str) -> list[dict]:
    """Return the rows of a query about an experiment, each by column name."""
    result = connection.execute(sql, [name])
    columns = [column[0] for column in result.description]
    return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]


def published_plan(name: str) -> tuple[duckdb.DuckDBPyConnection, dict]:
    """Return a connection to the published files, and the experiment's plan.

    Raises PointwiseError if the experiment is not among them.
    """
    connection = connect()
    need(connection, "experiment_plan", "experiments")
    found = rows(connection, PLAN, name)
    known = connection.execute("select experiment from experiment_plan").fetchall()
    if not found and name in listed_names():
        raise PointwiseError(
            f"{name} is in experiments.csv, and not yet in the published files: run"
            " `dbt build`, and mend what it complains of, if anything"
        )
    if not found:
        names = ", ".join(sorted(name for (name,) in known)) or "none"
        raise PointwiseError(
            f"no experiment {name!r} in the published files (there: {names}): write a"
            " row into experiments.csv of the control panel, then run `dbt build`"
        )
    return connection, found[0]


def percent(rate: float | None) -> str:
    """Return a rate in percent."""
    return "" if rate is None else f"{100 * rate:.1f} %"


def interval(row: dict) -> str:
    """Return the limits of an effect in percentage points; of a ratio as they are."""
    if row["lower"] is None:
        return ""
    factor, digits = (1, 2) if row.get("method") == "ratio" else (100, 1)
    low, high = factor * row["lower"], factor * row["upper"]
    sign = "" if factor == 1 else "+"
    return f"{low:{sign}.{digits}f} to {high:{sign}.{digits}f}"


def estimate(row: dict) -> str:
    """Return an effect in percentage points, or a ratio as it is."""
    if row["estimate"] is None:
        return "not told"
    ratio = row["method"] == "ratio"
    return f"{row['estimate']:.2f}" if ratio else f"{100 * row['estimate']:+.1f}"


def powers(plan: dict, shares: tuple[float, float]) -> list[tuple]:
    """Return, by effect, how often the users there are would show it."""
    from statsmodels.stats.proportion import power_proportions_2indep

    control, arm = shares
    users = max(plan["population_users"], plan["assigned_users"])
    lines = []
    for times in (0.5, 1, 1.5, 2, 3):
        effect = times * float(plan["minimum_effect"])
        if effect + plan["baseline_rate"] >= 1:
            continue
        power = power_proportions_2indep(
            effect,
            plan["baseline_rate"],
            max(users * control, 1),
            ratio=arm / control,
            return_results=False,
        )
        lines.append((f"{100 * effect:+.1f}", percent(power)))
    return lines


def plan(name: str) -> None:
    """Print what to expect of an experiment before anybody is assigned."""
    connection, found = published_plan(name)
    past = f"rate without acting, from {found['history_users']:,} in the past"
    today = None if found["status"] == "ended" else found["population_users"]
    facts = [
        ("users in the population today", today, ",", 1),
        ("users assigned", found["assigned_users"], ",", 1),
        (f"{past}, %", found["baseline_rate"], ".1f", 100),
        (
            "smallest effect worth finding, % points",
            found["minimum_effect"],
            ".1f",
            100,
        ),
        ("users needed to find it", found["users_needed"], ",", 1),
        (
            "effect that today's users would show, % points",
            found["detectable_effect"],
            ".1f",
            100,
        ),
    ]
    console.print(f"Verdict: {found['verdict']}.", markup=False)
    if is_empty(found):
        console.print(f"{ASK_FOR_LESS.capitalize()}.")
    console.print()
    print_table(
        f"{name} ({found['status']})",
        ["", " "],
        [
            (fact, format(value * factor, form))
            for fact, value, form, factor in facts
            if value is not None
        ],
        right=[" "],
    )
    users = max(found["population_users"], found["assigned_users"])
    if found["baseline_rate"] and users:
        console.print()
        print_table(
            f"With {counted(users, 'user')}",
            ["if the effect is, % points", "the chance to see it is"],
            powers(found, arm_shares(connection, name)),
            right=["if the effect is, % points", "the chance to see it is"],
        )


def arm_shares(connection: duckdb.DuckDBPyConnection, name: str) -> tuple[float, float]:
    """Return the share of the control and the smallest share of another arm."""
    ((arms,),) = connection.execute(
        "select arms from experiments where experiment = ?", [name]
    ).fetchall()
    shares = [float(share) for _, share in arms_of(arms)]
    return shares[0], min(shares[1:])


def is_empty(found: dict) -> bool:
    """Whether nobody is in the experiment and nobody could be assigned."""
    users = found["population_users"] + found["assigned_users"]
    return found["status"] != "ended" and not users


def nobody(
    connection: duckdb.DuckDBPyConnection, name: str, found: dict
) -> PointwiseError:
    """Return the error that an experiment has no users: why, and what to do."""
    if is_empty(found):
        return PointwiseError(f"{name} has {found['verdict']}: {ASK_FOR_LESS}")
    dates = f"from {found['start_date']} to {found['end_date']}"
    ((day,),) = connection.execute("select max(as_of_date) from user_scores").fetchall()
    return PointwiseError(
        f"nobody is assigned to {name} yet: it is {found['status']}, {dates}, and the"
        f" scores are as of {day}. Users are assigned by `dbt build`"
        " while the status is `running` and the scores are as of one of these days"
    )


def listed_names() -> list[str]:
    """Return the names of the experiments in the control panel.

    Raises PointwiseError if experiments.csv cannot be read.
    """
    rows = snapshot.panel_rows(path_setting("POINTWISE_CONTROL"), "experiments")
    return [row["experiment"] for row in rows]


def check_listed(name: str) -> None:
    """Check that the control panel has the experiment, before a build for nothing.

    Raises PointwiseError with the names it has, or if experiments.csv has a mistake.
    """
    names = listed_names()
    if name not in names:
        raise PointwiseError(
            f"no experiment {name!r} in"
            f" {path_setting('POINTWISE_CONTROL') / 'experiments.csv'}"
            f" (there: {', '.join(names) or 'none'})"
        )


def assign(name: str, list_file: Path | None) -> None:
    """Run `dbt build`, which assigns who is new, and print the arms."""
    check_listed(name)
    console.print("dbt build ...")
    if start_dbt("--quiet", "build").wait():
        raise PointwiseError("dbt build failed (see above): nobody was moved")
    connection, found = published_plan(name)
    arms = rows(
        connection,
        """
        select arm, count(*) as users, avg(score) as score,
            histogram(band) as bands
        from experiment_assignments where experiment = ?
        group by arm order by min(slot_number)
        """,
        name,
    )
    if not arms:
        raise nobody(connection, name, found)
    known = connection.execute("select band from score_bands order by min_score desc")
    bands = [band for (band,) in known.fetchall()]
    print_table(
        f"{name}: {counted(found['assigned_users'], 'user')}",
        ["arm", "users", *bands, "mean score"],
        [
            (
                arm["arm"],
                arm["users"],
                *(arm["bands"].get(band, 0) for band in bands),
                f"{arm['score'] or 0:.1f}",
            )
            for arm in arms
        ],
        right=["users", *bands, "mean score"],
    )
    if list_file:
        write_list(connection, name, list_file)


def write_list(
    connection: duckdb.DuckDBPyConnection, name: str, list_file: Path
) -> None:
    """Write who is in which arm, best score first, as CSV."""
    columns = ["arm", "user_id", "score", "band", "assigned_date"]
    users = connection.execute(
        f"select {', '.join(columns)} from experiment_assignments"
        " where experiment = ? and user_id is not null"
        " order by arm, score desc, user_id",
        [name],
    ).fetchall()
    write_csv(list_file, columns, users)
    console.print(f"Wrote {counted(len(users), 'user')} to {list_file}.", markup=False)


def read(name: str) -> None:
    """Print the checks, the effect by every method and by band, and what it says."""
    connection, found = published_plan(name)
    results = rows(
        connection,
        "select results.* from experiment_results as results"
        " left join score_bands as bands on results.cell = bands.band"
        " where experiment = ? order by arm, min_score desc, method",
        name,
    )
    checks = rows(
        connection,
        "from experiment_balance where experiment = ? order by arm, check_name",
        name,
    )
    if not found["assigned_users"]:
        raise nobody(connection, name, found)
    print_checks(name, checks)
    if not results:
        query = (
            "select min(assigned_date) from experiment_assignments where experiment = ?"
        )
        ((day,),) = connection.execute(query, [name]).fetchall()
        day += timedelta(days=found["horizon_days"])
        console.print(f"\nNo outcome is known yet: the first are on {day:%Y-%m-%d}.")
    for arm in sorted({row["arm"] for row in results}):
        console.print()
        print_effects([row for row in results if row["arm"] == arm])


def check_value(row: dict, column: str) -> str:
    """Return what an arm has: a number of users, a share of them, or a mean."""
    if row["check_name"] == "(analysed share)":
        return percent(row[column])
    is_number = row["check_name"] == "(assigned users)"
    return format(row[column], ",.0f" if is_number else ",.3f")


def print_checks(name: str, checks: list[dict]) -> None:
    """Print the checks that matter: the two of numbers, the score, and what is off."""
    uneven = [row for row in checks if row["verdict"] == "uneven"]
    shown = [r for r in checks if r["check_name"].startswith("(")]
    shown += [
        row for row in checks if row["check_name"] == "score" and row not in uneven
    ]
    print_table(
        f"{name}: is the comparison fair?",
        ["arm", "check", "in the arm", "in the control", "verdict"],
        [
            (
                row["arm"],
                row["check_name"],
                check_value(row, "arm_value"),
                check_value(row, "control_value"),
                row["verdict"],
            )
            for row in shown + uneven
        ],
        right=["in the arm", "in the control"],
    )
    features = [row for row in checks if not row["check_name"].startswith("(")]
    console.print(
        f"Of {len(features)} means of score and features, {len(uneven)} are more than"
        " 0.1 and three standard errors apart; by chance, 1 in 370 would be."
    )


def print_effects(results: list[dict]) -> None:
    """Print the effect of one arm by every method, then by band, and the verdict."""
    order = list(METHODS)
    everybody = [row for row in results if row["cell"] == "all"]
    everybody.sort(key=lambda row: order.index(row["method"]))
    first = everybody[0]
    state = "final" if first["is_final"] else "outcomes are still to come"
    print_table(
        f"{first['arm']} against control, as of {first['as_of_date']} ({state})",
        ["estimate by", "effect, % points", "95 % interval", "variance saved"],
        [
            (
                METHODS[row["method"]],
                estimate(row),
                interval(row),
                percent(row["variance_saved"]),
            )
            for row in everybody
        ],
        right=["effect, % points", "95 % interval", "variance saved"],
    )
    if any(row["estimate"] is not None and row["lower"] is None for row in everybody):
        console.print(
            "No interval where too few converted: each arm needs five users with the"
            " outcome and five without, or the prospect of them."
        )
    converted = "{conversions:,} of {users:,} users converted".format(**first)
    in_control = "{control_conversions:,} of {control_users:,}".format(**first)
    console.print(f"{converted}, in the control {in_control}.")
    console.print("Verdict: " + next(r["verdict"] for r in everybody if r["verdict"]))
    console.print()
    bands = [row for row in results if row["cell"] != "all"]
    print_table(
        f"{first['arm']}: does acting pay in every band?",
        ["band", "users", "effect, % points", "95 % interval", "verdict"],
        [
            (
                row["cell"],
                f"{row['users'] + row['control_users']:,}",
                estimate(row),
                interval(row),
                row["verdict"],
            )
            for row in bands
        ],
        right=["users", "effect, % points", "95 % interval"],
    )
    console.print("Many comparisons: one may differ by chance.")


@click.group(cls=InOrder, help=help_of(__doc__))
def main() -> None:
    """Plan, assign and read, in this order."""


@main.command("plan", short_help="What to expect, before anybody is assigned.")
@click.argument("name")
def plan_command(name: str) -> None:
    """Print what to expect of an experiment, before anybody is assigned."""
    plan(name)


@main.command("assign", short_help="Run dbt build, which assigns who is new.")
@click.argument("name")
@click.option("--csv", "file", type=PATH, help="Write who is in which arm.")
def assign_command(name: str, file: Path | None) -> None:
    """Run `dbt build`, which assigns who is new, and print the arms."""
    assign(name, file)


@main.command("read", short_help="What it did, and whether the comparison is fair.")
@click.argument("name")
def read_command(name: str) -> None:
    """Print whether the comparison is fair, the effect, and what it says."""
    read(name)
