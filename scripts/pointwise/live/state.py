"""What live scores start from: a copy of what one build knew, beside its publication.

    data/published/live/<publication>.duckdb

and beside it, in a folder of that name, what was scored since: see live/last_scores.py.
The file holds what the models between events and scores read: daily activity by person,
links, attributes, the control panel, their SQL, and which event files the build has
read. It is a cache like the warehouse: erasure removes it, and the next build writes it
again. It never changes, so that readers need no lock.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from pointwise.core.errors import PointwiseError
from pointwise.core.sql_text import sql_text
from pointwise.publishing.files import make_durable_folder, remove

FOLDER = "live"
# Where a running server answers: see live/address.py.
ADDRESS = "server.json"
# Small, since most worlds are: DuckDB gives each column of a table a block.
BLOCK_SIZE = 16384
# Models that have rows only where a person has several ids.
OF_LINKS = (
    *("int_links_as_of", "int_named_ids", "int_link_sightings", "int_link_verdicts"),
    *("int_person_links", "int_person_ids", "int_linked_copies", "int_linked_days"),
    *("int_linked_sessions", "int_linked_activity"),
)
# Tables by schema, with their rows in the warehouse.
TABLES = {
    "internal": {
        # Of a thousand persons the rows are found four times as fast by a number.
        "ids": """
            select user_id, cast(row_number() over (order by user_id) as uinteger)
                as number
            from (
                select user_id from internal.int_user_daily_activity
                union
                select user_id from internal.stg_user_attributes
            )
            order by number
        """,
        "int_user_daily_activity": """
            from internal.int_user_daily_activity
            inner join live_state.internal.ids using (user_id)
            where known_until_date = date '9999-12-31'
            order by number, activity_date, event_type
        """,
        # Those of machines are left out: nothing else reads them.
        "int_repeated_events": """
            from internal.int_repeated_events
            inner join live_state.internal.ids using (user_id)
            anti join internal.int_machine_events using (file, file_row)
            order by number, activity_date, file, file_row
        """,
        "int_ids_seen_together": "from internal.int_ids_seen_together order by all",
        "stg_links": "from internal.stg_links order by all",
        "stg_user_attributes": """
            from internal.stg_user_attributes
            inner join live_state.internal.ids using (user_id)
            order by number, attribute, valid_from
        """,
        "int_active_days": "from internal.int_active_days order by activity_date",
        "int_as_of_dates": """
            from internal.int_as_of_dates where is_scoring_date
        """,
        "event_files": """
            select file, size_bytes, modified_at, reason, plan, is_readable,
                days.days
            from internal.stg_event_files
            left join (
                select file, list(activity_date order by activity_date) as days
                from internal.int_event_file_days group by file
            ) as days using (file)
            order by file
        """,
        # Its columns: those of what is read of new files.
        "base_events": "select * exclude (raw_row) from internal.base_events limit 0",
        **{name: f"from internal.{name} limit 0" for name in OF_LINKS},
        "event_readers": "from internal.int_event_readers order by plan",
        "int_weights_version": "from internal.int_weights_version",
        # As the next build will find them in the record, this publication included.
        "int_reached_bands": """
            with here as (
                select who.user_id, bands.band,
                    who.score >= coalesce(bands.enter_at, bands.min_score) as is_here,
                    who.score < coalesce(bands.leave_at, bands.min_score) as is_left
                from main.user_scores as who
                cross join main.score_bands as bands
                where bands.min_days is not null
            )
            select user_id, band, if(
                is_here, date '9999-12-31',
                least(
                    stood_until_date, (select max(as_of_date) from main.user_scores)
                )
            ) as stood_until_date
            from internal.int_reached_bands
            full join here using (user_id, band)
            where is_here or stood_until_date is not null and is_left is not true
            order by user_id, band
        """,
    },
    "main": {
        name: f"from main.{name} order by all"
        for name in (
            *("event_types", "features", "scoring_rules", "score_groups"),
            *("score_bands", "score_grades", "bot_rules", "exclusions"),
            *("score_band_outlook", "score_outlook", "scoring_models"),
        )
    },
}
# Made where the module `live` is not left out.
READER = "int_event_readers"


def folder_of(state: Path) -> Path:
    """Return where the scores since are that go with a state."""
    return state.with_suffix("")


def state_file(published: Path, publication: str) -> Path:
    """Return where the state of a publication is."""
    return published / FOLDER / f"{publication}.duckdb"


def write_state(
    warehouse: duckdb.DuckDBPyConnection, published: Path, publication: str
) -> None:
    """Write the state of a build that is about to be published.

    A file without a publication is no state: nothing reads it.
    """
    path = state_file(published, publication)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}")
    remove(draft)
    try:
        copy_tables(warehouse, draft)
    except duckdb.Error as error:
        first_line = str(error).splitlines()[0]
        raise PointwiseError(f"cannot write {path}: {first_line}") from error
    draft.chmod(0o444)
    folder_of(path).mkdir(exist_ok=True)
    draft.replace(path)
    make_durable_folder(path.parent)


def copy_tables(warehouse: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Copy the tables that are needed from the warehouse to a database."""
    warehouse.execute(
        f"attach {sql_text(path)} as live_state (block_size {BLOCK_SIZE})"
    )
    try:
        for schema, tables in TABLES.items():
            warehouse.execute(f"create schema if not exists live_state.{schema}")
            for name, query in tables.items():
                warehouse.execute(f"create table live_state.{schema}.{name} as {query}")
    finally:
        warehouse.execute("detach live_state")


def has_all_tables(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the state of a connection is one that this version writes."""
    found = connection.execute(
        "select schema_name, table_name from duckdb_tables()"
        " where database_name = 'state'"
    ).fetchall()
    return {(schema, name) for schema in TABLES for name in TABLES[schema]} <= {*found}


def clear_states(published: Path, kept: str | None) -> None:
    """Remove the states of other publications; who has one open goes on reading it."""
    for path in (published / FOLDER).glob("*"):
        if path.name not in (kept, f"{kept}.duckdb", ADDRESS):
            # Under no name that a server still writes to.
            gone = path.with_name(f".{path.name}.gone")
            path.rename(gone)
            remove(gone)


def remove_states(published: Path) -> None:
    """Remove all states, as an erasure does: the next build writes one."""
    clear_states(published, kept=None)
