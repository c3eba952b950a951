"""An edited control panel as files: what changed is written, all else stays."""

from __future__ import annotations

import pandas as pd
import pytest

from pointwise.core.errors import PointwiseError
from pointwise.core.panel.edited import edited_text
from pointwise.page.panel_files import changes

TEXT = (
    "rule,points,per,reason\r\n"
    '"calls, booked",30,,"Booked a ""call"""\r\n'
    "\r\n"
    "viewed_pages, 1 ,0.5,\r\n"
    'unsubscribed,-20,,"Left\nus"'
)
PANEL = pd.DataFrame(
    {
        "rule": ["unsubscribed", "calls, booked", "viewed_pages"],
        "points": [-20, 30, 1],
        "per": [None, None, 0.5],
        "reason": ["Left\nus", 'Booked a "call"', None],
    }
)


def edit(rule: str, column: str, value: object) -> str:
    """Return the text after one cell was edited."""
    after = PANEL.copy()
    after.loc[after["rule"] == rule, column] = value
    return edited_text("scoring_rules", TEXT, changes(PANEL, after, "rule"))


def test_without_an_edit_the_file_is_the_same() -> None:
    assert (
        edited_text("scoring_rules", TEXT, changes(PANEL, PANEL.copy(), "rule")) == TEXT
    )


def test_an_edit_changes_its_cell_and_nothing_else() -> None:
    assert edit("calls, booked", "points", 25) == TEXT.replace("30", "25")
    assert edit("unsubscribed", "points", -5) == TEXT.replace("-20", "-5")
    assert edit("viewed_pages", "per", 0.25) == TEXT.replace("0.5", "0.25")
    assert edit("viewed_pages", "per", None) == TEXT.replace("0.5", "")


def test_a_text_is_quoted_where_it_must_be() -> None:
    assert ',"a, b"\r\n' not in TEXT
    assert edit("viewed_pages", "reason", "a, b") == TEXT.replace(
        "0.5,\r\n", '0.5,"a, b"\r\n'
    )


def test_a_file_keeps_its_separator_and_its_way_of_writing_numbers() -> None:
    text = 'sep=;\nreason;rule;per;points\n"a; b";x;0,5;1\n;y;;2\n'
    edits = {("x", "per"): "0.25", ("x", "points"): "1", ("y", "reason"): "c; d"}
    assert edited_text("scoring_rules", text, edits) == (
        'sep=;\nreason;rule;per;points\n"a; b";x;0,25;1\n"c; d";y;;2\n'
    )


def test_a_row_that_is_not_in_the_file_is_named() -> None:
    with pytest.raises(PointwiseError, match="has no rule nobody: run `dbt build`"):
        edited_text("scoring_rules", TEXT, {("nobody", "points"): "1"})
