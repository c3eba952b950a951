"""Score a past day again, and say what differs and why.

    pointwise reproduce
    pointwise reproduce --as-of 2026-06-14
    pointwise reproduce --as-of 2026-06-14 --version f8cec9e66a65

The control panel is that of the publication, the events and profiles are those known
now. What differs came late, was corrected or erased since, or is another attribute.
Without --as-of it is the last publication.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import NamedTuple

import click
import duckdb

from pointwise import candidate
from pointwise.candidate.databases import attach
from pointwise.core.command_line import DAY, command
from pointwise.core.errors import PointwiseError
from pointwise.core.home import path_setting
from pointwise.core.published import current, record_files, record_ids, recorded
from pointwise.core.sql_text import escaped
from pointwise.core.terminal import console, print_table
from pointwise.core.words import counted
from pointwise.rescoring.causes import Change, find_causes
from pointwise.rescoring.core import Core

QUERIES = Path(candidate.__file__).parent / "reproduce.sql"
# The scores that stood then, and whoever may have one now.
PUBLISHED = """
    create temp table published_contributions as
    with recorded as (
        select cast(null as struct(score_name varchar, rule varchar, points bigint,
            value varchar, reason varchar)[]) as other_contributions
        where false
        union all by name
        from read_parquet($files, union_by_name = true)
    ),
    standing as (
        from recorded
        where published_at <= $published_at
        qualify published_at = max(published_at) over (partition by user_id)
    )
    select user_id, 'intent' as score_name, unnest(contributions, recursive := true)
    from standing where score is not null
    union all by name
    select user_id, unnest(other_contributions, recursive := true)
    from standing where score is not null
"""
USERS = """
    create temp table changed_users as
    select
        user_id,
        user_id in (select user_id from published_contributions) as was_scored
    from (
        select user_id from published_contributions
        union select user_id from internal.int_user_daily_activity
        union select user_id from internal.stg_user_attributes
    )
"""
MOST_USERS = 20
CAUSES = {
    "late data": "late, corrected or erased data",
    "attributes": "attributes",
}


class Publication(NamedTuple):
    """What was published: when, for which day, with which control panel."""

    published_at: str
    as_of_date: str
    weights_version: str


def find_publication(as_of: date | None, version: str | None) -> Publication:
    """Return the last publication for a day and version of the control panel.

    Raises PointwiseError if there is none.
    """
    folder = path_setting("POINTWISE_PUBLISHED")
    names = ("published_at", "as_of_date", "weights_version")
    publications = [
        Publication(*(recorded(folder, publication)[name] for name in names))
        for publication in reversed(record_ids(folder))
    ]
    for publication in publications:
        if as_of is not None and publication.as_of_date != str(as_of):
            continue
        if version in (None, publication.weights_version):
            return publication
    known = sorted({f"{p.as_of_date} ({p.weights_version})" for p in publications})
    raise PointwiseError(
        "nothing was published for that day and version; published were:"
        f" {', '.join(known[-10:]) or 'none'}"
    )


def score_again(
    connection: duckdb.DuckDBPyConnection, warehouse: str, publication: Publication
) -> None:
    """Make the tables that `reproduce.sql` reads, in memory.

    Raises PointwiseError if the warehouse does not hold what it takes.
    """
    files = record_files(path_setting("POINTWISE_PUBLISHED"), "scores")
    at, day, version = publication
    try:
        connection.execute(f'use "{warehouse}"')
        connection.execute(
            PUBLISHED, {"files": [escaped(path) for path in files], "published_at": at}
        )
        connection.execute(USERS)
        core = Core.read(connection, '"main"."scoring_models"')
        day = date.fromisoformat(day)
        find_causes(connection, core, Change(day, day, version, version))
    except duckdb.Error as error:
        raise PointwiseError(
            f"cannot score again: {str(error).splitlines()[0]}; run `dbt build` first"
        ) from error


def report(connection: duckdb.DuckDBPyConnection, publication: Publication) -> None:
    """Print how many scores come out as they were published, and which do not."""
    connection.execute(QUERIES.read_text(encoding="utf-8"))
    published, differing, newcomers = connection.execute(
        "select count(*) filter (was is not null),"
        " count(*) filter (was is not null and why is not null),"
        " count(*) filter (was is null) from reproduced"
    ).fetchall()[0]
    users_of = dict(
        connection.execute(
            "select cause, count(distinct user_id) from differences group by cause"
        ).fetchall()
    )
    at, day, version = publication
    console.print(
        f"As of {day}, published {at[:16]} with control panel {version};"
        " scored again with what is known now.",
        markup=False,
    )
    summary = f"{counted(published, 'user')}: {published - differing:,} as published"
    summary += f"; {differing:,} differ" if differing else ""
    summary += f"; {newcomers:,} had no score then" if newcomers else ""
    why = [f"{text} ({users_of[c]:,})" for c, text in CAUSES.items() if c in users_of]
    console.print(f"{summary}{': ' if why else ''}{', '.join(why)}.", markup=False)
    if not why:
        return
    rows = connection.execute(
        "select user_id, was, is_now, change, why from reproduced where why is not null"
        f" order by abs(change) desc, user_id limit {MOST_USERS}"
    ).fetchall()
    console.print()
    print_table(
        f"What differs most ({len(rows)} of {differing + newcomers:,})",
        ["user", "published", "now", "change", "why"],
        [(*row[:3], f"{row[3]:+d}", row[4]) for row in rows],
        right=["published", "now", "change"],
    )


@command(__doc__)
@click.option("--as-of", type=DAY, help="The day that was scored.")
@click.option("--version", help="The weights_version it was published with.")
def main(as_of: date | None, version: str | None) -> None:
    """Score the day again and compare."""
    current(path_setting("POINTWISE_PUBLISHED"))  # Raises where it is damaged.
    publication = find_publication(as_of, version)
    warehouse = path_setting("POINTWISE_DB")
    if not warehouse.exists():
        raise PointwiseError(f"no warehouse at {warehouse}: run `dbt build` first")
    with attach("", **{f'"{warehouse.stem}"': warehouse}) as connection:
        score_again(connection, warehouse.stem, publication)
        report(connection, publication)
