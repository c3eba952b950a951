"""Read JSON lines with DuckDB: an object a line, its values as text.

Nested objects are columns with a dot in their name, such as `properties.price`. A line
that is not valid JSON, or not an object, is set aside with its number and the reason.
"""

import json
import re
from collections.abc import Iterator
from functools import cache, partial

import duckdb
import numpy as np
import pyarrow as pa

from pointwise.importing.batches import (
    NOT_UTF8,
    NUL,
    WHOLE_LINE,
    Batch,
    Rejected,
    Source,
)
from pointwise.importing.text_blocks import is_utf8

SAMPLE_BYTES = 1 << 20

# \u0000, unless the backslash is itself escaped.
ESCAPED_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")

IS_OBJECT = """
    select
        case when json_valid(line) then json_type(line) = 'OBJECT' else false end
            as is_object
    from lines
"""
KEYS = "select distinct unnest(json_keys(line, $1)) from lines"
VALUES = "select {values} from (select json_extract_string(line, $1) as v from lines)"


def open_json(
    first_block: bytes,
    known_columns: list[str],
    known_places: list[str] | None = None,
) -> Source:
    """Look at the first lines: which columns there are, and a sample of values.

    Further columns are `known_columns`, found in a first reading, and `known_places`
    that a preset reads: `properties.price` is a key of a key there.
    """
    objects, rows = [], []
    sample_end = first_block.find(b"\n", SAMPLE_BYTES) + 1 or None
    for line in first_block[:sample_end].split(b"\n"):
        try:
            parsed = json.loads(line, parse_int=str, parse_float=str)
        except (ValueError, RecursionError):
            continue
        if isinstance(parsed, dict):
            objects.append(flattened(parsed))
            rows.append(parsed)
    columns = {column: path for found in objects for column, (path, _) in found.items()}
    for column in known_columns:
        name, path = max(
            (parent for parent in parents(columns) if column.startswith(parent[0])),
            key=lambda parent: len(parent[0]),
        )
        columns.setdefault(column, path + pointer(column.removeprefix(name)))
    for place in known_places or []:
        # A pair of a list, as `params[price]`, is read from all of the list.
        parts = place.partition("[")[0].split(".")
        outer = [".".join(parts[:n]) for n in range(1, len(parts))]
        if not any(column in columns for column in outer):
            columns.setdefault(".".join(parts), "".join(map(pointer, parts)))
    return Source(
        columns=list(columns),
        sample={
            column: [
                found[column][1] if column in found else inside(row, path)
                for found, row in zip(objects, rows, strict=True)
            ]
            for column, path in columns.items()
        },
        duplicated=set(),
        batches=partial(json_batches, columns),
        is_open=True,
    )


def flattened(
    parsed: dict, name: str = "", path: str = ""
) -> dict[str, tuple[str, str | None]]:
    """Return an object's columns, each with its JSON pointer and its value as text."""
    columns = {}
    for key, value in parsed.items():
        column, key_path = name + key, path + pointer(key)
        if isinstance(value, dict) and value:
            columns |= flattened(value, column + ".", key_path)
        elif value is None or isinstance(value, str):
            columns[column] = key_path, value
        else:
            columns[column] = key_path, json.dumps(value)
    return columns


def inside(row: dict, path: str) -> str | None:
    """Return the object at a JSON pointer as text, None if there is no object."""
    found = row
    for key in path[1:].split("/"):
        found = found.get(key) if isinstance(found, dict) else None
    return json.dumps(found) if isinstance(found, dict) else None


def pointer(key: str) -> str:
    """Return a key as a JSON pointer."""
    return "/" + key.replace("~", "~0").replace("/", "~1")


def parents(columns: dict[str, str]) -> set[tuple[str, str]]:
    """Return the objects that columns are in: start of their names, JSON pointer.

    The line itself has the pointer "".
    """
    found = {("", "")}
    for column, path in columns.items():
        keys = path[1:].split("/")
        for depth in range(1, len(keys)):
            nested = "/" + "/".join(keys[depth:])
            inner = nested[1:].replace("/", ".").replace("~1", "/").replace("~0", "~")
            found.add((column.removesuffix(inner), path.removesuffix(nested)))
    return found


