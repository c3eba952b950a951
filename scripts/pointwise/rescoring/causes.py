"""Why scores changed: they are scored again, one cause at a time.

The steps from a publication to the next one, all but the last by the panel of then:

    0 published
    1 late data        events of days already scored, as they are known now
    2 attributes       as they are known now
    3 ageing           the later date, without its new events; if the date is another
    4 new activity     with them; if date and panel are others
    5 control panel    what is scored now; with the same panel, that is new activity

The difference between two steps is a cause, so that together they are the whole change,
exactly. What reproduces an old publication takes steps 1 and 2 only.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import NamedTuple

import duckdb

from pointwise.rescoring.core import Core
from pointwise.rescoring.ids import PAIRS, reached
from pointwise.sql_functions import let_sql_call

# The differences between the steps: a table `change_causes`.
CAUSES = Path(__file__).with_name("causes.sql")
PANEL = (
    *("event_types", "bot_rules", "features", "scoring_rules", "score_groups"),
    "exclusions",
)
# What differs between steps; the other inputs are the warehouse's.
GIVEN = {
    *("int_as_of_dates", "int_user_daily_activity", "int_ids_seen_together"),
    *("int_repeated_events", "int_machine_events", "stg_user_attributes", *PANEL),
}
# What the files say of which events count, and for how many.
COUNTED = {
    "event_types": "select source_event, event_type, max_per_day from {}",
    "bot_rules": """
        select rule, kind, threshold, event_types, after_event, pattern from {}
        where status = 'on'
    """,
}
MADE = f"""
    create or replace temp table pairs as {PAIRS};
    create or replace temp table users_ids as {reached("changed_users", "pairs")};
    create or replace temp table stepwise_contributions as
    select user_id, 0 as step, score_name, rule, points, reason
    from published_contributions;
    create or replace temp table steps (step integer, cause varchar);
    create or replace temp view users_events as
    select * from "internal"."base_events"
    where user_id in (select user_id from users_ids);
    create or replace temp view users_attributes as
    select * from "internal"."stg_user_attributes"
    where user_id in (select user_id from users_ids);
"""
COUNTED_NOW = """
    create or replace temp table users_activity as
    select * from "internal"."int_user_daily_activity"
    where user_id in (select user_id from users_ids);
    create or replace temp view int_repeated_events as
    from "internal"."int_repeated_events";
    create or replace temp view int_machine_events as
    from "internal"."int_machine_events";
"""
INPUTS = """
    create or replace temp table int_as_of_dates as
    select date '{as_of_date}' as as_of_date, true as is_scoring_date,
        date '9999-12-30' as known_by_date, false as is_snapshot,
        false as is_backfilled, true as is_of_everyone;
    create or replace temp view int_user_daily_activity as
    from users_activity where activity_date <= date '{events_until}';
    create or replace temp view int_ids_seen_together as
    from "internal"."int_ids_seen_together"
    where activity_date <= date '{events_until}';
"""
ATTRIBUTES_NOW = """
    create or replace temp table stg_user_attributes as
    select user_id, attribute, cast(null as date) as valid_from,
        max_by(value, coalesce(valid_from, date '0001-01-01')) as value,
        max_by(
            coalesce(changed_at, cast(valid_from as timestamp)),
            coalesce(valid_from, date '0001-01-01')
        ) as changed_at
    from users_attributes
    where coalesce(valid_from, date '0001-01-01') <= date '{as_of_date}'
    group by user_id, attribute
"""
# Attributes that gave points were known, even if they are not any more. Others leave no
# trace: who had nothing else, and loses them, counts as late data.
ATTRIBUTES_PUBLISHED = """
    create or replace temp table stg_user_attributes as
    select published.user_id, rules.feature as attribute,
        cast(null as date) as valid_from, max(published.value) as value,
        cast(null as timestamp) as changed_at
    from published_contributions as published
    inner join temp.main.scoring_rules as rules using (rule)
    semi join (from temp.main.features where measure in ('attribute', 'number'))
        using (feature)
    group by published.user_id, rules.feature
    union all
    select distinct user_id, '' as attribute, cast(null as date), '',
        cast(null as timestamp)
    from users_attributes
    semi join (from changed_users where was_scored) using (user_id)
    where coalesce(valid_from, date '0001-01-01') <= date '{as_of_date}'
