"""Mistakes in the control panel are named, all of them, before anything is built.

A panel is a dict of tables; each case breaks a good one: see panel_cases.py.
"""

from __future__ import annotations

import ast
import csv
import io
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
import yaml
from dbt.cli.main import dbtRunner, dbtRunnerResult

from panel_cases import CELL_MISTAKES, FILE_MISTAKES, GOOD, HARMLESS_FILES
from pointwise.core.canonical_text import canonical_text
from pointwise.core.panel import snapshot
from pointwise.core.panel.checks import line_of, panel_mistakes
from pointwise.core.panel.reader import files_in
from pointwise.core.panel.schema import COLUMNS
from pointwise.core.settings import (
    GROUPS,
    OF_ONE_RUN,
    SETTINGS,
    setting_mistakes,
    vars_of_run,
)
from setting_cases import BAD_SETTINGS, SETTING_MISTAKES

PROJECT = Path(__file__).resolve().parent.parent.parent
DBT = Path(sys.executable).parent / "dbt"


def write_panel(folder: Path, tables: dict[str, list[str]]) -> Path:
    """Write a control panel's CSVs to a new folder."""
    folder.mkdir(parents=True)
    for name, lines in tables.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def with_cells(lines: list[str], row: int, cells: dict[str, str]) -> list[str]:
    """Return a table with cells of a row (as in a spreadsheet) replaced."""
    columns = lines[0].split(",")
    values = dict(zip(columns, next(csv.reader([lines[row - 1]])), strict=True)) | cells
    text = io.StringIO()
    csv.writer(text).writerow(values[column] for column in columns)
    return [*lines[: row - 1], text.getvalue().removesuffix("\r\n"), *lines[row:]]


def arguments_of(project: Path, panel: Path) -> list[str]:
    """Return the dbt arguments that keep a run quiet and apart from other runs."""
    return [
        *("--project-dir", str(project), "--profiles-dir", str(project)),
        *("--target-path", str(panel.parent / "target"), "--log-level-file", "none"),
        *("--quiet", "--no-use-colors"),
    ]


def dbt(
    *arguments: str, project: Path, panel: Path, database: Path
) -> subprocess.CompletedProcess[str]:
    """Run dbt on a project with a control panel and a warehouse."""
    return subprocess.run(
        [DBT, *arguments, *arguments_of(project, panel)],
        cwd=panel.parent,
        env={
            **os.environ,
            "POINTWISE_CONTROL": str(panel),
            "POINTWISE_DB": str(database),
        },
        capture_output=True,
        text=True,
        check=False,
    )


def dbt_here(*arguments: str, project: Path, panel: Path) -> dbtRunnerResult:
    """Run dbt in this process, which is faster, with a warehouse in memory."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POINTWISE_CONTROL", str(panel))
        patch.setenv("POINTWISE_DB", ":memory:")
        return dbtRunner().invoke([*arguments, *arguments_of(project, panel)])


@pytest.fixture(scope="module")
def small_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project with our macros and settings, and one model: fast to parse."""
    project = tmp_path_factory.mktemp("project")
    settings = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())
    settings["on-run-start"] = ["{{ begin_run() }}"]
    settings.pop("on-run-end", None)
    settings["model-paths"] = ["models", "panel"]
    (project / "dbt_project.yml").write_text(yaml.safe_dump(settings))
    (project / "profiles.yml").write_text((PROJECT / "profiles.yml").read_text())
    (project / "macros").symlink_to(PROJECT / "macros")
    (project / "models").mkdir()
    (project / "panel").symlink_to(PROJECT / "models/panel")
    (project / "tests").mkdir()
    (project / "tests/generic").symlink_to(PROJECT / "tests/generic")
    (project / "models/rules.sql").write_text(
        "select * from {{ ref('scoring_rules') }}"
    )
    return project


def mistakes(panel: Path, settings: dict[str, object] | None = None) -> list[str]:
    """Return the lines about a panel as the build of today has them."""
    given = vars_of_run(PROJECT, settings)
    found = panel_mistakes(files_in(panel), given)
    return [line_of(mistake, f"{mistake.file}.csv") for mistake in found]


def test_a_good_panel_has_no_mistakes(tmp_path: Path) -> None:
    assert mistakes(write_panel(tmp_path / "panel", GOOD)) == []


def test_the_default_panel_has_no_mistakes() -> None:
    assert mistakes(PROJECT / "seeds") == []


