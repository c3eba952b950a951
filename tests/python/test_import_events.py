"""Files of others: whatever comes in lands whole, or is set aside."""

import gzip
import json
from pathlib import Path

import duckdb
import pytest

from import_door import BERLIN, HEADER, PLAIN, PLAIN_JSON, PLAIN_ROWS, Door, at
from pointwise.commands import import_files
from pointwise.core.errors import PointwiseError
from pointwise.importing import text_blocks
from pointwise.importing.values import connect, fitting_time_formats, time_expression


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
    "comments_first": b"# ---\n# Events, all\n# ---\n\n" + PLAIN.encode(),
    "comment_with_as_many_commas": b"# a,b,c,d\n# x\n" + PLAIN.encode(),
    "nested_answer": json.dumps(
        {"data": {"results": [*map(json.loads, PLAIN_JSON.splitlines())]}, "next": None}
    ).encode(),
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
    assert door.rows("coalesce(user_id, anonymous_id), event_type") == [("42", "view")]


def test_optional_names_are_guessed_only_if_their_values_fit(door: Door) -> None:
    door.take(
        "uuid,user,ts,event,value,time_spent,platform,url\n"
        "a,1,2026-01-01,view,free text,12,ios,/x?mail=a@b.c\n"
    )
    columns = "event_id, amount, duration_seconds, device, page_path"
    assert door.rows(columns) == [("a", None, 12.0, "ios", None)]


def test_an_id_that_repeats_is_not_taken_for_an_event_id(door: Door) -> None:
    door.take("id,user,ts,event\n1,1,2026-01-01,a\n1,2,2026-01-01,b\n")
    (first,), (second,) = door.rows("event_id")
    assert first.startswith("row-")
    assert second.startswith("row-")
    assert first != second


def test_columns_are_mapped_set_kept_and_unmapped_as_asked(door: Door) -> None:
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
        ("20260102T030405Z", BERLIN, "2026-01-02 03:04:05"),
        ("20260102T030405+0200", BERLIN, "2026-01-02 01:04:05"),
        ("2026010203", "UTC", "2026-01-02 03:00:00"),  # dateHour
        ("202601020304", BERLIN, "2026-01-02 02:04:00"),  # dateHourMinute
        ("2026990203", "UTC", "2034-03-26 12:50:03"),  # No date: seconds since 1970.
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


@pytest.mark.parametrize(
    ("text", "formats"),
    [
        ("Nov 25, 2026, 3:45 PM", ["%b %d, %Y, %I:%M %p"]),
        ("November 25, 2026", ["%B %d, %Y"]),
        ("25-Nov-2026", ["%d-%b-%Y"]),
        ("25-Nov-26", ["%d-%b-%y"]),
        ("2026-11-25 3:45 PM", ["%Y-%m-%d %I:%M %p"]),
        ("11/25/26 15:45", ["%m/%d/%y %H:%M"]),
        ("Wed Nov 25 2026 10:00:00 GMT+0100", ["%a %b %d %Y %H:%M:%S GMT%z"]),
        ("Wed, 25 Nov 2026 10:00:00 GMT", ["%a, %d %b %Y %H:%M:%S %Z"]),
        ("2026-11-25 10:00:00 EST", ["%Y-%m-%d %H:%M:%S %Z"]),
        ("5/3/2026", ["%d/%m/%Y", "%m/%d/%Y"]),
        ("yesterday", []),
    ],
)
def test_formats_that_read_a_time_are_found(text: str, formats: list[str]) -> None:
    assert fitting_time_formats(connect(), [text, None, " "]) == formats


def test_events_that_succeed_or_not_are_no_list_of_leads(door: Door) -> None:
    rows = [
        f"u{n % 3},2026-01-0{1 + n} 10:00:00,{'login' if n % 2 else 'buy'},{n % 2}\n"
        for n in range(8)
    ]
    door.take("".join(["user_id,timestamp,action,success\n", *rows]))
    assert sorted(door.rows("event_type")) == [("buy",)] * 4 + [("login",)] * 4


def test_days_as_excel_counts_them_are_named(door: Door) -> None:
    content = f"{HEADER}\ne1,u1,46000.5,view\ne2,u1,46001,view\n"
    with pytest.raises(PointwiseError, match=r"days since 1900, .* '46000.5': give"):
        door.take(content)


def test_values_that_cannot_be_read_are_kept_as_they_were(door: Door) -> None:
    door.take(
        f"{HEADER},amount,duration_seconds,received_at\n"
        "e1,u1,2026-01-01,view,1,2,2026-01-01\n"
        "e2,u1,31/31/2026,view,abc,inf,x\n"
        "e3,u1,,view,,,\n"
    )
    columns = "occurred_at, amount, duration_seconds, received_at, unparsed"
    columns += ", unread_amount, unread_duration_seconds"
    day = at("2026-01-01")
    unreadable = "occurred_at=31/31/2026; received_at=x"
    assert door.rows(columns) == [
        (day, 1.0, 2.0, day, None, None, None),
        (None, None, None, None, unreadable, "abc", "inf"),
        (None, None, None, None, None, None, None),
    ]


def test_numbers_durations_and_whole_number_ids(door: Door) -> None:
    door.take(
        "user_id;occurred_at;event_type;amount;duration\n"
        "42.0;2026-01-01;a;1.234,50;1:02:03\n42;2026-01-01;a;-,5;90\n",
        "--decimal-comma",
    )
    columns = "user_id, amount, duration_seconds, unread_amount"
    assert door.rows(columns) == [
        ("42", 1234.5, 3723.0, None),
        ("42", None, 90.0, "-,5"),
    ]


def test_numbers_in_json_stay_what_they_are(door: Door) -> None:
    number = "123456789012345678901234567890"
    door.take(
        f'{{"user_id": {number}, "ts": 1767323045, "event": "a"}}', name="in.json"
    )
    assert door.rows("user_id") == [(number,)]


def test_lists_and_objects_are_no_ids(door: Door) -> None:
    ids = ('{"id": 7}', "[1, 2]", '"[x]"', '"{3F25-04}"', "3")
    line = '{"user_id": %s, "event": "view", "time": "2026-01-02"}\n'
    door.take("".join(line % one for one in ids))
    wanted = [None, None, "[x]", "{3F25-04}", "3"]
    assert door.rows("user_id") == [(one,) for one in wanted]


def test_a_header_may_begin_with_a_number_sign(door: Door) -> None:
    door.take("#user_id,event,time\nu1,view,2026-01-02\n", "--map", "user_id=#user_id")
    assert door.rows("user_id, event_type") == [("u1", "view")]


def test_user_ids_can_be_hashed(door: Door) -> None:
    content = "email,ts,event\nA@b.c,2026-01-01,x\na@b.c ,2026-01-01,y\n"
    door.take(content, "--map", "user_id=email", "--hash-user-ids")
    (first,), (second,) = door.rows("user_id")
    assert first == second
    assert len(first) == 32
