"""Files that an ended build has left where a table is to be are removed."""

from __future__ import annotations

from pathlib import Path

import pytest
from dbt.adapters.spark.connections import SparkConnectionManager
from pyspark.sql import SparkSession

from dbt.adapters.pointwisespark import PointwiseSparkConnectionManager


def test_a_table_is_written_where_files_were_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Spark's error is no AnalysisException, which alone dbt-spark makes its own."""
    session = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.warehouse.dir", str(tmp_path))
        .getOrCreate()
    )
    monkeypatch.setattr(
        SparkConnectionManager, "add_query", lambda _, sql: session.sql(sql)
    )
    left = tmp_path / "days" / "part-0.parquet"
    left.parent.mkdir()
    left.write_text("half of a file")
    manager = object.__new__(PointwiseSparkConnectionManager)
    manager.write("create table days using parquet as select 1 as day")
    assert [row.day for row in session.table("days").collect()] == [1]
    assert not left.exists()
    session.stop()