def test_rules_find_renamed_features(tmp_path: Path) -> None:
    """Rules of the time when windows had 30 days; a feature of that name stays."""
    rules = (PROJECT / "seeds/scoring_rules.csv").read_text()
    panel = tmp_path / "panel"
    shutil.copytree(PROJECT / "seeds", panel)
    earlier = rules.replace("page_views_28d", "page_views_30d")
    assert earlier != rules
    (panel / "scoring_rules.csv").write_text(earlier)
    assert mistakes(panel) == []

    def feature() -> str:
        rows = snapshot.panel_rows(panel, "scoring_rules")
        return next(row["feature"] for row in rows if row["rule"] == "viewed_pages")

    snapshot.begin(object())
    assert feature() == "page_views_28d"
    with (panel / "features.csv").open("a") as file:
        file.write("page_views_30d,page_view,events,30,,views,Page views\n")
    snapshot.begin(object())
    assert feature() == "page_views_30d"


@pytest.mark.parametrize(
    ("file", "row", "cells", "column", "found", "allowed"),
    CELL_MISTAKES,
    ids=[f"{file}: {found}" for file, _, _, _, found, _ in CELL_MISTAKES],
)
def test_a_mistake_in_a_cell_is_named(
    tmp_path: Path,
    file: str,
    row: int,
    cells: dict[str, str],
    column: str,
    found: str,
    allowed: str,
) -> None:
    panel = write_panel(
        tmp_path / "panel", {**GOOD, file: with_cells(GOOD[file], row, cells)}
    )
    assert mistakes(panel) == [
        f"{file}.csv row {row}: {column}: {found} (allowed: {allowed})"
    ]


@pytest.mark.parametrize(
    ("content", "lines"), FILE_MISTAKES.values(), ids=FILE_MISTAKES
)
def test_a_mistake_in_a_file_is_named(
    tmp_path: Path, content: bytes | None, lines: list[str]
) -> None:
    panel = write_panel(tmp_path / "panel", GOOD)
    (panel / "score_bands.csv").unlink()
    if content is not None:
        (panel / "score_bands.csv").write_bytes(content)
    found = [line for line in mistakes(panel) if "is blank" not in line]
    assert found == lines


@pytest.mark.parametrize("content", HARMLESS_FILES.values(), ids=HARMLESS_FILES)
def test_an_odd_file_that_is_right_is_no_mistake(
    tmp_path: Path, content: bytes
) -> None:
    panel = write_panel(tmp_path / "panel", GOOD)
    (panel / "score_bands.csv").write_bytes(content)
    assert mistakes(panel) == []


def test_no_file_at_all_is_a_line_a_file(tmp_path: Path) -> None:
    (tmp_path / "panel").mkdir()
    lines = mistakes(tmp_path / "panel")
    assert [line.split(" (")[0] for line in lines] == [
        "event_types.csv: the file is missing",
        "features.csv: the file is missing",
        "scoring_rules.csv: the file is missing",
        "score_groups.csv: the file is missing",
        "score_bands.csv: the file is missing",
        "experiments.csv: the file is missing",
    ]


def test_there_need_be_no_experiment(tmp_path: Path) -> None:
    tables = {**GOOD, "experiments": GOOD["experiments"][:1]}
    assert mistakes(write_panel(tmp_path / "panel", tables)) == []


def test_there_need_be_no_machines_and_no_exclusions(tmp_path: Path) -> None:
    tables = {k: v for k, v in GOOD.items() if k not in ("bot_rules", "exclusions")}
    panel = write_panel(tmp_path / "panel", tables)
    assert mistakes(panel) == []
    snapshot.begin("a run without them")
    assert snapshot.panel_rows(panel, "bot_rules") == []
    assert "exclusions" not in snapshot.panel_texts(panel)


def test_rows_are_counted_as_in_a_spreadsheet(tmp_path: Path) -> None:
    """A line break in a cell begins no row, a blank line is one."""
    panel = write_panel(tmp_path / "panel", GOOD)
    (panel / "score_bands.csv").write_bytes(
        b'band,min_score,action\r\nhigh,50,"Call\r\nor write"\r\n\r\nlow,one,Wait\r\n'
    )
    assert [line.split(": ")[0] for line in mistakes(panel)] == [
        "score_bands.csv row 2",
        "score_bands.csv row 4",
    ]


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    """A mistake in each cell of a row; a file that cannot be read hides no other."""
    rules = with_cells(
        GOOD["scoring_rules"],
        3,
        {
            "rule": "Pricing!",
            "rule_group": "webb",
            "feature": "prices",
            "min_value": "some",
            "max_value": "many",
            "equals": " x",
            "points": "ten",
            "per": "each",
            "max_points": "all",
            "reason": "",
            "next_step": "\t",
        },
    )
    tables = {**GOOD, "scoring_rules": rules, "score_bands": ["band;min_score;action"]}
    lines = mistakes(write_panel(tmp_path / "panel", tables))
    assert [line.split(": ")[1] for line in lines[:-1]] == rules[0].split(",")
    assert lines[-1].startswith("score_bands.csv row 1: there is no row below")


