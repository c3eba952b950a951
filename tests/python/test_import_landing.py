"""Imports land whole and once, profiles and a starter panel beside them."""

import csv
import gzip
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from import_door import BERLIN, HEADER, PLAIN, PLAIN_ROWS, Door, at
from pointwise.commands import import_files
from pointwise.core.command_line import run
from pointwise.core.errors import PointwiseError
from pointwise.core.home import PROJECT
from pointwise.core.verdicts import VERDICTS
from pointwise.importing import one_file
from pointwise.importing.columns import EVENT_COLUMNS
from pointwise.importing.starter_panel import event_type_name


@pytest.fixture
def door(tmp_path: Path) -> Door:
    return Door(tmp_path)


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


@pytest.mark.parametrize(
    "content", [b"<html>No</html>\n", b"\x93\x07\xff,\n", b"a,b\n"]
)
def test_a_file_that_is_named_gz_and_is_none_is_refused(
    door: Door, content: bytes
) -> None:
    with pytest.raises(PointwiseError, match="its name says gzip, and it is not"):
        door.take(content, name="in.csv.gz")


def test_one_bad_file_does_not_stop_the_others(door: Door) -> None:
    good, missing = door.file(PLAIN), door.folder / "missing.csv"
    with pytest.raises(
        PointwiseError, match=r"1 of 2 files: .*missing.csv does not exist"
    ):
        door.run(missing, good)
    assert door.rows() == PLAIN_ROWS


def test_a_file_with_a_header_only_is_no_error(
    door: Door, capsys: pytest.CaptureFixture[str]
) -> None:
    empty, good = door.folder / "empty.csv", door.file(PLAIN)
    empty.write_text(HEADER)
    door.run(empty, good)
    assert door.rows() == PLAIN_ROWS
    said = capsys.readouterr().out
    assert "empty.csv has no rows, only column names: nothing to import." in said


def test_a_file_lands_once_in_every_role(door: Door) -> None:
    """A message is sent by one person and received by another."""
    sent = door.file("from,to,at\na1,b1,2026-01-02\nb1,c1,2026-01-03\n", "mails.csv")
    as_sent = ("--map", "user_id=from", "--set", "event_type=sent")
    received = ("--map", "user_id=to", "--set", "event_type=received")
    time = ("--map", "occurred_at=at")
    for _ in range(2):
        door.run(sent, *time, *as_sent)
        door.run(sent, *time, *received, "--role", "receiver")
    assert len(door.landed()) == 2
    assert sorted(door.rows("user_id, event_type")) == [
        *(("a1", "sent"), ("b1", "received"), ("b1", "sent"), ("c1", "received")),
    ]


# -- Errors are one line that says what to do -----------------------------------------

ERRORS = {
    "zero_bytes": (b"", [], "is empty"),
    "blank": (b"\n \n", [], "is empty"),
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
    "short_years": (
        f"{HEADER}\n1,u,26-03-09,a\n2,u,26-05-30,a\n",
        [],
        "such as '26-03-09'; give --time-format '%y-%m-%d'$",
    ),
    "json_array": ('[{"user": 1}', [], "is not valid JSON"),
    "latin_1_header": (
        "usér,ts\n1,2\n".encode("latin-1"),
        [],
        "the header is not UTF-8",
    ),
    "cut_gzip": (gzip.compress(os.urandom(9999))[:5000], [], "is a damaged gzip file"),
    "zip": (b"PK\x03\x04", [], "is a damaged zip archive"),
    "parquet": (b"PAR1", [], "cannot be read as Parquet"),
    "binary": (bytes(range(256)), [], "the header"),
    "no_outcome": (PLAIN, ["--outcome", "paid"], "no event is named 'paid'"),
    "near_outcome": (PLAIN, ["--outcome", "View"], "did you mean 'view'"),
    "far_outcome": (
        PLAIN,
        ["--outcome", "shop buy"],
        "no event is named 'shop buy'; there are, the nearest first: buy, view$",
    ),
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


def test_an_empty_folder_and_a_missing_file_are_named(door: Door) -> None:
    (door.folder / "empty").mkdir()
    with pytest.raises(PointwiseError, match="is a folder without a file"):
        door.run(door.folder / "empty")
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
        if seed.stem in ("account_rules", "experiment_metrics", "score_grades"):
            continue
        first_line = (panel / seed.name).read_text().splitlines()[0]
        # A starter panel has one score.
        assert first_line == seed.read_text().splitlines()[0].removesuffix(",score")

    def column(name: str, key: str) -> list[str]:
        with (panel / f"{name}.csv").open(newline="") as file:
            return [row[key] for row in csv.DictReader(file)]

    assert sorted(column("event_types", "event_type")) == sorted(
        ["page_view", "paid", "unsubscribed", *VERDICTS]
    )
    assert set(column("features", "event_type")) == {"*", "page_view", "unsubscribed"}
    # Whole weeks: snapshots on Mondays hold each weekday as often as other days do.
    windows = zip(
        column("features", "measure"), column("features", "window_days"), strict=True
    )
    assert all(
        int(days) % 7 == 0 for kind, days in windows if kind != "days_since_last"
    )
    # There are no opened e-mails to judge.
    assert "too_many_a_day" in column("bot_rules", "rule")
    assert "mail_scanner_at_once" not in column("bot_rules", "rule")
    assert {"test_accounts", "staff"} < {*column("exclusions", "exclusion")}
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


def test_columns_of_a_common_tracker_are_known(door: Door) -> None:
    """The id of an event is one though some came twice; the agent is for rules only."""
    door.take(
        "event_id,domain_userid,user_id,derived_tstamp,collector_tstamp,event_name,"
        "domain_sessionid,page_urlpath,useragent,user_ipaddress\n"
        "e1,d1,,2026-01-02 03:04:05,2026-01-02 03:04:07,view,s1,/a,Agent 1,10.0.0.1\n"
        "e2,d1,u1,2026-01-02 03:05:05,2026-01-02 03:05:07,view,s1,/b,Agent 1,10.0.0.1\n"
        "e3,d2,,2026-01-02 03:06:05,2026-01-02 03:06:07,view,s2,/c,Agent 2,10.0.0.2\n"
        "e1,d1,,2026-01-02 03:04:05,2026-01-02 03:04:09,view,s1,/a,Agent 1,10.0.0.1\n"
    )
    columns = "event_id, anonymous_id, user_id, session_id, page_path, user_agent"
    assert door.rows(columns)[:2] == [
        ("e1", "d1", None, "s1", "/a", "Agent 1"),
        ("e2", "d1", "u1", "s1", "/b", "Agent 1"),
    ]
    times = door.rows("occurred_at, received_at")[0]
    assert times == (at("2026-01-02 03:04:05"), at("2026-01-02 03:04:07"))
    assert b"10.0.0.1" not in door.landed()[0].read_bytes()


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
