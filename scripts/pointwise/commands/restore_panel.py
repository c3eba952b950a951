"""Write an earlier version of the control panel back as CSVs.

    pointwise restore-panel
    pointwise restore-panel --version f8cec9e66a65 --to data/panel
    POINTWISE_CONTROL=data/panel dbt build

The files are those of the last publication with that version, unchanged.
Without options, the versions are listed, the last published first.
"""

from __future__ import annotations

import csv
import json
from io import StringIO
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import click
import duckdb

from pointwise.core.command_line import PATH, command
from pointwise.core.errors import PointwiseError
from pointwise.core.home import path_setting
from pointwise.core.published import record_files, record_ids, recorded
from pointwise.core.sql_text import escaped
from pointwise.core.terminal import console, print_table

LINES = """
    select panel_file, line from read_parquet($1, union_by_name = true)
    where weights_version = $2 order by panel_file, line_key
"""
# Of publications from before the record: what their scores say about them.
OLDER = """
    select weights_version, cast(min(published_at) as varchar),
        cast(max(published_at) as varchar), cast(max(as_of_date) as varchar)
    from read_parquet($1, union_by_name = true)
    where weights_version is not null and not list_contains($2, weights_version)
    group by weights_version
"""


def list_versions(published: Path) -> None:
    """Print the versions that scores were published with, the last one first."""
    versions: dict[str, tuple[str, str, str]] = {}
    for publication in record_ids(published):
        facts = recorded(published, publication)
        name, at, day = (
            facts["weights_version"],
            facts["published_at"],
            facts["as_of_date"] or "",
        )
        first, _, last_day = versions.get(name, (at, at, day))
        versions[name] = (first, at, max(last_day, day))
    lines = [(name, *of) for name, of in versions.items() if name]
    if files := record_files(published, "scores"):
        with duckdb.connect() as connection:
            given = [[escaped(file) for file in files], list(versions)]
            lines += connection.execute(OLDER, given).fetchall()
    print_table(
        "Versions of the control panel, the last published first",
        ["version", "published first", "last", "last scoring date"],
        [
            (name, first[:16], last[:16], day)
            for name, first, last, day in sorted(lines, key=itemgetter(2), reverse=True)
        ],
    )


def texts_of(published: Path, version: str) -> dict[str, str]:
    """Return the CSVs of the last publication with a version, by name.

    The record holds them where they changed: of a publication, they are the last ones
    up to it. Raises PointwiseError if there is no such version.
    """
    last = max(
        (
            publication
            for publication in record_ids(published)
            if recorded(published, publication)["weights_version"] == version
        ),
        default="",
    )
    files = record_files(published, "texts")
    until = [file for file in files if file.parent.name <= last]
    if until:
        texts = duckdb.read_parquet(escaped(until[-1])).fetchall()
        return {f"{name}.csv": text for name, text in texts}
    return texts_of_lines(published, version)


def texts_of_lines(published: Path, version: str) -> dict[str, str]:
    """Return the CSVs of a version by what the record says about its lines.

    For publications from before the record held the files themselves. Of experiments,
    which are no part of a version, it says nothing: they are those of today. Raises
    PointwiseError if there is no such version.
    """
    files = [escaped(file) for file in record_files(published, "panels")]
    with duckdb.connect() as connection:
        lines = connection.execute(LINES, [files, version]).fetchall() if files else []
    if not lines:
        raise PointwiseError(
            f"no version {version!r}: `pointwise restore-panel` lists them"
        )
    texts = {}
    for name, group in groupby(lines, key=lambda line: line[0]):
        rows = [json.loads(line) for _, line in group]
        text = StringIO()
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        texts[f"{name}.csv"] = text.getvalue()
    experiments = path_setting("POINTWISE_CONTROL") / "experiments.csv"
    if experiments.exists():
        texts["experiments.csv"] = experiments.read_bytes().decode("utf-8")
    return texts


def restore(published: Path, version: str, folder: Path) -> list[Path]:
    """Write a version as a folder of CSVs; return the files.

    Raises PointwiseError if there is no such version, the folder holds CSVs, or it
    cannot be written.
    """
    texts = texts_of(published, version)
    try:
        if list(folder.glob("*.csv")):
            raise PointwiseError(
                f"{folder} holds a control panel already: name another"
            )
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_bytes(text.encode("utf-8"))
    except OSError as error:
        raise PointwiseError(f"cannot write {folder}: {error.strerror}") from error
    return [folder / name for name in texts]


@command(__doc__)
@click.option("--version", help="The weights_version to write back.")
@click.option("--to", type=PATH, help="Folder for the CSVs, made if missing.")
def main(version: str | None, to: Path | None) -> None:
    """List versions, or write one back."""
    published = path_setting("POINTWISE_PUBLISHED")
    if not record_ids(published):
        raise PointwiseError("nothing has been published yet: run `dbt build` first")
    if version is None:
        list_versions(published)
    elif to is None:
        texts_of(published, version)  # raises where there is no such version
        raise PointwiseError("name a folder for the CSVs: --to data/panel")
    else:
        for file in restore(published, version, to):
            console.print(str(file), markup=False)
