"""How well do the points as delivered rank, and do they fade as conversions do?

    python bench/default_points.py
    python bench/default_points.py --seeds 7 8 9 10 --users 50000
    python bench/default_points.py --households ../shared/data/complete_journey

Builds synthetic worlds and ranks the examples of their past dates by score, by the
number of sessions, and by the probability that the world drew from, the best there can
be. The intervals are of the difference between score and sessions on the same people,
resampled 200 times. Then, by days since the last booked call: what such people
converted at, and how many points the call still gives. Two minutes a world.

With --households the points of examples/complete_journey on real households instead,
beside how often they came to the shop, their sessions.
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


def gain(examples: pd.DataFrame, beside: str, seed: int) -> str:
    """Return the interval of what the score adds to the AUC of a feature."""
    converted = examples["is_converted"].to_numpy()
    users = examples["user_id"].to_numpy().astype(str)
    gains = []
    for weights in weights_over_users(users, DRAWS, seed):
        score, other = (
            roc_auc_score(converted, examples[name], sample_weight=weights)
            for name in ("score", beside)
        )
        gains.append(score - other)
    low, high = interval(gains)
    return f"{low:+.3f} to {high:+.3f}"


def households(folder: Path, data: Path) -> list[list[object]]:
    """Return rows of AUCs of real households, of all past months and of the later."""
    scratch = Scratch(folder)
    example = PROJECT / "examples" / "complete_journey"
    scratch.environment |= {
        "POINTWISE_EVENTS": str(data / "events.parquet"),
        "POINTWISE_USERS": str(data / "demographics.parquet"),
        "POINTWISE_CONTROL": str(example),
    }
    scratch.build(*MODELS, "--vars", (example / "vars.json").read_text())
    with scratch.connect() as warehouse:
        everything = warehouse.execute("from main.training_examples").df()
    rows = []
    dates = sorted(everything["as_of_date"].unique())
    for name, since in (("all", dates[0]), ("last three", dates[-3])):
        examples = everything[everything["as_of_date"] >= since]
        converted = examples["is_converted"]
        score = roc_auc_score(converted, examples["score"])
        for beside in ("baskets_30d", "baskets_90d"):
            auc = roc_auc_score(converted, examples[beside])
            row = [name, len(examples), int(converted.sum()), f"{score:.3f}"]
            rows.append([*row, beside, f"{auc:.3f}", gain(examples, beside, seed=1)])
    return rows


def ranking(seed: int, examples: pd.DataFrame) -> list[object]:
    """Return a row of AUCs, and the interval of what the score adds to sessions."""
    converted = examples["is_converted"].to_numpy()
    known = examples["probability"].notna()
    aucs = [
        roc_auc_score(converted, examples[name]) for name in ("score", "sessions_30d")
    ]
    ceiling = roc_auc_score(converted[known], examples["probability"][known])
    return [
        seed, len(examples), int(converted.sum()), *(f"{auc:.3f}" for auc in aucs),
        gain(examples, "sessions_30d", seed), f"{ceiling:.3f}",
    ]  # fmt: skip


def main() -> None:
    """Read the command line, build the worlds, and print two tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[7, 8, 9])
    parser.add_argument("--users", type=int, default=20_000, help="(20000)")
    parser.add_argument("--households", type=Path, help="folder of Complete Journey")
    arguments = parser.parse_args()
    if arguments.households:
        with tempfile.TemporaryDirectory() as folder:
            print_table(
                "How the points of the example rank, by month",
                ["months", "examples", "redeemed", "score", "beside", "AUC", "gain"],
                households(Path(folder), arguments.households.absolute()),
            )
        return
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
