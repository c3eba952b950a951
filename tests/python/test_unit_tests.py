"""dbt's unit tests: all run here, none in a user's own build."""

from __future__ import annotations

import json

from conftest import FULL_PARSE, Scratch, last_lines, write_event

# As README has it.
RUN_THEM = (
    *("build", "--target=unit_tests", "--empty"),
    *("--exclude-resource-type", "test"),
)


def test_every_unit_test_holds(scratch: Scratch, manifest: dict) -> None:
    write_event(scratch)
    result = scratch.dbt(FULL_PARSE, *RUN_THEM)
    assert result.returncode == 0, last_lines(result)
    path = scratch.folder / "target" / "run_results.json"
    statuses = {
        test["unique_id"]: test["status"]
        for test in json.loads(path.read_text())["results"]
        if test["unique_id"].startswith("unit_test.")
    }
    assert statuses == dict.fromkeys(manifest["unit_tests"], "pass")
    assert len(statuses) >= 50
    assert not scratch.warehouse.exists()
    assert not scratch.published.exists()


def test_a_build_leaves_unit_tests_out(scratch: Scratch) -> None:
    result = scratch.dbt("list", "--resource-types", "unit_test", "--quiet")
    assert result.returncode == 0, last_lines(result)
    assert result.stdout.strip() == ""
