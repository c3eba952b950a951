"""What dbt's models ask of reading files; see `pointwise.sql_functions`."""

from __future__ import annotations

from dataclasses import asdict

from pointwise.sources.listing import files_of_run
from pointwise.sources.reading import Column, judge


def found_files(path: str, invocation_id: str) -> list[dict]:
    """Return the files that a setting means, as this run of dbt first found them."""
    return [asdict(file) for file in files_of_run(path, invocation_id)]


def judged_files(
    files: list[str], columns: list[dict], reads_pages: bool = True
) -> list[dict]:
    """Return how each file is read, or why it cannot be."""
    needed = [Column(**column) for column in columns]
    return [asdict(verdict) for verdict in judge(files, needed, reads_pages)]
