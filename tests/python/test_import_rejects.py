"""Lines that cannot be read are set aside, and all others land as they were."""

import csv
import io
import json
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from import_door import HEADER, PLAIN, PLAIN_ROWS, Door
from pointwise.core.errors import PointwiseError
from pointwise.core.nothing import SPELLINGS_OF_NOTHING
from pointwise.importing import csv_reader
from pointwise.importing.batches import Rejected
from pointwise.importing.values import WHITE


@pytest.fixture
def door(tmp_path: Path) -> Door:
    return Door(tmp_path)


# -- Lines that cannot be read --------------------------------------------------------


def test_broken_lines_are_set_aside_with_their_line_numbers(door: Door) -> None:
    door.take(
        b"event_id,user_id,occurred_at,event_type\r\n"
        b'e1,"u\r\n1",2026-01-01,a\r\n'  # Lines 2 and 3 are one good row.
        b"e2,u\xff,2026-01-01,a\r\n"
        b"\r\n"
        b"e3,u1,2026-01-01,a,more\r\n"
        b"e4,u1\r\n"
        b"e5,u\x001,2026-01-01,a\r\n"
        b'e6,"u1,2026-01-01,a\r\n'
        b"e7,u1,2026-01-01,a\r\n"
        b'e8,"u"1,2026-01-01,a\r\n'
        b"e9,u1,2026-01-01,a"
    )
    assert door.rows("event_id") == [("e1",), ("e7",), ("e9",)]
    assert door.rejected() == [
        (4, "cannot be decoded as UTF-8", r"e2,u\xff,2026-01-01,a"),
        (6, "has 5 fields instead of 4", "e3,u1,2026-01-01,a,more"),
        (7, "has 2 fields instead of 4", "e4,u1"),
        (8, "has a NUL character", r"e5,u\x001,2026-01-01,a"),
        (9, "has a quote that is not closed", 'e6,"u1,2026-01-01,a'),
        (11, "has text after a closing quote", 'e8,"u"1,2026-01-01,a'),
    ]


def test_broken_json_lines_are_set_aside_with_their_line_numbers(door: Door) -> None:
    good = '{"user": 1, "ts": "2026-01-01", "event": "a"}\n'
    lines = [good, '{"user": 1,\n', "\n", "[1, 2]\n", '{"user": "\\u0000"}\n', good]
    broken = b'{"user": "\xff"}\n'
    door.take("".join(lines).encode() + broken, name="in.jsonl")
    assert door.rows("count(*)") == [(2,)]
    assert [(line, reason.split(":")[0]) for line, reason, _ in door.rejected()] == [
        (2, "is not valid JSON"),
        (4, "is not a JSON object"),
        (5, "has a NUL character"),
        (7, "cannot be decoded as UTF-8"),
    ]


def test_utf_16_that_cannot_be_decoded_is_set_aside(door: Door) -> None:
    lone_surrogate = f"{PLAIN}e3,u\ud800,2026-01-01,a\n"
    door.take(lone_surrogate.encode("utf-16", "surrogatepass") + b"x")
    assert door.rows() == PLAIN_ROWS
    assert [line for line, _, _ in door.rejected()] == [4, 5]


def test_an_unclosed_quote_takes_no_other_line_along(door: Door) -> None:
    rows = [f"e{i},u{i},2026-01-01,view\n" for i in range(80_000)]
    rows[5] = 'e5,"u5,2026-01-01,view\n'
    door.take(f"{HEADER}\n{''.join(rows)}")
    assert door.rows("count(*)") == [(79_999,)]
    assert [(line, reason) for line, reason, _ in door.rejected()] == [
        (7, "has a quote that is not closed")
    ]


def test_rejected_lines_are_safe_to_open_in_a_spreadsheet(door: Door) -> None:
    door.take(f"{PLAIN}=HYPERLINK(1)\n")
    assert door.rejected()[0][2] == "'=HYPERLINK(1)"


def test_rejected_files_are_not_read_as_events(door: Door) -> None:
    door.take(f"{PLAIN}broken\n")
    assert duckdb.sql(f"from glob('{door.out}/**/*')").fetchall() == [
        (str(door.landed()[0]),)
    ]


