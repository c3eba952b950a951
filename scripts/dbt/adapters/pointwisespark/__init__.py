"""dbt-spark, and the functions of `pointwise.sql_functions` beside it.

dbt-duckdb lets its plugins register Python functions that SQL calls. dbt-spark has no
such door: so this adapter is dbt-spark's with one method more, which the macro
`call_python` calls. Everything else, macros included, is dbt-spark's.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dbt.adapters.base import AdapterPlugin, available
from dbt.adapters.spark.connections import SparkConnectionManager, SparkCredentials
from dbt.adapters.spark.impl import SparkAdapter

from pointwise.sql_functions import answer


class PointwiseSparkCredentials(SparkCredentials):
    """Those of dbt-spark, under another name."""

    @property
    def type(self) -> str:
        """Return the adapter's name in profiles.yml."""
        return "pointwisespark"


class PointwiseSparkConnectionManager(SparkConnectionManager):
    """That of dbt-spark, under another name."""

    TYPE = "pointwisespark"


class PointwiseSparkAdapter(SparkAdapter):
    """That of dbt-spark, and `adapter.call_python`."""

    ConnectionManager = PointwiseSparkConnectionManager

    @available.parse_none
    def call_python(self, name: str, arguments: dict[str, Any]) -> str:
        """Return the JSON that a function of `sql_functions` answers, as SQL would."""
        return answer(name, json.dumps(arguments, default=str), None)


Plugin = AdapterPlugin(
    adapter=PointwiseSparkAdapter,
    credentials=PointwiseSparkCredentials,
    include_path=str(Path(__file__).with_name("include")),
    dependencies=["spark"],
)
