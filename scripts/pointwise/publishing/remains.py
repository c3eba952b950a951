"""What is left of an id: in texts, Parquet files and databases, to the byte."""

from __future__ import annotations

import json
import mmap
import os
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb

from pointwise.core.errors import PointwiseError
from pointwise.core.published import sql_text
from pointwise.publishing.files import remove

# A shorter id stands everywhere by chance: 42, u1.
SEARCHED_LENGTH = 4
# Code and control panel, which name no person. The ids of their unit tests are made up.
NO_DATA = {"manifest.json", "functions.sql", "control_panel.parquet"}
NO_DATA |= {"scoring_models.parquet", "texts.parquet", "panels.parquet"}
TEXT = re.compile("VARCHAR|JSON|BLOB|ENUM")
NO_LETTERS = r"[^\p{L}\p{N}_-]"
ID_TABLES = """
    select '"' || table_schema || '"."' || table_name || '"'
    from information_schema.columns
    inner join information_schema.tables
        using (table_catalog, table_schema, table_name)
    where column_name = 'user_id' and table_type = 'BASE TABLE'
        and table_catalog = current_database()
    order by 1
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
    described = connection.execute(f"describe from read_parquet({sql_text(path)})")
    return [name for name, *_ in described.fetchall() if name in names]


def rows_in_database(
    path: Path, user_id: str, opened: duckdb.DuckDBPyConnection | None = None
) -> int:
    """Return how many rows of a database's tables have an id; 0 if it is damaged.

    Raises PointwiseError if another program has it open to write.
    """
    if opened is not None:
        return rows_in_tables(opened, user_id)
    if not path.is_file():
        return 0
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            return rows_in_tables(connection, user_id)
    except duckdb.IOException as error:
        if "lock" in str(error):
            raise PointwiseError(
                f"another program, perhaps a build, has {path} open: wait until it"
                " ends, and run this again. Nothing is erased"
            ) from error
        return 0
    except duckdb.Error:
        return 0


def rows_in_tables(connection: duckdb.DuckDBPyConnection, user_id: str) -> int:
    """Return how many rows of all tables with a `user_id` have an id."""
    rows = 0
    for (table,) in connection.execute(ID_TABLES).fetchall():
        rows += connection.execute(
            f"select count(*) from {table} where cast(user_id as varchar) = ?",
            [user_id],
        ).fetchall()[0][0]
    return rows


class Traces:
    """The ways in which an id may stand in a file."""

    def __init__(self, user_id: str) -> None:
        self.user_id = user_id
        # A log holds JSON in SQL in JSON.
        written = {user_id, repr(user_id)[1:-1]}
        for _ in range(3):
            written |= {text.replace("'", "''") for text in written}
            written |= {json.dumps(text)[1:-1] for text in written}
            written |= {json.dumps(text, ensure_ascii=False)[1:-1] for text in written}
        ways = b"|".join(
            re.escape(text.encode()) for text in sorted(written, key=len, reverse=True)
        )
        # u12 stands in u123, and is not it.
        self.pattern = re.compile(
            rb"(?:(?<![\w\x80-\xff-])|(?<=\\[nrt]))(?:" + ways + rb")(?![\w\x80-\xff-])"
        )
        self.sql_pattern = (
            f"(?s)(^|{NO_LETTERS})"
            + re.sub(r"([!-/:-@\[-^`{-~])", r"\\\1", user_id)
            + f"($|{NO_LETTERS})"
        )

    @property
    def can_be_searched(self) -> bool:
        """Whether the id is long enough not to stand somewhere by chance."""
        return len(self.user_id) >= SEARCHED_LENGTH

    def are_in(self, content: bytes | mmap.mmap) -> bool:
        """Whether bytes hold the id, as a word of its own."""
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
        if not self.are_in(content):
            return
        if path.suffix == ".msgpack":
            if self.can_be_searched:
                remove(path)
            return
        lines = [
            self.pattern.sub(b"(erased)", line)
            if self.can_be_searched or b"erase_user" in line
            else line
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
                    return rows_in_tables(database, self.user_id) > 0
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
        name = re.sub(r"[*?\[]", r"[\g<0>]", str(path))
        rows = f"read_parquet({sql_text(name)}, hive_partitioning = false)"
        conditions = []
        for column, kind, *_ in connection.execute(f"describe from {rows}").fetchall():
            quoted = '"' + column.replace('"', '""') + '"'
            if column in id_names:
                conditions.append(f"{ids_as_text(quoted, kind)} = $1")
            elif TEXT.search(kind):
                text = f"cast({quoted} as varchar)"
                conditions.append(
                    f"(contains({text}, $1) and regexp_matches({text}, $2))"
                )
        if not conditions:
            return False
        parameters = [self.user_id]
        if any("$2" in condition for condition in conditions):
            parameters.append(self.sql_pattern)
        found = connection.execute(
            f"select count(*) from {rows} where {' or '.join(conditions)}", parameters
        )
        return found.fetchall()[0][0] > 0
