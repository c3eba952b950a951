"""A file that is one JSON document, a list or an answer of an API: as lines."""

import json
from pathlib import Path
from typing import Any

from pointwise.core.errors import PointwiseError
from pointwise.importing.inputs import Input
from pointwise.importing.text_blocks import text_blocks

LARGEST_BYTES = 512 << 20
LISTS = ("results", "data", "events", "records", "rows", "contacts")
MOST_KEYS = 6  # An answer has few besides its list: an event has many.


def as_lines(file: Input, encoding: str | None, folder: Path) -> Input:
    """Return the file, or where a JSON document has its objects a line each.

    Raises PointwiseError if it is a document that cannot be read.
    """
    if not is_document(file, encoding):
        return file
    whole = b""
    for block in text_blocks(file.path, encoding):
        whole += block
        if len(whole) > LARGEST_BYTES:
            raise PointwiseError(
                f"{file.shown} is one JSON document of more than"
                f" {LARGEST_BYTES >> 20} MB; JSON lines are needed, an object a line"
                " (`jq -c '.[]' FILE` makes them)"
            )
    try:
        found = json.loads(whole, parse_float=str)
    except (ValueError, RecursionError) as error:
        raise PointwiseError(f"{file.shown} is not valid JSON: {error}") from None
    path = folder / "document"
    with path.open("w", encoding="utf-8", errors="surrogatepass") as lines:
        for row in rows_of(found):
            lines.write(json.dumps(row, ensure_ascii=True) + "\n")
    return Input(path, file.name, file.shown)


def is_document(file: Input, encoding: str | None) -> bool:
    """Say if a file is JSON whose first line is not an object for itself."""
    if file.path.is_dir():
        return False
    block = next(text_blocks(file.path, encoding), b"").lstrip()
    if block[:1] == b"[":
        return True
    first, _, others = block.partition(b"\n")
    if block[:1] != b"{":
        return False
    return first.strip() == b"{" if others.strip() else is_answer(first)


def is_answer(line: bytes) -> bool:
    """Say if a line is an object with a list of objects, as APIs answer."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and len(found) <= MOST_KEYS and bool(lists_in(found))


def lists_in(found: dict) -> list[list[dict]]:
    """Return the lists of objects of an answer, of its own or one object further in."""
    inside = [found.get(name) for name in LISTS]
    objects = [one for one in inside if isinstance(one, dict)]
    inside += [one.get(name) for one in objects for name in LISTS]
    return [one for one in inside if is_list(one)]


def is_list(found: Any) -> bool:  # noqa: ANN401
    """Say if something is a list of objects and of nothing else."""
    return (
        isinstance(found, list)
        and bool(found)
        and all(isinstance(row, dict) for row in found)
    )


def rows_of(found: Any) -> list[Any]:  # noqa: ANN401
    """Return the objects of a document."""
    if isinstance(found, dict):
        lists = lists_in(found)
        return lists[0] if lists else [found]
    return found if isinstance(found, list) else [found]
