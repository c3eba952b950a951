"""What is left of an id: in texts, Parquet files and databases, to the byte."""

from __future__ import annotations

import json
import mmap
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb

from pointwise.core.errors import PointwiseError
from pointwise.core.sql_text import file_text, sql_name, sql_text
from pointwise.publishing.files import remove

# A shorter id stands everywhere by chance: 42, u1.
SEARCHED_LENGTH = 4
# Code and control panel, which name no person. The ids of their unit tests are made up.
NO_DATA = {"manifest.json", "functions.sql", "control_panel.parquet"}
NO_DATA |= {"scoring_models.parquet", "texts.parquet", "panels.parquet"}
TEXT = re.compile("VARCHAR|JSON|BLOB|ENUM")
NO_LETTERS = r"[^\p{L}\p{N}_-]"
ID_NAMES = ("user_id", "anonymous_id", "person_id")
ID_COLUMNS = f"""
    select '"' || table_schema || '"."' || table_name || '"', column_name
    from information_schema.columns
    inner join information_schema.tables
        using (table_catalog, table_schema, table_name)
    where column_name in {ID_NAMES} and table_type = 'BASE TABLE'
        and table_catalog = current_database()
    order by all
"""


def ids_as_text(expression: str, data_type: str) -> str:
    """Return the SQL of an id as the project reads it from a column of this type.

    One person has one text, whatever the type of the column: 5 and 5.0 are '5'. It must
    be what the macro `read_as` makes of it.
    """
    if data_type == "BLOB":
        return f"coalesce(try(decode({expression})), cast({expression} as varchar))"
    text = f"try_cast({expression} as varchar)"
    if data_type in ("DOUBLE", "FLOAT"):
        number = f"try_cast({expression} as double)"
        return (
            f"case when abs({number}) < 9007199254740992 and {number} = trunc({number})"
            f" then cast(try_cast({number} as bigint) as varchar) else {text} end"
        )
    if data_type.startswith("DECIMAL"):
        return rf"regexp_replace({text}, '\.0+$', '')"
    return text


def first_line(error: Exception) -> str:
    """Return the first line of an error."""
    return str(error).strip().splitlines()[0]


def id_columns(
    connection: duckdb.DuckDBPyConnection, path: Path, names: tuple[str, ...]
) -> list[str]:
    """Return which of these columns a Parquet file has."""
    described = connection.execute(f"describe from read_parquet({file_text(path)})")
    return [name for name, *_ in described.fetchall() if name in names]


def is_one_of(expression: str, ids: Sequence[str]) -> str:
    """Return the SQL, never NULL, of whether a text is one of these ids."""
    listed = ", ".join(sql_text(one) for one in ids)
    return f"coalesce({expression} in ({listed}), false)"


def rows_in_database(
    path: Path, ids: Sequence[str], opened: duckdb.DuckDBPyConnection | None = None
) -> int:
    """Return how many cells of a database are one of these ids; 0 if it is damaged.

    Raises PointwiseError if another program has it open to write.
    """
    if opened is not None:
        return rows_in_tables(opened, ids)
    if not path.is_file():
        return 0
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            return rows_in_tables(connection, ids)
    except duckdb.IOException as error:
        if "lock" in str(error):
            raise PointwiseError(
                f"another program, perhaps a build, has {path} open: wait until it"
                " ends, and run this again. Nothing is erased"
            ) from error
        return 0
    except duckdb.Error:
        return 0


def rows_in_tables(connection: duckdb.DuckDBPyConnection, ids: Sequence[str]) -> int:
    """Return how many cells of columns of ids, in all tables, are one of these."""
    rows = 0
    for table, column in connection.execute(ID_COLUMNS).fetchall():
        is_theirs = is_one_of(f"cast({column} as varchar)", ids)
        rows += connection.execute(
            f"select count(*) from {table} where {is_theirs}"
        ).fetchall()[0][0]
    return rows


def words(ids: Sequence[str]) -> re.Pattern[bytes]:
    """Return what finds ids in bytes, as words, in the ways they may be written."""
    # A log holds JSON in SQL in JSON.
    written = {way for one in ids for way in (one, repr(one)[1:-1])}
    for _ in range(3):
        written |= {text.replace("'", "''") for text in written}
        written |= {json.dumps(text)[1:-1] for text in written}
        written |= {json.dumps(text, ensure_ascii=False)[1:-1] for text in written}
    if not written:
        return re.compile(rb"(?!)")
    ways = b"|".join(
        re.escape(text.encode()) for text in sorted(written, key=len, reverse=True)
    )
    # u12 stands in u123, and is not it.
    return re.compile(
        rb"(?:(?<![\w\x80-\xff-])|(?<=\\[nrt]))(?:" + ways + rb")(?![\w\x80-\xff-])"
    )


