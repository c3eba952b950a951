"""What the pages read: the published files, through an in-memory database.

Answers are kept until the files change, so that a page is quick, shows a new build by
itself, and never holds a file open.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import duckdb
import pandas as pd
import streamlit as st

from common import PointwiseError, setting
from published import connect

# A line a file of one publication: time, size and name. What answers are kept by is one
# text because a text is looked up quicker than a tuple.
Stamp = str


def stamp() -> Stamp:
    """Return the published files with their times and sizes, as they are now.

    While a file is written it has another name, tmp_….
    """
    lines = []
    for path in sorted(setting("POINTWISE_PUBLISHED").glob("*.parquet")):
        if not path.name.startswith("tmp_"):
            state = path.stat()
            lines.append(f"{state.st_mtime_ns} {state.st_size} {path.name}")
    return "\n".join(lines)


def names(files: Stamp) -> list[str]:
    """Return the names of the files of one publication."""
    return [line.split(" ", 2)[2] for line in files.splitlines()]


def published_at(files: Stamp) -> datetime:
    """Return when the newest of the files was written."""
    newest = max(int(line.split(" ")[0]) for line in files.splitlines())
    return datetime.fromtimestamp(newest / 1e9).astimezone()


@st.cache_resource(max_entries=2, show_spinner=False)
def database(files: Stamp) -> duckdb.DuckDBPyConnection:
    """Return the database of one publication; raises PointwiseError without one."""
    if not files:
        raise PointwiseError("nothing is published")
    connection = connect()
    for name in names(files):
        file = str(setting("POINTWISE_PUBLISHED") / name).replace("'", "''")
        view = quoted(name.removesuffix(".parquet"))
        connection.execute(
            f"create view if not exists {view} as from read_parquet('{file}')"
        )
    return connection


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


def has_rows(name: str) -> bool:
    """Whether a mart is published and holds anything."""
    return is_published(name) and ask(f'select count(*) from "{name}"').iat[0, 0] > 0


def is_published(name: str) -> bool:
    """Whether the build published a mart, be it empty."""
    return f"{name}.parquet" in names(st.session_state["stamp"])


@dataclass(frozen=True)
class Publication:
    """What is published, in a word."""

    as_of_date: pd.Timestamp
    weights_version: str
    users: int


def publication() -> Publication | None:
    """Return what is published; None if no user is scored."""
    row = ask_one("from publication_0") if is_published("publication_0") else None
    return Publication(**row) if row and row["users"] else None


def bands() -> pd.DataFrame:
    """Return the bands, best first, with the highest score of each."""
    return ask(
        "select band, min_score, action,"
        " lag(min_score, 1, 101) over (order by min_score desc) - 1 as max_score"
        " from score_bands order by min_score desc"
    )


def attributes() -> list[str]:
    """Return the features that are attributes of users, in the panel's order."""
    return list(ask("from features where measure = 'attribute'")["feature"])


def as_of_date() -> pd.Timestamp:
    """Return the day whose end the scores are of."""
    return publication().as_of_date


def quoted(name: str) -> str:
    """Return a name of the control panel as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