def test_mistakes_in_settings_are_named() -> None:
    given = vars_of_run(PROJECT, BAD_SETTINGS)
    known = ["page_view", "pricing_view", "subscription_started", "chat_started"]
    assert setting_mistakes(given, known) == [
        f"dbt_project.yml: vars: {line}" for line in SETTING_MISTAKES
    ]


def test_columns_agree_with_models_and_settings() -> None:
    settings = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())
    docs = [
        model
        for file in (
            *("panel/_panel.yml", "panel/_gates.yml"),
            "optional/experiments/_experiments_panel.yml",
            "optional/accounts/_accounts_panel.yml",
        )
        for model in yaml.safe_load((PROJECT / "models" / file).read_text())["models"]
    ]
    declared = [n for name in settings["vars"] for n in GROUPS.get(name, (name,))]
    assert list(SETTINGS) == [*declared, *OF_ONE_RUN]
    for group, names in GROUPS.items():
        assert list(settings["vars"][group]) == list(names)
    assert len(settings["vars"]) <= 15
    # dbt's own reading knows the groups of what models ask for.
    macro = (PROJECT / "macros/sources/var.sql").read_text()
    text = re.search(r"set groups = ({.*?}) %}", macro, re.S)[1]
    known = {group: tuple(names) for group, names in ast.literal_eval(text).items()}
    assert known == {g: names for g, names in GROUPS.items() if g != "publishing"}
    types = {"whole": {"integer"}, "number": {"decimal(18,4)"}, "date": {"date"}}
    declared = {
        model["name"]: {c["name"]: c["data_type"] for c in model["columns"]}
        for model in docs
    }
    assert {name: list(columns) for name, columns in declared.items()} == {
        name: list(columns) for name, columns in COLUMNS.items()
    }
    for name, columns in COLUMNS.items():
        for column, allowed in columns.items():
            expected = types.get(allowed.kind, {"varchar"})
            assert declared[name][column] in expected, (name, column)


def test_on_run_start_validates_the_control_panel() -> None:
    settings = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())
    assert settings["on-run-start"] == ["{{ begin_run() }}"]


def test_nothing_is_built_with_a_mistake(small_project: Path, tmp_path: Path) -> None:
    """The build stops with a readable message; what was built before stays."""
    panel = write_panel(tmp_path / "my [panel]*", GOOD)
    warehouse = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create table rules as select 'built before' as rule")
        connection.execute("create table scoring_rules as from rules")
    before = contents(warehouse)

    points = [with_cells(GOOD["scoring_rules"], 2, {"points": "ten"})[1]] * 25
    (panel / "scoring_rules.csv").write_text(
        "\n".join([GOOD["scoring_rules"][0], *points])
    )
    failed = dbt("build", project=small_project, panel=panel, database=warehouse)
    assert failed.returncode != 0
    assert contents(warehouse) == before
    message = [line.strip() for line in failed.stdout.splitlines()]
    assert "Nothing was built: the control panel has 73 mistakes." in message
    assert (
        f"- {panel}/scoring_rules.csv row 2: points: 'ten' is not a whole number"
        " (allowed: a whole number from -1000 to 1000)"
    ) in message
    assert "- and 53 more" in message
    assert "Traceback" not in failed.stdout + failed.stderr


@pytest.mark.parametrize(
    "command", [["build", "--empty"], ["docs", "generate"]], ids=" ".join
)
def test_a_mistake_breaks_nothing_where_nothing_is_built(
    small_project: Path, tmp_path: Path, command: list[str]
) -> None:
    bands = with_cells(GOOD["score_bands"], 4, {"min_score": "10"})
    panel = write_panel(tmp_path / "panel", {**GOOD, "score_bands": bands})
    done = dbt_here(*command, project=small_project, panel=panel)
    assert done.success, done.exception


