"""Amounts as shops write them; an event is kept without one that cannot be read."""

from pathlib import Path

import duckdb
import pytest

from import_door import Door
from pointwise.commands import import_files
from pointwise.core.home import HOME

START = "user_id;event;time;amount\n"


@pytest.fixture(autouse=True)
def no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """What --home sets is gone after a test."""
    monkeypatch.setenv(HOME, "")


@pytest.fixture
def door(tmp_path: Path) -> Door:
    return Door(tmp_path)


def events(*amounts: str) -> str:
    """Return a file of events with these amounts."""
    lines = (f"u{n};buy;2026-01-01 10:00;{a}\n" for n, a in enumerate(amounts))
    return START + "".join(lines)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$1,200.00", 1200.0),
        ("1,200.00", 1200.0),
        ("-1,234,567", -1234567.0),
        ("-$5", -5.0),
        ("12.50 EUR", 12.5),
        ("EUR 12.50", 12.5),
        ("12.50\u00a0€", 12.5),
        ("1e3", 1000.0),
        ("12,50", None),
        ("1,20.0", None),
        ("1,2000", None),
        ("free", None),
        ("USD", None),
        ("12.50 users", None),
    ],
)
def test_amounts_are_read_with_currency_and_thousands(
    door: Door, text: str, expected: float | None
) -> None:
    door.take(events("1", "2", text))
    assert door.rows("amount, unparsed")[2] == (expected, None)


def test_a_decimal_comma_goes_with_a_currency(door: Door) -> None:
    door.take(events("1.200,00 EUR", "€12,50", "7"), "--decimal-comma")
    assert door.rows("amount") == [(1200.0,), (12.5,), (7.0,)]


@pytest.mark.parametrize("others", ["12.50", "7,20"])
def test_an_event_is_kept_without_an_amount_that_cannot_be_read(
    door: Door, capsys: pytest.CaptureFixture[str], others: str
) -> None:
    door.take(events("12,50", *[others] * 3))
    unread = 1 if others == "12.50" else 4
    assert door.rows("count(*), count(amount), count(unread_amount)") == [
        (4, 4 - unread, unread)
    ]
    output = capsys.readouterr().out
    assert "set aside             0" in output
    assert f"{unread} of 4 events: amount cannot be read as a number" in output
    assert "'12,50'" in output
    assert "--decimal-comma" in output
    assert "Ignored" not in output


def test_a_column_that_has_no_numbers_is_named(
    door: Door, capsys: pytest.CaptureFixture[str]
) -> None:
    door.take(events("for free", "dear"))
    output = " ".join(capsys.readouterr().out.split())
    assert "'for free' in column 'amount' is no number: amount stays empty" in output


def test_files_in_place_are_judged_as_a_build_judges_them(
    door: Door, capsys: pytest.CaptureFixture[str]
) -> None:
    path = door.folder / "events.parquet"
    duckdb.sql(
        "copy (select 'u' || i as user_id, 'buy' as event_type, timestamp '2026-01-01'"
        " as occurred_at, if(i < 2, '$5', '6') as amount from range(9) as r(i))"
        f" to '{path}'"
    )
    home = str(door.folder / "home")
    arguments = (str(path), "--in-place", "--home", home)
    with import_files.main.make_context("import", [*arguments]) as context:
        import_files.main.invoke(context)
    output = capsys.readouterr().out
    assert "2 rows: unreadable when imported" in output
    assert "--map COLUMN=" in output


@pytest.mark.parametrize(
    ("cells", "arguments", "expected"),
    [
        (
            ["47.570,50", "1.000,00", "7,5"],
            ("--decimal-comma",),
            ["47570.50", "1000.00", "7.5"],
        ),
        (
            ["1.200,50 EUR", "7 EUR", "5,10 EUR"],
            ("--decimal-comma",),
            ["1200.50", "7", "5.10"],
        ),
        (["1,200.50 EUR", "7 EUR", "$5"], (), ["1200.50", "7", "5"]),
        (["1 EUR", "2 USD", "2 USD"], (), ["1 EUR", "2 USD", "2 USD"]),
        (["12.5", "0.125", "3"], ("--decimal-comma",), ["12.5", "0.125", "3"]),
    ],
)
def test_amounts_of_lists_are_numbers(
    tmp_path: Path, cells: list[str], arguments: tuple[str, ...], expected: list[str]
) -> None:
    door, home = Door(tmp_path), tmp_path / "home"
    rows = (f"{n};2026-01-0{n};{n % 2};{cell}\n" for n, cell in enumerate(cells, 1))
    path = door.file("id;created;converted;Umsatz\n" + "".join(rows))
    door.run(path, "--home", home, "--keep", "Umsatz", *arguments)
    found = duckdb.sql(f"select umsatz from '{tmp_path}/**/users-*.parquet'")
    assert found.fetchall() == [(text,) for text in expected]


def test_a_list_with_decimal_commas_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = (f"{n};2026-01-01;{n % 2};{n}.570,5{n}\n" for n in range(9))
    path = Door(tmp_path).file("id;created;converted;Umsatz\n" + "".join(rows))
    Door(tmp_path).run(path)
    output = " ".join(capsys.readouterr().out.split())
    assert "numbers with a comma before the decimals (--decimal-comma" in output
    assert "for such): Umsatz." in output
    assert "Ignored: Umsatz" not in output


@pytest.mark.parametrize(
    "content",
    [
        "who,at,what,amount\nu1,2026-01-01,buy,5 EUR\nu2,2026-01-01,buy,USD 6\n",
        "who,at,what,amount,currency\nu1,2026-01-01,buy,5,EUR\nu2,2026-01-01,buy,6,USD\n",
    ],
)
def test_amounts_in_several_currencies_are_warned_of(
    door: Door, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    of = ("--map", "user_id=who", "--map", "occurred_at=at", "--map", "event_type=what")
    door.take(content, *of)
    output = " ".join(capsys.readouterr().out.split())
    assert (
        "WARNING: amounts are in EUR and USD in the first lines, and count as" in output
    )
    door.take(content.replace("USD", "EUR"), *of)
    assert "amounts are in" not in capsys.readouterr().out
