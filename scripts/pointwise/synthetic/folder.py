"""The folder of a world: written aside, put in place at the end, and never mixed.

A world is whole if its `world.json` says so. The events are put in place last, so that
a run that is killed leaves the old world, the new one, or none.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from filecmp import cmp
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from pointwise.core.errors import PointwiseError

MANIFEST = "world.json"
ASIDE = ".generating"
UNIQUE_TEXTS = ("event_id", "session_id")  # Not worth a dictionary.
OURS = (  # Events last.
    *("users.parquet", "users.csv", "links.parquet", "links.csv", "truth", "events"),
)


class TableWriter:
    """Writes tables of one schema to one Parquet or CSV file."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.is_parquet = path.suffix == ".parquet"
        self.schema = schema if self.is_parquet else without_dictionaries(schema)
        if self.is_parquet:
            self.writer = pq.ParquetWriter(
                path,
                schema,
                compression="zstd",
                use_dictionary=[
                    field.name for field in schema if field.name not in UNIQUE_TEXTS
                ],
                store_schema=False,
            )
        else:
            self.writer = pyarrow.csv.CSVWriter(path, self.schema)

    def write(self, table: pa.Table) -> None:
        """Write the rows of a table, as a row group."""
        self.writer.write_table(table.cast(self.schema))

    def __enter__(self) -> TableWriter:
        """Return the writer, to be closed at the end of a block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self.writer.close()


def without_dictionaries(schema: pa.Schema) -> pa.Schema:
    """Return the schema with texts as they are; CSV has no dictionaries."""
    return pa.schema(
        [
            pa.field(field.name, pa.string())
            if pa.types.is_dictionary(field.type)
            else field
            for field in schema
        ]
    )


def write_table(path: Path, table: pa.Table) -> None:
    """Write a table as a file of its own."""
    with TableWriter(path, table.schema) as writer:
        writer.write(table)


@contextmanager
def replaced_world(out: Path, description: dict[str, object]) -> Iterator[Path]:
    """Give a folder to write a world into; put it in place of the old one at the end.

    Raises PointwiseError if that would remove, or mix with, files that are no world's.
    """
    aside = out / ASIDE
    old_files = known_files(out)
    refuse_strangers(out, old_files)
    shutil.rmtree(aside, ignore_errors=True)  # What a killed run has left.
    new = aside / "new"
    new.mkdir(parents=True)
    try:
        yield new
        install(out, aside, old_files, description)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def install(
    out: Path, aside: Path, old_files: list[str], description: dict[str, object]
) -> None:
    """Move the old world away and the new one into place."""
    new, old = aside / "new", aside / "old"
    old.mkdir()
    new_files = files_in(new)
    both = sorted({*old_files, *new_files})
    write_manifest(out, {"is_whole": False, "files": both})
    for name in reversed(OURS):
        if (out / name).exists():
            (out / name).rename(old / name)
    for name in OURS:
        if (new / name).exists():
            (new / name).rename(out / name)
    write_manifest(out, {**description, "is_whole": True, "files": new_files})


def refuse_strangers(out: Path, old_files: list[str]) -> None:
    """Raise PointwiseError if files of somebody else are where a world would go."""
    strangers = sorted(set(files_in(out)) - set(old_files))
    if strangers:
        raise PointwiseError(
            f"{out / strangers[0]} was not written by this script, and would be lost or"
            " mixed with synthetic data: move it away or choose another --out"
        )


def files_in(folder: Path) -> list[str]:
    """Return the files of a folder that are where a world's files are."""
    found = [folder / name for name in OURS if (folder / name).is_file()]
    for name in OURS:
        found += [path for path in (folder / name).rglob("*") if path.is_file()]
    return sorted(path.relative_to(folder).as_posix() for path in found)


def known_files(out: Path) -> list[str]:
    """Return the files that the world in a folder consists of."""
    found = manifest(out)
    try:
        return found["files"] if found else []
    except (KeyError, TypeError) as error:
        raise PointwiseError(f"{out / MANIFEST} is damaged: remove it") from error


def manifest(out: Path) -> dict[str, object] | None:
    """Return what a folder says about the world in it, if there is one."""
    try:
        return json.loads((out / MANIFEST).read_text())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise PointwiseError(f"{out / MANIFEST} is damaged: remove it") from error


def keep_times(new: Path, old: Path) -> None:
    """Give new files that say what the old ones said the times of these.

    A build knows files by size and time, and reads no file again that has both.
    """
    for name in files_in(new):
        if (old / name).is_file() and cmp(new / name, old / name, shallow=False):
            shutil.copystat(old / name, new / name)


def write_manifest(out: Path, content: dict[str, object]) -> None:
    """Write what the folder holds, all of it or nothing."""
    temporary = out / ASIDE / MANIFEST
    temporary.write_text(json.dumps(content, indent=2) + "\n")
    temporary.replace(out / MANIFEST)
