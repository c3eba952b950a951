"""What a visitor has changed in the control panel: cells, and rows more or fewer."""

from __future__ import annotations

import difflib
import tempfile
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from pointwise.core.errors import PointwiseError
from pointwise.core.home import PROJECT, panel_label, path_setting
from pointwise.core.panel.checks import line_of, panel_mistakes
from pointwise.core.panel.edited import edited_text
from pointwise.core.panel.reader import decoded, files_in
from pointwise.core.panel.schema import COLUMNS
from pointwise.core.settings import vars_of_run
from pointwise.core.words import plain_number

# The first column of each file names its row.
Panel = dict[str, pd.DataFrame]
# The new value of each cell that changed, by the row's name and the column.
Edits = dict[tuple[str, str], str]
KEYS = {"scoring_rules": "rule", "score_groups": "rule_group", "score_bands": "band"}


class FileEdits(NamedTuple):
    """What is other in a file: cells, rows that are new, and rows that are gone."""

    cells: Edits
    added: tuple[dict[str, str], ...] = ()
    removed: tuple[str, ...] = ()

    def key(self) -> tuple:
        """Return the same as answers are kept by: quicker than by the whole panel."""
        added = tuple(tuple(row.items()) for row in self.added)
        return tuple(self.cells.items()), added, self.removed


def written(value: object) -> str:
    """Return a value as the panel writes it."""
    if value is None or pd.isna(value):
        return ""
    if isinstance(value, str):
        return value
    return plain_number(float(value))


def changes(before: pd.DataFrame, after: pd.DataFrame, key: str) -> Edits:
    """Return the cells that differ in rows of both: (row, column) and new value."""
    new = after.set_index(key).to_dict("index")
    return {
        (row, column): written(new[row][column])
        for row, cells in before.set_index(key).to_dict("index").items()
        if row in new
        for column, cell in cells.items()
        if written(cell) != written(new[row][column])
    }


def edits_of(before: Panel, after: Panel) -> dict[str, FileEdits]:
    """Return what differs by file, of the files where anything does."""
    found = {}
    for name, key in KEYS.items():
        old, new = before[name], after[name]
        cells = changes(old, new, key)
        added = new[~new[key].isin(old[key])].to_dict("records")
        removed = tuple(old.loc[~old[key].isin(new[key]), key])
        if cells or added or removed:
            rows = tuple({c: written(v) for c, v in row.items()} for row in added)
            found[name] = FileEdits(cells, rows, removed)
    return found


def edited_texts(
    texts: dict[str, str], edits_by_file: dict[str, FileEdits]
) -> dict[str, str]:
    """Return the text of each file that changes, with the edits and nothing else."""
    return {name: edited_text(name, texts[name], *edits)
            for name, edits in edits_by_file.items()}  # fmt: skip


def diff_of(name: str, before: str, after: str) -> str:
    """Return what changes in a file, as `git diff` shows it."""
    texts = before.splitlines(), after.splitlines()
    file = f"{name}.csv"
    lines = difflib.unified_diff(*texts, file, file, n=0, lineterm="")
    return "\n".join(lines)


def panel_here() -> dict[str, str]:
    """Return the text of each file of the control panel as it is now, by name."""
    folder = path_setting("POINTWISE_CONTROL")
    found = {}
    for name in COLUMNS:
        path = folder / f"{name}.csv"
        if path.exists() and (text := decoded(path.read_bytes())) is not None:
            found[name] = text
    return found


def wrong_with(texts: dict[str, str]) -> list[str]:
    """Return every mistake of a panel of these texts, a line each."""
    with tempfile.TemporaryDirectory(prefix="pointwise-") as place:
        for name, text in texts.items():
            Path(place, f"{name}.csv").write_bytes(text.encode("utf-8"))
        mistakes = panel_mistakes(files_in(Path(place)), vars_of_run(PROJECT, None))
    return [line_of(found, f"{panel_label()}/{found.file}.csv") for found in mistakes]


def save(edits_by_file: dict[str, FileEdits]) -> list[Path]:
    """Write the edits into the control panel, and return the files.

    Raises PointwiseError, and writes nothing, if a build would refuse the panel, or a
    file cannot be written.
    """
    folder, texts = path_setting("POINTWISE_CONTROL"), panel_here()
    if missing := edits_by_file.keys() - texts.keys():
        raise PointwiseError(f"{folder / min(missing)}.csv cannot be read")
    edited = edited_texts(texts, edits_by_file)
    if wrong := wrong_with({**texts, **edited}):
        raise PointwiseError(f"not saved: {'; '.join(wrong)}")
    paths = []
    try:
        for name, text in edited.items():
            path = folder / f"{name}.csv"
            draft = path.with_suffix(".csv.tmp")
            draft.write_bytes(text.encode("utf-8"))
            draft.replace(path)
            paths.append(path)
    except OSError as error:
        raise PointwiseError(f"cannot write {folder}: {error.strerror}") from error
    return paths
