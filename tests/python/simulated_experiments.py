"""Many experiments on users whose true outcomes are known, through the real SQL.

Each experiment is a row of the control panel with an outcome of its own. One build
assigns the users; days of assignment are then spread out as if users had come one after
another, outcomes are drawn and written as events, and a second build reads them all.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import numpy as np

from publications import publish_as_built

if TYPE_CHECKING:
    from conftest import Scratch

FIRST_DAY, LAST_DAY = "2026-02-01", "2026-03-05"
DAYS = 25  # over which users are assigned
HORIZON = 3
EFFECT = 0.1
LOST = 0.1
COMPANIES = 80
BUILD = (
    "--select",
    "+models/optional/experiments",
    "--exclude-resource-type",
    "test",
    "unit_test",
)
COLUMNS = [
    *("experiment", "status", "start_date", "end_date", "bands", "feature"),
    *("min_value", "max_value", "equals", "arms", "stratify_by", "outcome_event_type"),
    *("horizon_days", "minimum_effect", "description", "assign_by"),
]
METRIC_COLUMNS = [
    *("experiment", "metric", "kind", "event_types", "role"),
    *("numerator", "denominator", "winsorise_share"),
]
PANEL = {
    "features": [
        "feature,event_type,measure,window_days,half_life_days,unit,description",
        "views_30d,page_view,events,30,,views,Views",
        "days_since_view,page_view,days_since_last,30,,days,Last view",
        "industry,,attribute,,,,Industry",
    ],
    "scoring_rules": [
        "rule,rule_group,feature,min_value,max_value,equals,points,per,max_points,reason,next_step",
        "viewed,web,views_30d,,,,4,1,,Viewed {value} page(s),a view",
    ],
    "score_groups": ["rule_group,max_points,label", "web,99,Web"],
    "score_bands": ["band,min_score,action", "high,60,a", "medium,30,b", "low,1,c"],
}


def experiment(name: str, **cells: object) -> dict[str, object]:
    """Return a row of experiments.csv: everybody, half and half, on the first day."""
    usual = {
        "status": "running",
        "start_date": FIRST_DAY,
        "end_date": FIRST_DAY,
        "arms": "control:0.5|treatment:0.5",
        "outcome_event_type": f"outcome_{name}",
        "horizon_days": HORIZON,
        "minimum_effect": 0.1,
    }
    return {"experiment": name, **usual, **cells}


def metric(row: dict[str, object], name: str, **cells: object) -> dict[str, object]:
    """Return a row of experiment_metrics.csv: exploratory, of the outcome's events."""
    usual = {"event_types": row["outcome_event_type"], "role": "exploratory"}
    return {"experiment": row["experiment"], "metric": name, **usual, **cells}


def metrics_of(row: dict[str, object]) -> list[dict[str, object]]:
    """Return a metric of every kind for an experiment."""
    ratio = {"event_types": "", "numerator": "spend", "denominator": "orders"}
    return [
        metric(row, "spend", kind="amount", role="primary", winsorise_share=0.99),
        metric(row, "orders", kind="count", role="secondary"),
        metric(row, "bought", kind="converted"),
        metric(row, "spend_an_order", kind="ratio", role="secondary", **ratio),
    ]


def write_panel(
    folder: Path,
    rows: list[dict[str, object]],
    metrics: list[dict[str, object]] | None = None,
) -> None:
    """Write a control panel with these experiments, and their outcomes as events."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in PANEL.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
    types = {"page_view", "subscription_started"}
    types |= {str(row["outcome_event_type"]) for row in rows}
    lines = [f"{event_type},{event_type},," for event_type in sorted(types)]
    header = "source_event,event_type,max_per_day,description"
    (folder / "event_types.csv").write_text("\n".join([header, *lines]) + "\n")
    write_experiments(folder, rows)
    write_rows(folder / "experiment_metrics.csv", METRIC_COLUMNS, metrics or [])


def write_experiments(folder: Path, rows: list[dict[str, object]]) -> None:
    """Write experiments.csv to the folder of a control panel."""
    write_rows(folder / "experiments.csv", COLUMNS, rows)


def write_rows(path: Path, columns: list[str], rows: list[dict[str, object]]) -> None:
    """Write a file of the control panel."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)


def write_users(scratch: Scratch, first: int, last: int, day: str, name: str) -> None:
    """Write users with 1 to 20 views in the days before, and their profiles."""
    duckdb.sql(
        f"""
        copy (
            select
                'u' || i as user_id,
                timestamp '{day} 09:00' - view * interval 1 day as occurred_at,
                'page_view' as event_type
            from range({first}, {last}) as users (i)
            inner join range(20) as views (view) on view <= i % 20
        ) to '{scratch.events}/{name}.parquet'
        """
    )
    duckdb.sql(
        f"""
        copy (
            select
                'u' || i as user_id,
                ['Software', 'Retail', 'Media'][i % 3 + 1] as industry,
                'company' || hash(i) % {COMPANIES} as account_id
            from range({last}) as users (i)
        ) to '{scratch.folder}/users.parquet'
        """
    )


