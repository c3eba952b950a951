"""What the pages read: one generation at a time, through an in-memory database.

Answers are kept until there is another generation, so that a page is quick, shows a new
build by itself, and never holds a file open.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pandas as pd
import streamlit as st

from pointwise.core.errors import PointwiseError
from pointwise.core.home import path_setting
from pointwise.core.published import Generation, check, current, open_generation
from pointwise.core.words import rule_label

# The folder of a generation, when it was published, and its marts, a line each. Empty
# if nothing is published; an empty line and what is wrong if that is damaged. What
# answers are kept by is one text because a text is looked up quicker than a tuple.
Stamp = str


def stamp() -> Stamp:
    """Return which generation is published now."""
    try:
        generation = current(path_setting("POINTWISE_PUBLISHED"), content=False)
    except PointwiseError as error:
        return f"\n{error}"
    if generation is None:
        return ""
    at = generation.facts["published_at"]
    return "\n".join([str(generation.folder), at, *generation.marts])


def folder_of(files: Stamp) -> Path:
    """Return the folder of a generation."""
    return Path(files.splitlines()[0])


@st.cache_resource(max_entries=2, show_spinner=False)
def database(files: Stamp) -> duckdb.DuckDBPyConnection:
    """Return the database of one generation; raises PointwiseError if it is damaged."""
    if files.startswith("\n"):
        raise PointwiseError(files.strip())
    generation = Generation(folder_of(files))
    check(path_setting("POINTWISE_PUBLISHED"), generation)
    return open_generation(generation)


@st.cache_data(max_entries=1000, show_spinner=False)
def ask_of(files: Stamp, query: str, parameters: tuple) -> pd.DataFrame:
    """Return the rows of a query on one publication, from memory if asked before."""
    with database(files).cursor() as cursor:
        return cursor.execute(query, list(parameters)).df()


def ask(query: str, *parameters: object) -> pd.DataFrame:
    """Return the rows of a query of ours; what the viewer typed is a parameter."""
    return ask_of(st.session_state["stamp"], query, parameters)


def ask_one(query: str, *parameters: object) -> dict | None:
    """Return the first row of a query by column, or None."""
    rows = ask(query, *parameters).to_dict("records")
    return rows[0] if rows else None


# What followed dates that the points have not learned from: examples to judge by.
JUDGED = "semi join (from snapshot_populations where is_judged) using (as_of_date)"


def has_rows(name: str) -> bool:
    """Whether a mart is published and holds anything."""
    return is_published(name) and ask(f'select count(*) from "{name}"').iat[0, 0] > 0


def is_published(name: str) -> bool:
    """Whether the build published a mart, even an empty one."""
    return name in st.session_state["stamp"].splitlines()[2:]


@dataclass(frozen=True)
class Publication:
    """What is published: the only row of the mart `publication`."""

    publication_id: str
    published_at: pd.Timestamp
    as_of_date: pd.Timestamp
    weights_version: str
    users: int

    @property
    def local_time(self) -> datetime:
        """When it was published, by this machine's clock."""
        return self.published_at.tz_localize("UTC").to_pydatetime().astimezone()


def publication() -> Publication | None:
    """Return what is published; None if no user is scored."""
    row = ask_one("from publication") if st.session_state["stamp"] else None
    return Publication(**row) if row and row["users"] else None


def bands() -> pd.DataFrame:
    """Return the bands, best first, with the highest score of each."""
    return ask(
        "select band, min_score, action,"
        " lag(min_score, 1, 101) over (order by min_score desc) - 1 as max_score"
        " from score_bands where score is null order by min_score desc"
    )


def rule_labels() -> dict[str, str]:
    """Return how people call each rule, each cap and the limit of the score."""
    rules = ask(
        "select rule, reason, \"equals\", score || ': ' as head"
        " from scoring_rules left join score_groups using (rule_group)"
    )
    groups = ask("select rule_group, label, score from score_groups")
    others = groups["score"].dropna().unique()
    return {
        **{
            rule.rule: rule.head + rule_label(rule.reason, rule.equals or None)
            for rule in rules.fillna("").itertuples()
        },
        **{f"cap:{g.rule_group}": f"Cap of: {g.label}" for g in groups.itertuples()},
        **{
            f"reset:{g.rule_group}": f"Taken back: {g.label}"
            for g in groups.itertuples()
        },
        "base": "Every user starts with a point",
        "limit": "Scores stay between 1 and 100",
        **{f"base:{score}": f"A point of {score} to start with" for score in others},
        **{f"limit:{score}": f"{score} stays between 1 and 100" for score in others},
    }


def attributes() -> list[str]:
    """Return the features that are attributes of users, in the panel's order."""
    return list(ask("from features where measure = 'attribute'")["feature"])


def as_of_date() -> pd.Timestamp:
    """Return the day whose end the scores are of."""
    return publication().as_of_date
