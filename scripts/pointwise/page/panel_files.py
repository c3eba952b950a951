"""What a visitor has changed in the control panel, cell by cell."""

from __future__ import annotations

import pandas as pd

from pointwise.core.words import plain_number

# The first column of each file names its row.
Panel = dict[str, pd.DataFrame]
# The new value of each cell that changed, by the row's name and the column.
Edits = dict[tuple[str, str], str]
KEYS = {"scoring_rules": "rule", "score_groups": "rule_group", "score_bands": "band"}


def written(value: object) -> str:
    """Return a value as the panel writes it."""
    if value is None or pd.isna(value):
        return ""
    if isinstance(value, str):
        return value
    return plain_number(float(value))


def changes(before: pd.DataFrame, after: pd.DataFrame, key: str) -> Edits:
    """Return the cells that differ: (row's name, column) and the new value."""
    new = after.set_index(key).to_dict("index")
    return {
        (row, column): written(new[row][column])
        for row, cells in before.set_index(key).to_dict("index").items()
        for column, cell in cells.items()
        if written(cell) != written(new[row][column])
    }


def edits_of(before: Panel, after: Panel) -> dict[str, Edits]:
    """Return the cells that differ by file, of the files where any do."""
    found = {name: changes(before[name], after[name], KEYS[name]) for name in KEYS}
    return {name: edits for name, edits in found.items() if edits}
