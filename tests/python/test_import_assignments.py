"""What `experiment import` takes, refuses, and says of what a build will do with it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import duckdb
import pytest

from pointwise.cli import main
from pointwise.commands.experiment import decided_by
from pointwise.core.home import HOME
from pointwise.core.panel import snapshot
from pointwise.core.panel.arm_names import arm_name
from pointwise.core.panel.schema import ARM_NAMES, NAME
from pointwise.core.published import PUBLICATION, content_of
from pointwise.experiments.given import all_set_aside

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
            "no time in column 'variation' can be read",
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
    output = capsys.readouterr().out
    for row, reason in rows.items():
        assert (
            f"1 row: {reason}\n      {row.split(',')[0] or 'no id'}, flag, " in output
        )
    assert "2 rows: one id in two arms\n      u8, flag, " in output
    assert output.count("    → ") == 8
    assert "fix these lines" not in output
    assert "usable                3" in output
    assert "1 usable row names a person again: the first row of each counts." in output
    assert "Ignored: note\n" in output
    assert "who had a one-time outcome before" in output


def test_a_header_only_gives_nothing_and_takes_nothing(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    assert home.take(GIVEN.splitlines()[0] + "\n", *FLAG) == 0
    assert "has no rows, only column names" in capsys.readouterr().out


def test_the_same_content_lands_once_under_any_name(home: Home) -> None:
    for name in ("flags.csv", "again.csv"):
        assert home.take(GIVEN, *FLAG, name=name) == 0
    assert home.landed() == LANDED


def file_of(arms: str, start: int = 0, column: str = "variation") -> str:
    """Return assignments of people from a number on, an arm each."""
    lines = [f"u{start + n},{arm},2026-04-02" for n, arm in enumerate(arms.split())]
    return "\n".join([f"user_id,{column},assigned_at", *lines, ""])


def record(home: Home, *people: str) -> None:
    """Write a record as a build does, in which people are in the arm `on`."""
    folder = home.folder / "published" / "record" / "1"
    folder.mkdir(parents=True)
    listed = ", ".join(f"('flag', '{person}', 'on')" for person in people)
    duckdb.sql(
        f"copy (from (values {listed}) as r(experiment, user_id, arm))"
        f" to '{folder / 'assignments.parquet'}'"
    )
    written = content_of(folder / "assignments.parquet")
    facts = {"id": "1", "previous": None, "files": {"assignments.parquet": written}}
    (folder / PUBLICATION).write_text(json.dumps(facts))


@pytest.mark.parametrize("name", ["right.csv", "wrong.csv"])
@pytest.mark.parametrize("wrong", ["on off on off", "off blue off blue"])
def test_the_same_export_mended_takes_the_place_of_the_wrong_one(
    home: Home, capsys: pytest.CaptureFixture[str], wrong: str, name: str
) -> None:
    assert home.take(file_of(wrong), *FLAG, name="wrong.csv") == 0
    capsys.readouterr()
    assert home.take(file_of("off on off on"), *FLAG, name=name) == 0
    output = " ".join(capsys.readouterr().out.split())
    moved = ", 4 of them in another arm" if "blue" not in wrong else ""
    assert "A newer export of the same assignments: it takes the place of" in output
    assert f"of which 4 of 4 people are in it{moved}." in output
    assert [row[2] for row in home.landed()] == ["off", "on", "off", "on"]


@pytest.mark.parametrize(("name", "stay"), [("more.csv", 8), ("first.csv", 4)])
def test_a_few_people_again_are_the_same_export_only_under_the_same_name(
    home: Home, capsys: pytest.CaptureFixture[str], name: str, stay: int
) -> None:
    """Under another name both stay, and who is in two arms is named."""
    assert home.take(file_of("off on off on"), *FLAG, name="first.csv") == 0
    assert home.take(file_of("off on off on", 3), *FLAG, name=name) == 0
    output = " ".join(capsys.readouterr().out.split())
    assert "1 of 4 people " in output
    assert ", 1 of them in another arm" in output
    assert ("Both files stay. Who is in two arms is not used" in output) == (stay == 8)
    assert len(home.landed()) == stay


def test_other_people_of_an_experiment_are_added_under_any_name(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    for start in (0, 4):
        assert home.take(file_of("off on off on", start), *FLAG) == 0
    assert "imported before" not in capsys.readouterr().out
    assert len(home.landed()) == 8


def test_what_a_build_has_recorded_stays(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    assert home.take(file_of("off on off on"), *FLAG, name="first.csv") == 0
    record(home, "u1", "u3", "u99")
    assert home.take(file_of("on on on on"), *FLAG, name="second.csv") == 0
    output = " ".join(capsys.readouterr().out.split())
    assert "imported before, are in it, 2 of them in another arm" in output
    assert "A build has recorded 2 of that file, which stays" in output
    assert len(home.landed()) == 8


def test_arms_are_taken_under_the_names_that_a_panel_can_plan(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "home").mkdir()
    home = Home(tmp_path / "home", "control:0.5|variant_b:0.25|arm_1:0.25")
    content = file_of("Control Variant-B 1 CONTROL x-Y", column="group")
    assert home.take(content, *FLAG, *maps("group")) == 0
    output = capsys.readouterr().out
    assert "2 rows: two arms of one name" in output
    assert "u3, flag, CONTROL (control), 2026-04-02" in output
    assert "1 row: an arm that nobody planned" in output
    assert "u4, flag, x-Y (x_y), 2026-04-02" in output
    assert re.search(r"flag +variant_b +1 ", output)
    assert re.search(r"flag +arm_1 +1 ", output)


def test_the_name_of_an_arm_is_one_that_the_panel_takes() -> None:
    texts = [
        "A",
        "0",
        "1.0",
        "Variant B",
        "VariantB",
        "on_",
        "a__b",
        "-",
        "x" * 99,
        "Ж",
    ]
    named = {t: name_of_arm(t) for t in texts}
    assert all(re.fullmatch(NAME.pattern, name) for name in named.values()), named
    assert all(name_of_arm(name) == name for name in named.values())
    assert (named["on_"], named["a__b"]) == ("on_", "a__b")
    assert [named[t] for t in texts[:4]] == ["a", "arm_0", "arm_1", "variant_b"]
    for said in re.split(", | and ", ARM_NAMES):
        text, _, name = said.partition(" is ")
        assert name_of_arm(text) == name
    assert [name_of_arm(t) for t in (" ", "N/A", "None")] == [None] * 3


def name_of_arm(text: str) -> str | None:
    """Return the name of an arm."""
    return duckdb.execute(f"select {arm_name('$1::varchar')}", [text]).fetchall()[0][0]


def test_a_panel_that_names_arms_as_the_tool_does_gets_the_rule(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "home").mkdir()
    home = Home(tmp_path / "home", "Control:0.5|Variant B:0.5")
    assert home.take(GIVEN, *FLAG) == 1
    said = capsys.readouterr().err
    assert "names have at most 63 small letters, digits and _, beginning with" in said
    assert "Variant B is variant_b" in said


def test_exposure_time_is_when_somebody_was_assigned(home: Home) -> None:
    assert home.take(GIVEN.replace("timestamp", "exposure_time"), *FLAG) == 0
    assert home.landed() == LANDED


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({}, "strata, score"),
        (
            {"assign_by": "account"},
            "the metric outcome, past and score as covariates",
        ),
        (
            {"metrics": "primary spend: amount of order cut at 0.99; past of 90 days"},
            "the metric spend, past and score as covariates, large values cut",
        ),
        ({"metrics": "secondary spend: amount of order"}, "strata, score"),
    ],
)
def test_what_decides_is_what_the_readout_goes_by(
    terms: dict[str, str], said: str
) -> None:
    assert decided_by({"decided_by": "stratified cuped", **terms}) == said


def test_where_all_rows_are_set_aside_the_reason_and_a_remedy_are_named() -> None:
    blue = {"reason": "arm that nobody planned", "given_rows": 600}
    late = {"reason": "assigned after its end", "given_rows": 1}
    assert all_set_aside([late]).startswith(
        "none of the 1 row that another tool gave can be used: assigned after its end:"
    )
    summary = all_set_aside([blue, late])
    assert summary.startswith(
        "none of the 601 rows that another tool gave can be used. Of"
    )
    assert "600 rows: arm that nobody planned: name it among the arms" in summary


@pytest.mark.parametrize(
    ("header", "row"),
    [
        (
            "flag_key,context_key,variation_id,variation_value,creation_date",
            "the-flag,u1,e49,false,2026-04-02T10:00:00Z",
        ),
        (
            "uuid,timestamp,account_id,visitor_id,experiment_id,variation_id",
            "x,1775124000000,59,u1,The Flag,false",
        ),
        ("user_id,timestamp,experiment_id,variation_id", "u1,2026-04-02,TheFlag,false"),
        (
            "unit_id,experiment_group,first_exposure_utc,experiment_id",
            "u1,False,2026-04-02 10:00:00,the_flag",
        ),
        (
            "unit_id,unit_type,name,rule,experiment_group,first_exposure_utc",
            "u1,userid,the_flag,r1,False,2026-04-02 10:00:00",
        ),
        (
            "event,distinct_id,timestamp,properties.$feature_flag,"
            "properties.$feature_flag_response",
            "$feature_flag_called,u1,2026-04-02T10:00:00,the-flag,false",
        ),
        (
            "user_id,event_time,event_properties.[Experiment] Flag Key,"
            "event_properties.[Experiment] Variant",
            "u1,2026-04-02 10:00:00,the-flag,false",
        ),
        ("SUBJECT,EXPERIMENT,VARIATION,TIMESTAMP", "u1,the-flag,false,2026-04-02"),
    ],
)
def test_columns_and_names_of_common_tools_are_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], header: str, row: str
) -> None:
    """LaunchDarkly, Optimizely, GrowthBook, Statsig, PostHog, Amplitude, Eppo."""
    (tmp_path / "home").mkdir()
    home = Home(tmp_path / "home", "false:0.5|true:0.5")
    plan = home.folder / "panel" / "experiments.csv"
    plan.write_text(plan.read_text().replace("flag,running", "the_flag,running"))
    assert home.take(f"{header}\n{row}\n") == 0
    assert re.search(
        r"the_flag +false +1 +100.0 % +50.0 % +2026-04-02", capsys.readouterr().out
    )


def test_an_experiment_may_be_asked_for_as_its_tool_calls_it(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    assert home.take(GIVEN, "--experiment", "Flag") == 0
    assert re.search(r"flag +off +1 ", capsys.readouterr().out)
    assert home.take(GIVEN.replace("04-", "06-"), "--experiment", "Flag") == 1
    assert "none has landed. 2 rows: assigned after its end" in capsys.readouterr().err
    assert home.take(GIVEN.replace("user_id", "who")) == 1
    error = capsys.readouterr().err
    assert (
        "give --map experiment=COLUMN --map id=COLUMN (or --experiment NAME)" in error
    )


def test_how_unread_times_of_assignment_are_written_is_said(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    content = 'user_id,variation,sent_at\nu1,off,"Apr 02, 2026 12:10 AM"\n'
    assert home.take(content, *FLAG) == 1
    hint = "--time-format '%b %d, %Y %I:%M %p'"
    assert f"'Apr 02, 2026 12:10 AM'; give {hint}" in capsys.readouterr().err
    assert home.take(content, *FLAG, "--time-format", "%b %d, %Y %I:%M %p") == 0


def test_ids_of_several_kinds_are_warned_of(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    content = (
        "context_kind,context_key,variation_value,timestamp\n"
        "user,u1,off,2026-04-02\ndevice,d1,off,2026-04-02\n"
    )
    assert home.take(content, *FLAG) == 0
    output = " ".join(capsys.readouterr().out.split())
    assert (
        "by its column 'context_kind', flags.csv has ids of device and user" in output
    )
    assert home.take(content.replace("device", "user"), *FLAG) == 0
    assert "has ids of" not in capsys.readouterr().out
