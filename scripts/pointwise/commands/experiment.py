"""Plan an experiment, assign its users, and read what it did.

    pointwise experiment plan call_promising_users
    pointwise experiment assign call_promising_users --csv who_to_call.csv
    pointwise experiment read call_promising_users
    pointwise experiment import flag_exposures.csv --experiment new_checkout
    pointwise experiment holdout

NAME is a row of experiments.csv. `import` brings in who was assigned to what by another
tool, as a feature flag or a mailing: nobody is assigned again. `holdout` says what
acting adds, by the people who are held out for good (`holdout_share`).
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import click
import duckdb

from pointwise.core.command_line import PATH, InOrder, help_of
from pointwise.core.dbt import start_dbt
from pointwise.core.errors import PointwiseError
from pointwise.core.home import path_setting
from pointwise.core.panel import snapshot
from pointwise.core.panel.experiments import terms_in
from pointwise.core.published import connect, is_there, need
from pointwise.core.rows import named_rows
from pointwise.core.terminal import console, print_table, write_csv
from pointwise.core.words import counted, in_percent
from pointwise.experiments.given import all_set_aside
from pointwise.experiments.holdout import holdout_sentence
from pointwise.experiments.plan import design_of
from pointwise.experiments.power import Design, power
from pointwise.experiments.readout_text import percent, print_metrics, with_level
from pointwise.experiments.terms import arms_by_experiment

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
    "stratified cuped": "strata, score (beyond strata)",
    "always valid": "difference, valid at every look",
    "bands differ": "do bands differ?",
}


def rows(connection: duckdb.DuckDBPyConnection, sql: str, name: str) -> list[dict]:
    """Return the rows of a query about an experiment, each by column name."""
    return named_rows(connection.execute(sql, [name]))


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
            " `dbt build`, and fix what it complains of, if anything"
        )
    if not found:
        names = ", ".join(sorted(name for (name,) in known)) or "none"
        raise PointwiseError(
            f"no experiment {name!r} in the published files (there: {names}): write a"
            " row into experiments.csv of the control panel, then run `dbt build`"
        )
    return connection, found[0]


def interval(row: dict) -> str:
    """Return the limits of an effect in percentage points; of a ratio as they are."""
    if row["lower"] is None:
        return ""
    factor, digits = (1, 2) if row.get("method") == "ratio" else (100, 1)
    low, high = factor * row["lower"], factor * row["upper"]
    sign = "" if factor == 1 else "+"
    limits = f"{low:{sign}.{digits}f} to {high:{sign}.{digits}f}"
    return with_level(limits, row.get("level") or 0.95)


def estimate(row: dict) -> str:
    """Return an effect in percentage points, or a ratio as it is."""
    if row["estimate"] is None:
        return "unknown"
    ratio = row["method"] == "ratio"
    return f"{row['estimate']:.2f}" if ratio else f"{100 * row['estimate']:+.1f}"


def powers(plan: dict, design: Design) -> list[tuple]:
    """Return, by effect, how often the users there are would show it."""
    users = max(plan["population_users"], plan["assigned_users"])
    lines = []
    for times in (0.5, 1, 1.5, 2, 3):
        effect = times * float(plan["minimum_effect"])
        if effect + plan["baseline_rate"] < 1:
            found = percent(power(design, effect, users))
            lines.append((f"{100 * effect:+.1f}", found))
    return lines


def plan(name: str) -> None:
    """Print what to expect of an experiment before anybody is assigned."""
    connection, found = published_plan(name)
    past = f"rate without acting, from {found['history_users']:,} in the past"
    today = None if found["status"] == "ended" else found["population_users"]
    users = max(found["population_users"], found["assigned_users"])
    has_companies = (found["design_effect"] or 1) > 1
    tuning = min(found["users_needed"] or users, users) or None
    facts = [
        ("users in the population today", today, ",", 1),
        ("users assigned", found["assigned_users"], ",", 1),
        (f"{past}, %", found["baseline_rate"], ".1f", 100),
        ("of its variance, strata and score explain, %",
         None if has_companies else found["variance_explained"], ".1f", 100),
        ("times as many users, since people of a company are alike",
         found["design_effect"] if has_companies else None, ".1f", 1),
        ("smallest effect worth finding, % points",
         found["minimum_effect"], ".1f", 100),
        ("users needed to find it", found["users_needed"], ",", 1),
        ("effect that these users would show, % points",
         found["detectable_effect"], ".1f", 100),
        ("experiment_tuning_users that fits", tuning, ",", 1),
    ]  # fmt: skip
    console.print(f"{name} ({found['status']}): {found['verdict']}.", markup=False)
    if is_empty(found):
        console.print(f"{ASK_FOR_LESS.capitalize()}.")
    console.print()
    print_table(
        "What to expect",
        ["", " "],
        [
            (fact, format(value * factor, form))
            for fact, value, form, factor in facts
            if value is not None
        ],
        right=[" "],
    )
    if found["baseline_rate"] and users:
        console.print()
        print_table(
            f"With {counted(users, 'user')}",
            ["if the effect is, % points", "the chance to see it is"],
            powers(found, published_design(connection, found)),
            right=["if the effect is, % points", "the chance to see it is"],
        )


def published_design(connection: duckdb.DuckDBPyConnection, found: dict) -> Design:
    """Return what decides on the power of an experiment."""
    ((arms,),) = connection.execute(
        "select arms from experiments where experiment = ?", [found["experiment"]]
    ).fetchall()
    terms = arms_by_experiment([{"experiment": found["experiment"], "arms": arms}])
    return design_of(
        found["baseline_rate"],
        found,
        terms[found["experiment"]],
    )


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
    known = connection.execute(
        "select band from score_bands where score is null order by min_score desc"
    )
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
        if given := print_set_aside(connection, name):
            raise PointwiseError(
                f"nobody is assigned to {name} yet: {all_set_aside(given)}"
            )
        raise nobody(connection, name, found)
    metrics = published_metrics(connection, name)
    said = verdict_of(name, results, metrics)
    if not results and not metrics:
        day = first_day(connection, name, found["horizon_days"])
        said = f"{name}: no outcome is known yet, the first are on {day}."
    if said:
        console.print(f"{said}\n", markup=False)
    print_terms(connection, name)
    print_checks(name, checks)
    print_set_aside(connection, name)
    for arm in sorted({row["arm"] for row in results}):
        console.print()
        print_effects([row for row in results if row["arm"] == arm])
    for arm in sorted({row["arm"] for row in metrics}):
        console.print()
        print_metrics([row for row in metrics if row["arm"] == arm])


def first_day(
    connection: duckdb.DuckDBPyConnection, name: str, horizon_days: int
) -> date:
    """Return the day on which the first outcomes of an experiment are known."""
    query = "select min(assigned_date) from experiment_assignments where experiment = ?"
    ((day,),) = connection.execute(query, [name]).fetchall()
    return day + timedelta(days=horizon_days)


def published_metrics(connection: duckdb.DuckDBPyConnection, name: str) -> list[dict]:
    """Return what an experiment did to its metrics; none in older publications."""
    if not is_there(connection, "experiment_metric_results"):
        return []
    return rows(
        connection,
        "select results.* from experiment_metric_results as results"
        " left join score_bands as bands on results.cell = bands.band"
        " where experiment = ? order by metric, arm, min_score desc, method",
        name,
    )


def print_set_aside(connection: duckdb.DuckDBPyConnection, name: str) -> list[dict]:
    """Print which rows of another tool's assignments are not used, and why.

    Returns them, the most frequent reason first.
    """
    found = rows(
        connection,
        "from experiment_rows_set_aside where experiment = ?"
        " order by given_rows desc, reason",
        name,
    )
    if found:
        console.print()
        print_table(
            "Rows of POINTWISE_ASSIGNMENTS that are not used",
            ["rows", "why", "such as"],
            [
                (
                    row["given_rows"],
                    row["reason"],
                    f"{row.get('user_id') or 'no id'}: {row['example']}",
                )
                for row in found
            ],
            right=["rows"],
        )
    return found


def verdict_of(name: str, results: list[dict], metrics: list[dict]) -> str:
    """Return what an experiment found, in a sentence; nothing without outcomes.

    What decides is the primary metric, or else the outcome.
    """
    decides = [row for row in metrics if row["role"] == "primary"] or results
    said: dict[str, str] = {}
    for row in decides:
        if row["cell"] == "all" and row["verdict"] and row["method"] != "bands differ":
            of = f" in {row['metric']}" if "metric" in row else ""
            said.setdefault(f"{row['arm']} against control{of}", row["verdict"])
    if not said:
        return ""
    is_final = all(row["is_final"] for row in decides)
    state = "every outcome is known" if is_final else "outcomes are still to come"
    verdicts = "; ".join(f"{arm}: {verdict}" for arm, verdict in said.items())
    return f"{name}, {verdicts} ({state})."


def print_terms(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Print what was fixed at the first assignment, if that is recorded."""
    ((text,),) = connection.execute(
        "select min_by(terms, slot_number) from experiment_assignments"
        " where experiment = ?",
        [name],
    ).fetchall()
    if text:
        terms = terms_in(text)
        console.print(
            f"Fixed when the first users were assigned: {terms['outcome_event_type']}"
            f" within {terms['horizon_days']} days, joining until {terms['end_date']},"
            f" decided by {decided_by(terms)}.",
            markup=False,
            soft_wrap=not console.is_terminal,
        )
        if "metrics" in terms:
            console.print(f"Metrics: {terms['metrics']}.", markup=False)
        console.print()


