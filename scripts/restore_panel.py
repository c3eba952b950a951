"""Write a version of the control panel back as CSVs: one that a published score names.

python scripts/restore_panel.py
python scripts/restore_panel.py --version f8cec9e66a65 --to data/panel
POINTWISE_CONTROL=data/panel dbt build
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
from decimal import Decimal, InvalidOperation
from itertools import groupby
from pathlib import Path

import duckdb

from common import PointwiseError, console, print_table, run, setting
from published import connect


def list_versions(connection: duckdb.DuckDBPyConnection) -> None:
    """Print the versions that scores were published with, the last one first."""
    rows = connection.execute(
        "select weights_version, min(published_at), max(as_of_date), count(*)"
        " from user_score_history group by all order by 2 desc"
    ).fetchall()
    print_table(
        "Versions of the control panel",
        ["version", "published first", "last scoring date", "scores"],
        [(v, f"{at:%Y-%m-%d %H:%M}", day, f"{n:,}") for v, at, day, n in rows],
        right=["scores"],
    )


def restore(
    connection: duckdb.DuckDBPyConnection, version: str, folder: Path
) -> list[Path]:
    """Write a version as a folder of CSVs; return the files.

    Raises PointwiseError if there is no such version, or the folder holds CSVs.
    """
    lines = connection.execute(
        "select panel_file, line from control_panel_versions where weights_version = ?"
        " order by panel_file, line_key",
        [version],
    ).fetchall()
    if not lines:
        raise PointwiseError(
            f"no version {version!r}: `python scripts/restore_panel.py` lists them"
        )
    if list(folder.glob("*.csv")):
        raise PointwiseError(f"{folder} holds a control panel already: name another")
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name, group in groupby(lines, key=lambda line: line[0]):
        rows = [json.loads(line) for _, line in group]
        files.append(folder / f"{name}.csv")
        with files[-1].open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows({k: plain_cell(v) for k, v in row.items()} for row in rows)
    # Experiments are no part of a version: they give no points.
    experiments = setting("POINTWISE_CONTROL") / "experiments.csv"
    if experiments.exists():
        files.append(Path(shutil.copy(experiments, folder)))
    return files


def plain_cell(value: str | None) -> str:
    """Return a cell as a person writes it: 0.2000 is 0.2."""
    try:
        number = Decimal(value or "")
    except InvalidOperation:
        return value or ""
    return f"{number.normalize():f}" if "." in value else value


def main() -> None:
    """Read the command line, then list versions or write one back."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", help="the weights_version to write back")
    parser.add_argument("--to", type=Path, help="folder for the CSVs, made if missing")
    arguments = parser.parse_args()
    connection = connect()
    if arguments.version is None:
        list_versions(connection)
    elif arguments.to is None:
        raise PointwiseError("name a folder for the CSVs: --to data/panel")
    else:
        for file in restore(connection, arguments.version, arguments.to):
            console.print(str(file), markup=False)


if __name__ == "__main__":
    run(main)
