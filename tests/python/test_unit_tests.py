"""dbt's unit tests run by the project's own macros: they must still be able to fail."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from conftest import PROJECT, clean_environment, last_lines

SETTINGS = """
name: small
profile: small
flags: {send_anonymous_usage_stats: false}
"""
PROFILES = """
small: {target: dev, outputs: {dev: {type: duckdb, path: small.duckdb}}}
"""
GIVEN = """
select
    1 as number, cast('it''s' as varchar) as name, date '2026-01-01' as day,
    [1, 2] as list, {'a': 1} as record, cast(0.5 as decimal(9, 2)) as share
"""
TESTED = "select * from {{ ref('given') }} where number > 0"
UNIT_TESTS = """
unit_tests:
  - name: holds
    model: tested
    given:
      - input: ref('given')
        rows:
          - {number: 1, name: "it's", day: "2026-01-02", list: "[3]"}
          - {number: 2, share: 0.25, record: "{'a': 5}"}
          - {number: 0, name: left out}
    expect:
      rows:
        - {number: 1, name: "it's", day: "2026-01-02", list: "[3]", share: , record: }
        - {number: 2, name: , day: , list: , share: 0.25, record: "{'a': 5}"}
  - name: holds_for_no_rows
    model: tested
    given: [{input: ref('given'), rows: []}]
    expect: {rows: []}
  - name: wrong_value
    model: tested
    given: [{input: ref('given'), rows: [{number: 1, name: a}]}]
    expect: {rows: [{number: 1, name: b}]}
  - name: row_too_few
    model: tested
    given: [{input: ref('given'), rows: [{number: 1}, {number: 2}]}]
    expect: {rows: [{number: 1}]}
  - name: row_not_there
    model: tested
    given: [{input: ref('given'), rows: []}]
    expect: {rows: [{number: null}]}
  - name: rows_where_none_should_be
    model: tested
    given: [{input: ref('given'), rows: [{number: 1}]}]
    expect: {rows: []}
  - name: unknown_column
    model: tested
    given: [{input: ref('given'), rows: [{number: 1, nmae: a}]}]
    expect: {rows: [{number: 1}]}
"""


def test_a_unit_test_holds_only_if_each_row_is_as_expected(tmp_path: Path) -> None:
    for folder in ("materializations", "sources"):
        shutil.copytree(PROJECT / "macros" / folder, tmp_path / "macros" / folder)
    files = {
        "dbt_project.yml": SETTINGS,
        "profiles.yml": PROFILES,
        "models/given.sql": GIVEN,
        "models/tested.sql": TESTED,
        "models/unit_tests.yml": UNIT_TESTS,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    for command in ("run", "test"):
        result = subprocess.run(
            (Path(sys.executable).with_name("dbt"), "--no-use-colors", command),
            cwd=tmp_path,
            env=clean_environment(),
            capture_output=True,
            text=True,
        )
    results = json.loads((tmp_path / "target" / "run_results.json").read_text())
    passed = {
        test["unique_id"].rsplit(".", 1)[1]: test["status"] == "pass"
        for test in results["results"]
        if test["unique_id"].startswith("unit_test.")
    }
    assert passed.pop("unknown_column") is False, last_lines(result)
    assert 'Column "nmae" in REPLACE list not found' in result.stdout, last_lines(
        result
    )
    expected = {"holds", "holds_for_no_rows"}
    assert {name for name, held in passed.items() if held} == expected, last_lines(
        result
    )
    assert len(passed) == 6
