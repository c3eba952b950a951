"""The door for strangers' files: whatever comes in lands whole, or is set aside."""

import csv
import gzip
import io
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pointwise.commands import import_files
from pointwise.core.command_line import run
from pointwise.core.errors import PointwiseError
from pointwise.core.home import PROJECT
from pointwise.core.nothing import SPELLINGS_OF_NOTHING
from pointwise.importing import csv_reader, one_file, text_blocks
from pointwise.importing.batches import Rejected
from pointwise.importing.columns import EVENT_COLUMNS
from pointwise.importing.starter_panel import event_type_name
from pointwise.importing.values import connect, time_expression

at = datetime.fromisoformat

HEADER = "event_id,user_id,occurred_at,event_type"
PLAIN = f"{HEADER}\ne1,u1,2026-01-02 03:04:05,view\ne2,ü2,2026-01-02 03:04:06,buy\n"
PLAIN_ROWS = [
    ("e1", "u1", at("2026-01-02 03:04:05"), "view"),
    ("e2", "ü2", at("2026-01-02 03:04:06"), "buy"),
]
PLAIN_JSON = "".join(
    json.dumps(dict(zip(HEADER.split(","), line.split(","), strict=True))) + "\n"
    for line in PLAIN.splitlines()[1:]
)


class Door:
    """Imports into a folder of its own and shows what landed."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.out = folder, folder / "raw" / "events"

    def file(self, content: bytes | str, name: str = "in.csv") -> Path:
        """Write a file and return its path."""
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def run(self, *arguments: object) -> None:
        """Run the command as from the command line."""
        words = [*map(str, arguments)]
        if "--out" not in words:
            words += ["--out", str(self.out)]
        with import_files.main.make_context("import", words) as context:
            import_files.main.invoke(context)

    def take(self, content: bytes | str, *arguments: str, name: str = "in.csv") -> None:
        """Write a file and import it."""
        self.run(self.file(content, name), *arguments)

    def landed(self) -> list[Path]:
        """Return the files in the events folder."""
        return sorted(self.out.glob("*"))

    def rows(self, columns: str = HEADER) -> list[tuple]:
        """Return columns of all landed rows, in their order."""
        if not self.landed():
            return []
        query = f"select {columns} from read_parquet('{self.out}/*.parquet')"
        return duckdb.sql(query).fetchall()

    def rejected(self) -> list[tuple[int, str, str]]:
        """Return line, reason and content of all lines set aside."""
        found = []
        for path in sorted((self.out.parent / "rejected").glob("*")):
            with path.open(newline="", encoding="utf-8") as file:
                for row in csv.DictReader(file):
                    found.append((int(row["line"]), row["reason"], row["content"]))
        return found


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a file of some thousand lines one of many blocks."""
    monkeypatch.setattr(text_blocks, "BLOCK_BYTES", 1 << 15)


@pytest.fixture
def door(tmp_path: Path) -> Door:
    return Door(tmp_path)


# -- Shapes of files ------------------------------------------------------------------

