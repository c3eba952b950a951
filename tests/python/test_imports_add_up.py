"""What is imported in several steps comes to what one import of all of it comes to."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path

import duckdb
import numpy as np
import pytest
import yaml

from pointwise.cli import main
from pointwise.core.home import HOME


def take(home: Path, *arguments: str) -> None:
    """Import as from the command line."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(HOME, "")
        main(["import", *arguments, "--home", str(home)])


def messages(folder: Path) -> tuple[Path, Path]:
    """Write messages that people send each other, in two files."""
    random = np.random.default_rng(3)
    keen = random.gamma(1, 1, 150)
    rows = []
    for day in range(150):
        for sender in np.flatnonzero(random.random(150) < 0.05 * keen):
            when = f"{np.datetime64('2026-01-01') + day}"
            rows.append((f"p{sender}", f"p{random.integers(150)}", when, "message"))
            if random.random() < 0.03 * keen[sender] ** 2:
                rows.append((f"p{sender}", "", when, "upgrade"))
    paths = folder / "early.csv", folder / "late.csv"
    for path, part in zip(paths, (rows[::2], rows[1::2]), strict=True):
        with path.open("w", newline="") as lines:
            names = ("sender", "receiver", "time", "event")
            csv.writer(lines).writerows([names, *part])
    return paths


def panel(home: Path) -> dict[str, str]:
    """Return the files of a panel."""
    return {path.name: path.read_text() for path in (home / "panel").glob("*.csv")}


def settings(home: Path) -> dict:
    """Return the settings of a folder."""
    return yaml.safe_load((home / "settings.yml").read_text()) or {}


SENDER = ("--map", "user_id=sender")
OUTCOME = ("--outcome", "upgrade")


def test_files_one_by_one_are_files_together(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    early, late = map(str, messages(tmp_path))
    take(tmp_path / "one", early, late, *SENDER, *OUTCOME)
    assert "Points are learned from" in capsys.readouterr().out
    take(tmp_path / "two", early, *SENDER)
    assert settings(tmp_path / "two")["outcome_event_type"] is None
    take(tmp_path / "two", late, *SENDER, *OUTCOME)
    assert "With 1 file that was imported before:" in capsys.readouterr().out
    assert panel(tmp_path / "two") == panel(tmp_path / "one")
    assert settings(tmp_path / "two") == settings(tmp_path / "one")


def test_both_roles_of_a_file_come_to_one_panel(tmp_path: Path) -> None:
    home = tmp_path / "home"
    early, _ = map(str, messages(tmp_path))
    take(home, early, *SENDER, *OUTCOME)
    receiver = ("--map", "user_id=receiver", "--map", "event_type=", "--set")
    take(home, early, "--role", "receiver", *receiver, "event_type=got message")
    assert len(list((home / "events").glob("*.parquet"))) == 2
    assert "got_message" in panel(home)["features.csv"]
    assert "message_84d" in panel(home)["features.csv"]
    assert settings(home)["outcome_event_type"] == "upgrade"


@pytest.mark.parametrize("by", ["an edit", "a build"])
def test_a_panel_that_somebody_uses_is_left(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], by: str
) -> None:
    home = tmp_path / "home"
    early, late = map(str, messages(tmp_path))
    take(home, early, *SENDER, *OUTCOME)
    if by == "an edit":
        bands = home / "panel" / "score_bands.csv"
        bands.write_text(bands.read_text().replace("Call", "Ring"))
    else:
        (home / "pointwise.duckdb").touch()
    before, text = panel(home), (home / "settings.yml").read_text()
    take(home, late, *SENDER)
    assert panel(home) == before
    assert (home / "settings.yml").read_text() == text
    assert "Wrote a control panel" not in capsys.readouterr().out.split("late.csv")[1]


def test_a_file_with_a_header_only_is_no_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_text("sender,receiver,time,event\n")
    early, _ = messages(tmp_path)
    take(tmp_path / "home", str(empty), *SENDER)
    output = capsys.readouterr().out
    assert "has no rows, only column names" in output
    assert (
        "panel yet, and `dbt build` would stop: import a file that has rows" in output
    )
    take(tmp_path / "home", str(empty), str(early), *SENDER, *OUTCOME)
    assert "`dbt build` would stop" not in capsys.readouterr().out
    assert "message" in panel(tmp_path / "home")["event_types.csv"]


