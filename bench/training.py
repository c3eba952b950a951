"""Measure how long training takes, and where the time goes.

    python bench/training.py
    python bench/training.py --examples 200000

Trains on made-up examples of 40 features: `pointwise train` as it is, with
its default of 200 replicates, and its parts timed. Seconds of the processor count all
cores, and say more than those of the clock where others work, too.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from time import perf_counter

PROJECT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(PROJECT / "scripts"), str(PROJECT / "tests" / "python")]

import duckdb  # noqa: E402

from conftest import Scratch, planting  # noqa: E402
from pointwise.commands import train  # noqa: E402
from pointwise.core.command_line import run  # noqa: E402
from pointwise.core.terminal import print_table  # noqa: E402
from pointwise.learning import models, training  # noqa: E402

DATES = 6
COUNTS, DAYS_SINCE, ATTRIBUTES = 30, 5, 5
TABLES = (
    "training_examples", "user_outcomes", "snapshot_populations", "features",
)  # fmt: skip
PARTS = {
    "read the examples": (train, "read_examples"),
    "choose the settings of XGBoost": (models, "choose_settings"),
    "fit XGBoost": (models, "fit_xgboost"),
    "fit logistic regressions, those to choose by too": (models, "fit_logistic"),
    "figures and their intervals": (train, "compare"),
    "draw the plot": (train, "write_plot"),
    "encode": (training, "encode"),
}


def seconds() -> tuple[float, float]:
    """Return seconds of the clock, and of the processor in this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return perf_counter(), used.ru_utime + used.ru_stime


def features() -> dict[str, str]:
    """Return the SQL of each made-up feature, by its name."""
    found = {f"count_{n}": f"cast(counts[{n}] as double)" for n in range(1, COUNTS + 1)}
    for n in range(1, DAYS_SINCE + 1):
        found[f"days_since_{n}"] = (
            f"nullif(least(hash(user_number, date_number, 'since{n}') % 90, 30), 30)"
        )
    for n in range(1, ATTRIBUTES + 1):
        found[f"attribute_{n}"] = f"concat('value ', user_number // {n} % {3 * n})"
    return found


def publish(scratch: Scratch, examples: int) -> None:
    """Write made-up examples where the trainer reads them."""
    columns = features()
    script = (
        (Path(__file__).parent / "training.sql")
        .read_text(encoding="utf-8")
        .replace("$users", str(examples // DATES))
        .replace("$names", repr(list(columns)))
        .replace("$features", ", ".join(f"{sql} as {c}" for c, sql in columns.items()))
    )
    with duckdb.connect() as connection, planting(scratch) as folder:
        connection.execute(script)
        for name in TABLES:
            connection.execute(f"copy {name} to '{folder / name}.parquet'")


def timed(function: Callable, used: dict[str, list[float]], part: str) -> Callable:
    """Return a function that adds up what each call of another takes."""

    @wraps(function)
    def call(*arguments: object, **more: object) -> object:
        before = seconds()
        result = function(*arguments, **more)
        for position, (then, now) in enumerate(zip(before, seconds(), strict=True)):
            used[part][position] += now - then
        return result

    return call


def main() -> None:
    """Read the command line, train, and print where the time went."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--examples", type=int, default=200_000, help="(200000)")
    arguments = parser.parse_args()
    used: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for part, (module, name) in PARTS.items():
        setattr(module, name, timed(getattr(module, name), used, part))
    with tempfile.TemporaryDirectory() as folder:
        scratch = Scratch(Path(folder))
        os.environ |= scratch.environment
        publish(scratch, arguments.examples)
        before = seconds()
        train.main([], standalone_mode=False)
        total = [now - then for then, now in zip(before, seconds(), strict=True)]
    print_table(
        f"{arguments.examples:,} examples, {len(features())} features",
        ["part", "seconds", "of the processor"],
        [
            [part, *(f"{value:.1f}" for value in taken)]
            for part, taken in [*used.items(), ("all", total)]
        ],
        right=["seconds", "of the processor"],
    )


if __name__ == "__main__":
    run(main)