SHAPES = {
    "plain": PLAIN.encode(),
    "no_end_of_line": PLAIN.strip().encode(),
    "crlf": PLAIN.replace("\n", "\r\n").encode(),
    "old_macintosh": PLAIN.replace("\n", "\r").encode(),
    "byte_order_mark": PLAIN.encode("utf-8-sig"),
    "utf_16": PLAIN.encode("utf-16"),
    "utf_16_big_end": b"\xfe\xff" + PLAIN.encode("utf-16-be"),
    "utf_16_no_mark": PLAIN.encode("utf-16-le"),
    "utf_32": PLAIN.encode("utf-32"),
    "gzip": gzip.compress(PLAIN.encode()),
    "gzip_in_two_parts": gzip.compress(PLAIN[:40].encode())
    + gzip.compress(PLAIN[40:].encode()),
    "semicolons": PLAIN.replace(",", ";").encode(),
    "tabs": PLAIN.replace(",", "\t").encode(),
    "pipes": PLAIN.replace(",", "|").encode(),
    "space_after_comma": PLAIN.replace(",", ", ").encode(),
    "excel_sep": b"sep=;\r\n" + PLAIN.replace(",", ";").encode(),
    "blank_lines": PLAIN.replace("\n", "\n\n").encode(),
    "blank_lines_first": b"\n\r\n" + PLAIN.encode(),
    "json_lines": PLAIN_JSON.encode(),
    "json_lines_crlf": PLAIN_JSON.replace("\n", "\r\n").encode(),
    "json_lines_gzip": gzip.compress(PLAIN_JSON.encode()),
    "json_lines_blank": PLAIN_JSON.replace("\n", "\n\n").encode(),
}
SHAPES["all_quoted"] = "".join(
    '"' + line.replace(",", '","') + '"\n' for line in PLAIN.splitlines()
).encode()


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_lands_the_same_rows(door: Door, shape: str) -> None:
    door.take(SHAPES[shape], name="in")
    assert door.rows() == PLAIN_ROWS
    assert door.rejected() == []


def test_other_encodings_are_read_when_named(door: Door) -> None:
    door.take(PLAIN.encode("cp1252"), "--encoding", "cp1252")
    assert door.rows() == PLAIN_ROWS


def test_a_file_without_header_is_read_when_columns_are_named(door: Door) -> None:
    door.take(PLAIN.partition("\n")[2], "--columns", HEADER)
    assert door.rows() == PLAIN_ROWS


def test_quoted_line_ends_quotes_and_commas_stay(door: Door) -> None:
    door.take(f'{HEADER}\ne1,"u\n""1"",x",2026-01-01,"a\r\nb"\n')
    assert door.rows("user_id, event_type") == [('u\n"1",x', "a\r\nb")]


@pytest.mark.usefixtures("small_blocks")
def test_rows_keep_their_order(door: Door) -> None:
    lines = "".join(f"e{i},u,2026-01-01,view\n" for i in range(40_000))
    door.take(f"{HEADER}\n{lines}")
    assert [row[0] for row in door.rows("event_id")] == [f"e{i}" for i in range(40_000)]


# -- Columns --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    [
        "userId,timestamp,event",
        "User ID,Event Time,Event Name",
        "visitor_id,ts,action",
        "customer-id,created_at,type",
        "client_id,DATE,eventType",
        "user,time,event_name",
        "user_pseudo_id,event_timestamp,event_name",
    ],
)
def test_obvious_names_are_guessed(door: Door, header: str) -> None:
    door.take(f"{header}\n42,2026-01-01,view\n")
    assert door.rows("user_id, event_type") == [("42", "view")]


def test_optional_names_are_guessed_only_if_their_values_fit(door: Door) -> None:
    door.take(
        "uuid,user,ts,event,value,time_spent,platform,url\n"
        "a,1,2026-01-01,view,free text,12,ios,/x?mail=a@b.c\n"
    )
    columns = "event_id, amount, duration_seconds, device, page_path"
    assert door.rows(columns) == [("a", None, 12.0, "ios", None)]


def test_an_id_that_repeats_is_not_taken_for_an_event_id(door: Door) -> None:
    door.take("id,user,ts,event\n1,1,2026-01-01,a\n1,2,2026-01-01,b\n")
    assert door.rows("event_id") == [(None,), (None,)]


def test_columns_are_mapped_set_kept_and_unmapped_when_told(door: Door) -> None:
    door.take(
        "who;when;price;Campaign Name;mail\n1;2026-01-01;5;spring;a@b.c\n",
        *("--map", "user_id=who", "--map", "occurred_at=When", "--map", "amount="),
        *("--set", "event_type=purchase", "--keep", "Campaign Name"),
    )
    columns = [
        row[0] for row in duckdb.sql(f"describe from '{door.landed()[0]}'").fetchall()
    ]
    assert columns == [*import_files.EVENT_COLUMNS, "campaign_name", "unparsed"]
    columns = "user_id, event_type, amount, campaign_name"
    assert door.rows(columns) == [("1", "purchase", None, "spring")]


