"""How the files of POINTWISE_ASSIGNMENTS are read: experiments assigned elsewhere.

Parquet or CSV with the columns experiment, id, arm and assigned_at, in any order and
case, and account_id and what metrics have as covariates where a file has them. Arms
and experiments are read by the names that a panel can plan. A file that cannot be
read is named with the reason; the others count.
"""

from __future__ import annotations

from datetime import date, timedelta

import duckdb

from pointwise.core.panel.arm_names import arm_name
from pointwise.sources.links import look_at
from pointwise.sources.listing import files_of_run

COLUMNS = dict.fromkeys(("experiment", "id", "arm", "assigned_at"), True)
COLUMNS |= {"account_id": False}
# People are scored as of the day before they were assigned, or a little earlier.
MOST_DAYS = 28


def assignment_files(
    path: str, invocation_id: str, covariates: list[str] | None = None
) -> list[dict]:
    """Return each file with `rows`, SQL to read it from, and its columns' types.

    `covariates` are columns that it may have besides, which metrics ask for. `arm` is
    the name of the panel's, `given_arm` as the file has it.
    """
    wanted = {**COLUMNS, **dict.fromkeys(covariates or [], False)}
    with duckdb.connect(config={"autoinstall_known_extensions": False}) as connection:
        connection.execute("set TimeZone = 'UTC'")
        files = [
            look_at(connection, found.file, found.reason, wanted)
            for found in files_of_run(path, invocation_id)
        ]
    for columns in (file["columns"] for file in files if not file["reason"]):
        columns["given_arm"] = given = columns["arm"]
        named = arm_name(given["expression"])
        columns["arm"] = {"expression": named, "type": "VARCHAR"}
        named = arm_name(columns["experiment"]["expression"], "experiment")
        columns["experiment"] = {"expression": named, "type": "VARCHAR"}
    return files


def assignment_days(path: str, invocation_id: str) -> list[str]:
    """Return days before people were assigned: all, or evenly some of very many."""
    files = [f for f in assignment_files(path, invocation_id) if not f["reason"]]
    days: set[date] = set()
    with duckdb.connect(config={"autoinstall_known_extensions": False}) as connection:
        connection.execute("set TimeZone = 'UTC'")
        for file in files:
            moment = file["columns"]["assigned_at"]["expression"]
            query = f"select distinct try_cast({moment} as date) from {file['rows']}"
            days |= {day for (day,) in connection.execute(query).fetchall() if day}
    found = sorted(days)
    step = -(-len(found) // MOST_DAYS) or 1
    return [(day - timedelta(days=1)).isoformat() for day in found[::step]]
