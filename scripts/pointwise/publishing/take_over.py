"""Copy what Spark has built into the warehouse, to be published from there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import duckdb

from pointwise.core.errors import PointwiseError
from pointwise.core.sql_text import escaped, sql_text
from pointwise.publishing.spark import folder_of, read_built
from pointwise.publishing.whether import mark_begun

# Spark's hashes have a sign.
HASH = "ubigint"


def take_over(warehouse: Path) -> list[str]:
    """Copy Spark's tables into the warehouse; return how dbt selects their models.

    Raises PointwiseError if a build on Spark begins meanwhile: tables may be of both.
    """
    built = read_built(warehouse)
    try:
        with duckdb.connect(str(warehouse)) as connection:
            connection.begin()
            mark_begun(connection, list(built["tables"]))
            for table in built["tables"].values():
                copy_table(connection, folder_of(warehouse), table)
            connection.execute(
                "insert into internal.built_by_spark values (?)", [json.dumps(built)]
            )
            if read_built(warehouse) != built:
                raise PointwiseError("Spark has built again meanwhile: try again")
            connection.commit()
    except duckdb.Error as error:
        raise PointwiseError(
            f"cannot read Spark's tables: {str(error).splitlines()[0]}"
        ) from error
    return [f"path:{table['path']}" for table in built["tables"].values()]


def copy_table(
    connection: duckdb.DuckDBPyConnection, folder: Path, table: dict
) -> None:
    """Copy a table of Spark's into the warehouse, with the types of its contract."""
    files = folder / f"{table['schema']}.db" / table["table"]
    types = dict(table["types"])
    if any(files.rglob("*.parquet")):
        rows = f"read_parquet({sql_text(f'{escaped(files)}/**/*.parquet')}"
        rows += f", hive_partitioning = {str(table['is_partitioned']).lower()})"
    else:
        empty = [
            f'cast(null as {duckdb_type(kind)}) as "{column}"'
            for column, kind in table["spark_types"].items()
        ]
        rows = f"(select {', '.join(empty)} where false)"
    found = connection.execute(f"describe from {rows}").fetchall()
    columns = [row[0] for row in found]
    if table["is_partitioned"]:  # Spark puts the column of the folders last
        columns = [column for column in types if column in columns]
    shown = ", ".join(
        f'cast("{column}" as {types[column]}) as "{column}"'
        if types.get(column) and not types[column].lower().startswith(HASH)
        else f'"{column}"'
        for column in columns
    )
    name = f'"{table["schema"]}"."{table["table"]}"'
    kinds = connection.execute(
        "select table_type from information_schema.tables"
        " where table_schema = ? and table_name = ?",
        [table["schema"], table["table"]],
    ).fetchall()
    for (kind,) in kinds:
        connection.execute(f"drop {kind.removeprefix('BASE ')} {name}")
    connection.execute(f'create schema if not exists "{table["schema"]}"')
    connection.execute(f"create table {name} as select {shown} from {rows}")
    # What DuckDB had loaded of it is of no table any more.
    connection.execute(f'drop table if exists internal."{table["table"]}__loaded"')


def duckdb_type(spark: str) -> str:
    """Return what DuckDB calls a type of Spark."""
    if found := re.fullmatch(r"array<(.*)>", spark):
        return f"{duckdb_type(found[1])}[]"
    return {"string": "varchar", "timestamp_ntz": "timestamp"}.get(spark, spark)
