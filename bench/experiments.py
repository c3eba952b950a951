"""Prove the experiments: a thousand whose truth is known, through the real SQL.

With --promises only what they promise together is held to sums that are drawn: power at
the users that a plan asks for, and false alarms of arms, bands, and looks with the end.
With --metrics counts, amounts of which few are very large, ratios of two and several
outcomes are read, of as many experiments that assign users, or companies.

python bench/experiments.py
python bench/experiments.py --promises 3000
python bench/experiments.py --metrics users --metrics companies
python bench/experiments.py --experiments 200
python bench/experiments.py --arms 'control:0.9|treatment:0.1' --rate 0.4
python bench/experiments.py --households ../shared/data/complete_journey
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(PROJECT / "scripts"), str(PROJECT / "tests" / "python")]

import numpy as np  # noqa: E402
from scipy.stats import binom  # noqa: E402

from conftest import Scratch, last_lines  # noqa: E402
from drawn_experiments import (  # noqa: E402
    DESIGNS,
    found_in,
    looked_or_ended,
    overlapping_horizons,
    power_at_users_needed,
    power_of_plans,
    readouts,
)
from pointwise.core.command_line import run  # noqa: E402
from pointwise.core.terminal import print_table  # noqa: E402
from publications import publish_as_built  # noqa: E402
from simulated_experiments import (  # noqa: E402
    BUILD,
    assign,
    experiment,
    figures,
    let_time_pass,
    metrics_of,
    read_out,
    write_experiments,
)
from simulated_metrics import (  # noqa: E402
    figures_of_metrics,
    pass_days,
    spend,
    users_of,
)

STARTED = time.perf_counter()
NAMES = ("any arm", "any band", "bands differ")
HALVES = "control:0.5|treatment:0.5"

# How far the arms are apart, split in blocks and by a coin for every user.
DISTANCES = """
with slots as (
    select *, 'blocks' as split, arm = 'treatment' as is_treated
    from main.experiment_assignments
    union all
    select
        *,
        'a coin' as split,
        hash(user_id || ':' || experiment) % 2 = 0 as is_treated
    from main.experiment_assignments
),
strata as (
    select split, experiment, stratum, abs(2 * count_if(is_treated) - count(*)) as users
    from slots group by all
),
means as (
    select
        split,
        experiment,
        abs(
            avg(score) filter (is_treated) - avg(score) filter (not is_treated)
        ) as score
    from slots group by all
)
select
    split, avg(users), max(users), any_value(mean_score), any_value(largest_score)
