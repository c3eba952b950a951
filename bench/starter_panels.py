"""Measure what a starter panel is worth, learned from exports of many shapes.

    python bench/starter_panels.py
    python bench/starter_panels.py --worlds purchases_1997 fifty_types
    python bench/starter_panels.py --events ../some/events.parquet --outcome order \
        --look-back 180 --horizon 30

Each world is drawn, landed as an import lands it, and cut at a day: points are learned
from what was known by then, as `pointwise import --outcome` does, and judged by later
dates, whose labels nobody had seen. Beside them stands a logistic regression on the
same features, its strength chosen by people left out, with XGBoost's logarithms; and
which share of the people of the last date lies in the two highest bands. A file of
yours needs the canonical columns. About ten seconds a world; no part of the tests.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

PROJECT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(PROJECT / "scripts")]

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from pointwise.core.home import PROJECT as ROOT  # noqa: E402
from pointwise.core.outcome import Outcome, outcome_of  # noqa: E402
from pointwise.core.settings import vars_of_run  # noqa: E402
from pointwise.core.sql_text import file_text  # noqa: E402
from pointwise.core.terminal import print_table  # noqa: E402
from pointwise.importing import past  # noqa: E402
from pointwise.importing.learned import (  # noqa: E402
    band_starts,
    learn,
    quality,
    score_of,
)
from pointwise.importing.summary import event_names  # noqa: E402
from pointwise.importing.values import connect  # noqa: E402
from pointwise.learning.encoding import columns_of, encode  # noqa: E402
from pointwise.learning.models import choose_strength, fit_logistic  # noqa: E402
from pointwise.learning.split import user_folds  # noqa: E402

TEST_SHARE = 0.35  # Of the days, at the end.
COLUMNS = {
    "event_id": "varchar", "user_id": "varchar", "anonymous_id": "varchar",
    "event_type": "varchar", "occurred_at": "timestamp", "received_at": "timestamp",
    "session_id": "varchar", "page_path": "varchar", "duration_seconds": "double",
    "amount": "double", "channel": "varchar", "device": "varchar",
    "country": "varchar", "user_agent": "varchar", "unparsed": "varchar",
}  # fmt: skip


class World(NamedTuple):
    """Events to draw, and what is asked of them."""

    draw: Callable[[np.random.Generator], pd.DataFrame]
    outcome: object
    settings: dict[str, Any]


def frame(
    person: np.ndarray, day: np.ndarray, name: object, start: str
) -> pd.DataFrame:
    """Return events at days after a start, which may have parts of a day."""
    at = pd.Timestamp(start) + pd.to_timedelta(np.asarray(day, float), unit="D")
    columns = {"user_id": person, "occurred_at": at, "event_type": name}
    return pd.DataFrame(columns).assign(user_id=[f"p{n}" for n in person])


def purchases(random: np.random.Generator, people: int = 5000) -> pd.DataFrame:
    """Return purchases of 1997, dates only: rates differ, and customers drop out."""
    rate = random.gamma(0.8, 1 / 40, people) + 0.002
    first = random.integers(0, 120, people)
    life = first + random.exponential(250, people)
    spent = random.lognormal(3, 0.7, people)
    rows = []
    for person in range(people):
        until = min(life[person], 540)
        more = random.poisson(rate[person] * max(until - first[person], 0))
        days = random.integers(first[person], int(until) + 1, more)
        rows += [(person, d) for d in [first[person], *days]]
    who, day = np.array(rows).T
    amount = np.round(random.lognormal(0, 0.4, len(who)) * spent[who], 2)
    return frame(who, day, "purchase", "1997-01-01").assign(amount=amount)


def product(random: np.random.Generator, people: int = 3000) -> pd.DataFrame:
    """Return fifty event types of today, to the microsecond, one of which is bought.

    A hidden interest drifts; it shows in eight types, and in the outcome.
    """
    parts, days = [], 180
    interest = random.normal(0, 1, people)
    level = random.normal(-1.6, 0.8, people)
    joined = random.integers(0, 120, people)
    bought = np.zeros(people, bool)
    common = random.dirichlet(np.full(49, 0.35))
    for day in range(days):
        interest = 0.97 * interest + random.normal(0, 0.24, people)
        is_active = (joined <= day) & (
            random.random(people) < 1 / (1 + np.exp(-level - interest))
        )
        who = np.flatnonzero(is_active)
        number = 1 + random.poisson(2.0, len(who))
        person = np.repeat(who, number)
        kind = random.choice(49, len(person), p=common)
        is_hint = random.random(len(person)) < 0.1 * np.exp(1.2 * interest[person])
        kind = np.where(is_hint, random.integers(0, 8, len(person)), kind)
        names = np.array([f"action_{n}" for n in range(49)])[kind]
        at = day + random.random(len(person)) * 0.999
        parts.append(frame(person, at, names, "2026-01-01"))
        chance = 0.004 * np.exp(1.3 * interest) * (joined <= day) * ~bought
        buys = np.flatnonzero(random.random(people) < chance)
        bought[buys] = True
        parts.append(
            frame(buys, np.full(len(buys), day + 0.9995), "bought", "2026-01-01")
        )
        paid = np.flatnonzero(bought & (random.random(people) < 0.05))
        parts.append(
            frame(paid, np.full(len(paid), day + 0.9997), "invoice", "2026-01-01")
        )
    return pd.concat(parts, ignore_index=True)


def visits(random: np.random.Generator, people: int = 4000) -> pd.DataFrame:
    """Return visits of 2004, one event type: who comes back?"""
    rate = random.gamma(0.7, 0.12, people)
    start, life = random.integers(0, 200, people), random.exponential(90, people)
    rows = []
    for person in range(people):
        length = int(min(life[person], 300 - start[person])) + 1
        came = (
            np.flatnonzero(random.random(length) < min(rate[person], 1)) + start[person]
        )
        rows += [(person, d + random.random()) for d in [start[person], *came]]
    who, day = np.array(rows).T
    return frame(who.astype(int), day, "visit", "2004-03-01")


OLD = {"earliest_event_date": "1990-01-01"}
WORLDS = {
    "purchases_1997": World(purchases, "purchase", {**OLD, "horizon_days": 30}),
    "big_purchases_1997": World(
        purchases, {"event_types": "purchase", "min_amount": 50}, OLD
    ),
    "fifty_types": World(product, "bought", {}),
    "visits_2004": World(visits, "*", OLD),
}


def measure(rows: str, outcome: Outcome, given: dict[str, Any]) -> dict[str, Any]:
    """Learn from landed rows until a day, and judge by what came later."""
    settings = {**vars_of_run(ROOT, given)}
    connection = connect()
    names = event_names(connection, rows, [])
    types = {found.name: found.type for found in names}
    outcome = outcome._replace(
        event_types=[types.get(n, n) for n in outcome.event_types]
    )
    past.prepare(connection, rows, "event_type", names, settings)
    again = past.share_that_repeat(connection, outcome)[1] >= 0.1
    after = [] if again else past.only_after(connection, outcome, 20, 0.05)
    left_out = {*after, *([] if again else outcome.event_types)}
    kept = [t for t in dict.fromkeys(types.values()) if t not in left_out]
    features = past.candidates(connection, kept, int(settings["look_back_days"]))
    examples = past.past_examples(connection, outcome, again, settings, 30)
    values = past.feature_values(connection, examples, features)
    day = examples.keys["day"].to_numpy("datetime64[D]")
    matured = day + np.timedelta64(int(settings["horizon_days"]), "D")
    dates = np.unique(day[~examples.is_last])
    test_from = dates[int(len(dates) * (1 - TEST_SHARE))]
    training = (matured <= test_from) & ~examples.is_last
    recent = np.unique(day[training])[-past.MOST_DATES :]
    training &= np.isin(day, recent)
    test = (day >= test_from) & ~examples.is_last
    label = examples.is_converted
    person = examples.keys["person"].to_numpy()
    learned = learn(features, values[training], label[training], person[training])
    if learned is None:
        return {"examples": int(training.sum()), "rules": 0}
    score = score_of(learned.rules, values)
    people = person.astype(str)
    columns = columns_of(values, people)
    encoded = encode(values, columns)
    fold = user_folds(people, 3)
    strength = choose_strength(encoded[training], label[training], fold[training])
    model = fit_logistic(encoded[training], label[training], strength)
    logistic = model.margin(encoded[test])
    is_last_training = day == day[training].max()
    high, medium = band_starts(score[is_last_training])
    last = score[examples.is_last]
    return {
        "examples": int(training.sum()),
        "converted": f"{100 * label[training].mean():.1f} %",
        "repeats": again,
        "left out": len(after),
        "rules": len(learned.rules),
        "panel": quality(score[test], label[test]),
        "logistic": quality(logistic, label[test]),
        "top two bands": f"{100 * (last >= medium).mean():.0f} %",
        "highest": f"{100 * (last >= high).mean():.0f} %",
    }


def landed(draw: Callable, seed: int, folder: Path) -> str:
    """Draw a world, write it as an import lands it; return the SQL that reads it."""
    connection = connect()
    connection.register("drawn", draw(np.random.default_rng(seed)))
    return written(connection, "drawn", folder / "events.parquet")


def written(connection: Any, source: str, path: Path) -> str:  # noqa: ANN401
    """Write rows with all canonical columns; return the SQL that reads them."""
    there = {
        column
        for column, *_ in connection.execute(f"describe from {source}").fetchall()
    }
    listed = ", ".join(
        f"{name if name in there else 'null'}::{kind} as {name}"
        for name, kind in COLUMNS.items()
    )
    connection.execute(f"copy (select {listed} from {source}) to {file_text(path)}")
    return f"read_parquet({file_text(path)})"


def main() -> None:
    """Measure worlds, or a file, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--worlds", nargs="*", default=list(WORLDS), choices=WORLDS)
    parser.add_argument("--seeds", nargs="*", type=int, default=[1])
    parser.add_argument("--events", type=Path)
    parser.add_argument("--outcome", default="*")
    parser.add_argument("--look-back", type=int, default=90)
    parser.add_argument("--horizon", type=int, default=14)
    given = parser.parse_args()
    found = []
    with tempfile.TemporaryDirectory() as folder:
        if given.events:
            path = Path(folder) / "events.parquet"
            source = f"read_parquet({file_text(given.events)})"
            settings = {
                "look_back_days": given.look_back,
                "horizon_days": given.horizon,
            }
            rows = written(connect(), source, path)
            figures = measure(rows, outcome_of(given.outcome), {**OLD, **settings})
            found.append({"world": given.events.name, **figures})
        for name in [] if given.events else given.worlds:
            for seed in given.seeds:
                rows = landed(WORLDS[name].draw, seed, Path(folder))
                outcome = outcome_of(WORLDS[name].outcome)
                figures = measure(rows, outcome, WORLDS[name].settings)
                found.append({"world": f"{name} {seed}", **figures})
                print(found[-1], file=sys.stderr)
    columns = list(found[0])
    print_table(
        "Starter panels, judged on later dates",
        columns,
        [[shown(row.get(column)) for column in columns] for row in found],
        right=columns[1:],
    )


def shown(value: object) -> str:
    """Return a figure as people read it."""
    return f"{value:.3f}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
