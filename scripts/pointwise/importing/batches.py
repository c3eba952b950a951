"""What the readers of CSV and of JSON lines have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import pyarrow as pa

NOT_UTF8 = "cannot be decoded as UTF-8"
NUL = "has a NUL character"
# A column that no file can have: all of a line of JSON, its keys in order.
WHOLE_LINE = "\0line"


class Rejected(NamedTuple):
    """A line that cannot be read: where it starts in its file, why, and what it is."""

    line: int
    reason: str
    content: bytes


class Batch(NamedTuple):
    """Some rows of a file, wanted columns as text named c0, c1, …; lines set aside."""

    rows: pa.Table
    rejected: list[Rejected]
    columns: list[str]  # Columns that these lines have and the first lines had not.


class Source(NamedTuple):
    """A file whose first lines have been looked at."""

    columns: list[str]
    sample: dict[str, list[str | None]]  # Column to its values in the first lines.
    duplicated: set[str]  # Column names that the header has more than once.
    batches: Callable[[Iterator[bytes], list[str]], Iterator[Batch]]
    is_open: bool = False  # Rows may have columns that the first lines have not.


def text_table(columns: list[list[str | None]]) -> pa.Table:
    """Return lists of text as a table with the columns c0, c1, … in turn."""
    import pyarrow as pa  # It takes a while to load, and most need no table.

    return pa.table(
        {f"c{i}": pa.array(values, pa.string()) for i, values in enumerate(columns)}
    )
