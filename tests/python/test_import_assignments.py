"""What `experiment import` takes, refuses, and says of what a build will do with it."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from pointwise.cli import main
from pointwise.core.home import HOME
from pointwise.core.panel import snapshot

HEADER = (
    "experiment,status,start_date,end_date,bands,feature,min_value,max_value,equals,"
    "arms,stratify_by,outcome_event_type,horizon_days,minimum_effect,description\n"
)
PLAN = "flag,running,2026-04-01,2026-05-31,,,,,,{arms},,order,7,0.1,A flag\n"
GIVEN = "user_id,variation,timestamp\nu1,off,2026-04-02\nu2,on,2026-04-03\n"


class Home:
    """A folder with a panel that plans an experiment."""

    def __init__(self, folder: Path, arms: str = "off:1/2|on:1/2") -> None:
        self.folder = folder
        (folder / "panel").mkdir()
        (folder / "panel" / "experiments.csv").write_text(
            HEADER + PLAN.format(arms=arms)
        )
        (folder / "panel" / "event_types.csv").write_text(
            "source_event,event_type\norder,order\n"
        )

    def take(self, content: str, *arguments: str, name: str = "flags.csv") -> int:
        """Import a file; return with which code the command ends."""
        file = self.folder.parent / name
        file.write_text(content)
        snapshot.begin(object())
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(HOME, str(self.folder))
            try:
                main(["experiment", "import", str(file), *arguments])
            except SystemExit as ended:
                return int(ended.code or 0)
        return 0

    def landed(self) -> list[tuple]:
        """Return what a build will read, by id."""
        files = sorted(self.folder.glob("assignments*.parquet"))
        rows = [duckdb.sql(f"from '{file}'").fetchall() for file in files]
        return sorted(row[:3] for of_file in rows for row in of_file)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    (tmp_path / "home").mkdir()
    return Home(tmp_path / "home")


def maps(arm: str, person: str = "user_id") -> tuple[str, ...]:
    """Return options that name the columns of arm and person."""
    return "--map", f"arm={arm}", "--map", f"id={person}"


FLAG = ("--experiment", "flag")
LANDED = [("flag", "u1", "off"), ("flag", "u2", "on")]


def test_an_experiment_that_nobody_planned_is_refused(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the same file gave before stays."""
    assert home.take(GIVEN, *FLAG) == 0
    assert home.take(GIVEN, "--experiment", "nosuch") == 1
    said = capsys.readouterr().err
    assert "there is no 'nosuch' in " in said
    assert "panel/experiments.csv (there: flag): give it a row there" in said
    assert home.landed() == LANDED


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((*FLAG, *maps("user_id", "variation")), "2 rows: an arm that nobody planned"),
        (("--map", "experiment=user_id", *maps("variation")), "2 rows: no such experi"),
        (
            (*FLAG, "--map", "assigned_at=variation", *maps("variation")),
            "2 rows: no time",
        ),
    ],
)
def test_without_a_row_of_use_what_was_there_stays(
    home: Home,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    reason: str,
) -> None:
    assert home.take(GIVEN, *arguments) == 1
    assert reason in capsys.readouterr().err
    assert home.landed() == []
    assert home.take(GIVEN, *FLAG) == 0
    assert home.take(GIVEN, *arguments) == 1
    assert home.landed() == LANDED


@pytest.mark.parametrize("arms", ["off:0.33|on:0.33|new:0.33", "off:0.5|on:0.6"])
def test_shares_that_stop_the_build_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arms: str
) -> None:
    (tmp_path / "home").mkdir()
    home = Home(tmp_path / "home", arms)
    assert home.take(GIVEN, *FLAG) == 1
    said = capsys.readouterr().err
    assert "panel/experiments.csv row 2: arms: the shares of" in said
    assert "(allowed: shares that sum to 1; thirds are 1/3)" in said
    assert home.landed() == []


def test_thirds_are_shares(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    home = Home(tmp_path / "home", "off:1/3|on:1/3|new:1/3")
    assert home.take(GIVEN, *FLAG) == 0


def test_every_row_that_is_of_no_use_is_named_with_its_id_and_a_remedy(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = {
        "u3,off,2026-03-31": "assigned before its start",
        "u4,off,2026-06-01": "assigned after its end",
        "u5,blue,2026-04-05": "an arm that nobody planned",
        "u6,,2026-04-05": "no arm",
        ",on,2026-04-05": "no id",
        "guest,on,2026-04-05": "an id that is a placeholder",
        "u7,on,soon": "no time of assignment",
    }
    two = "u8,on,2026-04-05\nu8,off,2026-04-05\n"
    again = "u1,off,2026-04-09\n"
    content = GIVEN.replace("timestamp", "timestamp,note") + "\n".join(rows) + "\n"
    text = "\n".join(f"{line},x" for line in (content + two + again).splitlines()[1:])
    assert home.take(f"{content.splitlines()[0]}\n{text}\n", *FLAG) == 0
    told = capsys.readouterr().out
    for row, reason in rows.items():
        assert f"1 row: {reason}\n      {row.split(',')[0] or 'no id'}, flag, " in told
    assert "2 rows: one id in two arms\n      u8, flag, " in told
    assert told.count("    → ") == 8
    assert "mend these lines" not in told
    assert "usable                3" in told
    assert "1 usable row names a person again: the first row of each counts." in told
    assert "Ignored: note\n" in told
    assert "who had a one-time outcome before" in told


def test_a_header_only_gives_nothing_and_takes_nothing(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    assert home.take(GIVEN.splitlines()[0] + "\n", *FLAG) == 0
    assert "has no rows, only column names" in capsys.readouterr().out


def test_the_same_content_lands_once_under_any_name(home: Home) -> None:
    for name in ("flags.csv", "again.csv"):
        assert home.take(GIVEN, *FLAG, name=name) == 0
    assert home.landed() == LANDED
