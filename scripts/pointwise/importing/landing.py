"""Land rows as one Parquet file, whole or not at all, and lines set aside beside it."""

import csv
import hashlib
import json
import os
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet

from pointwise.core.errors import PointwiseError
from pointwise.core.home import home, path_setting, variable, world_folder
from pointwise.core.identifying import WORTH_A_LOOK, identifying_values
from pointwise.core.sql_text import file_text, sql_text
from pointwise.core.terminal import spreadsheet_safe
from pointwise.importing.batches import Batch, Rejected
from pointwise.importing.text_blocks import shown
from pointwise.sources.listing import split

REJECTED_COLUMNS = ("file", "line", "reason", "content")
LEFTOVER_SECONDS = 3600

COPY = """
copy ({query}) to {path} (
    format parquet,
    compression zstd,
    use_tmp_file false,
    kv_metadata {{pointwise_content: {content}, pointwise_settings: {settings}}}
)
"""


def events_folder() -> Path:
    """Return the folder in which POINTWISE_EVENTS looks: all before its first `*`."""
    if not variable("POINTWISE_EVENTS"):
        return world_folder() / "events"
    pattern = path_setting("POINTWISE_EVENTS")
    folder, patterns = split(str(pattern))
    if not patterns:
        if pattern.suffix:
            raise PointwiseError(
                f"POINTWISE_EVENTS names one file, {pattern}; give --out FOLDER, and"
                " set POINTWISE_EVENTS to 'FOLDER/*.parquet'"
            )
        return pattern
    return Path(folder)


def landing_path(
    out: Path, name: str, content: str, role: str = "", start: str = ""
) -> Path:
    """Return where content lands: where it did before, else by its name and hash.

    In each role it lands for itself. `start` is how names of its kind begin.
    """
    stem = file_stem(name) or "events"
    if role:
        content = hashlib.sha256(f"{content} {role}".encode()).hexdigest()
        stem = f"{stem}_{role}"
    earlier = sorted(out.glob(f"{start}*-{content[:16]}.parquet"))
    return earlier[0] if earlier else out / f"{start}{stem}-{content[:16]}.parquet"


def file_stem(name: str) -> str:
    """Return a file's name without endings, as a name of ours is written."""
    endings = r"(\.(gz|csv|tsv|txt|jsonl?|ndjson|parquet|pq))+$"
    stem = re.sub(endings, "", name.lower())
    return re.sub(r"[^a-z0-9._]+", "_", stem).strip("_.")[:60]


def landed_from(path: Path) -> tuple[str | None, dict | None]:
    """Return the content hash and the settings that a file was landed with."""
    try:
        found = pyarrow.parquet.read_metadata(path).metadata or {}
        content, settings = found[b"pointwise_content"], found[b"pointwise_settings"]
        return content.decode(), json.loads(settings)
    except (OSError, pa.ArrowException, KeyError, ValueError):
        return None, None


def land(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    batches: Iterator[Batch],
    columns: int,
    path: Path,
    file: str,
    content: str,
    settings: dict,
    attributes: Iterable[str],
    sets_aside: bool = True,
) -> tuple[int, list[str]]:
    """Write the query over the batches to path; return lines set aside, late columns.

    The query reads `batches`, with the text columns c0, c1, …. Nothing is at path
    until all of it is. Lines set aside are written to the folder `rejected`.

    Raises PointwiseError if values of `attributes` may identify a person.
    """
    schema = pa.schema([(f"c{i}", pa.string()) for i in range(columns)])
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_leftovers(path)
    temporary = path.with_name(f".{path.stem}-{os.getpid()}.tmp")
    rejected_path = rejects_path(path)
    rejected_temporary = rejected_path.with_name(f".{path.stem}-{os.getpid()}.tmp")
    writer = RejectsWriter(rejected_temporary, file)
    failures: list[BaseException] = []
    late: dict[str, None] = {}

    def record_batches() -> Iterator[pa.RecordBatch]:
        try:
            for batch in batches:
                writer.write(batch.rejected if sets_aside else [])
                late.update(dict.fromkeys(batch.columns))
                yield from batch.rows.cast(schema).combine_chunks().to_batches()
        except BaseException as error:
            # DuckDB would pass on only the words of it.
            failures.append(error)
            raise

    reader = pa.RecordBatchReader.from_batches(schema, record_batches())
    connection.register("batches", reader)
    statement = COPY.format(
        query=query,
        path=sql_text(str(temporary)),
        content=sql_text(content),
        settings=sql_text(json.dumps(settings)),
    )
    try:
        try:
            landed = connection.execute(statement).fetchall()[0][0]
        except duckdb.Error as error:
            if failures:
                raise failures[0] from None
            reason = str(error).splitlines()[0]
            raise PointwiseError(f"{path} cannot be written: {reason}") from None
        check_values(connection, temporary, file, attributes)
        writer.close()
        if writer.count:
            rejected_temporary.replace(rejected_path)
        else:
            rejected_path.unlink(missing_ok=True)
        if landed:
            temporary.replace(path)
        return writer.count, list(late)
    finally:
        writer.close()
        connection.unregister("batches")
        for leftover in (temporary, rejected_temporary):
            leftover.unlink(missing_ok=True)


def check_values(
    connection: duckdb.DuckDBPyConnection,
    landed: Path,
    file: str,
    attributes: Iterable[str],
) -> None:
    """Fail if values of an attribute look like an e-mail address or the like."""
    for attribute in attributes:
        column = f'"{attribute}"'
        rows = connection.execute(
            f"select cast({column} as varchar), min(file_row_number) + 1"
            f" from read_parquet({file_text(landed)}, file_row_number = true)"
            f" where regexp_matches(cast({column} as varchar), $1, 's')"
            " group by 1 order by 2",
            [WORTH_A_LOOK],
        ).fetchall()
        if found := identifying_values(attribute, [value for value, _ in rows]):
            row = dict(rows)[found["value"]]
            raise PointwiseError(
                f"{file}: {attribute!r} may identify a person: {found['count']:,}"
                f" value(s) look like {found['kind']}, such as {found['shown']!r} in"
                f" row {row:,}; leave the column out"
            )


def rejects_path(path: Path) -> Path:
    """Return where the lines set aside from a landed file's source are."""
    beside = path.parent if path.parent == home() else path.parent.parent
    return beside / "rejected" / f"{path.stem}.csv"


def remove_leftovers(path: Path) -> None:
    """Remove what a killed import of the same file left, if it is old enough."""
    for folder in (path.parent, rejects_path(path).parent):
        for leftover in folder.glob(f".{path.stem}-*.tmp"):
            with suppress(OSError):
                if time.time() - leftover.stat().st_mtime > LEFTOVER_SECONDS:
                    leftover.unlink()


class RejectsWriter:
    """Writes lines set aside to a CSV that is made when there is a first one."""

    def __init__(self, path: Path, file: str) -> None:
        self.path, self.source = path, spreadsheet_safe(file)
        self.count = 0
        self.file = None

    def write(self, rejected: list[Rejected]) -> None:
        """Write lines, whose content is made safe to open in a spreadsheet."""
        if not rejected:
            return
        if not self.file:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.file = self.path.open("w", newline="", encoding="utf-8")
            self.writer = csv.writer(self.file)
            self.writer.writerow(REJECTED_COLUMNS)
        for line, reason, content in rejected:
            text = shown(content.removesuffix(b"\n").removesuffix(b"\r"))
            cells = self.source, line, reason, spreadsheet_safe(text)
            self.writer.writerow(cells)
        self.count += len(rejected)

    def close(self) -> None:
        """Close the file, if there is one."""
        if self.file:
            self.file.close()
