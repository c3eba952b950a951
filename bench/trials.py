"""Does the readout of a published trial say what was published?

    python bench/trials.py hillstrom.csv

The file is Kevin Hillstrom's e-mail trial of 2008, 64,000 customers in three arms (the
MineThatData challenge; it is not part of this project). It is taken the way of any
experiment that another tool assigned: events and assignments are imported, built, and
read. Differences and standard errors of visits, orders and spend stand beside those of
the plain formulas on the file's rows (Welch 1947). A minute.
"""

from __future__ import annotations

import argparse
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(PROJECT / "scripts"), str(PROJECT / "tests" / "python")]

import duckdb  # noqa: E402

from pointwise.core.command_line import run  # noqa: E402
from pointwise.core.errors import PointwiseError  # noqa: E402
from pointwise.core.terminal import print_table  # noqa: E402

BIN = Path(sys.executable).parent
# The trial's rows have no dates: everything that followed is taken for two days later.
FILES = {
    "events": """
        select 'c' || row as user_id, 'registered' as event_type,
            timestamp '2008-02-20 10:00:00' as occurred_at, null as amount from trial
        union all
        select 'c' || row, 'visit', timestamp '2008-03-05 12:00:00', null from trial
        where visit = 1
        union all
        select 'c' || row, 'order', timestamp '2008-03-05 12:30:00', spend from trial
        where conversion = 1
    """,
    "assigned": """
        select 'email' as experiment, 'c' || row as id, arm,
            timestamp '2008-03-03 08:00:00' as assigned_at from trial
    """,
}
EXPERIMENT = (
    "email,ended,2008-03-03,2008-03-03,,,,,,control:1/3|mens:1/3|womens:1/3,,visit,14,"
    "0.01,Do e-mails bring visits?\n"
)
METRICS = """\
experiment,metric,event_types,kind,role,numerator,denominator,winsorise_share,covariate
email,orders,order,converted,secondary,,,,
email,spend,order,amount,secondary,,,,
"""
# What the rows themselves say, by arm and metric.
PLAIN = """
    with long as (
        unpivot (select arm, visit::double as visits, conversion::double as orders,
            spend::double as spend from trial)
        on visits, orders, spend into name metric value value
    ),
    sums as (
        select arm, metric, avg(value) as mean, var_samp(value) / count(*) as variance
        from long group by arm, metric
    )
    select treated.metric, treated.arm, treated.mean - control.mean,
        sqrt(treated.variance + control.variance)
    from sums as treated inner join sums as control using (metric)
    where treated.arm <> 'control' and control.arm = 'control'
    order by all
"""
READ = """
    select metric, arm, estimate, standard_error from main.experiment_metric_results
    where method = 'difference' and cell = 'all' and metric in ('orders', 'spend')
    union all
    select 'visits', arm, estimate, (upper - lower) / 2 / {normal}
    from main.experiment_results where method = 'difference' and cell = 'all'
"""


def command(environment: dict[str, str], *words: str | Path) -> None:
    """Run a command of the project, quietly."""
    done = subprocess.run(
        [str(word) for word in words],
        cwd=PROJECT, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        raise PointwiseError(f"{words[1]} failed: {done.stdout[-500:]}{done.stderr}")


def read_out(folder: Path, trial: duckdb.DuckDBPyConnection) -> Path:
    """Import, build and read the trial; return the warehouse."""
    home = folder / "home"
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("POINTWISE_")},
        "POINTWISE_HOME": str(home),
    }
    for name, query in FILES.items():
        trial.execute(f"copy ({query}) to '{folder}/{name}.csv'")
    pointwise, dbt = BIN / "pointwise", BIN / "dbt"
    events = (folder / "events.csv", "--home", home, "--outcome", "visit")
    command(environment, pointwise, "import", *events)
    with (home / "panel" / "experiments.csv").open("a") as experiments:
        experiments.write(EXPERIMENT)
    (home / "panel" / "experiment_metrics.csv").write_text(METRICS)
    with (home / "settings.yml").open("a") as settings:
        settings.write('as_of_date: "2008-04-20"\n')
    command(environment, pointwise, "experiment", "import", folder / "assigned.csv")
    quiet = ("--quiet", "--log-level-file=none", f"--target-path={folder}/target")
    command(
        environment,
        dbt,
        "build",
        *quiet,
        "--exclude-resource-type",
        "test",
        "unit_test",
    )
    return home / "pointwise.duckdb"


def main() -> None:
    """Read the trial both ways, and print them side by side."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path, help="hillstrom.csv")
    file = parser.parse_args().file
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as trial:
        trial.execute(
            "create table trial as select *, row_number() over () as row,"
            " case segment when 'No E-Mail' then 'control'"
            " when 'Mens E-Mail' then 'mens' else 'womens' end as arm"
            f" from read_csv('{file}')"
        )
        plain = trial.execute(PLAIN).fetchall()
        warehouse = read_out(Path(folder), trial)
        with duckdb.connect(str(warehouse), read_only=True) as built:
            normal = 1.959963984540054
            found = built.execute(READ.format(normal=normal)).fetchall()
    ours = {(metric, arm): numbers for metric, arm, *numbers in found}
    rows = [
        [metric, arm, *(f"{x:.6f}" for x in (*numbers, *ours[metric, arm]))]
        for metric, arm, *numbers in plain
    ]
    columns = ["metric", "arm", "difference", "error", "the readout's", "its error"]
    print_table("The trial by the plain formulas, and read out", columns, rows)
    worst = max(
        math.dist(numbers, ours[metric, arm]) for metric, arm, *numbers in plain
    )
    print(f"Largest distance: {worst:.1e}")


if __name__ == "__main__":
    run(main)
