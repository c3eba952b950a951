"""Plan an experiment, assign its users, and read what it did.

python scripts/experiment.py plan call_promising_users
python scripts/experiment.py assign call_promising_users --csv who_to_call.csv
python scripts/experiment.py read call_promising_users
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import duckdb

from common import (
    PROJECT,
    PointwiseError,
    check_panel,
    console,
    print_table,
    run,
    write_csv,
)
from published import connect

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
    try:
        found = rows(connection, "from experiment_plan where experiment = ?", name)
        known = connection.execute("select experiment from experiment_plan").fetchall()
    except duckdb.CatalogException as error:
        raise PointwiseError("no published experiments: run `dbt build`") from error
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
    print_table(
        f"{name} ({found['status']})",
        ["", ""],
        [
            ("users in the population today", f"{found['population_users']:,}"),
            ("users assigned", f"{found['assigned_users']:,}"),
            (
                f"rate without acting, from {found['history_users']:,} in the past",
                percent(found["baseline_rate"]),
            ),
            (
                "smallest effect worth finding, points",
                f"{100 * found['minimum_effect']:.1f}",
            ),
            ("users needed to find it", f"{found['users_needed'] or 0:,}"),
            (
                "effect that today's users would show, points",
                ""
                if found["detectable_effect"] is None
                else f"{100 * found['detectable_effect']:.1f}",
            ),
        ],
    )
    console.print(f"Verdict: {found['verdict']}.")
    users = max(found["population_users"], found["assigned_users"])
    if found["baseline_rate"] and users:
        console.print()
        print_table(
            f"With {users:,} users",
            ["effect, points", "found in"],
            powers(found, arm_shares(connection, name)),
            right=["effect, points", "found in"],
        )


def arm_shares(connection: duckdb.DuckDBPyConnection, name: str) -> tuple[float, float]:
    """Return the share of the control and the smallest share of another arm."""
    ((arms,),) = connection.execute(
        "select arms from experiments where experiment = ?", [name]
    ).fetchall()
    shares = []
    for arm in arms.split("|"):
        above, _, below = arm.split(":")[1].partition("/")
        shares.append(float(above) / float(below or 1))
    return shares[0], min(shares[1:])


def assign(name: str, list_file: Path | None) -> None:
    """Run `dbt build`, which assigns who is new, and print the arms."""
    check_panel()
    console.print("dbt build ...")
    dbt = Path(sys.executable).parent / "dbt"
    command = [dbt, "--quiet", "--log-level-file", "none", "build"]
    if subprocess.run(command, cwd=PROJECT, check=False).returncode:
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
        raise PointwiseError(
            f"{name} is {found['status']} and has no users: they are assigned while its"
            " status is `running` and the scoring date lies between its dates"
        )
    bands = sorted({band for arm in arms for band in arm["bands"]})
    print_table(
        f"{name}: {found['assigned_users']:,} users",
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
    console.print(f"Wrote {len(users)} users to {list_file}.", markup=False)


def read(name: str) -> None:
    """Print the checks, the effect by every method and by band, and what it says."""
    connection, found = published_plan(name)
    results = rows(connection, "from experiment_results where experiment = ?", name)
    checks = rows(
        connection,
        "from experiment_balance where experiment = ? order by arm, check_name",
        name,
    )
    if not found["assigned_users"]:
        raise PointwiseError(
            f"nobody is assigned to {name} yet: it is {found['status']}"
        )
    print_checks(name, checks)
    console.print()
    if not results:
        query = (
            "select min(assigned_date) from experiment_assignments where experiment = ?"
        )
        ((day,),) = connection.execute(query, [name]).fetchall()
        day += timedelta(days=found["horizon_days"])
        console.print(f"No outcome is known yet: the first are on {day:%Y-%m-%d}.")
    for arm in sorted({row["arm"] for row in results}):
        print_effects([row for row in results if row["arm"] == arm])


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
                f"{row['arm_value']:.4g}",
                f"{row['control_value']:.4g}",
                row["verdict"],
            )
            for row in shown + uneven
        ],
        right=["in the arm", "in the control"],
    )
    features = [row for row in checks if not row["check_name"].startswith("(")]
    console.print(
        f"Of {len(features)} means of score and features, {len(uneven)} differ by more"
        " than chance."
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
        ["estimate by", "effect, points", "95 % interval", "variance saved"],
        [
            (
                METHODS[row["method"]],
                estimate(row),
                interval(row),
                percent(row["variance_saved"]),
            )
            for row in everybody
        ],
        right=["effect, points", "95 % interval", "variance saved"],
    )
    converted = "{conversions:,} of {users:,} users converted".format(**first)
    in_control = "{control_conversions:,} of {control_users:,}".format(**first)
    console.print(f"{converted}, in the control {in_control}.")
    console.print("Verdict: " + next(r["verdict"] for r in everybody if r["verdict"]))
    console.print()
    bands = [row for row in results if row["cell"] != "all"]
    print_table(
        "Does acting pay in every band? (many comparisons: one may differ by chance)",
        ["band", "users", "effect, points", "95 % interval", "verdict"],
        [
            (
                row["cell"],
                row["users"] + row["control_users"],
                estimate(row),
                interval(row),
                row["verdict"],
            )
            for row in bands
        ],
        right=["users", "effect, points", "95 % interval"],
    )


def main() -> None:
    """Read the command line, then plan, assign or read."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "step", choices=["plan", "assign", "read"], help="what to do: in this order"
    )
    parser.add_argument("name", help="the experiment, a row of experiments.csv")
    parser.add_argument(
        "--csv", type=Path, help="with assign: write who is in which arm"
    )
    arguments = parser.parse_args()
    if arguments.step == "assign":
        assign(arguments.name, arguments.csv)
    elif arguments.csv:
        raise PointwiseError("--csv goes with assign")
    else:
        {"plan": plan, "read": read}[arguments.step](arguments.name)


if __name__ == "__main__":
    run(main)