def test_nested_json_is_read_by_dotted_names(door: Door) -> None:
    lines = [
        {
            "event": "Signed up",
            "properties": {"time": 1618716477, "distinct_id": "a/b"},
        },
        {"event": "Paid", "properties": {"distinct_id": 7, "price": 1.5}},
    ]
    door.take("\n".join(map(json.dumps, lines)), name="in.jsonl")
    columns = "user_id, occurred_at, event_type, amount"
    assert door.rows(columns) == [
        ("a/b", at("2021-04-18 03:27:57"), "Signed up", None),
        ("7", None, "Paid", 1.5),
    ]


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("nested", [False, True])
def test_a_json_column_that_comes_late_is_found(door: Door, nested: bool) -> None:
    early = '{"user": 1, "ts": "2026-01-01", "event": "view", "of": {"a": 1}}\n' * 3_000
    revenue = '"of": {"revenue": 9}' if nested else '"revenue": 9'
    late = f'{{"user": 2, "ts": "2026-01-01", "event": "buy", {revenue}}}\n'
    door.take(early + late, name="in.jsonl")
    assert door.rows("count(*), sum(amount)") == [(3_001, 9.0)]
    before = door.landed()[0].stat()
    door.take(early + late, name="in.jsonl")
    assert door.landed()[0].stat() == before


# -- Values ---------------------------------------------------------------------------

BERLIN = "Europe/Berlin"


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2026-01-02", "UTC", "2026-01-02 00:00:00"),
        ("2026-01-02 03:04", "UTC", "2026-01-02 03:04:00"),
        ("2026-01-02T03:04:05.678", "UTC", "2026-01-02 03:04:05.678"),
        ("2026-01-02T03:04:05.123456789Z", BERLIN, "2026-01-02 03:04:05.123456"),
        ("2026-01-02 03:04:05 UTC", BERLIN, "2026-01-02 03:04:05"),
        ("2026-01-02T03:04:05+02:00", BERLIN, "2026-01-02 01:04:05"),
        ("2026-01-02T03:04:05 -0530", BERLIN, "2026-01-02 08:34:05"),
        ("2026-01-02 03:04:05", BERLIN, "2026-01-02 02:04:05"),
        ("2026-07-02 03:04:05", BERLIN, "2026-07-02 01:04:05"),
        ("2026-03-29 02:30:00", BERLIN, "2026-03-29 01:30:00"),  # Skipped: 03:30.
        ("2026-10-25 02:30:00", BERLIN, "2026-10-25 01:30:00"),  # Twice: the second.
        ("2026/1/2 3:04", "UTC", "2026-01-02 03:04:00"),
        ("20260102", "UTC", "2026-01-02 00:00:00"),
        ("20260102T030405", "UTC", "2026-01-02 03:04:05"),
        ("1767323045", BERLIN, "2026-01-02 03:04:05"),
        ("1767323045.5", BERLIN, "2026-01-02 03:04:05.5"),
        ("1767323045678", BERLIN, "2026-01-02 03:04:05.678"),
        ("1767323045678901", BERLIN, "2026-01-02 03:04:05.678901"),
        ("1767323045678901234", BERLIN, "2026-01-02 03:04:05.678901"),
        (" 2026-01-02 ", "UTC", "2026-01-02 00:00:00"),
        *(
            (text, "UTC", None)
            for text in (
                *("", " ", "2026-02-30", "31/31/2026", "infinity", "yesterday", "2026"),
                *("2026-01-02 03:04:05 PM", "2026-01-02T03:04:05+25:00", "1e99", "-"),
            )
            if text != "2026"
        ),
    ],
)
def test_times(text: str, zone: str, expected: str | None) -> None:
    query = f"select cast({time_expression('$1', (), zone)} as varchar)"
    assert connect().execute(query, [text]).fetchall() == [(expected,)]


