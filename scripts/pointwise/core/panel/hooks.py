"""What dbt's hooks and models ask of the panel; see `pointwise.sql_functions`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dbt.flags import get_flags

from pointwise.core.home import home_settings as settings_at_home
from pointwise.core.home import path_setting
from pointwise.core.identifying import WORTH_A_LOOK
from pointwise.core.identifying import identifying_values as found_identifying
from pointwise.core.panel import snapshot
from pointwise.core.settings import setting_mistakes, ungrouped, vars_of_run


def panel_folder(project_dir: str) -> Path:
    """Return the folder of the control panel, read again by each run of dbt."""
    snapshot.begin(get_flags())
    return path_setting("POINTWISE_CONTROL", Path(project_dir))


def home_settings(project_dir: str) -> dict[str, Any]:
    """Return the vars of settings.yml that `--vars` does not give."""
    given = get_flags().VARS or {}
    found = ungrouped(settings_at_home(Path(project_dir)))
    return {name: value for name, value in found.items() if name not in given}


def mistakes(
    project_dir: str, recorded: list[dict] | None = None
) -> tuple[list[str], list[str]]:
    """Return every mistake of the settings and of the control panel, a line each."""
    folder = panel_folder(project_dir)
    of_run = get_flags().VARS or {}
    given = vars_of_run(Path(project_dir), of_run)
    event_types = snapshot.column_in(folder, "event_types", "event_type")
    of_home, named = home_settings(project_dir), ungrouped(of_run)
    return (
        setting_mistakes(given, event_types, of_home, named),
        snapshot.mistake_lines(folder, given, recorded or []),
    )


def panel_rows(project_dir: str, file: str) -> list[dict[str, Any]]:
    """Return the rows of a file of the control panel."""
    return snapshot.panel_rows(panel_folder(project_dir), file)


def event_conditions(project_dir: str) -> list[dict[str, str]]:
    """Return which events of a name event_types.csv tells apart, in their order."""
    return snapshot.event_conditions(panel_folder(project_dir))


def panel_features(project_dir: str) -> list[dict[str, Any]]:
    """Return the features of the control panel: the columns of the feature mart."""
    return snapshot.panel_features(panel_folder(project_dir))


def panel_texts(project_dir: str) -> dict[str, str]:
    """Return the text of each file of the control panel as it was read."""
    return snapshot.panel_texts(panel_folder(project_dir))


def identifying_values(**arguments: Any) -> Any:  # noqa: ANN401
    """Return what identifies a person among values of attributes."""
    return found_identifying(**arguments)


def worth_a_look() -> Any:  # noqa: ANN401
    """Return the pattern of values that may identify a person."""
    return WORTH_A_LOOK