def test_what_may_be_meant_otherwise_is_named_and_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Seconds and milliseconds in one column; ids that lost their zeros elsewhere."""
    events, people = tmp_path / "events.csv", tmp_path / "people.csv"
    events.write_text(
        "user_id,ts,event\n007,1767225600,view\n7,1767225600000,view\n"
        "8,1767312000000,buy\n9,1767312000,buy\n10,1767312000,buy\n"
    )
    people.write_text("id,country\n0008,Chad\n9,Togo\n")
    take(tmp_path / "home", str(people), "--users")
    take(tmp_path / "home", str(events))
    output = capsys.readouterr().out
    assert "seconds (3) and milliseconds (2) since 1970 in the first lines" in output
    assert "2 ids are written with and without leading zeros, such as 00" in output
    assert "first event used (UTC)            2026-01-01" in output


def test_a_newer_export_of_events_adds_the_new_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home, early = tmp_path / "home", messages(tmp_path)[0]
    take(home, str(early), *SENDER, *OUTCOME)
    newer = tmp_path / "newer.csv"
    newer.write_text(early.read_text() + "p1,p2,2026-06-01,message\n")
    capsys.readouterr()
    take(home, str(newer), *SENDER, *OUTCOME)
    output = capsys.readouterr().out
    rows = len(early.read_text().splitlines()) - 1
    assert (
        f"{rows} rows are in files that were imported before, too, the first" in output
    )
    assert "first of 2026-01-01: as in a newer export of the same events." in output


OLD = "user_id,timestamp,event\nu1,{year}-03-01,view\nu2,{year}-04-01 10:00,buy\n"


@pytest.mark.parametrize(("year", "is_refused"), [(1997, True), (2004, False)])
def test_old_dates_are_taken_at_their_word_and_asked_about(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], year: int, *, is_refused: bool
) -> None:
    """No view refuses them: a setting that would is set, and the import says so."""
    events = tmp_path / "events.csv"
    events.write_text(OLD.format(year=year))
    take(tmp_path / "home", str(events))
    output = capsys.readouterr().out
    assert f"Events end on {year}-04-01: people are scored as of that day" in output
    assert "used                  2  100.0 %" in output
    assert "\\n" not in output
    asked = f"If nothing happened in {year}, delete that setting and see --time-format."
    assert (asked in output) == is_refused
    given = settings(tmp_path / "home").get("earliest_event_date")
    assert given == (f"{year}-01-01" if is_refused else None)


def test_local_times_are_read_in_a_zone_and_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """02:30 did not happen on that night: the clocks went from 02:00 to 03:00."""
    events = tmp_path / "events.csv"
    lines = ("u1,2026-03-29 02:30:00,view", "u1,2026-03-29T04:00:00+02:00,buy")
    events.write_text("\n".join(("user_id,timestamp,event", *lines)))
    take(tmp_path / "home", str(events), "--time-zone", "Europe/Berlin")
    output = capsys.readouterr().out
    assert "first event used (UTC)            2026-03-29 01:30" in output
    assert "last event used (UTC)             2026-03-29 02:00" in output
    assert "Times that name no zone are read as Europe/Berlin" in output


def test_a_broken_file_among_good_ones_is_named_and_the_others_land(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    early, late = map(str, messages(tmp_path))
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(SystemExit):
        take(tmp_path / "home", early, str(broken), late, *SENDER, *OUTCOME)
    printed = capsys.readouterr()
    assert "error: 1 of 3 files: " in printed.err
    assert "broken.zip is a damaged zip archive" in printed.err
    assert "Rows of 2 files" in printed.out
    assert "message" in panel(tmp_path / "home")["event_types.csv"]


def distinct_events(home: Path) -> int:
    """Return how many different events have landed, as a build tells them apart."""
    query = (
        "select count(distinct (event_id, coalesce(user_id, anonymous_id), event_type))"
        f" from read_parquet('{home}/events/*.parquet', union_by_name = true)"
    )
    return duckdb.sql(query).fetchall()[0][0]


VISITS = ("u1,2026-01-01,visit,a", "u1,2026-01-01,visit,b", "u2,2026-01-01,visit,a")
AS_JSON = [
    json.dumps(dict(zip(("user_id", "date", "event", "place"), v.split(","))))  # noqa: B905
    for v in VISITS
]


@pytest.mark.parametrize("shape", ["csv", "json", "parquet"])
def test_rows_that_differ_in_any_column_are_events_of_their_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], shape: str
) -> None:
    """`place` is not taken along, with or without --keep it separates two visits."""
    home, file = tmp_path / "home", tmp_path / f"visits.{shape}"
    text = {"csv": ["user_id,date,event,place", *VISITS], "json": AS_JSON}
    if shape == "parquet":
        rows = ", ".join(str(tuple(v.split(","))) for v in VISITS)
        names = "user_id, date, event, place"
        duckdb.sql(f"copy (from (values {rows}) as v({names})) to '{file}'")
    else:
        file.write_text("\n".join(text[shape]) + "\n")
    take(home, str(file))
    take(home, str(file), "--keep", "place")
    assert distinct_events(home) == 3
    output = capsys.readouterr().out
    assert "count once" not in output
    assert "WARNING" not in output


def test_rows_alike_in_every_column_are_copies_and_said_in_bold(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "visits.csv"
    file.write_text("\n".join(("user_id,date,event,place", *VISITS, VISITS[0], "")))
    take(tmp_path / "home", str(file))
    output = capsys.readouterr().out
    assert "1 row is the same as another of the file in every column, without" in output
    assert "WARNING: 25.0 % of the rows are taken for copies" in output
    assert distinct_events(tmp_path / "home") == 3


def test_overlapping_exports_without_ids_count_once(tmp_path: Path) -> None:
    """In whatever order of columns, with a column that is new and blank, packed."""
    home, first, second = tmp_path / "home", tmp_path / "a.csv", tmp_path / "b.csv.gz"
    first.write_text("\n".join(("user_id,date,event,place", *VISITS, "")))
    turned = [",".join(reversed(v.split(","))) + "," for v in (*VISITS, "u3,1,v,c")]
    turned[-1] = "c,visit,2026-01-02,u3,"
    text = "\n".join(("place,event,date,user_id,note", *turned, ""))
    second.write_bytes(gzip.compress(text.encode()))
    take(home, str(first))
    take(home, str(second), "--keep", "place")
    assert distinct_events(home) == 4


@pytest.mark.parametrize("at_once", [True, False])
def test_exports_that_differ_in_an_unused_column_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], at_once: bool
) -> None:
    """A column with the day of the export makes each row one of its own."""
    home, files = tmp_path / "home", [tmp_path / "a.csv", tmp_path / "b.csv"]
    for file, day in zip(files, ("2026-02-01", "2026-02-02"), strict=True):
        lines = [f"{visit.rpartition(',')[0]},{day}" for visit in VISITS[1:]]
        more = [f"u9,2026-02-01,visit,{day}"] if file.name == "b.csv" else []
        text = ("user_id,date,event,exported_at", *lines, *more, "")
        file.write_text("\n".join(text))

    def import_all(*options: str) -> str:
        runs = [files] if at_once else [[file] for file in files]
        for run in runs:
            take(home, *map(str, run), *options)
        return capsys.readouterr().out

    same = f"WARNING: {len(VISITS) - 1} rows are the same as one of a file imported"
    assert same in import_all()
    assert "WARNING" not in import_all("--set", "event_id=")
    assert distinct_events(home) == len({v.rpartition(",")[0] for v in VISITS[1:]}) + 1


@pytest.mark.parametrize("own_id", ["", "id,"])
def test_both_roles_of_a_row_are_events_of_their_own(
    tmp_path: Path, own_id: str
) -> None:
    """Who writes to themselves has sent one and got one, of one name on one day."""
    home, file = tmp_path / "home", tmp_path / "sent.csv"
    lines = ("m1,a,b,2026-01-01,message", "m2,c,c,2026-01-01,message")
    lines = [line if own_id else line.partition(",")[2] for line in lines]
    file.write_text("\n".join((f"{own_id}sender,receiver,date,event", *lines, "")))
    ids = ("--map", "event_id=id") if own_id else ()
    take(home, str(file), *SENDER, *ids)
    for _ in range(2):
        receiver = ("--role", "receiver", "--map", "user_id=receiver")
        take(home, str(file), *receiver, *ids)
    assert distinct_events(home) == 4


def test_ids_that_are_blank_further_down_are_derived(tmp_path: Path) -> None:
    home, file = tmp_path / "home", tmp_path / "events.csv"
    lines = [f"e{n},u{n},2026-01-01,visit,{'x' * 300}" for n in range(5000)]
    lines += [",u1,2026-01-02,visit,a", ",u1,2026-01-02,visit,b"]
    file.write_text("\n".join(("event_id,user_id,date,event,place", *lines, "")))
    take(home, str(file))
    assert distinct_events(home) == 5002


def test_rows_that_cannot_be_used_are_in_no_other_figure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither copies nor people nor events: no build counts them."""
    file = tmp_path / "events.csv"
    bad = ["u9,when?,view"] * 3
    good = ["u1,2026-01-01,view", "u2,2026-01-02,view"]
    file.write_text("\n".join(("user_id,date,event", *good, *bad, "")))
    take(tmp_path / "home", str(file))
    output = capsys.readouterr().out
    assert "3 rows: unreadable when imported" in output
    assert "count once" not in output
    assert "view        2       2" in output