def test_the_project_compiles_with_a_mistake(tmp_path: Path) -> None:
    rules = with_cells(GOOD["scoring_rules"], 2, {"points": "ten"})
    panel = write_panel(tmp_path / "panel", {**GOOD, "scoring_rules": rules})
    done = dbt_here("compile", project=PROJECT, panel=panel)
    assert done.success, done.exception


def contents(warehouse: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return all rows of all tables in a warehouse."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() order by 1"
        ).fetchall()
        return {
            table: connection.execute(f"from {table} order by all").fetchall()
            for (table,) in tables
        }


def test_a_mutated_panel_is_read_as_it_says_or_refused() -> None:
    result = subprocess.run(
        [sys.executable, PROJECT / "bench/panels.py", "--count", "64", "--seed", "2"],
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.endswith("64 panels, 0 wrong.\n")


# What a spreadsheet makes of a range; and what it may look like and is none.
MADE_INTO_DATES = ["5-Feb", "Feb-5", "05. Feb", "2-mai", "Feb-2026", "5-Feb-26"]
DATES_AMONG_RANGES = [
    "2/5/2026",
    "05.02.2026",
    "2026-02-05",
    "2026-02-05 00:00:00",
    "46058",
]
NO_DATES = ["2-5", "Software", "2026", "5 Februar Street", "Mar-a-Lago", "1001+"]


@pytest.mark.parametrize("value", [*MADE_INTO_DATES, *DATES_AMONG_RANGES])
def test_a_range_that_became_a_date_is_refused(tmp_path: Path, value: str) -> None:
    rule = GOOD["scoring_rules"][-1]
    ranges = [rule.replace("finance", "size").replace("Finance", "6-20")]
    rules = [*with_cells(GOOD["scoring_rules"], 7, {"equals": value}), *ranges]
    lines = mistakes(write_panel(tmp_path / "panel", {**GOOD, "scoring_rules": rules}))
    assert lines == [
        f"scoring_rules.csv row 7: equals: '{value}' looks like a range such as 1-10"
        " that a spreadsheet made into a date (allowed: the text that the profiles"
        " have; format the column as text before it is saved)"
    ]


@pytest.mark.parametrize("value", [*NO_DATES, *DATES_AMONG_RANGES])
def test_a_text_or_a_date_among_dates_is_none(tmp_path: Path, value: str) -> None:
    rules = with_cells(GOOD["scoring_rules"], 7, {"equals": value})
    panel = write_panel(tmp_path / "panel", {**GOOD, "scoring_rules": rules})
    assert mistakes(panel) == []


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        *(("TRUE", "true"), (" False ", "false"), ("Yes", "Yes"), ("50.0", "50")),
        *(("50.10", "50.1"), ("+50", "50"), ("-0.50", "-0.5"), ("0.0", "0")),
        *(("007", "007"), ("1e3", "1e3"), ("1001+", "1001+"), (".5", ".5")),
        *(
            ("-0", "0"),
            ("1,000", "1,000"),
            ("Software", "Software"),
            ("00.50", "00.50"),
        ),
    ],
)
def test_a_value_has_one_canonical_text(written: str, canonical: str) -> None:
    assert canonical_text(written) == canonical


def test_rules_that_differ_in_case_only_are_the_same(tmp_path: Path) -> None:
    rule = GOOD["scoring_rules"][-1]
    again = rule.replace("finance,", "again,", 1).replace("Finance", "FINANCE")
    tables = {**GOOD, "scoring_rules": [*GOOD["scoring_rules"], again]}
    (line,) = mistakes(write_panel(tmp_path / "panel", tables))
    assert "'again' has the same conditions as 'finance' in row 7" in line


def test_a_file_saved_while_dbt_runs_is_not_mixed_in(tmp_path: Path) -> None:
    panel = write_panel(tmp_path / "panel", GOOD)
    snapshot.begin("a run")
    before = snapshot.panel_rows(panel, "scoring_rules")
    rules = with_cells(GOOD["scoring_rules"], 2, {"points": "2"})
    (panel / "scoring_rules.csv").write_text("\n".join(rules))
    snapshot.begin("a run")
    assert snapshot.panel_rows(panel, "scoring_rules") == before
    assert "1,2,6" in snapshot.panel_texts(panel)["scoring_rules"]
    snapshot.begin("another run")
    assert snapshot.panel_rows(panel, "scoring_rules")[0]["points"] == 2
