"""On-run-start: what dbt asks of this package before anything is built or tested.

`settings` is what the macro `build_settings` gathers: paths and the target of the run.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from pointwise.core.errors import PointwiseError
from pointwise.core.inputs import check_event_files, check_inputs
from pointwise.core.panel.hooks import mistakes
from pointwise.core.rows import named_rows
from pointwise.core.sql_text import sql_text
from pointwise.core.words import counted
from pointwise.live.fold import fold
from pointwise.publishing.hooks import begin_build, record_files

BUILDS = {"build", "run", "seed", "snapshot"}
# Targets that publish nothing, and so have nothing to remember of a build.
ASIDE = {"what_if", "lint", "unit_tests"}
MOST_MISTAKES = 20
ARMS = """
    select
        experiment,
        count(*) as users,
        max(arm) filter (where is_control) as control,
        min_by(terms, slot_number) as terms,
        list_sort(list(distinct concat(arm, ':', cast(share as decimal(9, 6))))) as arms
    from (
        select
            cast(null as boolean) as is_control,
            cast(null as varchar) as terms
        where false
        union all by name
        from read_parquet([{files}], union_by_name = true)
    ) as recorded
    group by experiment
"""


def begin_run(
    warehouse: duckdb.DuckDBPyConnection | None,
    settings: dict,
    command: str,
    selected: list[str],
    is_part: bool = False,
) -> list[str]:
    """Check panel, settings and inputs; note what a build may change.

    Return messages for the user. Raises PointwiseError if the run cannot begin. Without
    a warehouse the run is on Spark: `pointwise publish --from spark` publishes it.
    """
    lines, folded = [], []
    if command in {*BUILDS, "test", "retry"} and not settings["is_empty"]:
        validate(settings)
    is_aside = settings["target"] in ASIDE or settings["is_empty"]
    if command == "build" and not is_part and not is_aside:
        folded = fold(Path(settings["published"]), settings["events"])
    if warehouse is None:
        if "model.pointwise.base_event_files" in selected:
            check_event_files(settings["events"], settings["invocation_id"])
        if command in BUILDS:
            begin_build(None, settings, selected)
        return folded
    if command in ("build", "run", "test"):
        lines = check_inputs(warehouse, settings, selected, command == "test", is_part)
    if command in {*BUILDS, "clone"} and settings["target"] not in ASIDE:
        begin_build(warehouse, settings, selected)
    return folded + lines


def validate(settings: dict) -> None:
    """Raise PointwiseError with every mistake of control panel and settings."""
    of_settings, of_panel = mistakes(settings["project"], recorded_arms(settings))
    if not Path(settings["control"]).is_dir():
        of_panel = [
            f"{settings['control']}: there is no control panel; `pointwise import FILE"
            " --home FOLDER` writes one for what is in the file"
        ]
    found = of_settings + of_panel
    if not found:
        return
    more = len(found) - MOST_MISTAKES
    shown = [*found[:MOST_MISTAKES], *([f"and {more} more"] if more > 0 else [])]
    where = "settings and control panel have"
    if not of_settings:
        where = "the control panel has"
    elif not of_panel:
        where = "the settings have"
    raise PointwiseError(
        f"Nothing was built: {where} {counted(len(found), 'mistake')}.\n"
        + "".join(f"\n- {line}" for line in shown)
    )


def recorded_arms(settings: dict) -> list[dict]:
    """Return users, control and arms of every experiment that has users."""
    files = record_files(settings, "assignments")
    if not files:
        return []
    listed = ", ".join(sql_text(file) for file in files)
    with duckdb.connect() as connection:
        return named_rows(connection.execute(ARMS.format(files=listed)))
