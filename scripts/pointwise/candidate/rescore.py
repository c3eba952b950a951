"""Score everyone again: dbt's own target `what_if`, in a file of its own."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pointwise.core.dbt import start_dbt
from pointwise.core.errors import PointwiseError
from pointwise.core.home import PROJECT, path_setting
from pointwise.core.panel.reader import files_in
from pointwise.core.panel.schema import COLUMNS
from pointwise.core.published import current
from pointwise.core.settings import SETTINGS

PANEL = (
    *("event_types", "features", "scoring_rules", "score_groups", "score_bands"),
    *("score_grades", "bot_rules", "exclusions"),
)
# What a changed file makes dbt build again besides the points, in words.
BUILDS = {
    "event_types": "daily activity and features",
    "bot_rules": "daily activity and features",
    "features": "features",
    "exclusions": "features",
}


def candidate_panel(path: Path, folder: Path) -> dict[str, bool]:
    """Copy the panel of today with the candidate's files over it; say which differ.

    Raises PointwiseError if the path is neither a folder of CSVs nor one of them.
    """
    today = path_setting("POINTWISE_CONTROL")
    files = sorted(path.glob("*.csv")) if path.is_dir() else [path]
    known = {f"{name}.csv" for name in COLUMNS}
    if not files or any(file.name not in known or not file.is_file() for file in files):
        raise PointwiseError(
            f"{path} is no control panel: name a folder with some of"
            f" {', '.join(sorted(known))}, or one of these files"
        )
    shutil.copytree(today, folder)
    for file in files:
        shutil.copy(file, folder / file.name)
    now, candidate = files_in(today), files_in(folder)
    # What they say counts, not how it is written.
    return {name: now[name][2:] != candidate[name][2:] for name in PANEL}


def selection(differs: dict[str, bool]) -> list[str]:
    """Return what dbt is to build: what lies between changed files and the points.

    The points themselves are always computed, also if no file changed.
    """
    changed = {"scoring_rules", *(name for name in differs if differs[name])}
    between = [f"{name}+,+score_contributions" for name in sorted(changed)]
    return ["path:models/panel", *between]


def build_beside(
    panel: Path,
    selected: list[str],
    target_path: Path,
    *arguments: str,
    given: Mapping[str, Any],
) -> Path:
    """Build a selection in a database beside the warehouse, which is read; return it.

    The vars are those of the last publication, with others `given` over them. Raises
    PointwiseError with dbt's own words if dbt fails.
    """
    generation = current(path_setting("POINTWISE_PUBLISHED"))
    if generation is None:
        raise PointwiseError("nothing has been published yet: run `dbt build` first")
    settings = {**generation.facts["vars"], **given}
    known = {name: value for name, value in settings.items() if name in SETTINGS}
    warehouse = path_setting("POINTWISE_DB")
    database = warehouse.with_name(f"{warehouse.stem}_what_if.duckdb")
    database.unlink(missing_ok=True)
    process = start_dbt(
        *("--quiet", "build", "--target=what_if", "--defer", "--favor-state"),
        f"--state={generation.folder.resolve()}",
        *("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"),
        *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
        f"--target-path={target_path}",
        *("--vars", json.dumps(known)),
        *("--select", *selected),
        *arguments,
        environment={"POINTWISE_CONTROL": str(panel)},
        output=subprocess.PIPE,
    )
    printed, _ = process.communicate()
    if process.returncode != 0:
        raise PointwiseError(dbt_words(printed, panel))
    return database


def dbt_words(printed: str, panel: Path) -> str:
    """Return what dbt said went wrong, as one line without its clock and its stack."""
    lines = [re.sub(r"^\d\d:\d\d:\d\d +", "", line) for line in printed.splitlines()]
    lines = [line.strip() for line in lines if line.strip() and line[:3] != "  >"]
    mistakes = [line.lstrip("- ") for line in lines if line.startswith("- ")]
    shown = mistakes or lines[-6:]
    return "; ".join(shown).replace(f"{panel}/", "") or "dbt failed and said nothing"
