"""Build the scores and show the best users.

    pointwise run

Without events of yours, it writes a synthetic world first. Then it runs `dbt build` and
shows the ten users to talk to.
"""

from __future__ import annotations

import re
import subprocess

import click

from pointwise.commands.rank import show
from pointwise.core.command_line import command
from pointwise.core.dbt import start_dbt
from pointwise.core.errors import PointwiseError
from pointwise.core.home import HOME, path_setting, variable, world_folder
from pointwise.core.published import connect, short_path

# Of dbt's log: what went well, and what a failure kept from running.
NO_NEWS = re.compile(
    r"[0-9:]+ +($|[0-9]+ of [0-9]+ (START|OK|PASS|SKIP|NO-OP) |Unable to do partial)"
)
NEXT = """
Try next:
  pointwise explain --user ID   every point of a user in the list
  pointwise explain             how all users are scored
  pointwise evaluate            is the score true?
  pointwise serve               the same in a browser, and more
In SQL, `from top_users(20);` and `from help();`:
  duckdb -readonly {database}
To change what counts, edit this file and run `pointwise run` again:
  {panel}/scoring_rules.csv"""


@command(__doc__)
def main() -> None:
    """Make events if there are none, build, and show the ranking."""
    events = (world_folder() / "events").glob("**/*.parquet")
    if not (variable("POINTWISE_EVENTS") or variable(HOME) or any(events)):
        from pointwise.commands import generate

        generate.main([], standalone_mode=False)
    build()
    show(connect(), 10)
    database = short_path(path_setting("POINTWISE_PUBLISHED") / "scores.duckdb")
    panel = short_path(path_setting("POINTWISE_CONTROL"))
    click.echo(NEXT.format(database=database, panel=panel))


def build(*arguments: str) -> None:
    """Run `dbt build`, and print what is news in its log.

    Raises PointwiseError if it fails.
    """
    process = start_dbt("build", *arguments, output=subprocess.PIPE)
    for line in process.stdout:
        if not NO_NEWS.match(line):
            click.echo(line, nl=False)
    if process.wait():
        raise PointwiseError("dbt build failed: see above")
