"""The published side: where a publication's files are, and which one readers see.

    data/published/
      generations/<id>/    all that one green build gave to readers, never changed
      record/<id>/         what it added to the record, never changed
      current              a link to the generation that readers see
      scores.duckdb, *.csv links to the files of `current`

Renaming the link `current` is the publication. A generation's `publication.json` says
what it holds, a record's which publications came before it.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import duckdb

from pointwise.core.errors import PointwiseError
from pointwise.core.home import path_setting
from pointwise.core.sql_text import file_text

CURRENT = "current"
# What a generation and a folder of the record say about themselves.
PUBLICATION = "publication.json"
# The table functions of a generation, a statement a line.
FUNCTIONS = "functions.sql"
DATABASE = "scores.duckdb"
# What Pointwise itself never reads: for DuckDB's client, BI and spreadsheets.
FOR_OTHERS = (".duckdb", ".csv")
CHUNK = 1 << 20


@dataclass(frozen=True)
class Generation:
    """The files of one publication."""

    folder: Path

    @property
    def id(self) -> str:
        """The publication's id: when it was made, and by which run of dbt."""
        return self.folder.name

    @cached_property
    def facts(self) -> dict:
        """What `publication.json` says; raises PointwiseError if it cannot be read."""
        try:
            facts = read_publication(self.folder)
            # What everything else here goes by.
            if isinstance(facts["record"], list) and isinstance(facts["files"], dict):
                return facts
        except (OSError, ValueError, KeyError, TypeError):
            pass
        raise PointwiseError(f"{self.folder / PUBLICATION} is damaged")

    @property
    def marts(self) -> list[str]:
        """The names of its Parquet files, without the suffix."""
        return sorted(
            name.removesuffix(".parquet")
            for name in self.facts["files"]
            if name.endswith(".parquet")
        )

    def what_is_damaged(self, content: bool = True, ours: bool = False) -> str | None:
        """Return the first file that is not as it was written; None if all are.

        Without `content`, sizes only are compared; with `ours`, of those files that
        Pointwise itself reads.
        """
        try:
            files = self.facts["files"]
        except PointwiseError:
            return PUBLICATION
        for name, written in sorted(files.items()):
            if ours and name.endswith(FOR_OTHERS):
                continue
            if not is_as_written(self.folder / name, written, content):
                return name
        return None


def read_publication(folder: Path) -> dict:
    """Return what `publication.json` says; raises ValueError if it names no files."""
    found = json.loads((folder / PUBLICATION).read_text(encoding="utf-8"))
    if not (isinstance(found, dict) and isinstance(found.get("files"), dict)):
        raise ValueError("it does not say which files it is of")
    return found


def content_of(path: Path) -> dict[str, int]:
    """Return what shows damage to a file: its size and a checksum."""
    checksum = 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            checksum = zlib.crc32(chunk, checksum)
        return {"bytes": file.tell(), "crc32": checksum}


def is_as_written(path: Path, written: dict[str, int], content: bool = True) -> bool:
    """Whether a file has the size that it was written with, and the content."""
    try:
        if not content:
            return path.stat().st_size == written["bytes"]
        return content_of(path) == written
    except (OSError, KeyError, TypeError):
        return False


def generations(published: Path) -> list[Generation]:
    """Return the generations that are there, the newest first; drafts are none."""
    folder = published / "generations"
    found = folder.iterdir() if folder.is_dir() else []
    ids = sorted((path.name for path in found if path.name[0] != "."), reverse=True)
    return [Generation(folder / name) for name in ids]


def current_id(published: Path) -> str | None:
    """Return the id of the generation that readers see; None if none is published.

    Where the link is gone, that is the newest generation that says what it is.
    """
    link = published / CURRENT
    try:
        if link.is_symlink():
            return link.readlink().name
        # A copy that followed links has a folder here.
        return read_publication(link)["id"]
    except (FileNotFoundError, NotADirectoryError):
        newest = last_readable(published)
        return newest.id if newest else None
    except (OSError, ValueError, KeyError) as error:
        raise PointwiseError(
            f"{link} is damaged: {how_to_repair(published, None)}"
        ) from error


def current(published: Path, content: bool = True) -> Generation | None:
    """Return the generation that readers see; None if nothing is published.

    Raises PointwiseError if a file that Pointwise reads is damaged: it names the last
    intact one. Without `content`, sizes only are looked at, which is quicker.
    """
    found = current_id(published)
    if found is None:
        return None
    link, folder = published / CURRENT, published / "generations" / found
    if not folder.exists() and link.is_dir():
        folder = link
    generation = Generation(folder)
    check(published, generation, content)
    return generation


def check(published: Path, generation: Generation, content: bool = True) -> None:
    """Raise PointwiseError if a file that Pointwise reads is damaged."""
    damaged = generation.what_is_damaged(content, ours=True)
    if damaged:
        raise PointwiseError(
            f"{short_path(generation.folder / damaged)} is damaged:"
            f" {how_to_repair(published, generation.id)}"
        )


def last_intact(published: Path, other_than: str | None = None) -> Generation | None:
    """Return the newest generation that is as it was written; None if there is none."""
    for generation in generations(published):
        if generation.id != other_than and not generation.what_is_damaged():
            return generation
    return None


