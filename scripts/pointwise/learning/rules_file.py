"""scoring_rules.csv with other points, and everything else as it was."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from pointwise.core.errors import PointwiseError
from pointwise.learning.panel import Rule

# A cell as it is written, quotes included, and what ends it.
CELL = re.compile(r'("(?:[^"]|"")*"|[^,\r\n]*)(,|\r?\n|$)')


def with_points(text: str, rules: list[Rule]) -> str:
    """Return the content of the file with the points of these rules.

    Cells that do not change are left as they are written, so that a comparison of the
    files shows what does.

    Raises PointwiseError if a rule is not in the file.
    """
    wanted = {rule.rule: rule for rule in rules}
    lines: list[list[tuple[str, str]]] = [[]]
    for match in CELL.finditer(text):
        if match.group() or lines[-1]:
            lines[-1].append(match.groups())
        if match.group(2) != ",":
            lines.append([])
    header, *rows = [line for line in lines if line]
    names = [plain(cell) for cell, _ in header]
    for row in rows:
        cells = dict(zip(names, range(len(row)), strict=False))
        rule = wanted.pop(plain(row[cells["rule"]][0]), None)
        if rule is None:
            continue
        change(row, cells["points"], rule.points)
        change(row, cells["max_points"], rule.max_points)
    if wanted:
        raise PointwiseError(
            f"scoring_rules.csv has no rule {min(wanted)}: run `dbt build` first, so"
            " that the published rules are those of the file"
        )
    return "".join(cell + end for line in [header, *rows] for cell, end in line)


def plain(cell: str) -> str:
    """Return what a cell says, without quotes."""
    return next(csv.reader([cell]), [""])[0].strip() if cell else ""


def change(row: list[tuple[str, str]], position: int, number: int | None) -> None:
    """Write a number into a cell, if it is another one."""
    cell, end = row[position]
    if number is not None and plain(cell) != str(number):
        row[position] = (str(number), end)


def write(path: Path, text: str) -> None:
    """Write the proposed file, in a folder that may have to be made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        file.write(text)
