"""The panel of one run of dbt: a file that is saved meanwhile is not mixed in."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from pointwise.core.errors import PointwiseError
from pointwise.core.home import panel_label
from pointwise.core.panel.checks import (
    check_cells,
    column_values,
    line_of,
    panel_mistakes,
)
from pointwise.core.panel.event_conditions import conditions_of, event_type_rows
from pointwise.core.panel.reader import PanelFile, files_in
from pointwise.core.panel.rows import rows_of
from pointwise.core.panel.schema import COLUMNS

# The files of the panel in each folder, and the run of dbt that read them.
_read: dict[Path, dict[str, PanelFile]] = {}
_run: object = None


def begin(run: object) -> None:
    """Let another run of dbt read from the disk; the same one keeps what it has."""
    global _run
    if run is not _run:
        _read.clear()
        _run = run


def panel_in(folder: Path) -> dict[str, PanelFile]:
    """Return the files of the panel in a folder, as they were when first asked for."""
    if folder not in _read:
        _read[folder] = files_in(folder)
    return _read[folder]


def mistake_lines(
    folder: Path, settings: Mapping[str, Any], recorded: list[dict]
) -> list[str]:
    """Return every mistake of the panel in a folder, a line each."""
    label = panel_label()
    return [
        line_of(mistake, f"{label}/{mistake.file}.csv")
        for mistake in panel_mistakes(panel_in(folder), settings, recorded)
    ]


def column_in(folder: Path, file: str, column: str) -> list[str] | None:
    """Return what a column of the panel holds; None if it is unknown."""
    return column_values(panel_in(folder), file, column)


def panel_rows(folder: Path, file: str) -> list[dict[str, Any]]:
    """Return the rows of a file, typed; decimals as text, since JSON has none.

    Raises PointwiseError if the file, or a cell of it, cannot be read.
    """
    found = panel_in(folder)[file]
    if mistakes := [*found.mistakes, *check_cells(file, found)]:
        raise PointwiseError(line_of(mistakes[0], f"{panel_label()}/{file}.csv"))
    rows = rows_of(found)
    typed_rows = (
        event_type_rows(rows) if file == "event_types" else [row.values for row in rows]
    )
    return [
        {
            name: str(value) if isinstance(value, Decimal) else value
            for name, value in row.items()
        }
        for row in typed_rows
    ]


def event_conditions(folder: Path) -> list[dict[str, str]]:
    """Return which events of a name event_types.csv tells apart, in their order."""
    return conditions_of(rows_of(panel_in(folder)["event_types"]))


def panel_features(folder: Path) -> list[dict[str, Any]]:
    """Return what the features of the panel are: the columns of the feature mart.

    Raises PointwiseError if features.csv cannot be read.
    """
    found = panel_in(folder)["features"]
    if found.mistakes and not found.cells:
        label = f"{panel_label()}/features.csv"
        raise PointwiseError(line_of(found.mistakes[0], label))
    rows = rows_of(found)
    names = COLUMNS["features"]
    return [
        {name: row.values[name] for name in names}
        for row in rows
        if row.values["feature"] and row.values["measure"]
    ]


def panel_texts(folder: Path) -> dict[str, str]:
    """Return the text of each file as it was read, by the file's name."""
    return {
        name: file.text
        for name, file in panel_in(folder).items()
        if file.text is not None
    }
