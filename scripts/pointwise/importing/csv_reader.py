"""Read CSV: fast where a block is well-formed, and with care where it is not.

A block whose quotes stand where they should is parsed by pyarrow; the others by
Python's csv module in strict mode, record by record. Both give the same rows. A record
that cannot be read is set aside with the number of the line on which it begins:

- bytes that are no UTF-8, NUL characters, and a wrong number of fields set aside the
  whole record;
- a quote that is not closed, or closed in mid-field, sets aside only the line on which
  the record begins, so that one stray quote does not affect the lines after it.
"""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator
from functools import partial
from operator import itemgetter
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.csv

from pointwise.core.errors import PointwiseError
from pointwise.importing.batches import (
    NOT_UTF8,
    NUL,
    Batch,
    Rejected,
    Source,
    text_table,
)
from pointwise.importing.text_blocks import is_utf8

DELIMITERS = ",;\t|"
LONGEST_RECORD_BYTES = 1 << 20
SAMPLE_BYTES = 1 << 20
QUOTE, LINE_FEED, CARRIAGE_RETURN = b'"\n\r'

NOT_CLOSED = "has a quote that is not closed"
UNFINISHED = "has a quote that is not closed yet"

csv.field_size_limit(LONGEST_RECORD_BYTES)


class Dialect(NamedTuple):
    """How the fields of a file are separated."""

    delimiter: str
    skips_spaces: bool  # Fields are written ", like this".


class Records(NamedTuple):
    """Where the complete records of a block are, as arrays; an entry a record."""

    starts: np.ndarray
    ends: np.ndarray
    lines_before: np.ndarray
    lines: np.ndarray
    fields: np.ndarray


class Careful(NamedTuple):
    """What the careful reader found: rows, lines set aside, bytes left to read."""

    rows: list[list[str]]
    rejected: list[Rejected]
    rest: bytes


def open_csv(
    name: str, first_block: bytes, delimiter: str | None, columns: list[str] | None
) -> Source:
    """Look at the first lines of a CSV file: delimiter, header, sample of values."""
    start = first_block[:SAMPLE_BYTES]
    if len(first_block) > SAMPLE_BYTES:
        start = start[: start.rfind(b"\n") + 1] or first_block
    skipped = 0
    lines = start.split(b"\n")
    while skipped < len(lines) - 1 and is_comment(lines, skipped):
        skipped += 1
    if lines[skipped].startswith(b"sep=") and len(lines[skipped].strip()) == 5:
        # The first line in which Excel keeps the delimiter.
        delimiter = delimiter or lines[skipped].decode(errors="replace")[4]
        skipped += 1
    sample = b"\n".join(lines[skipped:])
    dialect = guess_dialect(sample, delimiter)

    if columns is None:
        header, header_lines = read_header(name, sample, dialect)
        skipped += header_lines
        sample = b"\n".join(lines[skipped:])
    else:
        header = columns
    names, duplicated = unique_names(header)
    found = read_carefully(sample, 1, len(names), dialect, is_last=True)
    rows, rejected = found.rows, found.rejected
    if rejected and not rows and {line.reason for line in rejected} == {NOT_UTF8}:
        raise PointwiseError(
            f"{name}: none of the first lines is UTF-8; give --encoding, such as cp1252"
        )
    return Source(
        columns=names,
        sample={name: [row[i] for row in rows] for i, name in enumerate(names)},
        duplicated=duplicated,
        batches=partial(csv_batches, names, dialect, skipped),
    )


def is_comment(lines: list[bytes], place: int) -> bool:
    """Say if a line before the header is blank, or begins with # and is no header.

    A header may begin so, too: it has as many delimiters as the line after it.
    """
    line, after = lines[place].strip(), lines[place + 1]
    if not line.startswith(b"#"):
        return not line
    marks = [mark.encode() for mark in DELIMITERS]
    is_alike = any(line.count(mark) == after.count(mark) > 0 for mark in marks)
    return after.startswith(b"#") or not is_alike