def decided_by(terms: dict[str, str]) -> str:
    """Return by what an experiment is decided at the end, given its terms.

    A primary metric decides instead of the outcome; so does the metric `outcome` where
    companies are assigned, without strata.
    """
    planned = terms.get("metrics", "").split("; ")
    primary = next((text for text in planned if text.startswith("primary ")), "")
    if not primary and terms.get("assign_by") != "account":
        return METHODS[terms["decided_by"]].split(" (")[0]
    name = primary.removeprefix("primary ").partition(":")[0] or "outcome"
    cut = ", large values cut" if " cut at " in primary else ""
    return f"the metric {name}, past and score as covariates{cut}"


def check_value(row: dict, column: str) -> str:
    """Return what an arm has: a number of users, a share of them, or a mean."""
    if row["check_name"] == "(analysed share)":
        return percent(row[column])
    is_number = row["check_name"].startswith("(assigned")
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
    """Print what one arm did: the verdict, the effect by every method, and by band."""
    order = list(METHODS)
    everybody = [row for row in results if row["cell"] == "all"]
    everybody.sort(key=lambda row: order.index(row["method"]))
    tests = [row for row in everybody if row["method"] == "bands differ"]
    everybody = [row for row in everybody if row not in tests]
    first = everybody[0]
    state = "final" if first["is_final"] else "outcomes are still to come"
    said = next(row["verdict"] for row in everybody if row["verdict"])
    converted = "{conversions:,} of {users:,} users converted".format(**first)
    in_control = "{control_conversions:,} of {control_users:,}".format(**first)
    console.print(
        f"{first['arm']} against control, as of {first['as_of_date']} ({state})."
        f"\nVerdict: {said}\n{converted}, in the control {in_control}.\n",
        markup=False,
    )
    columns = ["effect, % points", "95 % interval", "variance saved"]
    print_table(
        "The effect",
        ["estimate by", *columns],
        [
            (
                METHODS[row["method"]],
                estimate(row),
                interval(row),
                percent(row["variance_saved"]),
            )
            for row in everybody
        ],
        right=columns,
    )
    if any(row["estimate"] is not None and row["lower"] is None for row in everybody):
        console.print(
            "No interval where too few converted: each arm needs five users with the"
            " outcome and five without, or the prospect of them."
        )
    console.print()
    bands = [row for row in results if row["method"] == "shrunken"]
    print_table(
        f"{first['arm']}: does acting pay in every band?",
        ["band", "users", "effect, % points", "interval", "verdict"],
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
        right=["users", "effect, % points", "interval"],
    )
    for row in tests:
        if row["verdict"] and row["p_value"] is not None:
            console.print(
                f"One test for all: {row['verdict']} (p {row['p_value']:.2g})."
            )
    console.print(
        "Looks and the end, arms, and bands each share one chance in twenty of a false"
        " alarm, so the intervals that decide are wider than 95 %. Effects of bands are"
        " shrunk to their mean."
    )


