"""What dbt's models ask of reading files; see `pointwise.dbt_plugin`."""

from __future__ import annotations

from dataclasses import asdict

from pointwise.sources.listing import find_files
from pointwise.sources.reading import Column, judge


def found_files(path: str) -> list[dict]:
    """Return the files that a setting means."""
    return [asdict(file) for file in find_files(path)]


def judged_files(
    files: list[str], columns: list[dict], reads_pages: bool = True
) -> list[dict]:
    """Return how each file is read, or why it cannot be."""
    needed = [Column(**column) for column in columns]
    return [asdict(verdict) for verdict in judge(files, needed, reads_pages)]
