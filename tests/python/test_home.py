"""One folder for all that is a user's own: POINTWISE_HOME, made by an import."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from conftest import (
    FULL_PARSE,
    PROJECT,
    Scratch,
    clean_environment,
    contents,
    last_lines,
    write_event,
)
from pointwise.cli import main
from pointwise.core.home import HOME, PATHS, home_settings, panel_label, path_setting
from pointwise.core.published import current
from pointwise.core.settings import setting_mistakes, vars_of_run
from pointwise.core.sql_text import escaped
from pointwise.importing.pages import page_conditions
from pointwise.importing.summary import event_names
from pointwise.importing.understood import facts_of_events, with_ids
from pointwise.importing.values import connect

EVENTS = ("Page View", "Pricing", "Demo Seen", "Plan bought")
BAD_ROWS = (
    *(",2026-02-01,Pricing,", "guest,2026-02-01,Pricing,", "u1,,Pricing,"),
    *("u1,1997-02-01,Pricing,", "u1,2087-02-01,Pricing,", "u1,2026-02-01,,"),
    *(f"{'u' * 300},2026-02-01,Pricing,", "u1,soon,Pricing,", "000-0,2026-02-01,Demo,"),
)
METRICS = """experiment,metric,kind,event_types,role,covariate
flag,pages,count,*,secondary,past_visits
flag,demos,count,demo_seen,exploratory,
"""
EXPERIMENT = (
    "flag,running,2026-04-01,2026-06-30,,,,,,off:1/3|on:2/3,,plan_bought,7,0.1,A flag\n"
    "idle,running,2026-01-01,2026-03-31,,,,,,off:1/2|on:1/2,,plan_bought,7,0.1,Idle\n"
)


def write_flags(path: Path) -> None:
    """Write who had a flag, as the tool of the flags does."""
    lines = ["flag,user_id,variation,timestamp,past visits"]
    for user in range(40):
        arm, day = ("off", "on")[user % 2], 20 + user % 9
        lines.append(f"flag,u{user},{arm},2026-04-{day},{10 + user % 30}.5")
    lines += [
        *(
            "flag,u0,off,2026-05-01,",
            "flag,u1,off,2026-05-01,",
            "flag,u50,blue,2026-04-20,",
        ),
        *(
            "flag,u51,on,2026-06-15,",
            "flag,u53,on,2026-03-31,",
            "flag,u54,on,2026-07-01,",
            "flag,u55,,2026-04-20,",
            "other,u52,on,2026-04-20,",
            "idle,u52,blue,2026-02-20,",
            "flag,new,on,2026-04-21,",
        ),
    ]
    path.write_text("\n".join(lines))
    # An earlier export, of which little is in this one, with names as the tool has.
    arms = {"u2": "Blue", "z1": "ON", "z2": "Off", "z3": "OFF"}
    lines = [lines[0], *(f"Flag,{u},{arm},2026-04-20," for u, arm in arms.items())]
    path.with_name("earlier.csv").write_text("\n".join(lines))


def write_csv(path: Path, users: int = 60, days: int = 150) -> None:
    """Write a CSV of some other company's: its own columns, names and outcome.

    Every other page is of one path; some rows are of no use.
    """
    drawn = random.Random(1)
    lines = ["id,visitor id,timestamp,event,path,user id"]
    for user in range(users):
        for _ in range(10 + user % 30):
            moment = timedelta(minutes=drawn.randrange(days * 1440))
            name = EVENTS[3] if drawn.random() < 0.01 else drawn.choice(EVENTS[:3])
            at = (datetime(2026, 1, 1) + moment).isoformat()  # noqa: DTZ001
            page = ("/docs/a", "/pricing")[len(lines) % 2] if name == EVENTS[0] else ""
            nobody = ("", "Guest", "0")[len(lines) % 3]
            lines.append(f"{len(lines)},u{user},{at},{name},{page},{nobody}")
    for row in BAD_ROWS:
        lines.append(f"{len(lines)},{row},")
    path.write_text("\n".join(lines))


def spoiled_copy(folder: Path, copy: Path) -> None:
    """Copy a folder, with Parquet files that nobody can read."""
    shutil.copytree(folder, copy, symlinks=True, dirs_exist_ok=True)
    for path in copy.rglob("*.parquet"):
        path.unlink()
        path.write_text("another's")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Scratch:
    """A folder that an import has made, built with nothing but its name and a var."""
    scratch = Scratch(tmp_path_factory.mktemp("caller"))
    # As a pattern, the name of the folder would mean its neighbour.
    folder, neighbour = scratch.folder / "my [1] data", scratch.folder / "my 1 data"
    scratch.environment = clean_environment()
    write_csv(scratch.folder / "events.csv")
    arguments = ("--home", str(folder), "--outcome", EVENTS[3])
    result = scratch.pointwise("import", str(scratch.folder / "events.csv"), *arguments)
    assert result.returncode == 0, last_lines(result)
    assert "export POINTWISE_HOME='" in result.stdout
    spoiled_copy(folder, neighbour)
    scratch.environment[HOME] = str(folder)
    scratch.published = folder / "published"
    with (folder / "panel" / "experiments.csv").open("a") as experiments:
        experiments.write(EXPERIMENT)
    (folder / "panel" / "experiment_metrics.csv").write_text(METRICS)
    write_flags(scratch.folder / "flags.csv")
    for name in ("earlier.csv", "flags.csv"):
        given = scratch.pointwise("experiment", "import", str(scratch.folder / name))
        assert given.returncode == 0, last_lines(given)
    assert "2 rows: an arm that nobody planned" in given.stdout
    scratch.warehouse = folder / "pointwise.duckdb"
    built = scratch.dbt(FULL_PARSE, "build", "--vars", "{horizon_days: 7}")
    assert built.returncode == 0, last_lines(built)
    spoiled_copy(folder, neighbour)
    return scratch


def test_plain_dbt_build_uses_the_folder_and_its_settings(home: Scratch) -> None:
    folder = home.published.parent
    assert sorted(path.name.partition("-")[0] for path in folder.iterdir()) == [
        *(
            "assignments",
            "assignments",
            "events",
            "panel",
            "pointwise.duckdb",
            "published",
        ),
        "settings.yml",
    ]
    given = current(home.published).facts["vars"]
    assert given["outcome_event_type"] == "plan_bought"
    assert given["horizon_days"] == 7
    assert home.query("select distinct outcome from snapshot_populations") == [
        ("plan_bought",)
    ]


def test_what_an_import_says_of_rows_is_what_a_build_does(home: Scratch) -> None:
    folder = escaped(home.published.parent)
    landed = with_ids(f"read_parquet('{folder}/events/*.parquet')")
    facts = facts_of_events(connect(), landed)
    quarantined = home.query(
        "select quarantine_reason, count(*) from internal.stg_events_quarantined"
        " group by 1"
    )
    assert {r.reason: r.rows for r in facts.reasons} == dict(quarantined)
    assert len(quarantined) >= 7
    names = event_names(connect(), landed, page_conditions(connect(), landed))
    counted = home.query(
        "select source_event, sum(raw_events) from internal.int_event_ledger"
        " where source_event is not null group by 1"
    )
    used = {n.name: n.events for n in names if n.condition}
    assert used == {k: v for k, v in counted if "[path ~" in k}
    assert len(used) == 2


def test_rows_of_other_experiments_are_not_taken_for_the_one_that_is_named(
    home: Scratch,
) -> None:
    flags = home.folder / "flags.csv"
    before = sorted((home.published.parent).glob("assignments-*"))
    given = home.pointwise("experiment", "import", str(flags), "--experiment", "flag")
    assert given.returncode == 1
    assert (
        "its column 'flag' names several experiments (flag, idle, other)"
        in given.stderr
    )
    assert sorted((home.published.parent).glob("assignments-*")) == before


def test_an_experiment_assigned_elsewhere_is_recorded_as_given(home: Scratch) -> None:
    """u1 is in two arms, u0 was assigned twice, `new` and z1 in no event yet.

    An arm of u2's that nobody planned is no second one.
    """
    rows = home.query(
        "select arm, count(*), count(score), count(*) filter (user_id = 'new'),"
        " min(assigned_date)::text, bool_and(block_number = 0)"
        " from experiment_assignments group by arm order by arm"
    )
    assert rows == [
        ("off", 19, 19, 0, "2026-04-19", True),
        ("on", 19, 17, 1, "2026-04-19", True),
    ]
    aside = home.query(
        "select experiment, reason, given_rows from experiment_rows_set_aside"
        " order by reason, experiment"
    )
    assert aside == [
        ("flag", "arm that nobody planned", 2),
        ("idle", "arm that nobody planned", 1),
        ("flag", "assigned after its end", 1),
        ("flag", "assigned after the data", 1),
        ("flag", "assigned before its start", 1),
        ("other", "experiment is not in experiments.csv", 1),
        ("flag", "had the outcome before", 3),
        ("flag", "no arm", 1),
        ("flag", "person assigned before", 1),
        ("flag", "person in two arms", 2),
        ("flag", "two arms of one name", 2),
    ]
    assert home.query(
        "select covariates from experiment_assignments where user_id = 'u7'"
    ) == [("past_visits=17.5000",)]
    result = home.pointwise("experiment", "read", "flag")
    assert result.returncode == 0, last_lines(result)
    assert "as planned" in result.stdout
    assert "pages (secondary): judged at the end." in result.stdout
    assert "demos (exploratory): not judged." in result.stdout
    ((saved, of_past),) = home.query(
        "select max(variance_saved) filter (metric = 'pages'),"
        " max(variance_saved) filter (metric = 'demos')"
        " from experiment_metric_results where method = 'cuped' and cell = 'all'"
    )
    assert saved > 0.1, "users with more visits see more pages"
    assert of_past is not None
    assert re.search(r" 1 +no arm +u55: no arm, 2026-04-20", result.stdout)
    assert re.search(r" 2 +person in two arms +u1: ", result.stdout)
    idle = home.pointwise("experiment", "read", "idle")
    assert idle.returncode == 1
    said = " ".join(idle.stderr.split())
    assert "nobody is assigned to idle yet: none of the 1 row that another" in said
    assert "arm that nobody planned: name it among the arms in experiments.csv" in said


def test_rows_given_are_used_or_listed_also_after_they_are_recorded(
    home: Scratch,
) -> None:
    """u0's second row is listed then as it was before."""
    count = (
        "select reason, count(*) from internal.int_given_assignments"
        " where experiment = 'flag' group by 1 order by 1"
    )
    before = home.query(count)
    panel = home.published.parent / "panel" / "experiments.csv"
    planned = panel.read_text()
    panel.write_text(planned.replace("2026-03-31", "2026-06-30"))
    stopped = "running_experiments_have_users"
    again = home.dbt(
        *(FULL_PARSE, "build", "-s", "experiments"),
        *("+experiment_rows_set_aside,int_given_*", stopped),
    )
    panel.write_text(planned)
    assert "idle has, as of 2026-05-30, nobody: none of the 1 rows of" in again.stdout
    assert "most of them: arm that nobody planned (fix that" in again.stdout
    assert home.query(count) == before
    ((recorded,),) = home.query("select count(*) from experiment_assignments")
    assert (None, recorded) in before


