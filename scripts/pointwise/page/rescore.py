"""Score everyone again with another control panel, by the SQL that the build ran.

The core (pointwise.rescoring) runs in a database in memory whose inputs are the
published features and an edited panel. Left out is only what no score depends on: the
texts.
"""

from __future__ import annotations

from pathlib import Path
from threading import Lock

import duckdb
import pandas as pd

from pointwise.core.errors import PointwiseError
from pointwise.core.sql_text import file_text
from pointwise.rescoring.core import Core

PANEL = ("scoring_rules", "score_groups", "score_bands")
# Texts about scores: these models are left empty, and these columns NULL. So is what
# bands converted at.
TEXT_MODELS = {"int_score_reasons", "int_next_steps"}
TEXT_COLUMNS = (
    "replace (cast(null as varchar) as value, cast(null as varchar) as reason)"
)
# Who is scored, as the models read it.
WHO = """
    create table internal.int_user_as_of_dates as
    select user_id, as_of_date, true as is_scoring_date, true as is_in_snapshot,
        false as is_backfilled, true as is_of_everyone,
        true as has_activity, true as is_named,
        cast(null as date) as last_activity_date,
        false as has_several_ids,
        coalesce(scored.is_customer, false) as is_customer
    from published('{mart}') as chosen
    left join published('user_scores') as scored using (user_id, as_of_date)
    where {condition};
    create table internal.int_as_of_dates as
    select distinct as_of_date, true as is_scoring_date, true as is_snapshot
    from internal.int_user_as_of_dates;
    create table internal.int_held_out as
    select user_id, as_of_date from published('user_scores') where is_held_out;
    create table internal.int_reached_bands as
    select user_id, band, as_of_date as stood_until_date from published('user_scores');
    create table main.user_outcomes as from published('user_outcomes') limit 0;
    create table internal.int_acted_on as
    select user_id, as_of_date from main.user_outcomes;
    set variable first_date = (select min(as_of_date) from internal.int_as_of_dates);
    set variable last_date = (select max(as_of_date) from internal.int_as_of_dates);
"""
# Rows of these users: dates and the condition narrow what is read before users are
# looked up.
OF_USERS = """
    select {columns} from published('{mart}') as published
    semi join internal.int_user_as_of_dates using (user_id, as_of_date)
    where as_of_date between getvariable('first_date') and getvariable('last_date')
        and {condition}
"""
# What is loaded from which mart: all features, since a new rule may be of any.
LOADED = {
    "main.user_feature_values": (
        "user_feature_values",
        "* replace (cast(null as decimal(28, 4)) as undecayed_value)",
        "",
    ),
    "main.user_values_since_reset": ("user_values_since_reset", "*", ""),
    "published_contributions": (
        "score_contributions",
        "user_id, score_name, rule, points",
        "",
    ),
    "published_scores": (
        "user_scores",
        "user_id, rank, score, band, fit_score, fit_band",
        "",
    ),
}
# What the core is given: the rest of it is made.
GIVEN = {
    *PANEL,
    *("int_user_as_of_dates", "int_as_of_dates", "int_held_out"),
    *("user_feature_values", "user_values_since_reset", "user_outcomes"),
    *("int_acted_on", "int_reached_bands"),
}


class Rescoring:
    """Features of users as of dates, in memory, ready to be scored with any panel.

    Scored is each (user_id, as_of_date) of a mart in a generation's folder whose
    user_id fulfils a condition.
    """

    def __init__(self, folder: Path, mart: str, condition: str = "true") -> None:
        self.lock = Lock()
        self.database = duckdb.connect()
        place = file_text(f"{folder}/")
        self.database.execute(
            "create schema internal; create macro published(name) as table"
            f" select * from read_parquet({place} || name || '.parquet')"
        )
        self.core = Core.read(self.database, "published('scoring_models')")
        self.database.execute(WHO.format(mart=mart, condition=condition))
        self.load(condition)

    def load(self, condition: str) -> None:
        """Load the panel and what the scoring models read besides it."""
        for name, (mart, columns, more) in LOADED.items():
            rows = OF_USERS.format(mart=mart, columns=columns, condition=condition)
            self.database.execute(f"create table {name} as {rows} {more}")
        for name in PANEL:
            self.database.execute(
                f"create table main.{name} as from published('{name}')"
            )
        made = self.core.in_order("user_scores", GIVEN)
        read = {name for model in made for name in self.core.reads[model]}
        for name in read - GIVEN - set(made):
            self.database.execute(
                f"create view main.{name} as from published('{name}')"
            )

    def run(
        self, panel: dict[str, pd.DataFrame], wanted: str, queries: dict[str, str]
    ) -> dict[str, pd.DataFrame]:
        """Return what queries say once a scoring model was made with a panel.

        Raises PointwiseError if the panel cannot be scored with.
        """
        with self.lock, self.database.cursor() as cursor:
            try:
                for name in PANEL:
                    cursor.register("edited", panel[name])
                    cursor.execute(f"delete from main.{name}")
                    cursor.execute(f"insert into main.{name} by name from edited")
                for model in self.core.in_order(wanted, GIVEN):
                    cursor.execute(self.definition(model))
                return {
                    name: cursor.execute(query).df() for name, query in queries.items()
                }
            except duckdb.Error as error:
                first_line = str(error).splitlines()[0]
                raise PointwiseError(f"cannot score with it: {first_line}") from error

    def definition(self, model: str) -> str:
        """Return the SQL that makes a model here; only contributions are stored."""
        name = f'"{self.core.schemas[model]}"."{model}"'
        query = self.core.queries[model]
        if model == "score_contributions":
            query = f"select * {TEXT_COLUMNS} from ({query})"
            return f"create or replace table {name} as {query}"
        limit = "\nlimit 0" if model in TEXT_MODELS else ""
        return f"create or replace view {name} as {query}{limit}"
