"""dbt-spark, and the functions of `pointwise.sql_functions` beside it.

dbt-duckdb lets its plugins register Python functions that SQL calls. dbt-spark has no
such door: so this adapter is dbt-spark's with a method more, which the macro
`call_python` calls, and one that names the Python of executors. And a CTE that several
read is computed once, and files that an ended build has left are removed. Everything
else, macros included, is dbt-spark's.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from pathlib import Path
from threading import local
from typing import Any

from dbt.adapters.base import AdapterPlugin, available
from dbt.adapters.spark.connections import SparkConnectionManager, SparkCredentials
from dbt.adapters.spark.impl import SparkAdapter
from dbt.adapters.spark.session import SparkSession
from dbt_common.exceptions import DbtRuntimeError

from dbt.adapters.pointwisespark.shared_ctes import shared
from pointwise.sql_functions import answer

LEFT = re.compile(r"\[LOCATION_ALREADY_EXISTS\].*associated location '([^']+)'")
NO_JAVA = "Spark could not start Java: it needs Java 17, on the PATH or in JAVA_HOME."
ENDS = re.compile(r"\s*(create\s+table|insert)\b", re.IGNORECASE)


class PointwiseSparkCredentials(SparkCredentials):
    """Those of dbt-spark, under another name."""

    @property
    def type(self) -> str:
        """Return the adapter's name in profiles.yml."""
        return "pointwisespark"


class PointwiseSparkConnectionManager(SparkConnectionManager):
    """That of dbt-spark; before a table is written, what its query shares is."""

    TYPE = "pointwisespark"
    of_thread = local()

    def add_query(self, sql: str, *args: object, **kwargs: object) -> tuple[Any, Any]:
        """Run a statement between those that write its shared CTEs and drop them.

        What a temporary view reads is dropped after the statement that reads the view.
        """
        shared_tables = self.of_thread.__dict__.setdefault("tables", [])
        statements, rest = shared(sql)
        for table, statement in statements.items():
            super().add_query(f"drop table if exists {table}")
            self.write(statement)
            shared_tables.append(table)
        found = self.write(rest, *args, **kwargs)
        if ENDS.match(sql):
            while shared_tables:
                super().add_query(f"drop table if exists {shared_tables.pop()}")
        return found

    def write(self, sql: str, *args: object, **kwargs: object) -> tuple[Any, Any]:
        """Run a statement, again without the files that lie where its table is to be.

        Spark writes files before it knows a table: a build that was ended leaves them.
        """
        try:
            return super().add_query(sql, *args, **kwargs)
        except Exception as error:  # of dbt, or of Spark as it is
            if "JAVA_GATEWAY_EXITED" in str(error):
                raise DbtRuntimeError(NO_JAVA) from error
            left, session = LEFT.search(str(error)), SparkSession._instantiatedSession
            if not (left and session):
                raise
        folder = session._jvm.org.apache.hadoop.fs.Path(left[1])
        settings = session._jsc.hadoopConfiguration()
        folder.getFileSystem(settings).delete(folder, True)
        return super().add_query(sql, *args, **kwargs)


class PointwiseSparkAdapter(SparkAdapter):
    """That of dbt-spark, with `adapter.call_python` and `python_of_executors`."""

    ConnectionManager = PointwiseSparkConnectionManager

    @available.parse_none
    def call_python(self, name: str, arguments: dict[str, Any]) -> str:
        """Return the JSON that a function of `sql_functions` answers, as SQL would."""
        return answer(name, json.dumps(arguments, default=str), None)

    @available.parse(lambda *_: "python3")
    def python_of_executors(self) -> str:
        """Return the Python that executors run: on this machine, dbt's."""
        settings = self.config.credentials.server_side_parameters or {}
        is_here = str(settings.get("spark.master", "")).startswith("local")
        ours = shlex.quote(sys.executable) if is_here else "python3"
        return os.environ.get("PYSPARK_PYTHON") or ours


Plugin = AdapterPlugin(
    adapter=PointwiseSparkAdapter,
    credentials=PointwiseSparkCredentials,
    include_path=str(Path(__file__).with_name("include")),
    dependencies=["spark"],
)