def guess_dialect(sample: bytes, delimiter: str | None) -> Dialect:
    """Return the delimiter that splits the header, and most lines the same way."""
    lines = sample.decode(errors="replace").split("\n", 51)[:50]

    def agreement(candidate: str) -> tuple[int, int]:
        try:
            records = [r for r in csv.reader(lines, delimiter=candidate) if r]
        except csv.Error:
            return 0, 0
        fields = len(records[0]) if records else 0
        return (
            sum(len(record) == fields for record in records) if fields > 1 else 0,
            fields,
        )

    if delimiter is None:
        delimiter = max(DELIMITERS, key=agreement)
    other_fields = lines[0].split(delimiter)[1:]
    return Dialect(
        delimiter,
        skips_spaces=bool(other_fields)
        and delimiter != "\t"
        and all(field.startswith(" ") for field in other_fields),
    )


def read_header(name: str, sample: bytes, dialect: Dialect) -> tuple[list[str], int]:
    """Return the header's column names and on how many lines they are."""
    try:
        text = sample.decode("utf-8", "surrogateescape")
        reader = csv_reader(io.StringIO(text, newline="\n"), dialect)
        header = next(reader)
        "".join(header).encode()
    except UnicodeEncodeError:
        raise PointwiseError(
            f"{name}: the header is not UTF-8; give --encoding, such as cp1252"
        ) from None
    except (csv.Error, StopIteration) as error:
        raise PointwiseError(f"{name}: the header cannot be read: {error}") from None
    if "\0" in "".join(header):
        raise PointwiseError(f"{name}: the header {NUL}; is this a text file?")
    return header, reader.line_num


def unique_names(header: list[str]) -> tuple[list[str], set[str]]:
    """Return names without blanks around, none empty, none twice; and the repeated."""
    names, duplicated = [], set()
    for position, field in enumerate(header, 1):
        name = " ".join(field.split()) or f"column {position}"
        if name in names:
            duplicated.add(name)
            name = f"{name} (field {position})"
        names.append(name)
    return names, duplicated


def csv_batches(
    columns: list[str],
    dialect: Dialect,
    skipped_lines: int,
    blocks: Iterator[bytes],
    wanted: list[str],
) -> Iterator[Batch]:
    """Yield the file's rows and rejected lines, block by block."""
    line = 1
    rest = b""
    positions = [columns.index(column) for column in wanted]
    for block in blocks:
        while line <= skipped_lines:
            block = block[block.find(b"\n") + 1 :]
            line += 1
        block = rest + block
        if not block:
            continue
        records = None if dialect.skips_spaces else find_records(block, dialect)
        if records is None or has_suspect_record(records, len(columns)):
            found = read_carefully(block, line, len(columns), dialect)
            rest = found.rest
            rows = pick(found.rows, positions)
            yield Batch(rows, found.rejected, [])
        else:
            rest = block[records.ends[-1] :] if len(records.ends) else block
            rows, rejected = read_fast(
                block, records, line, columns, positions, dialect
            )
            yield Batch(rows, rejected, [])
            if len(rest) > LONGEST_RECORD_BYTES:
                line += block.count(b"\n") - rest.count(b"\n")
                block = rest
                found = read_carefully(block, line, len(columns), dialect)
                rest = found.rest
                yield Batch(pick(found.rows, positions), found.rejected, [])
        line += block.count(b"\n") - rest.count(b"\n")
    found = read_carefully(rest, line, len(columns), dialect, is_last=True)
    yield Batch(pick(found.rows, positions), found.rejected, [])


def pick(rows: list[list[str]], positions: list[int]) -> pa.Table:
    """Return the fields at some positions as a table."""
    return text_table([list(map(itemgetter(p), rows)) for p in positions])


