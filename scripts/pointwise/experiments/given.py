"""What to do about assignments of another tool of which a build uses none."""

from __future__ import annotations

from pointwise.core.panel.schema import ARM_NAMES
from pointwise.core.words import counted

IMPORT = "fix the file, then `pointwise experiment import` it again"
# By how a reason of experiment_rows_set_aside begins.
REMEDIES = {
    "no id": IMPORT,
    "id is a placeholder": "such ids identify nobody: see the setting placeholder_ids",
    "no assigned_at": IMPORT,
    "no arm": IMPORT,
    "arm that nobody planned": "name it among the arms in experiments.csv"
    f" ({ARM_NAMES} there)",
    "two arms of one name": "a panel cannot distinguish them: give one another name in"
    " the file, then import it again",
    "assigned before its start": "move start_date in experiments.csv, if it is wrong",
    "assigned after its end": "move end_date in experiments.csv, if it is wrong",
    "person in two arms": "remove the file that is wrong, if there are several",
    "company in two arms": "remove the file that is wrong, if there are several; an"
    " experiment has one arm a company",
    "assigned after the data": "import the events up to then",
    "had the outcome before": "plan an outcome that can come again, or assign people"
    " who have not had it",
}


def all_set_aside(found: list[dict]) -> str:
    """Return what to say where all rows given are set aside, the most frequent first.

    `found` are rows of experiment_rows_set_aside with `reason` and `given_rows`.
    """
    rows = sum(row["given_rows"] for row in found)
    said = f"none of the {counted(rows, 'row')} that another tool gave can be used"
    first = found[0]
    if len(found) > 1:
        said += f". Of most, {counted(first['given_rows'], 'row')}"
    reason = first["reason"]
    remedy = next(
        (text for how, text in REMEDIES.items() if reason.startswith(how)), ""
    )
    return f"{said}: {reason}: {remedy or IMPORT}. Then run `dbt build`"