@pytest.mark.parametrize(
    ("text", "time_format", "expected"),
    [
        ("31/12/2026 23:59", "%d/%m/%Y %H:%M", at("2026-12-31 22:59:00")),
        ("12/31/2026 11:59 PM", "%m/%d/%Y %I:%M %p", at("2026-12-31 22:59:00")),
        ("31.12.2026", "%d.%m.%Y", at("2026-12-30 23:00:00")),
        (
            "31/Dec/2026:10:00:00 -0700",
            "%d/%b/%Y:%H:%M:%S %z",
            at("2026-12-31 17:00:00"),
        ),
    ],
)
def test_times_in_a_given_format(
    door: Door, text: str, time_format: str, expected: str | None
) -> None:
    content = f'{HEADER}\ne1,u1,"{text}",view\n'
    door.take(content, "--time-format", time_format, "--time-zone", BERLIN)
    assert door.rows("occurred_at") == [(expected,)]


def test_values_that_cannot_be_read_are_kept_as_they_were(door: Door) -> None:
    door.take(
        f"{HEADER},amount,duration_seconds,received_at\n"
        "e1,u1,2026-01-01,view,1,2,2026-01-01\n"
        "e2,u1,31/31/2026,view,abc,inf,x\n"
        "e3,u1,,view,,,\n"
    )
    columns = "occurred_at, amount, duration_seconds, received_at, unparsed"
    day = at("2026-01-01")
    told = "occurred_at=31/31/2026; received_at=x; duration_seconds=inf; amount=abc"
    assert door.rows(columns) == [
        (day, 1.0, 2.0, day, None),
        (None, None, None, None, told),
        (None, None, None, None, None),
    ]


def test_numbers_durations_and_whole_number_ids(door: Door) -> None:
    door.take(
        "user_id;occurred_at;event_type;amount;duration\n"
        "42.0;2026-01-01;a;1.234,50;1:02:03\n42;2026-01-01;a;-,5;90\n",
        "--decimal-comma",
    )
    columns = "user_id, amount, duration_seconds, unparsed"
    assert door.rows(columns) == [
        ("42", 1234.5, 3723.0, None),
        ("42", None, 90.0, "amount=-,5"),
    ]


def test_numbers_in_json_stay_what_they_are(door: Door) -> None:
    number = "123456789012345678901234567890"
    door.take(
        f'{{"user_id": {number}, "ts": 1767323045, "event": "a"}}', name="in.json"
    )
    assert door.rows("user_id") == [(number,)]