class Traces:
    """The ways in which a person's ids may stand in a file."""

    def __init__(self, *ids: str) -> None:
        self.ids = ids
        self.searched = tuple(one for one in ids if len(one) >= SEARCHED_LENGTH)
        self.any_id = words(ids)
        self.pattern = words(self.searched)
        escaped = (re.sub(r"([!-/:-@\[-^`{-~])", r"\\\1", one) for one in self.searched)
        self.sql_pattern = f"(?s)(^|{NO_LETTERS})({'|'.join(escaped)})($|{NO_LETTERS})"

    @property
    def can_be_searched(self) -> bool:
        """Whether an id is long enough not to stand somewhere by chance."""
        return bool(self.searched)

    def are_in(self, content: bytes | mmap.mmap) -> bool:
        """Whether bytes hold an id that is searched, as a word of its own."""
        return self.pattern.search(content) is not None

    def are_in_file(self, path: Path) -> bool:
        """Whether the bytes of a file hold the id."""
        if path.stat().st_size == 0:
            return False
        with (
            path.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
        ):
            return self.are_in(content)

    def in_texts(self, folder: Path) -> list[Path]:
        """Return the files of a folder whose bytes hold the id; none if it is short."""
        if not self.can_be_searched or not folder.is_dir():
            return []
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        return [path for path in files if self.are_in_file(path)]

    def scrub(self, path: Path) -> None:
        """Take the id out of a text of dbt's; a file that is no text is removed.

        A short id is taken out of lines about erasure only.
        """
        content = path.read_bytes()
        if not self.any_id.search(content):
            return
        if path.suffix == ".msgpack":
            if self.are_in(content):
                remove(path)
            return
        lines = [
            (self.any_id if b"erase_user" in line else self.pattern).sub(
                b"(erased)", line
            )
            for line in content.splitlines(keepends=True)
        ]
        aside = path.with_name(f".{path.name}.erasing")
        aside.write_bytes(b"".join(lines))
        aside.replace(path)

    def left_in(
        self,
        connection: duckdb.DuckDBPyConnection,
        folder: Path,
        id_names: tuple[str, ...],
    ) -> Iterator[Path]:
        """Yield the files of a folder that hold the id in name or content.

        Columns of ids are compared, since u-1-2 is not u-1; the rest is searched.
        """
        for parent, _, names in os.walk(folder):
            for name in sorted(names):
                path = Path(parent, name)
                if path.is_symlink() or name in NO_DATA:
                    continue
                inside = str(path.relative_to(folder)).encode(errors="surrogateescape")
                if self.are_in(inside) or self.are_in_content(
                    connection, path, id_names
                ):
                    yield path

    def are_in_content(
        self,
        connection: duckdb.DuckDBPyConnection,
        path: Path,
        id_names: tuple[str, ...],
    ) -> bool:
        """Whether a file holds the id, by what kind of file it is."""
        with path.open("rb") as file:
            head = file.read(12)
        try:
            if head[:4] == b"PAR1":
                return self.are_in_parquet(connection, path, id_names)
            if head[8:12] == b"DUCK":
                with duckdb.connect(str(path), read_only=True) as database:
                    return rows_in_tables(database, self.ids) > 0
        except duckdb.Error:
            pass  # a damaged file: its bytes are searched
        return self.are_in_file(path)

    def are_in_parquet(
        self,
        connection: duckdb.DuckDBPyConnection,
        path: Path,
        id_names: tuple[str, ...],
    ) -> bool:
        """Whether a cell of a Parquet file holds the id."""
        rows = f"read_parquet({file_text(path)}, hive_partitioning = false)"
        conditions = []
        for column, kind, *_ in connection.execute(f"describe from {rows}").fetchall():
            quoted = sql_name(column)
            if column in id_names:
                conditions.append(is_one_of(ids_as_text(quoted, kind), self.ids))
            elif TEXT.search(kind) and self.searched:
                text = f"cast({quoted} as varchar)"
                # A search for a text takes a part of the time of one for a pattern.
                some = " or ".join(
                    f"contains({text}, {sql_text(one)})" for one in self.searched
                )
                pattern = sql_text(self.sql_pattern)
                conditions.append(f"(({some}) and regexp_matches({text}, {pattern}))")
        if not conditions:
            return False
        found = connection.execute(
            f"select count(*) from {rows} where {' or '.join(conditions)}"
        )
        return found.fetchall()[0][0] > 0
