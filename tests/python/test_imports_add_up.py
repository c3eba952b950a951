"""What is imported in several steps comes to what one import of all of it comes to."""

from __future__ import annotations

import csv
from pathlib import Path

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
            if random.random() < 0.06:
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
    take(tmp_path / "home", str(empty), str(early), *SENDER, *OUTCOME)
    assert "has no rows, only column names" in capsys.readouterr().out
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
    told = capsys.readouterr().out
    assert "seconds (3) and milliseconds (2) since 1970 in the first lines" in told
    assert "2 ids are written with and without leading zeros, such as 00" in told
    assert "first event used (UTC)            2026-01-01" in told


def test_a_newer_export_of_events_adds_the_new_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home, early = tmp_path / "home", messages(tmp_path)[0]
    take(home, str(early), *SENDER, *OUTCOME)
    newer = tmp_path / "newer.csv"
    newer.write_text(early.read_text() + "p1,p2,2026-06-01,message\n")
    capsys.readouterr()
    take(home, str(newer), *SENDER, *OUTCOME)
    told = capsys.readouterr().out
    rows = len(early.read_text().splitlines()) - 1
    assert f"{rows} rows are in files that were imported before, too, the first" in told
    assert "first of 2026-01-01: as in a newer export of the same events." in told


OLD = "user_id,timestamp,event\nu1,{year}-03-01,view\nu2,{year}-04-01 10:00,buy\n"


@pytest.mark.parametrize(("year", "is_refused"), [(1997, True), (2004, False)])
def test_old_dates_are_taken_at_their_word_and_asked_about(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], year: int, *, is_refused: bool
) -> None:
    """No view refuses them: a setting that would is set, and the import says so."""
    events = tmp_path / "events.csv"
    events.write_text(OLD.format(year=year))
    take(tmp_path / "home", str(events))
    told = capsys.readouterr().out
    assert f"Events end on {year}-04-01: people are scored as of that day" in told
    assert "used                  2  100.0 %" in told
    assert "\\n" not in told
    asked = f"If nothing happened in {year}, delete that setting and see --time-format."
    assert (asked in told) == is_refused
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
    told = capsys.readouterr().out
    assert "first event used (UTC)            2026-03-29 01:30" in told
    assert "last event used (UTC)             2026-03-29 02:00" in told
    assert "Times that name no zone are read as Europe/Berlin" in told


def test_a_broken_file_among_good_ones_is_named_and_the_others_land(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    early, late = map(str, messages(tmp_path))
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(SystemExit):
        take(tmp_path / "home", early, str(broken), late, *SENDER, *OUTCOME)
    told = capsys.readouterr()
    assert "error: 1 of 3 files: " in told.err
    assert "broken.zip is a damaged zip archive" in told.err
    assert "Rows of 2 files" in told.out
    assert "message" in panel(tmp_path / "home")["event_types.csv"]
