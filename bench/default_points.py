"""How well do the points as delivered rank, and do they fade as conversions do?

    python bench/default_points.py
    python bench/default_points.py --seeds 7 8 9 10 --users 50000

Builds synthetic worlds and ranks the examples of their past dates by score, by the
number of sessions, and by the probability that the world drew from, the best there can
be. The intervals are of the difference between score and sessions on the same people,
drawn anew 200 times. Then, by days since the last booked call: what such people
converted at, and how many points the call still gives. Two minutes a world.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(PROJECT / "scripts"), str(PROJECT / "tests" / "python")]

import pandas as pd  # noqa: E402
from sklearn.metrics import roc_auc_score  # noqa: E402

from conftest import Scratch  # noqa: E402
from pointwise.core.command_line import run  # noqa: E402
from pointwise.core.terminal import print_table  # noqa: E402
from pointwise.learning.bootstrap import interval, weights_over_users  # noqa: E402

DRAWS = 200
MODELS = ("--select", "+training_examples", "--exclude-resource-type", "test")
EXAMPLES = """
    select user_id, as_of_date, is_converted, score, sessions_30d, truth.probability
    from main.training_examples
    left join '{truth}/probabilities.parquet' as truth using (user_id, as_of_date)
"""
FADING = """
    with calls as (
        select
            examples.user_id,
            examples.as_of_date,
            any_value(examples.is_converted) as is_converted,
            min(examples.as_of_date - activity.activity_date) as age
        from main.training_examples as examples
        inner join internal.int_person_activity as activity
            using (user_id, as_of_date)
        where activity.event_type = 'calendar_booked'
        group by examples.user_id, examples.as_of_date
    ),
    points as (
        select user_id, as_of_date, points from main.score_contributions
        where rule = 'booked_call'
    )
    select age // 7 as week, is_converted, coalesce(points, 0) as points
    from calls left join points using (user_id, as_of_date)
    where age < 56
"""


def world(folder: Path, seed: int, users: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the examples of a world, and those of people who booked a call."""
    scratch = Scratch(folder)
    made = scratch.pointwise(
        *("generate", "--users", str(users), "--seed", str(seed), "--out", str(folder))
    )
    if made.returncode:
        raise SystemExit(made.stderr)
    scratch.build(*MODELS)
    with scratch.connect() as warehouse:
        truth = folder / "truth"
        examples = warehouse.execute(EXAMPLES.format(truth=truth)).df()
        return examples, warehouse.execute(FADING).df()


def ranking(seed: int, examples: pd.DataFrame) -> list[object]:
    """Return a row of AUCs, and the interval of what the score adds to sessions."""
    converted = examples["is_converted"].to_numpy()
    users = examples["user_id"].to_numpy().astype(str)
    gains = []
    for weights in weights_over_users(users, DRAWS, seed):
        score, sessions = (
            roc_auc_score(converted, examples[name], sample_weight=weights)
            for name in ("score", "sessions_30d")
        )
        gains.append(score - sessions)
    low, high = interval(gains)
    known = examples["probability"].notna()
    aucs = [
        roc_auc_score(converted, examples[name]) for name in ("score", "sessions_30d")
    ]
    ceiling = roc_auc_score(converted[known], examples["probability"][known])
    return [
        seed, len(examples), int(converted.sum()), *(f"{auc:.3f}" for auc in aucs),
        f"{low:+.3f} to {high:+.3f}", f"{ceiling:.3f}",
    ]  # fmt: skip


def main() -> None:
    """Read the command line, build the worlds, and print two tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[7, 8, 9])
    parser.add_argument("--users", type=int, default=20_000, help="(20000)")
    arguments = parser.parse_args()
    rows, fading = [], []
    for seed in arguments.seeds:
        with tempfile.TemporaryDirectory() as folder:
            examples, calls = world(Path(folder), seed, arguments.users)
        rows.append(ranking(seed, examples))
        fading.append(calls)
    print_table(
        "How the points as delivered rank",
        ["seed", "examples", "converted", "score", "sessions", "gain, 95 %", "ceiling"],
        rows,
    )
    by_week = pd.concat(fading).groupby("week")
    table = by_week.agg(
        people=("points", "size"),
        rate=("is_converted", "mean"),
        points=("points", "mean"),
    )
    print_table(
        "Weeks since the last booked call",
        ["weeks", "people", "converted", "points for it"],
        [
            [week, int(row.people), f"{row.rate:.1%}", f"{row.points:.1f}"]
            for week, row in table.iterrows()
        ],
    )


if __name__ == "__main__":
    run(main)
