"""A build an hour in Dagster; `pointwise live` takes each publication over by itself.

dagster dev -f examples/live/dagster_build.py
"""

import subprocess
from pathlib import Path

import dagster

PROJECT = Path(__file__).resolve().parents[2]
SCRIPT = "examples/live/build_every_hour.sh"


@dagster.op
def build(context: dagster.OpExecutionContext) -> None:
    """Run what cron would; a build that still runs is left alone."""
    ended = subprocess.run(
        ["sh", SCRIPT], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    context.log.info(ended.stdout + ended.stderr)
    if ended.returncode:
        raise dagster.Failure(f"{SCRIPT} ended with {ended.returncode}: see the log")


@dagster.job
def build_every_hour() -> None:
    """Read the new events, and publish."""
    build()


definitions = dagster.Definitions(
    schedules=[
        dagster.ScheduleDefinition(job=build_every_hour, cron_schedule="7 * * * *")
    ]
)
