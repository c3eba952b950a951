"""Optional modules can be left out: what stays is the core, and it works."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from browser import Viewer, chromium, served
from conftest import FULL_PARSE, Scratch, last_lines
from pointwise.core.published import current
from pointwise.core.settings import MODULES
from test_dashboard import copy_world

NONE = json.dumps({"modules": dict.fromkeys(MODULES, False)})
CORE = {
    *("event_types", "features", "score_bands", "score_groups", "score_grades"),
    *("other_scores", "score_grade_outlook"),
    *("bot_rules", "exclusions", "excluded_users", "person_links"),
    *("scoring_rules", "data_quality", "score_contributions", "user_activity"),
    *("user_feature_values", "user_features", "user_outcomes", "user_scores"),
    "user_values_since_reset",
    "user_contacts",
    *("control_panel", "publication", "scoring_models", "score_band_outlook"),
    "score_outlook",
}


def published_functions(scratch: Scratch) -> set[str]:
    """Return the names of the published table functions."""
    lines = (scratch.generation / "functions.sql").read_text().splitlines()
    return {line.split("(")[0].split()[-1] for line in lines}


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory, built: Scratch) -> Scratch:
    """A world built whole, then with every module left out, over that warehouse."""
    scratch = Scratch(tmp_path_factory.mktemp("core"))
    copy_world(built, scratch)
    result = scratch.dbt(FULL_PARSE, "build", "--vars", NONE)
    assert result.returncode == 0, last_lines(result)
    assert "Published" in result.stdout, last_lines(result)
    return scratch


def test_only_the_core_is_published(core: Scratch) -> None:
    assert set(current(core.published).marts) == CORE
    functions = {"help", "top_users", "explain_user", "path_to_band", "explain_scores"}
    assert published_functions(core) == functions
    assert not (core.published / "top_band_entries.csv").exists()
    assert core.query("select count(*) from main.user_scores") > [(100,)]


def test_commands_of_the_core_work_and_the_others_name_the_module(
    core: Scratch,
) -> None:
    user = core.query("select user_id from main.user_scores where rank = 1")[0][0]
    for command in (["rank"], ["explain"], ["explain", "--user", user]):
        result = core.pointwise(*command)
        assert result.returncode == 0, last_lines(result)
    for module, command in {
        "accounts": ["accounts"],
        "evaluation": ["evaluate"],
        "history": ["why"],
        "experiments": ["experiment", "read", "call_promising_users"],
    }.items():
        result = core.pointwise(*command)
        assert result.returncode == 1, last_lines(result)
        assert f"the module {module} is left out" in result.stderr
        assert result.stderr.count("\n") == 1


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    """A browser for this file."""
    with chromium() as started:
        yield started


def test_pages_leave_out_the_sections_of_the_modules(
    browser: object, core: Scratch
) -> None:
    with served(core) as address:
        viewer = Viewer(browser, address, viewport={"width": 1280, "height": 900})
        for path, there, left_out in (
            ("", "Who should we talk to?", "New in"),
            ("trust", "Can we trust it?", "What each band converted at"),
            ("what-if", "What if?", "Would it have been better?"),
            ("how", "How is it scored?", "Experiments"),
        ):
            viewer.open(path)
            assert viewer.page.get_by_text(there).first.is_visible()
            assert viewer.page.get_by_text(left_out, exact=False).count() == 0
        assert viewer.errors == []
        viewer.page.close()


def test_modules_come_back_with_the_next_build(core: Scratch) -> None:
    """Last in this file: it builds again."""
    known = core.query("select count(*) from main.user_score_history")
    core.build()
    marts = set(current(core.published).marts)
    assert marts > CORE
    assert {"user_score_history", "user_propensity", "experiment_plan"} < marts
    assert core.query("select count(*) from main.user_score_history") >= known
    assert "why_changed" in published_functions(core)
