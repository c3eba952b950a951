"""Which Python executors run, and what is said where there is no Java."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest
from dbt.adapters.spark.connections import SparkConnectionManager
from dbt_common.exceptions import DbtRuntimeError

from dbt.adapters.pointwisespark import (
    PointwiseSparkAdapter,
    PointwiseSparkConnectionManager,
)


@pytest.mark.parametrize(
    ("master", "named", "expected"),
    [
        ("local[2]", None, sys.executable),
        ("yarn", None, "python3"),
        (None, None, "python3"),
        ("local[2]", "/opt/python", "/opt/python"),
    ],
)
def test_executors_of_this_machine_run_the_python_that_runs_dbt(
    monkeypatch: pytest.MonkeyPatch,
    master: str | None,
    named: str | None,
    expected: str,
) -> None:
    """It has the package, also where nobody activated its environment."""
    monkeypatch.delenv("PYSPARK_PYTHON", raising=False)
    if named:
        monkeypatch.setenv("PYSPARK_PYTHON", named)
    adapter = object.__new__(PointwiseSparkAdapter)
    settings = {"spark.master": master} if master else None
    credentials = SimpleNamespace(server_side_parameters=settings)
    adapter.config = SimpleNamespace(credentials=credentials)
    assert adapter.python_of_executors() == expected


def test_a_machine_without_java_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("[JAVA_GATEWAY_EXITED] Java gateway process exited")

    monkeypatch.setattr(SparkConnectionManager, "add_query", fail)
    manager = object.__new__(PointwiseSparkConnectionManager)
    with pytest.raises(DbtRuntimeError, match="Java 17"):
        manager.write("select 1")