@cache
def one_database() -> duckdb.DuckDBPyConnection:
    """Return a database in memory, whose cursors are connections of their own.

    To open one takes as long as to read a thousand lines.
    """
    return duckdb.connect(config={"threads": 1})


def json_batches(
    columns: dict[str, str], blocks: Iterator[bytes], wanted: list[str]
) -> Iterator[Batch]:
    """Yield the file's rows and rejected lines, block by block."""
    connection = one_database().cursor()
    paths = [columns.get(column, "") for column in wanted]
    objects = parents(columns)
    known = {*columns.values(), *(path for _, path in objects)}
    line = 1
    for block in blocks:
        lines, numbers, rejected = decodable_lines(block, line)
        connection.register("lines", lines)
        is_object = connection.execute(IS_OBJECT).fetchnumpy()["is_object"]
        for i in np.flatnonzero(~is_object):
            content = lines["line"][int(i)].as_py()
            rejected.append(
                Rejected(int(numbers[i]), why_not_an_object(content), content.encode())
            )
        objects_of_lines = lines.filter(pa.array(is_object))
        connection.register("lines", objects_of_lines)
        values = ", ".join(f"v[{i + 1}] as c{i}" for i in range(len(paths)))
        query = VALUES.format(values=values)
        rows = connection.sql(query, params=[paths]).to_arrow_table()
        if WHOLE_LINE in wanted:
            whole = pa.array(map(in_order, objects_of_lines["line"].to_pylist()))
            rows = rows.set_column(
                wanted.index(WHOLE_LINE), f"c{wanted.index(WHOLE_LINE)}", whole
            )
        new_columns = [
            name + key
            for name, path in objects
            for (key,) in connection.execute(KEYS, [path]).fetchall()
            if path + pointer(key) not in known
        ]
        yield Batch(rows, sorted(rejected), sorted(new_columns))
        line += block.count(b"\n")


def in_order(line: str) -> str:
    """Return a line of JSON with its keys in order and no more blanks than needed."""
    try:
        return json.dumps(json.loads(line), sort_keys=True)
    except (ValueError, RecursionError):
        return line


def decodable_lines(
    block: bytes, first_line: int
) -> tuple[pa.Table, np.ndarray, list[Rejected]]:
    """Return the lines that are text, their numbers, and the others; no blank ones."""
    ends = np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n")) + 1
    starts = np.concatenate(([0], ends[:-1]))
    offsets = np.concatenate((starts, ends[-1:])).astype(np.int32)
    rejected = []
    is_good = ends - starts > 2
    for i in np.flatnonzero(~is_good):
        is_good[i] = bool(block[starts[i] : ends[i]].strip())
    if b"\0" in block or b"\\u0000" in block or not is_utf8(block):
        spans = zip(starts.tolist(), ends.tolist(), strict=True)
        for i, (start, end) in enumerate(spans):
            content = block[start:end]
            reason = None
            if not is_utf8(content):
                reason = NOT_UTF8
            elif b"\0" in content or ESCAPED_NUL.search(content):
                reason = NUL
            if reason:
                rejected.append(Rejected(first_line + i, reason, content))
                is_good[i] = False
    buffers = pa.py_buffer(offsets), pa.py_buffer(block)
    lines = pa.table({"line": pa.StringArray.from_buffers(len(starts), *buffers)})
    numbers = first_line + np.flatnonzero(is_good)
    return lines.filter(pa.array(is_good)), numbers, rejected


def why_not_an_object(line: str) -> str:
    """Return the reason why a line is not a JSON object."""
    try:
        json.loads(line)
    except json.JSONDecodeError as error:
        return f"is not valid JSON: {error.msg} at character {error.pos + 1}"
    except (ValueError, RecursionError):
        return "is not valid JSON"
    return "is not a JSON object" if line.lstrip()[:1] != "{" else "is not valid JSON"