def test_commands_read_the_folder(home: Scratch) -> None:
    ranked = home.pointwise("rank", "--limit", "3")
    assert ranked.returncode == 0, last_lines(ranked)
    ((user,),) = home.query("select user_id from user_scores order by rank limit 1")
    result = home.pointwise("explain", "--user", user)
    assert "Page view" in result.stdout, last_lines(result)
    evaluated = home.pointwise("evaluate")
    assert "plan_bought within 7 days" in evaluated.stdout, last_lines(evaluated)


def test_what_if_scores_with_the_settings_of_the_publication(home: Scratch) -> None:
    """Those of the build's --vars, too, which nothing else remembers."""
    folder = home.published.parent
    candidate = home.folder / "candidate"
    shutil.copytree(folder / "panel", candidate)
    rules = candidate / "scoring_rules.csv"
    rules.write_text(rules.read_text().replace(",4,1,20,", ",2,1,10,"))
    result = home.pointwise("what-if", str(candidate))
    assert result.returncode == 0, last_lines(result)
    assert "Changed: scoring_rules.csv" in result.stdout
    assert (folder / "what_if" / "what_if.md").exists()
    shutil.rmtree(folder / "what_if")


def test_unit_tests_do_not_see_its_settings(home: Scratch) -> None:
    """Those of a model are about another outcome than settings.yml names."""
    model = "int_user_as_of_dates"
    arguments = ("--empty", "--exclude-resource-type", "test", "-s", f"+{model}")
    result = home.dbt(FULL_PARSE, "build", "--target", "unit_tests", *arguments)
    assert result.returncode == 0, last_lines(result)
    assert f"unit_test {model}::" in result.stdout


