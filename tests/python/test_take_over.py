"""What Spark has built is taken over whole, or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from pointwise.core.errors import PointwiseError
from pointwise.publishing import take_over
from pointwise.publishing.spark import BUILT, folder_of, forget_built

TABLES = ("days", "scores")


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    """The warehouse beside a whole build of Spark's: two tables of one row."""
    warehouse = tmp_path / "pointwise.duckdb"
    tables = {}
    for table in TABLES:
        folder = folder_of(warehouse) / "main.db" / table
        folder.mkdir(parents=True)
        duckdb.sql("select 1 as day").write_parquet(str(folder / "part-0.parquet"))
        tables[f"model.pointwise.{table}"] = {
            "schema": "main",
            "table": table,
            "path": f"models/{table}.sql",
            "types": [("day", "bigint")],
            "is_partitioned": False,
            "spark_types": {},
        }
    built = {"invocation_id": "1", "tables": tables}
    (folder_of(warehouse) / BUILT).write_text(json.dumps(built))
    return warehouse


def names_in(warehouse: Path) -> list[str]:
    """Return the tables of Spark's that the warehouse has."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        names = (
            "select table_name from duckdb_tables() where table_name in $1 order by 1"
        )
        return [name for (name,) in connection.execute(names, [TABLES]).fetchall()]


def test_what_spark_has_built_is_taken_over(warehouse: Path) -> None:
    selected = [f"path:models/{table}.sql" for table in TABLES]
    assert take_over.take_over(warehouse) == selected
    assert names_in(warehouse) == list(TABLES)


def test_nothing_is_taken_over_while_spark_builds(
    warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A build that begins between two tables writes the second one again."""
    copy_table = take_over.copy_table

    def slowly(*arguments: object) -> None:
        copy_table(*arguments)
        forget_built(warehouse)

    monkeypatch.setattr(take_over, "copy_table", slowly)
    with pytest.raises(PointwiseError, match="no whole build of Spark"):
        take_over.take_over(warehouse)
    assert names_in(warehouse) == []
