"""Write a generation: all that one build gives to readers, in a folder of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb

from pointwise.core.errors import PointwiseError
from pointwise.core.published import (
    DATABASE,
    FUNCTIONS,
    Generation,
    has_grades,
    open_generation,
)
from pointwise.core.sql_text import file_text, sql_text
from pointwise.publishing.build import Build
from pointwise.publishing.files import copy_or_link

# DuckDB since 1.2 can open it.
STORAGE = "v1.2.0"
PARQUET = "(format parquet, compression zstd)"
FOUND_FUNCTIONS = """
    select function_name, macro_definition
    from duckdb_functions()
    where function_type = 'table_macro' and not internal
        and database_name = ? and schema_name = ?
    order by function_name
"""
# A text that a spreadsheet will not run as a formula.
SAFE = (
    "case when regexp_matches({0}, '^[\\s]*[=+\\-@\\t\\r]') then '''' || {0}"
    " else {0} end as {0}"
)
TOP_USERS = ["band", "reason_1", "reason_2", "reason_3", "action", "next_step"]
NEWS = "change_7d, change_28d, is_new_in_band, trend, last_seen_date"
ENTRIES = [
    *("user_id", "band", "previous_band", "reason_1", "reason_2", "reason_3"),
    *("action", "next_step"),
]
WORKLIST = [
    *("user_id", "band", "action", "reason_1", "reason_2", "reason_3", "next_step"),
    "news",
]
# Tables that no model makes: what they are, and their columns.
OWN_TABLES = {
    "publication": (
        "One row: what is published.",
        {
            "publication_id": "The publication, as its folder is called.",
            "published_at": "When it was published, in UTC.",
            "as_of_date": "Scores are as of the end of this day.",
            "weights_version": "The control panel that the scores were made with.",
            "users": "People who are scored.",
        },
    ),
    "control_panel": (
        "The exact files of the control panel.",
        {"file": "Name without its ending.", "content": "The text of the CSV."},
    ),
    "scoring_models": (
        "The SQL that made the scores, a row a model, for scoring again.",
        {
            "schema_name": "Schema of the model.",
            "model": "Name of the model.",
            "query": "Its SQL as this build ran it.",
        },
    ),
}


def write_generation(
    build: Build,
    warehouse: duckdb.DuckDBPyConnection,
    draft: Path,
    previous: Generation | None,
    panel_texts: dict[str, str],
    publication: str,
) -> None:
    """Write every file of a generation but its `publication.json`.

    A mart that this build did not make is taken over from the previous generation.
    """
    for mart in build.marts:
        path = draft / f"{mart.name}.parquet"
        if mart.unique_id in build.passed or previous is None:
            warehouse.execute(
                f"copy (select * from {mart.relation} order by {mart.order})"
                f" to {sql_text(path)} {PARQUET}"
            )
        else:
            copy_or_link(previous.folder / path.name, path)
    write_texts(draft / "control_panel.parquet", panel_texts)
    (draft / "manifest.json").write_text(json.dumps(build.manifest), encoding="utf-8")
    definitions = functions_of(build, warehouse, publication)
    (draft / FUNCTIONS).write_text("\n".join(definitions), encoding="utf-8")


def write_texts(path: Path, texts: dict[str, str]) -> None:
    """Write the files of the control panel exactly as they are."""
    write_rows(path, {"file": "varchar", "content": "varchar"}, sorted(texts.items()))


def write_rows(path: Path, columns: dict[str, str], rows: Sequence[tuple]) -> None:
    """Write rows as a Parquet file with columns of these types."""
    typed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    places = ", ".join("?" for _ in columns)
    with duckdb.connect() as connection:
        connection.execute(f"create table written ({typed})")
        if rows:
            connection.executemany(f"insert into written values ({places})", rows)
        connection.execute(f"copy written to {sql_text(path)} {PARQUET}")


def functions_of(
    build: Build, warehouse: duckdb.DuckDBPyConnection, publication: str
) -> list[str]:
    """Return the table functions of the warehouse; no statement names a database.

    One that reads what was scored since is of this publication only.
    """
    found = warehouse.execute(
        FOUND_FUNCTIONS, [build.database, build.schema]
    ).fetchall()
    # One of a module that is left out by now may still be in the warehouse.
    built = {node["alias"]: node["config"] for node in build.nodes.values()}
    statements = []
    for name, definition in found:
        if name not in built:
            continue
        # DuckDB knows the names of parameters, not what they are unless given.
        parameters = ", ".join(built[name]["parameters"])
        for database in (build.database, f'"{build.database}"'):
            for schema in (build.schema, f'"{build.schema}"'):
                # DuckDB before 1.4 would take a bare name for the CTE of that name.
                definition = definition.replace(f"{database}.{schema}.", "main.")
        body = definition.replace("\n", " ").replace(
            "/this_publication/", f"/{publication}/"
        )
        statements.append(
            f"create or replace macro {name}({parameters}) as table {body}"
        )
    return statements


def write_publication(draft: Path, facts: dict) -> None:
    """Write the mart `publication`: the one row that says what is published."""
    columns = {
        "publication_id": "varchar",
        "published_at": "timestamp",
        "as_of_date": "date",
        "weights_version": "varchar",
        "users": "bigint",
    }
    row = (facts["id"], *(facts[name] for name in list(columns)[1:]))
    write_rows(draft / "publication.parquet", columns, [row])


def write_database(draft: Path) -> None:
    """Write `scores.duckdb`: the marts as tables, and the functions over them.

    They are tables, not views of files: the database can be copied and moved, and who
    has it open goes on reading one generation.
    """
    path = draft / DATABASE
    try:
        with duckdb.connect(
            str(path), config={"storage_compatibility_version": STORAGE}
        ) as database:
            # A transaction a statement would be written to disk for each comment.
            database.begin()
            for file in sorted(draft.glob("*.parquet")):
                rows = f"read_parquet({file_text(file)})"
                database.execute(f'create table "{file.stem}" as from {rows}')
            for definition in (draft / FUNCTIONS).read_text("utf-8").splitlines():
                database.execute(definition)
            for comment in comments(database, draft / "manifest.json"):
                database.execute(comment)
            database.commit()
    except duckdb.Error as error:
        raise PointwiseError(
            f"cannot write {path}: {str(error).splitlines()[0]}"
        ) from error


def comments(database: duckdb.DuckDBPyConnection, manifest: Path) -> Iterator[str]:
    """Yield statements that put descriptions beside what they describe."""
    nodes = json.loads(manifest.read_text("utf-8"))["nodes"].values()
    models = {
        node["name"]: (
            node["description"],
            {name: column["description"] for name, column in node["columns"].items()},
        )
        for node in nodes
    }
    features = dict(
        database.execute("select feature, description from features").fetchall()
        if "features" in tables_of(database)
        else []
    )
    for (function,) in database.execute(
        "select function_name from duckdb_functions() where not internal"
    ).fetchall():
        text = one_line(models[function][0])
        yield f'comment on macro table "{function}" is {text}'
    described = {**models, **OWN_TABLES}
    for table in tables_of(database):
        yield f'comment on table "{table}" is {one_line(described[table][0])}'
    for table, column in database.execute(
        "select table_name, column_name from duckdb_columns() where not internal"
        " order by table_oid, column_index"
    ).fetchall():
        text = described[table][1].get(column) or features.get(column) or ""
        yield f'comment on column "{table}"."{column}" is {one_line(text)}'


def tables_of(database: duckdb.DuckDBPyConnection) -> list[str]:
    """Return the names of the tables in a database."""
    found = database.execute("select table_name from duckdb_tables() order by all")
    return [name for (name,) in found.fetchall()]


def one_line(text: str) -> str:
    """Return a description as an SQL text literal without line breaks."""
    return sql_text(" ".join((text or "").split()))


def write_lists(folder: Path, generation: Generation) -> None:
    """Write the lists for spreadsheets from a generation's marts."""
    if "user_scores" not in generation.marts:
        return
    with open_generation(generation) as marts:
        columns = ", ".join(SAFE.format(column) for column in TOP_USERS)
        news = NEWS + (f", {SAFE.format('grade')}" if has_grades(marts) else "")
        marts.execute(
            f"copy (select rank, {SAFE.format('user_id')}, score, {columns}, {news}"
            " from user_scores where not is_customer and is_named and not is_held_out"
            " order by rank limit 1000)"
            f" to {sql_text(folder / 'top_users.csv')} (format csv, header true)"
        )
        if "top_band_entries" in generation.marts:
            columns = ", ".join(SAFE.format(column) for column in ENTRIES)
            marts.execute(
                f"copy (select entry_id, as_of_date, score, previous_score, {columns}"
                " from top_band_entries as entries"
                " order by score desc, entries.user_id)"
                f" to {sql_text(folder / 'top_band_entries.csv')}"
                " (format csv, header true)"
            )
        if "worklist" in generation.marts:
            columns = ", ".join(SAFE.format(column) for column in WORKLIST)
            marts.execute(
                f"copy (select place, {columns}, as_of_date, score, is_hand_raise,"
                " last_offered_date, last_acted_date from worklist order by place)"
                f" to {sql_text(folder / 'worklist.csv')} (format csv, header true)"
            )