def as_of(day: str) -> tuple[str, str]:
    """Return the dbt arguments for a build as of the end of a day."""
    return ("--vars", json.dumps({"as_of_date": day, "user_attributes": ["industry"]}))


def assign(
    scratch: Scratch,
    rows: list[dict[str, object]],
    users: int,
    metrics: list[dict[str, object]] | None = None,
) -> None:
    """Build once, which assigns users 0 to `users`."""
    write_panel(scratch.folder / "panel", rows, metrics)
    scratch.environment["POINTWISE_CONTROL"] = str(scratch.folder / "panel")
    write_users(scratch, 0, users, FIRST_DAY, "first")
    scratch.build(*BUILD, *as_of(FIRST_DAY))


def let_time_pass(scratch: Scratch, seed: int = 1, rate: float = 1) -> None:
    """Spread the assignments of simulated experiments over days, and draw outcomes.

    A user's chance rises with the score; `rate` below 1 makes conversions rarer.
    Experiments called `effect_…` add EFFECT to it in the treatment; in those called
    `lost_…` a tenth of the treatment disappears, as if erased.
    """
    generator = np.random.default_rng(seed)
    with duckdb.connect(str(scratch.warehouse)) as connection:
        connection.execute(
            f"""
            update main.experiment_assignments
            set assigned_date = assigned_date
                + cast(hash(experiment || user_id) % {DAYS} as integer)
            where regexp_matches(experiment, '^(nothing|effect|lost)_');
            update main.experiment_assignments set user_id = null, score = null
            where experiment like 'lost_%' and arm = 'treatment'
                and hash(slot_number) % 10 = 0;
            """
        )
        slots = connection.execute(
            """
            select experiment, user_id, arm, assigned_date, score
            from main.experiment_assignments
            where user_id is not null order by experiment, slot_number
            """
        ).df()
    treated = slots["experiment"].str.startswith("effect") & (slots["arm"] != "control")
    chance = rate * (0.1 + 0.5 * slots["score"].astype(float) / 100)
    chance += EFFECT * treated
    outcomes = slots[generator.random(len(slots)) < chance]
    days = generator.integers(1, HORIZON + 1, len(outcomes))
    with duckdb.connect() as connection:
        connection.register("outcomes", outcomes.assign(days=days))
        connection.execute(
            f"""
            copy (
                select
                    user_id,
                    assigned_date + days * interval 1 day as occurred_at,
                    'outcome_' || experiment as event_type
                from outcomes order by all
            ) to '{scratch.events}/outcomes.parquet'
            """
        )
    publish_as_built(scratch)


def read_out(scratch: Scratch, *arguments: str) -> None:
    """Build as of a day on which all outcomes are known."""
    scratch.build(*BUILD, *as_of(LAST_DAY), *arguments)


def figures(scratch: Scratch) -> dict[str, tuple[int, int]]:
    """Return what the experiments show: how many of how many, by question."""
    return {
        question: (found, of)
        for question, found, of in scratch.query(
            f"""
            with results as (
                select
                    *,
                    regexp_extract(experiment, '^[a-z]+') as kind,
                    lower > 0 or upper < 0 as is_found
                from main.experiment_results
                where cell = 'all' and method not in ('ratio', 'bands differ')
            ),
            looked as (
                select
                    experiment,
                    bool_or(lower > 0 or upper < 0) as is_found,
                    bool_or(always_valid_lower > 0 or always_valid_upper < 0)
                        as is_found_always_valid
                from main.experiment_looks
                where experiment like 'nothing_%'
                group by experiment
            )
            select 'false alarms: ' || method, count(*) filter (is_found), count(*)
            from results where kind = 'nothing' group by method
            union all
            select 'false alarms: every day, one look', count_if(is_found), count(*)
            from looked
            union all
            select
                'false alarms: every day, always valid',
                count_if(is_found_always_valid),
                count(*)
            from looked
            union all
            select
                'effect covered: ' || method,
                count(*) filter ({EFFECT} between lower and upper),
                count(lower)
            from results where kind = 'effect' group by method
            union all
            select 'effect found: ' || method, count(*) filter (is_found), count(*)
            from results where kind = 'effect' group by method
            union all
            select
                'loss of a tenth caught',
                count(*) filter (verdict like 'stopped%' and estimate is null),
                count(*)
            from results where kind = 'lost' and method = 'stratified cuped'
            order by 1
            """
        )
    }