def print_holdout(connection: duckdb.DuckDBPyConnection) -> None:
    """Print what acting adds, in a sentence and by quarter and band.

    Raises PointwiseError if nothing can be compared yet.
    """
    effects = named_rows(
        connection.execute(
            "select effects.* from holdout_effects as effects"
            " left join score_bands as bands on effects.cell = bands.band"
            " order by quarter_start_date nulls first, min_score desc nulls first"
        )
    )
    if not effects:
        raise PointwiseError(
            "nothing to compare yet: nobody is held out (`holdout_share`), or no"
            " snapshot since `holdout_since` has its whole horizon in the data"
        )
    console.print(holdout_sentence(effects[0]), markup=False)
    console.print()
    numbers = ["others", "held out", "adds", "95 % interval"]
    print_table(
        "Who converts, and what acting adds in percentage points",
        ["quarter", "band", *numbers],
        [
            (
                quarter_of(row["quarter_start_date"]),
                row["cell"],
                share_of(row["conversion_rate"], row["users"]),
                share_of(row["held_out_rate"], row["held_out_users"]),
                "" if row["difference"] is None else f"{100 * row['difference']:+.1f}",
                interval(row),
            )
            for row in effects
        ],
        right=numbers,
    )
    console.print(
        "Others: all who may be acted on, whether anybody did or not. A person counts"
        " once in a line, and in each band it was in. Intervals are of one look; there"
        " is none where a side cannot expect five people who convert and five who do"
        " not."
    )