def find_records(block: bytes, dialect: Dialect) -> Records | None:
    """Return where the block's records are, or None if its quoting is irregular."""
    characters = np.frombuffer(block, np.uint8)
    quotes = np.flatnonzero(characters == QUOTE)
    line_feeds = np.flatnonzero(characters == LINE_FEED)
    delimiters = np.flatnonzero(characters == ord(dialect.delimiter))
    returns = np.flatnonzero(characters == CARRIAGE_RETURN)
    if not is_well_quoted(characters, quotes, ord(dialect.delimiter)):
        return None

    def outside_quotes(positions: np.ndarray) -> np.ndarray:
        if not len(quotes):
            return positions
        return positions[np.searchsorted(quotes, positions) % 2 == 0]

    if (characters[outside_quotes(returns) + 1] != LINE_FEED).any():
        return None
    ends = outside_quotes(line_feeds) + 1
    starts = np.concatenate(([0], ends[:-1])) if len(ends) else ends
    return Records(
        starts=starts,
        ends=ends,
        lines_before=np.searchsorted(line_feeds, starts),
        lines=np.searchsorted(line_feeds, ends) - np.searchsorted(line_feeds, starts),
        fields=np.diff(np.searchsorted(outside_quotes(delimiters), ends), prepend=0)
        + 1,
    )


def is_well_quoted(characters: np.ndarray, quotes: np.ndarray, delimiter: int) -> bool:
    """Say if quotes open only where a field begins and close only where it ends.

    Two quotes side by side inside a quoted field close and open it again.
    """
    opening, closing = quotes[0::2], quotes[1::2]
    before = np.where(opening > 0, characters[opening - 1], LINE_FEED)
    opens_field = np.isin(before, (delimiter, LINE_FEED))
    opens_field[1:] |= opening[1:] - 1 == closing[: len(opening) - 1]
    after = characters[closing + 1]  # There is one: a block ends with a line feed.
    ends_field = np.isin(after, (delimiter, LINE_FEED, CARRIAGE_RETURN))
    ends_field[: len(opening) - 1] |= opening[1:] - 1 == closing[: len(opening) - 1]
    return bool(opens_field.all() and ends_field.all())


def has_suspect_record(records: Records, fields: int) -> bool:
    """Say if a record of several lines has a wrong number of fields."""
    return bool((records.lines[records.fields != fields] > 1).any())


def read_fast(
    block: bytes,
    records: Records,
    first_line: int,
    columns: list[str],
    positions: list[int],
    dialect: Dialect,
) -> tuple[pa.Table, list[Rejected]]:
    """Return the wanted fields of the block's good records, and the others."""
    lengths = records.ends - records.starts
    first_characters = np.frombuffer(block, np.uint8)[records.starts]
    is_blank = (lengths == 1) | ((lengths == 2) & (first_characters == CARRIAGE_RETURN))
    reasons = {
        int(i): wrong_fields(records.fields[i], len(columns))
        for i in np.flatnonzero((records.fields != len(columns)) & ~is_blank)
    }
    if b"\0" in block or not is_utf8(block):
        spans = zip(records.starts.tolist(), records.ends.tolist(), strict=True)
        for i, (start, end) in enumerate(spans):
            if reason := undecodable(block[start:end]):
                reasons[i] = reason
    rejected = [
        Rejected(
            first_line + int(records.lines_before[i]),
            reasons[i],
            block[records.starts[i] : records.ends[i]],
        )
        for i in sorted(reasons)
    ]

    is_good = ~is_blank
    is_good[list(reasons)] = False
    good_rows = int(is_good.sum())
    if good_rows < len(is_good):
        good = zip(
            records.starts[is_good].tolist(),
            records.ends[is_good].tolist(),
            strict=True,
        )
        block = b"".join(block[start:end] for start, end in good)
    elif good_rows:
        block = block[: records.ends[-1]]
    if not good_rows or block.startswith(codecs.BOM_UTF8):
        # pyarrow would take a field that begins like this for the file's mark.
        rows = read_carefully(block, 0, len(columns), dialect).rows if good_rows else []
        return pick(rows, positions), rejected

    names = [str(i) for i in range(len(columns))]
    table = pyarrow.csv.read_csv(
        pa.BufferReader(block),
        read_options=pyarrow.csv.ReadOptions(
            column_names=names, use_threads=False, block_size=len(block) + 1
        ),
        parse_options=pyarrow.csv.ParseOptions(
            delimiter=dialect.delimiter, newlines_in_values=True
        ),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            include_columns=list(dict.fromkeys(names[p] for p in positions)),
            check_utf8=False,
            strings_can_be_null=False,
        ),
    )
    if table.num_rows != good_rows:
        raise AssertionError(f"{table.num_rows} rows parsed of {good_rows}")
    table = pa.table({f"c{i}": table[names[p]] for i, p in enumerate(positions)})
    return table, rejected