"""


class Step(NamedTuple):
    """What is scored between what was published and what is scored now."""

    number: int
    cause: str
    as_of_date: date
    events_until: date


class Change(NamedTuple):
    """From which date and panel to which others scores changed."""

    previous_as_of_date: date
    as_of_date: date
    previous_version: str
    version: str

    def steps(self) -> list[Step]:
        """Return the steps that can differ from the one before, but the last."""
        then, now = self.previous_as_of_date, self.as_of_date
        steps = [Step(1, "late data", then, then), Step(2, "attributes", then, then)]
        if now != then:
            steps.append(Step(3, "ageing", now, min(then, now)))
            if self.version != self.previous_version:
                steps.append(Step(4, "new activity", now, now))
        return steps

    def last_cause(self) -> str:
        """Return by what the scores of now differ from the last of these steps."""
        has_new_panel = self.version != self.previous_version
        return "control panel" if has_new_panel else "new activity"


def find_causes(
    warehouse: duckdb.DuckDBPyConnection, core: Core, change: Change
) -> None:
    """Make the temporary table `change_causes`: a row a user, cause, score and rule.

    Expects temporary tables: `changed_users` (user_id, was_scored), the
    `published_contributions` and `current_contributions` of these users (user_id,
    score_name, rule, points, value, reason); without the latter, the last step is left
    out.
    """
    warehouse.execute(MADE)
    restore_panel(warehouse, change.previous_version)
    views = names_of(warehouse, "duckdb_views()", "view_name")
    if counts_otherwise(warehouse):
        count_again(warehouse, core, views)
    else:
        warehouse.execute(COUNTED_NOW)
    for step in change.steps():
        warehouse.execute(INPUTS.format(**step._asdict()))
        attributes = ATTRIBUTES_PUBLISHED if step.number == 1 else ATTRIBUTES_NOW
        warehouse.execute(attributes.format(as_of_date=change.as_of_date))
        changed = {"stg_user_attributes"} if step.number == 2 else None
        core.run(warehouse, "score_contributions", GIVEN, views, changed)
        add_step(warehouse, "score_contributions", step.number, step.cause)
    if "current_contributions" in names_of(warehouse, "duckdb_tables()", "table_name"):
        add_step(warehouse, "current_contributions", 5, change.last_cause())
    warehouse.execute(CAUSES.read_text(encoding="utf-8"))


def add_step(
    warehouse: duckdb.DuckDBPyConnection, scored: str, number: int, cause: str
) -> None:
    """Add what was scored at a step."""
    warehouse.execute("insert into steps values (?, ?)", [number, cause])
    warehouse.execute(
        f"insert into stepwise_contributions select user_id, {number}, score_name,"
        f" rule, points, reason from temp.main.{scored}"
        " where user_id in (select user_id from changed_users)"
    )


def names_of(
    connection: duckdb.DuckDBPyConnection, relations: str, column: str
) -> set[str]:
    """Return the names of relations, as one of DuckDB's functions lists them."""
    rows = connection.execute(f"select {column} from {relations} where not internal")
    return {name for (name,) in rows.fetchall()}


def restore_panel(warehouse: duckdb.DuckDBPyConnection, version: str) -> None:
    """Make temporary tables of the control panel as a version said it."""
    for file in PANEL:
        columns = warehouse.execute(f'describe "main"."{file}"').fetchall()
        shape = json.dumps({name: "VARCHAR" for name, *_ in columns})
        warehouse.execute(
            f'create or replace temp table {file} as from "main"."{file}" limit 0;'
        )
        warehouse.execute(
            f"insert into temp.main.{file} by name"
            ' select unnest(from_json(line, $1)) from "main"."control_panel_versions"'
            " where panel_file = $2 and weights_version = $3",
            [shape, file, version],
        )


def counts_otherwise(warehouse: duckdb.DuckDBPyConnection) -> bool:
    """Whether the restored panel counts events in another way than today's does."""
    # "main" alone would be that of temporary tables.
    (database,) = warehouse.execute("select current_database()").fetchall()[0]
    differing = 0
    for file, query in COUNTED.items():
        then = query.format(f"temp.main.{file}")
        now = query.format(f'"{database}"."main"."{file}"')
        found = warehouse.execute(
            f"select count(*) from (({then} except {now}) union all ({now} except"
            f" {then})) where exists (from temp.main.event_types)"
        )
        differing += found.fetchall()[0][0]
    return differing > 0


def count_again(
    warehouse: duckdb.DuckDBPyConnection, core: Core, views: set[str]
) -> None:
    """Count the users' events as the restored panel says, as `users_activity`."""
    learn_user_agents(warehouse)
    warehouse.execute("create or replace temp view base_events as from users_events")
    given = {"base_events", "event_types", "bot_rules"}
    core.run(warehouse, "int_user_daily_activity", given, views)
    warehouse.execute(
        "drop table if exists users_activity;"
        " alter table temp.main.int_user_daily_activity rename to users_activity"
    )


def learn_user_agents(connection: duckdb.DuckDBPyConnection) -> None:
    """Let SQL ask which user agents are machines', as it can in a build."""
    name = "machine_agents"
    known = connection.execute(
        f"from duckdb_functions() where function_name = 'pointwise_{name}'"
    )
    if not known.fetchall():
        let_sql_call(name, connection)