def test_user_ids_can_be_hashed(door: Door) -> None:
    content = "email,ts,event\nA@b.c,2026-01-01,x\na@b.c ,2026-01-01,y\n"
    door.take(content, "--map", "user_id=email", "--hash-user-ids")
    (first,), (second,) = door.rows("user_id")
    assert first == second
    assert len(first) == 32


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
def test_every_row_lands_unchanged_or_is_set_aside(
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
    spelling = text.strip(" ").lower() or text
    return None if spelling in SPELLINGS_OF_NOTHING else text


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


# -- Once, whole or not at all --------------------------------------------------------


def test_the_same_content_lands_once_under_any_name(
    door: Door, capsys: pytest.CaptureFixture[str]
) -> None:
    door.take(PLAIN)
    before = door.landed()[0].stat()
    capsys.readouterr()
    door.take(PLAIN)
    door.take(gzip.compress(PLAIN.encode()), name="other.csv.gz")
    assert capsys.readouterr().out.count("already imported") == 2
    assert [path.stat() for path in door.landed()] == [before]


def test_other_settings_replace_what_the_content_gave_before(door: Door) -> None:
    door.take(f"{PLAIN}broken\n")
    door.take(f"{PLAIN}broken\n", "--time-zone", BERLIN)
    assert len(door.landed()) == 1
    assert door.rows("min(occurred_at)") == [(at("2026-01-02 02:04:05"),)]
    assert len(door.rejected()) == 1


def test_a_file_with_more_rows_lands_beside_the_first(door: Door) -> None:
    door.take(PLAIN)
    door.take(PLAIN + "e3,u3,2026-01-03,view\n")
    assert len(door.landed()) == 2
    assert door.rows("count(*), count(distinct event_id)") == [(5, 3)]


def test_an_interrupted_import_leaves_nothing(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: object) -> Iterator[object]:
        yield from list(read_batches(*arguments))[:1]
        raise KeyboardInterrupt

    read_batches = one_file.read_batches
    monkeypatch.setattr(one_file, "read_batches", interrupted)
    with pytest.raises(KeyboardInterrupt):
        door.take(f"{PLAIN}broken\n")
    assert door.landed() == door.rejected() == []


def test_a_killed_import_leaves_nothing_that_is_read(door: Door) -> None:
    program = (
        "import os, signal, sys; sys.path.insert(0, 'scripts')\n"
        "from pointwise.cli import main\n"
        "from pointwise.importing import one_file\n"
        "read_batches = one_file.read_batches\n"
        "def killed(*arguments):\n"
        "    yield from list(read_batches(*arguments))[:1]\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "one_file.read_batches = killed\n"
        "main()\n"
    )
    file = door.file(PLAIN)
    words = [sys.executable, "-c", program, "import", str(file), "--out", str(door.out)]
    done = subprocess.run(words, cwd=PROJECT, capture_output=True)
    assert done.returncode == -signal.SIGKILL
    assert not list(door.out.glob("*.parquet"))
    door.take(PLAIN)
    assert door.rows() == PLAIN_ROWS


def test_a_file_that_changes_while_it_is_read_does_not_land(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(one_file, "content_hash", lambda _: "0" * 64)
    with pytest.raises(PointwiseError, match="changed while it was read"):
        door.take(PLAIN)
    assert door.landed() == []


def test_one_bad_file_does_not_stop_the_others(door: Door) -> None:
    good, missing = door.file(PLAIN), door.folder / "missing.csv"
    with pytest.raises(
        PointwiseError, match=r"1 of 2 files: .*missing.csv does not exist"
    ):
        door.run(missing, good)
    assert door.rows() == PLAIN_ROWS


# -- Errors are one line that says what to do -----------------------------------------

ERRORS = {
    "zero_bytes": (b"", [], "is empty"),
    "blank": (b"\n \n", [], "is empty"),
    "header_only": (HEADER, [], "has no rows"),
    "all_broken": (f"{HEADER}\nx\ny\n", [], "none of 2 rows .* line 2 has 1 field"),
    "no_user": (
        "a,ts,event\n1,2,3\n",
        [],
        "no column for user_id among a, ts, event; give",
    ),
    "nothing_known": (
        "wann,wer,was\n1,2,3\n",
        [],
        "user_id.*occurred_at.*event_type.*among wann, wer, was; give --map user_id="
        "COLUMN --map occurred_at=COLUMN --map event_type=COLUMN .or --set",
    ),
    "two_times": (
        "user,date,time,event\n1,2,3,4\n",
        [],
        "occurred_at could be 'time' or",
    ),
    "twice": ("user,ts,ts,event\n1,2026-01-01,3,4\n", [], "has 'ts' more than once"),
    "not_there": (PLAIN, ["--map", "user_id=who"], "no column 'who' among event_id"),
    "no_target": (PLAIN, ["--map", "who=user_id"], "'who' is no column of events"),
    "no_pair": (PLAIN, ["--map", "user_id"], "is not of the form"),
    "personal": (
        "user,ts,event,e-mail\n",
        ["--keep", "e-mail"],
        "may identify a person",
    ),
    "no_zone": (PLAIN, ["--time-zone", "Europe/Berln"], "did you mean Europe/Berlin"),
    "no_format": (PLAIN, ["--time-format", "%Q"], "--time-format '%Q'"),
    "no_encoding": (PLAIN, ["--encoding", "klingon"], "is not a text encoding"),
    "no_delimiter": (PLAIN, ["--delimiter", "::"], "must be one character"),
    "dates_of_europe": (
        f"{HEADER}\n1,u,31/12/2026,a\n",
        [],
        "such as '31/12/2026'; give --time-format '%d/%m/%Y'$",
    ),
    "dates_of_either": (
        f"{HEADER}\n1,u,01/12/2026,a\n",
        [],
        "'%d/%m/%Y' or --time-format '%m/%d/%Y'$",
    ),
    "json_array": ('[{"user": 1}]', [], "is a JSON array"),
    "latin_1_header": (
        "usér,ts\n1,2\n".encode("latin-1"),
        [],
        "the header is not UTF-8",
    ),
    "cut_gzip": (gzip.compress(os.urandom(9999))[:5000], [], "is a damaged gzip file"),
    "zip": (b"PK\x03\x04", [], "is a ZIP or Excel file"),
    "parquet": (b"PAR1", [], "is Parquet already"),
    "binary": (bytes(range(256)), [], "the header"),
    "no_outcome": (PLAIN, ["--outcome", "paid"], "no event is named 'paid'"),
    "near_outcome": (PLAIN, ["--outcome", "View"], "did you mean 'view'"),
}


@pytest.mark.parametrize("case", ERRORS)
def test_errors_are_one_line(
    door: Door, case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    content, arguments, message = ERRORS[case]
    with pytest.raises(SystemExit) as ended:
        run(lambda: door.take(content, *arguments))
    error = capsys.readouterr().err.splitlines()
    assert ended.value.code == 1
    assert len(error) == 1
    with pytest.raises(PointwiseError, match=message):
        door.take(content, *arguments)


def test_a_folder_and_a_missing_file_are_named(door: Door) -> None:
    with pytest.raises(PointwiseError, match="is a folder; name its files"):
        door.run(door.folder)
    with pytest.raises(PointwiseError, match="does not exist"):
        door.run(door.folder / "missing.csv")


def test_the_default_folder_is_that_of_the_glob(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POINTWISE_EVENTS", f"{door.out}/**/*.parquet")
    assert import_files.output_path(False, None) == door.out
    monkeypatch.setenv("POINTWISE_EVENTS", f"{door.out}/part-*.parquet")
    assert import_files.output_path(False, None) == door.out
    monkeypatch.setenv("POINTWISE_EVENTS", f"{door.out}/all.parquet")
    with pytest.raises(PointwiseError, match="names one file"):
        import_files.output_path(False, None)


# -- Profiles -------------------------------------------------------------------------


def test_profiles_land_without_what_identifies_a_person(door: Door) -> None:
    users = door.folder / "users.parquet"
    door.take(
        "id,Country,company size,e-mail,first_name,segment\n7,DE,1-10,a@b.c,Ann,x\n",
        *("--users", "--keep", "segment", "--out", str(users)),
    )
    assert duckdb.sql(f"from '{users}'").columns == [
        *("segment", "user_id", "country", "company_size", "unparsed")
    ]
    query = f"select user_id, country, company_size, segment from '{users}'"
    assert duckdb.sql(query).fetchall() == [("7", "DE", "1-10", "x")]


def test_profiles_have_times_from_which_they_hold(door: Door) -> None:
    users = door.folder / "users.parquet"
    door.take(
        "user_id,valid_from,city\n1,2026-01-02,Bonn\n", "--users", "--out", str(users)
    )
    query = f"select user_id, valid_from, city from '{users}'"
    assert duckdb.sql(query).fetchall() == [("1", at("2026-01-02"), "Bonn")]


def test_profiles_of_another_program_are_not_overwritten(door: Door) -> None:
    users = door.folder / "users.parquet"
    duckdb.sql(f"copy (select 1 as user_id) to '{users}'")
    with pytest.raises(PointwiseError, match="was not written by this script"):
        door.take("user_id,city\n1,Bonn\n", "--users", "--out", str(users))


# -- Event names and the starter control panel ----------------------------------------


@pytest.mark.parametrize(
    ("name", "event_type"),
    [
        ("Add to Cart", "add_to_cart"),
        ("addToCart", "add_to_cart"),
        ("page_view", "page_view"),
        ("Käufe!", "kaufe"),
        ("404", "event_404"),
        ("購入", "event_" + format(0x6A4A3B5E, "08x")),
    ],
)
def test_event_types_are_named_in_snake_case(name: str, event_type: str) -> None:
    found = event_type_name(name)
    assert found == event_type or (not name.isascii() and found.startswith("event_"))
    assert found.isidentifier()


def test_event_names_that_the_panel_lacks_are_ready_to_paste(
    door: Door, capsys: pytest.CaptureFixture[str]
) -> None:
    door.take(f'{HEADER}\n1,u,2026-01-01,page_view\n2,u,2026-01-01,"Saw, liked"\n')
    out = capsys.readouterr().out
    assert '"Saw, liked",saw_liked,,1 event of 1 user when imported' in out
    assert "\npage_view,page_view" not in out


def test_the_starter_panel_has_the_columns_of_the_default_one(door: Door) -> None:
    panel = door.folder / "panel"
    rows = "".join(
        f"{i},u{i},2026-01-01,{name}\n"
        for i, name in enumerate(["Page View", "unsubscribed", "paid", "paid"])
    )
    door.take(f"{HEADER}\n{rows}", "--write-panel", str(panel), "--outcome", "paid")
    for seed in (PROJECT / "seeds").glob("*.csv"):
        first_line = (panel / seed.name).read_text().splitlines()[0]
        assert first_line == seed.read_text().splitlines()[0]

    def column(name: str, key: str) -> list[str]:
        with (panel / f"{name}.csv").open(newline="") as file:
            return [row[key] for row in csv.DictReader(file)]

    assert sorted(column("event_types", "event_type")) == [
        *("page_view", "paid", "unsubscribed")
    ]
    assert set(column("features", "event_type")) == {"*", "page_view", "unsubscribed"}
    points = dict(
        zip(
            column("scoring_rules", "rule"),
            column("scoring_rules", "points"),
            strict=True,
        )
    )
    assert points == {
        "active_this_week": "4",
        "did_page_view": "8",
        "recent_page_view": "8",
        "recent_unsubscribed": "-10",
    }
    assert 1 + sum(map(int, column("score_groups", "max_points"))) == 100
    assert set(column("scoring_rules", "feature")) <= set(column("features", "feature"))


def test_a_panel_is_never_overwritten(door: Door) -> None:
    (door.folder / "panel").mkdir()
    (door.folder / "panel" / "mine.csv").touch()
    with pytest.raises(PointwiseError, match="exists and is not empty"):
        door.take(PLAIN, "--write-panel", str(door.folder / "panel"))
    assert door.landed() == []


def test_event_columns_are_those_that_the_models_read() -> None:
    """Here in Python, there in Jinja: the names and types must be the same."""
    macros = (PROJECT / "macros/sources/event_source_columns.sql").read_text()
    in_macros = dict(re.findall(r'"(\w+)": "(varchar|timestamp|double)"', macros))
    of_users = {"valid_from": "timestamp", "account_id": "varchar"}
    assert in_macros == {**EVENT_COLUMNS, "unparsed": "varchar"} | of_users