def how_to_repair(published: Path, damaged: str | None) -> str:
    """Return what to do about a damaged publication."""
    intact = last_intact(published, damaged)
    if intact is None:
        return "run `dbt build` to publish again"
    day = intact.facts["as_of_date"]
    return (
        "run `dbt build` to publish again, or `pointwise publish --back` to go"
        f" back to the last intact publication, as of {day}"
    )


def last_readable(published: Path) -> Generation | None:
    """Return the newest generation whose `publication.json` can be read."""
    for generation in generations(published):
        try:
            generation.facts  # noqa: B018 -- it is read here, or raises
        except PointwiseError:
            continue
        return generation
    return None


def record_ids(published: Path) -> list[str]:
    """Return the publications that the record counts, oldest first.

    They are those that the current one lists: the rest is of publications that were
    not finished. Where it cannot be read, its own part of the record says which came
    before it; where that is gone, too, the newest generation that can be read does;
    where all generations are gone, the newest of the record counts.

    Raises PointwiseError if none of them can be read.
    """
    try:
        found = current_id(published)
    except PointwiseError:
        found = None
    if found is not None:
        try:
            return Generation(published / "generations" / found).facts["record"]
        except PointwiseError:
            if (published / "record" / found / PUBLICATION).exists():
                return listed_in_record(published, found)
    newest = last_readable(published)
    if newest is not None:
        return newest.facts["record"]
    folder = published / "record"
    kept = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    last = max((name for name in kept if name[0] != "."), default=None)
    return listed_in_record(published, last) if last else []


def listed_in_record(published: Path, publication: str) -> list[str]:
    """Return a publication and those before it, oldest first, as the record has them.

    Raises PointwiseError if one of them cannot be read.
    """
    ids, found = [], publication
    while found:
        ids.append(found)
        found = recorded(published, found)["previous"]
    return ids[::-1]


def recorded(published: Path, publication: str) -> dict:
    """Return what the record says about a publication.

    Raises PointwiseError if that folder of the record cannot be read.
    """
    folder = published / "record" / publication
    try:
        return read_publication(folder)
    except (OSError, ValueError) as error:
        raise PointwiseError(lost_of_record(folder / PUBLICATION)) from error


def lost_of_record(path: Path) -> str:
    """Return what to say about a file of the record that is not as it was written."""
    return (
        f"{path}, a part of the record, is missing or damaged: bring it back from a"
        " backup; without it history and assignments are not whole"
    )


def what_is_lost(published: Path, publication: str) -> str | None:
    """Return what to say about the first damaged file that the record has of it."""
    try:
        files = recorded(published, publication)["files"]
    except PointwiseError as error:
        return str(error)
    for name, written in sorted(files.items()):
        path = published / "record" / publication / name
        if not is_as_written(path, written):
            return lost_of_record(path)
    return None


def record_files(published: Path, kind: str) -> list[Path]:
    """Return the files of one kind that the record counts, oldest first.

    Raises PointwiseError if one is missing or not as it was written.
    """
    files = []
    for publication in record_ids(published):
        written = recorded(published, publication)["files"].get(f"{kind}.parquet")
        path = published / "record" / publication / f"{kind}.parquet"
        if written is None:
            continue
        if not is_as_written(path, written):
            raise PointwiseError(lost_of_record(path))
        files.append(path)
    return files


def connect(published: Path | None = None) -> duckdb.DuckDBPyConnection:
    """Return an in-memory database with the marts and functions of one generation.

    By default of what POINTWISE_PUBLISHED names.

    It holds no file of DuckDB's open and takes no lock: any number of readers work
    during a build, and each goes on reading the generation it began with.

    Raises PointwiseError if nothing is published, or what is published is damaged.
    """
    published = published or path_setting("POINTWISE_PUBLISHED")
    generation = current(published)
    if generation is None:
        raise PointwiseError(
            f"no published scores in {short_path(published)}: run `dbt build` first"
        )
    return open_generation(generation)


def open_generation(generation: Generation) -> duckdb.DuckDBPyConnection:
    """Return an in-memory database with the marts and functions of a generation."""
    connection = duckdb.connect()
    try:
        for mart in generation.marts:
            path = file_text(generation.folder / f"{mart}.parquet")
            connection.execute(f'create view "{mart}" as from read_parquet({path})')
        functions = (generation.folder / FUNCTIONS).read_text(encoding="utf-8")
        for definition in functions.splitlines():
            connection.execute(definition)
    except (duckdb.Error, OSError) as error:
        first_line = str(error).splitlines()[0]
        raise PointwiseError(
            f"the published scores cannot be read ({first_line}): run `dbt build` again"
        ) from error
    return connection


def has_grades(marts: duckdb.DuckDBPyConnection) -> bool:
    """Return whether users have a grade: lists have a column of them then."""
    return marts.execute("select count(grade) > 0 from user_scores").fetchall()[0][0]


def is_there(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Return whether a mart or function is published: a module may be left out."""
    # To list functions takes longest.
    return any(
        connection.execute(
            f"select 1 from duckdb_{kind}s() where {kind}_name = $1", [name]
        ).fetchall()
        for kind in ("view", "table", "function")
    )


def need(connection: duckdb.DuckDBPyConnection, name: str, module: str) -> None:
    """Raise PointwiseError where a mart or function is not published."""
    if not is_there(connection, name):
        raise PointwiseError(
            f"the module {module} is left out: switch it on under `optional` in"
            " dbt_project.yml, then run `dbt build`"
        )


def short_path(path: Path) -> str:
    """Return a path relative to the current folder where that is shorter."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