def test_an_id_with_blanks_around_it_is_the_id(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In events and profiles; so is an event's name, which no panel has with blanks."""
    home, file, people = (tmp_path / name for name in ("home", "a.csv", "people.csv"))
    lines = ('" 7 ",2026-01-01,view ', "7,2026-01-02,view", "\u00a08\t,2026-01-02,view")
    file.write_text("\n".join(("user_id,date,event", *lines, "")))
    people.write_text('user_id,country\n" 7 ",Chad\n8,Togo\n')
    take(home, str(file))
    assert "Ids are taken without white space around them: ' 7 ' is" in (
        capsys.readouterr().out
    )
    take(home, str(people), "--users")
    query = f"select distinct user_id, event_type from '{home}/events/*.parquet'"
    assert sorted(duckdb.sql(query).fetchall()) == [("7", "view"), ("8", "view")]
    ids = duckdb.sql(f"select user_id from '{home}/users.parquet'").fetchall()
    assert ids == [("7",), ("8",)]


def test_without_a_row_of_use_no_panel_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "events.csv"
    file.write_text(
        "user_id,timestamp,event\n,2026-01-01,view\nguest,2026-01-02,view\n"
    )
    take(tmp_path / "home", str(file))
    output = capsys.readouterr().out
    assert "1 row: user_id is a placeholder" in output
    assert "WARNING: 100.0 % of the rows will not be used: 2 of 2." in output
    assert "No row can be used, so there is no control panel in " in output
    assert "Next:" not in output
    assert not (tmp_path / "home" / "panel").exists()


def test_people_are_counted_as_a_build_counts_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a device of several people does without a name is a visitor's."""
    file = tmp_path / "visits.csv"
    seen = ("u1,d1", "u2,d1", ",d1", "u1,d2", ",d2", "u2,d3", "u1,d3", ",d4", ",u2")
    rows = [f"{ids},2026-01-0{n + 1},visit" for n, ids in enumerate(seen)]
    file.write_text("\n".join(("user_id,anonymous_id,date,event", *rows, "")))
    take(tmp_path / "home", str(file))
    output = " ".join(capsys.readouterr().out.split())
    assert "people known by an id 2 visitors who are not known 2 " in output  # d1, d4
    assert "seen with a person 3 of these with several people 2 " in output
    assert "visit 9 4 " in output
