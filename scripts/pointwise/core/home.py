"""Where things are: the project, and the folder with a user's own data.

POINTWISE_HOME names a folder that holds all that is a user's own:

    settings.yml       vars of dbt_project.yml that are other than there
    events/            event files, Parquet
    users*.parquet     profiles, if there are any
    links.parquet      who is who, if anybody knows
    assignments*.parquet  experiments that another tool assigned
    panel/             the control panel
    pointwise.duckdb   the warehouse
    published/         what readers read
    model/             the trained model

Without it, these are in the project. A variable of its own for one of them wins. The
macro `setting_path` and profiles.yml do the same for dbt. A relative path in a variable
is relative to the project, wherever a command is run; a path that is an argument is
relative to the caller's folder.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from pointwise.core.errors import PointwiseError

PROJECT = Path(__file__).resolve().parents[3]
HOME = "POINTWISE_HOME"
SETTINGS_FILE = "settings.yml"


class Place(NamedTuple):
    """Where something is in the project, and in a folder that is POINTWISE_HOME."""

    in_project: str
    in_home: str


PATHS = {
    "POINTWISE_DB": Place("data/pointwise.duckdb", "pointwise.duckdb"),
    "POINTWISE_EVENTS": Place("data/raw/events/**/*.parquet", "events/**/*.parquet"),
    "POINTWISE_USERS": Place("data/raw/users*.parquet", "users*.parquet"),
    "POINTWISE_LINKS": Place("data/raw/links.parquet", "links.parquet"),
    "POINTWISE_ASSIGNMENTS": Place(
        "data/raw/assignments*.parquet", "assignments*.parquet"
    ),
    "POINTWISE_CONTROL": Place("seeds", "panel"),
    "POINTWISE_PUBLISHED": Place("data/published", "published"),
    "POINTWISE_MODEL": Place("data/model", "model"),
}


def variable(name: str) -> str:
    """Return the value of an environment variable; an empty one is none."""
    return os.environ.get(name, "").strip()


def home(project: Path = PROJECT) -> Path | None:
    """Return the folder that POINTWISE_HOME names; None if it names none."""
    value = variable(HOME)
    return project / value if value else None


def check_home(project: Path = PROJECT) -> None:
    """Raise PointwiseError if POINTWISE_HOME names a folder that is not there."""
    own = home(project)
    if own is not None and not own.is_dir():
        raise PointwiseError(
            f"the folder {own} does not exist: check {HOME}, or make it with"
            f" `pointwise import FILE --home {variable(HOME)}`"
        )


def path_setting(name: str, project: Path = PROJECT) -> Path:
    """Return the path that a variable names, else its place in home or project."""
    if value := variable(name):
        return project / value
    own = home(project)
    place = PATHS[name]
    return project / place.in_project if own is None else own / place.in_home


def not_installed(model: Path) -> Path | None:
    """Return where training left a model that was not good enough, if it did."""
    candidate = model / "candidate"
    return candidate if (candidate / "model.json").exists() else None


def own_folder(name: str, project: Path = PROJECT) -> Path:
    """Return a folder that commands write to, such as `what_if`."""
    return (home(project) or project / "data") / name


def world_folder() -> Path:
    """Return the folder of the synthetic world: where its events are looked for."""
    return home() or PROJECT / "data/raw"


def panel_label() -> str:
    """Return how messages call the folder of the control panel: seeds."""
    value = variable("POINTWISE_CONTROL").replace("\\", "/").rstrip("/")
    own, place = variable(HOME), PATHS["POINTWISE_CONTROL"]
    return value or (f"{own.rstrip('/')}/{place.in_home}" if own else place.in_project)


def home_settings(project: Path = PROJECT) -> dict[str, Any]:
    """Return the vars in settings.yml of POINTWISE_HOME; none without such a file.

    Raises PointwiseError if the file cannot be read as a mapping.
    """
    own = home(project)
    path = own / SETTINGS_FILE if own else None
    if path is None or not path.exists():
        return {}
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise PointwiseError(f"{path} cannot be read: {reason}") from error
    if not isinstance(found, dict):
        raise PointwiseError(f"{path} is not a mapping such as `horizon_days: 30`")
    return found
