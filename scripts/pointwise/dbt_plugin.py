"""What dbt calls of this package: a plugin of dbt-duckdb, named in profiles.yml.

Hooks and models call the functions that `pointwise.sql_functions` lists, through the
macro `call_python`; with the error of one, the run ends.
"""

from __future__ import annotations

from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt_common.exceptions import DbtRuntimeError
from duckdb import DuckDBPyConnection

from pointwise.core.errors import PointwiseError
from pointwise.core.warehouse import check_folder, discard_if_damaged, watch_for_damage
from pointwise.sql_functions import FUNCTIONS, let_sql_call


class Plugin(BasePlugin):
    """Registers the functions on dbt's connection, and looks after the warehouse."""

    def update_connection_config(self, creds: DuckDBCredentials, config: dict) -> None:
        """Before dbt opens the warehouse: set it aside if it is damaged.

        Raises DbtRuntimeError, which dbt shows in a line, if its folder is not there.
        """
        try:
            check_folder(creds.path)
        except PointwiseError as error:
            raise DbtRuntimeError(str(error)) from error
        discard_if_damaged(creds.path, config)
        watch_for_damage(creds.path)

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Make the functions callable in SQL."""
        for name in FUNCTIONS:
            let_sql_call(name, conn)