hostile = st.text(
    st.sampled_from(list("ab;,\"'\n\r\t\0=@<\\é\u202e\u2028\ufeff😀 "))
    | st.characters(),
    max_size=8,
) | st.sampled_from(
    ["=1+1", "<script>alert(1)</script>", "'; drop table x; --", "٣", "\r\n"]
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    rows=st.lists(st.tuples(hostile, hostile), min_size=1, max_size=8),
    as_json=st.booleans(),
)
@example(rows=[("\ufeff", "x"), ("", "NONE")], as_json=False)
@example(rows=[("\0", "x"), ("\ud800", "x")], as_json=True)
def test_every_row_lands_unchanged_but_for_blanks_around_or_is_set_aside(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], as_json: bool
) -> None:
    door = Door(tmp_path_factory.mktemp("door"))
    events = [
        (f"e{i}", user, "2026-01-01", name) for i, (user, name) in enumerate(rows)
    ]
    content = (json_text if as_json else csv_text)(events)
    usable = [event for event in events if is_text(event[1] + event[3])]
    if usable:
        door.take(content, name="in")
    else:
        with pytest.raises(PointwiseError, match="none of"):
            door.take(content, name="in")
    assert door.rows("event_id, user_id, event_type") == [
        (event_id, landed(user), landed(name)) for event_id, user, _, name in usable
    ]
    assert len(usable) + len(door.rejected()) == len(rows)


def landed(text: str) -> str | None:
    """Return what a text lands as: how dumps spell nothing is nothing."""
    stripped = text.strip(WHITE)
    return None if stripped.lower() in {"", *SPELLINGS_OF_NOTHING} else stripped


def is_text(text: str) -> bool:
    """Say if text can be UTF-8 and has no NUL."""
    return "\0" not in text and not any("\ud800" <= c <= "\udfff" for c in text)


def csv_text(events: list[tuple[str, ...]]) -> bytes:
    """Return events as Python's csv module writes them."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([HEADER.split(","), *events])
    return text.getvalue().encode("utf-8", "surrogatepass")


def json_text(events: list[tuple[str, ...]]) -> bytes:
    """Return events as JSON lines."""
    keys = HEADER.split(",")
    objects = [dict(zip(keys, event, strict=True)) for event in events]
    return "".join(json.dumps(line) + "\n" for line in objects).encode()


def read_csv(
    content: bytes, pieces: int, carefully: bool
) -> tuple[list[dict], list[Rejected]]:
    """Read content in blocks of some lines."""
    dialect = csv_reader.Dialect(",", skips_spaces=False)
    lines = content.splitlines(keepends=True) if b"\r" not in content else [content]
    blocks = [b"".join(lines[i : i + pieces]) for i in range(0, len(lines), pieces)]
    patch = pytest.MonkeyPatch()
    if carefully:
        patch.setattr(csv_reader, "find_records", lambda *_: None)
    try:
        batches = list(
            csv_reader.csv_batches(["a", "b"], dialect, 0, blocks, ["b", "a"])
        )
    finally:
        patch.undo()
    rows = [row for batch in batches for row in batch.rows.to_pylist()]
    return rows, [rejected for batch in batches for rejected in batch.rejected]


@settings(max_examples=300, deadline=None)
@given(
    cells=st.lists(
        st.sampled_from(
            [
                b"a",
                b",",
                b'"',
                b"\n",
                b"\r\n",
                b"\r",
                b"\0",
                b"\xff",
                b'""',
                b'"x",',
                b"y\n",
            ]
        )
    ),
    pieces=st.sampled_from([1, 2, 100]),
)
def test_the_fast_and_the_careful_reader_agree(cells: list[bytes], pieces: int) -> None:
    content = b"".join(cells) + b"\n"
    expected = read_csv(content, 1000, carefully=True)
    assert read_csv(content, pieces, carefully=False) == expected


def test_a_file_of_another_encoding_says_how_it_is_read(door: Door) -> None:
    content = "user_id,occurred_at,event_type\nu1,2026-01-01,größer\n".encode("cp1252")
    with pytest.raises(PointwiseError, match="first lines is UTF-8; give --encoding"):
        door.take(content)
    door.take(content, "--encoding", "cp1252")
    assert door.rows("event_type") == [("größer",)]