def quarter_of(day: date | None) -> str:
    """Return a quarter in words."""
    return "all" if day is None else f"{day.year} Q{(day.month + 2) // 3}"


def share_of(rate: float | None, people: int) -> str:
    """Return a share in percent, and of how many people."""
    return "" if rate is None else f"{in_percent(rate, 1)} % of {people:,}"


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


@main.command("import", short_help="Who was assigned by another tool.")
@click.argument("files", nargs=-1, required=True, type=PATH, metavar="FILE…")
@click.option("--experiment", metavar="NAME", help="The experiment of all rows.")
@click.option(
    "--map",
    "mapped",
    multiple=True,
    metavar="COLUMN=SOURCE",
    help="Take COLUMN (experiment, id, arm, assigned_at, account_id, a covariate)"
    " from the column SOURCE.",
)
@click.option("--time-format", multiple=True, metavar="FORMAT", help="As in `import`.")
@click.option("--time-zone", default="UTC", help="Zone of times that name none (UTC).")
def import_command(
    files: tuple[Path, ...],
    experiment: str | None,
    mapped: tuple[str, ...],
    time_format: tuple[str, ...],
    time_zone: str,
) -> None:
    """Land who was assigned to what, beside the events, and say what can be used."""
    from pointwise.importing.assignments import KIND, import_assignments
    from pointwise.importing.columns import split_pairs
    from pointwise.importing.one_file import Options
    from pointwise.importing.values import Reading

    options = Options(
        kind=KIND,
        mapped=split_pairs("--map", mapped),
        constants={"experiment": experiment} if experiment else {},
        kept=[],
        columns=None,
        delimiter=None,
        encoding=None,
        reading=Reading(time_format, time_zone, False, False),
    )
    import_assignments(files, options)


@main.command("holdout", short_help="What acting adds to who is held out.")
def holdout_command() -> None:
    """Print what acting adds: people held out for good, beside all others."""
    connection = connect()
    need(connection, "holdout_effects", "experiments")
    print_holdout(connection)