def read_carefully(
    block: bytes,
    first_line: int,
    fields: int,
    dialect: Dialect,
    is_last: bool = False,
) -> Careful:
    """Read record by record; after a broken one, go on with the line after it."""
    text = block.decode("utf-8", "surrogateescape")
    is_clean = "\0" not in text and is_utf8(block)
    lines = list(io.StringIO(text, newline="\n"))
    rows, rejected = [], []
    for start, end, row, reason in parsed_records(lines, fields, dialect):
        if reason == UNFINISHED:
            rest = as_bytes(lines[start:])
            if not is_last and len(rest) <= LONGEST_RECORD_BYTES:
                return Careful(rows, rejected, rest)
            reason = NOT_CLOSED
        if not reason and not is_clean:
            reason = undecodable(as_bytes(lines[start:end]))
        if not reason and len(row) not in (0, fields):
            reason = wrong_fields(len(row), fields)
        if reason:
            content = as_bytes(lines[start:end])
            rejected.append(Rejected(first_line + start, reason, content))
        elif row:
            rows.append(row)
    return Careful(rows, rejected, b"")


def parsed_records(
    lines: list[str], fields: int, dialect: Dialect
) -> Iterator[tuple[int, int, list[str], str | None]]:
    """Yield each record's first line, the line after it, its fields, why it is broken.

    A broken record is only its first line: the next may be whole.
    """
    start = 0
    while start < len(lines):
        reader = csv_reader(map(lines.__getitem__, range(start, len(lines))), dialect)
        offset = start
        try:
            for row in reader:
                end = offset + reader.line_num
                if end - start > 1 and len(row) != fields:
                    check_stray_quote(lines[start + 1], fields, dialect)
                yield start, end, row, None
                start = end
        except csv.Error as error:
            lines_read = offset + reader.line_num - start
            yield start, start + 1, [], why_broken(str(error), lines_read)
            start += 1


def check_stray_quote(second_line: str, fields: int, dialect: Dialect) -> None:
    """Fail if the second line of a record with wrong fields is a whole record."""
    try:
        is_whole = len(next(csv_reader([second_line], dialect))) == fields
    except (csv.Error, StopIteration):
        return
    if is_whole:
        raise csv.Error(NOT_CLOSED)


def as_bytes(lines: list[str]) -> bytes:
    """Return lines as they were before they were decoded."""
    return "".join(lines).encode("utf-8", "surrogateescape")


def csv_reader(lines: Iterable[str], dialect: Dialect) -> Iterator[list[str]]:
    """Return Python's reader in strict mode: it raises where quotes are misplaced."""
    return csv.reader(
        lines,
        delimiter=dialect.delimiter,
        skipinitialspace=dialect.skips_spaces,
        strict=True,
    )


def undecodable(record: bytes) -> str | None:
    """Return why a record is no text, or None."""
    if not is_utf8(record):
        return NOT_UTF8
    return NUL if b"\0" in record else None


def wrong_fields(found: int, expected: int) -> str:
    """Return that reason to set a record aside."""
    return f"has {found} field{'s' if found != 1 else ''} instead of {expected}"


def why_broken(message: str, lines_read: int) -> str:
    """Say in our words what Python's csv module found wrong."""
    if "new-line character" in message:
        return "has a carriage return in mid-line"
    if "unexpected end of data" in message:
        return UNFINISHED
    if lines_read > 1 or "field larger" in message:
        return NOT_CLOSED
    if "expected after" in message:
        return "has text after a closing quote"
    return message