def test_a_second_import_keeps_panel_and_settings(
    home: Scratch,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "home"
    shutil.copytree(home.published.parent / "panel", folder / "panel")
    (folder / "settings.yml").write_text("outcome_event_type: demo_seen\n")
    before = contents(folder)
    more = tmp_path / "more.csv"
    more.write_text("id,visitor id,timestamp,event\nx,u1,2026-02-01,Refund\n")
    monkeypatch.setenv(HOME, "")
    main(["import", str(more), "--home", str(folder), "--outcome", "Refund"])
    output = capsys.readouterr().out
    assert "Refund,refund,,The outcome; 1 event of 1 user when imported" in output
    assert "has outcome_event_type: demo_seen; for refund, edit it." in output
    assert {name: contents(folder)[name] for name in before} == before


def test_dbt_and_python_mean_the_same_paths(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With nothing set, in a home, absolute or relative, and with one variable."""
    asked = ", ".join(
        f'"{name}": setting_path("{name}", "{place.in_project}") | trim'
        for name, place in PATHS.items()
    )
    query = f"select '{{{{ tojson(dict({{{asked}}}, target=target.path)) }}}}'"
    relative = os.path.relpath(scratch.folder, PROJECT)
    for given in (
        {"POINTWISE_DB": str(scratch.warehouse)},
        {HOME: " ", "POINTWISE_DB": str(scratch.warehouse)},
        {HOME: str(scratch.folder)},
        {HOME: relative, "POINTWISE_DB": " "},
        {HOME: relative, "POINTWISE_DB": f"{relative}/other.duckdb"},
        {HOME: str(scratch.folder), "POINTWISE_CONTROL": "seeds"},
    ):
        scratch.environment = {**clean_environment(), **given}
        for name in (HOME, *PATHS):
            monkeypatch.setenv(name, given.get(name, ""))
        result = scratch.dbt("--quiet", "compile", "--inline", query)
        assert result.returncode == 0, last_lines(result)
        found = json.loads(result.stdout.strip().removeprefix("select ").strip("'"))
        assert PROJECT / found.pop("target") == path_setting("POINTWISE_DB")
        assert {name: Path(path) for name, path in found.items()} == {
            name: path_setting(name) for name in PATHS
        }


def test_a_variable_of_its_own_wins_over_the_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOME, "mine")
    for name, place in PATHS.items():
        for unset in ("", "  "):
            monkeypatch.setenv(name, unset)
            assert path_setting(name, tmp_path) == tmp_path / "mine" / place.in_home
        monkeypatch.setenv(name, "some/where")
        assert path_setting(name, tmp_path) == tmp_path / "some/where"
        monkeypatch.setenv(name, "/some/where")
        assert path_setting(name, tmp_path) == Path("/some/where")
        monkeypatch.setenv(name, "")
    assert panel_label() == "mine/panel"


def test_a_mistake_in_the_settings_is_named_with_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOME, str(tmp_path))
    (tmp_path / "settings.yml").write_text("horizon_days: soon\nlook_back: 5\n")
    given = vars_of_run(PROJECT, {"snapshot_count": 0})
    places = [
        line.split(": ")[:2]
        for line in setting_mistakes(
            given, None, home_settings(PROJECT), ["snapshot_count"]
        )
    ]
    assert places == [
        ["settings.yml", "look_back"],
        ["settings.yml", "horizon_days"],
        ["--vars", "snapshot_count"],
    ]


@pytest.mark.parametrize("text", ["- a list", "a: [", "just words"])
def test_settings_that_cannot_be_read_stop_the_build_in_a_line(
    text: str, scratch: Scratch
) -> None:
    write_event(scratch)
    (scratch.folder / "settings.yml").write_text(text)
    scratch.environment[HOME] = str(scratch.folder)
    result = scratch.dbt("build", "-s", "int_as_of_dates")
    assert result.returncode != 0
    assert f"{scratch.folder}/settings.yml" in result.stdout, last_lines(result)
    assert "Traceback" not in result.stdout + result.stderr