from strata inner join (
    select split, avg(score) as mean_score, max(score) as largest_score
    from means group by split
) using (split)
group by split order by split
"""


def say(done: str) -> None:
    """Print to standard error what is done, and after how many seconds."""
    print(
        f"{time.perf_counter() - STARTED:6.0f} s  {done}", file=sys.stderr, flush=True
    )


def print_distances(title: str, scratch: Scratch) -> None:
    """Print how far the arms of all experiments are apart, against coins."""
    rows = scratch.query(DISTANCES)
    coin, blocks = (row[1:] for row in rows)
    rows.append(("ratio", *(b / c for b, c in zip(blocks, coin, strict=True))))
    columns = ["users in a stratum", "at most", "mean score", "at the most"]
    print_table(
        f"{title}: distance of the arms, mean over experiments",
        ["split by", *columns],
        [(split, *(f"{value:.3f}" for value in values)) for split, *values in rows],
        right=columns,
    )


def simulate(folder: Path, count: int, users: int, arms: str, rate: float) -> None:
    """Print how often simulated experiments are right."""
    scratch = Scratch(folder / "simulated")
    rows = [
        experiment(f"{kind}_{number:04}", arms=arms)
        for kind in ("nothing", "effect", "lost")
        for number in range(count if kind != "lost" else max(count // 10, 1))
    ]
    assign(scratch, rows, users)
    if arms == HALVES:
        print_distances("Simulated users", scratch)
    let_time_pass(scratch, rate=rate)
    read_out(scratch)
    print_table(
        f"Experiments of {users} users, {arms}",
        ["question", "found", "of", "rate"],
        [
            (question, found, of, f"{found / of:.3f}")
            for question, (found, of) in figures(scratch).items()
        ],
        right=["found", "of", "rate"],
    )


def metrics(folder: Path, count: int, users: int, assigned: str) -> None:
    """Print how often the readout of metrics is right, with the bounds of chance."""
    scratch = Scratch(folder / assigned)
    by, kind = ("account", "_team") if assigned == "companies" else ("person", "")
    rows = [
        experiment(f"{begin}{kind}_{number:04}", assign_by=by)
        for begin in ("idle", "moved")
        for number in range(count)
    ]
    assign(scratch, rows, users, [metric for row in rows for metric in metrics_of(row)])
    say(f"{len(rows):,} experiments have assigned {assigned}")
    pass_days(scratch)
    people = users_of(scratch)
    spend(scratch, people)
    publish_as_built(scratch)
    say(f"{len(people):,} people have spent")
    read_out(scratch)
    say("read out")
    lines = []
    for question, (found, of, rate) in figures_of_metrics(scratch, people).items():
        least, most = (int(binom.ppf(part, of, rate)) for part in (0.0005, 0.9995))
        is_right = least <= found <= most
        bounds = f"{least} to {most}" + ("" if is_right else " !")
        lines.append((question, found, of, f"{rate:.2f}", bounds))
    print_table(
        f"Metrics of {users} users, {assigned} assigned",
        ["question", "found", "of", "meant", "99.9 % bounds"],
        lines,
        right=["found", "of", "meant", "99.9 % bounds"],
    )


def households(folder: Path, count: int, data: Path) -> None:
    """Print how evenly real households are split."""
    scratch = Scratch(folder / "households")
    panel = scratch.folder / "panel"
    example = PROJECT / "examples" / "complete_journey"
    shutil.copytree(example, panel)
    dates = {"start_date": "2017-01-01", "end_date": "2018-12-31"}
    write_experiments(
        panel,
        [
            experiment(
                f"seed_{number:04}", outcome_event_type="coupon_redeemed", **dates
            )
            for number in range(count)
        ],
    )
    scratch.environment |= {
        "POINTWISE_CONTROL": str(panel),
        "POINTWISE_EVENTS": str(data / "events.parquet"),
        "POINTWISE_USERS": str(data / "demographics.parquet"),
    }
    settings = (example / "vars.json").read_text()
    scratch.build("--select", "+experiment_assignments", *BUILD[2:], "--vars", settings)
    print_distances("Real households (Complete Journey)", scratch)


def synthetic_world(folder: Path, count: int, users: int) -> None:
    """Print what strata and the score as covariate save in the synthetic world.

    All experiments have the same users, and whatever is done, the same of them convert.
    So there must be many: of 35, as in two weeks of the default world, the arms can
    differ by 11 or by 13 only, and the rate of false alarms jumps between the two.
    """
    scratch = Scratch(folder / "world")
    made = scratch.pointwise(
        "generate", "--users", str(users), "--out", str(scratch.folder)
    )
    assert made.returncode == 0, last_lines(made)
    panel = scratch.folder / "panel"
    shutil.copytree(PROJECT / "seeds", panel)
    scratch.environment["POINTWISE_CONTROL"] = str(panel)
    usual = {"outcome_event_type": "subscription_started", "horizon_days": 45}
    day = {"start_date": "2026-05-11", "end_date": "2026-05-11"}
    names = [f"seed_{number:04}" for number in range(count)]
    write_experiments(panel, [experiment(name, **usual, **day) for name in names])
    scratch.build(*BUILD, "--vars", '{as_of_date: "2026-05-11"}')
    scratch.build(*BUILD)
    ((converted, of),) = scratch.query(
        "select conversions + control_conversions, users + control_users"
        " from main.experiment_results where method = 'ratio' limit 1"
    )
    print_table(
        f"Synthetic world, nobody treated: {converted} of {of} users convert",
        ["method", "variance saved, mean", "false alarms", "of"],
        scratch.query(
            """
            select
                method,
                round(avg(variance_saved), 4),
                count_if(lower > 0 or upper < 0),
                count(*)
            from main.experiment_results
            where cell = 'all' and method not in ('ratio', 'bands differ')
            group by method order by method
            """
        ),
        right=["variance saved, mean", "false alarms", "of"],
    )


def promises(count: int) -> None:
    """Print power at the users needed, and false alarms where there is no effect."""
    random = np.random.default_rng(1)
    print_table(
        f"Power at the users needed, {count} experiments a design",
        ["rate", "effect", "control", "users needed", "power"],
        [
            (*design, f"{users:,}", f"{found:.3f}")
            for design in DESIGNS
            for users, found in [power_at_users_needed(random, count, *design)]
        ],
        right=["rate", "effect", "control", "users needed", "power"],
    )
    print_table(
        "Power at the users needed, by the people in the history of the plan",
        ["rate", "effect", "control", "people", "mean", "middle 80 %"],
        [
            (
                *(*design, f"{people:,}", f"{found.mean():.3f}"),
                " to ".join(f"{of:.2f}" for of in np.quantile(found, [0.1, 0.9])),
            )
            for design in DESIGNS[::4]
            for people in (1_000, 5_000, 20_000, 200_000)
            for found in [power_of_plans(random, 200, people, *design)]
        ],
        right=["rate", "effect", "control", "people", "mean", "middle 80 %"],
    )
    print_table(
        "Intervals that cover: six dates 14 days apart, horizon of 42 days",
        ["persons", "rate", "plain", "by person"],
        [
            (f"{users:,}", rate, f"{plain:.3f}", f"{by_person:.3f}")
            for users, rate in ((300, 0.02), (300, 0.2), (1000, 0.02), (3000, 0.005))
            for plain, by_person in [overlapping_horizons(random, count, users, rate)]
        ],
        right=["persons", "rate", "plain", "by person"],
    )
    lines = []
    for arms in (1, 3, 5):
        shares = {"control": 0.25, **{f"arm{n}": 0.75 / arms for n in range(arms)}}
        found = found_in(readouts(random, count, shares, 1500, {}))
        for what, number in zip(NAMES, found, strict=True):
            lines.append((f"{arms} arms: {what}", f"{number / count:.3f}"))
    for looks, users in ((40, 25), (90, 40)):
        by_looks, either = looked_or_ended(random, count, looks, users, 0.2)
        lines.append((f"{looks} looks", f"{by_looks / count:.3f}"))
        lines.append((f"{looks} looks, or the end", f"{either / count:.3f}"))
    print_table(
        f"False alarms, of {count} experiments without an effect",
        ["said falsely of", "rate"],
        lines,
        right=["rate"],
    )


def main() -> None:
    """Read the command line, then run and print the proofs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--experiments", type=int, default=1000, help="how many of a kind (1000)"
    )
    parser.add_argument("--users", type=int, default=400, help="users in each (400)")
    parser.add_argument(
        "--world", type=int, default=6000, help="users of the synthetic world (6000)"
    )
    parser.add_argument(
        "--arms",
        default=HALVES,
        help="of simulated experiments, as in experiments.csv (halves)",
    )
    parser.add_argument(
        "--rate", type=float, default=1, help="below 1: conversions are rarer (1)"
    )
    parser.add_argument("--households", type=Path, help="folder of Complete Journey")
    parser.add_argument(
        "--metrics",
        action="append",
        choices=["users", "companies"],
        help="only read metrics, of experiments that assign these",
    )
    parser.add_argument(
        "--promises", type=int, help="only check promises, with this many drawn sums"
    )
    arguments = parser.parse_args()
    if arguments.promises:
        promises(arguments.promises)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for assigned in arguments.metrics or ():
            metrics(folder, arguments.experiments, arguments.users, assigned)
        if arguments.metrics:
            return
        simulate(
            folder,
            arguments.experiments,
            arguments.users,
            arguments.arms,
            arguments.rate,
        )
        synthetic_world(folder, arguments.experiments, arguments.world)
        if arguments.households:
            households(folder, arguments.experiments, arguments.households.absolute())


if __name__ == "__main__":
    run(main)
