"""The same models, on DuckDB and on Spark: `make spark-test`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))

from engines import BIN, PROJECT, Home, both, generate
from spark_faults import kill_a_build, scenes

# Times of a publication, and what names it.
OF_PUBLICATION = {"published_at", "publication_id", "previous_published_at"}
PAGE = PROJECT / "scripts" / "pointwise" / "page" / "app.py"
# Of 40 users too few convert for learning, which reads the same files.
READERS = (
    *(("rank",), ("worklist",), ("explain",), ("accounts",), ("evaluate",)),
    *(("experiment", what, "call_promising_users") for what in ("plan", "read")),
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A small world, which no engine has built yet, with an experiment that runs.

    Users files have different columns, of which Spark would keep no view.
    """
    home = Home(tmp_path_factory.mktemp("engines"))
    generate(home, "--users", "40")
    duckdb.sql(
        "copy (select * replace (11 as company_size),"
        " timestamp '2026-01-05 10:00:00' as valid_from"
        f" from '{home.folder}/users.parquet' order by user_id limit 20)"
        f" to '{home.folder}/users_more.parquet'"
    )
    panel = shutil.copytree(PROJECT / "seeds", home.folder / "panel")
    experiments = panel / "experiments.csv"
    text = experiments.read_text().replace(",planned,", ",running,")
    experiments.write_text(text.replace("high|medium", "high|medium|low"))
    home.environment["POINTWISE_CONTROL"] = str(panel)
    return home


def test_spark_says_what_duckdb_says(home: Home) -> None:
    differing = both(home)
    assert len(differing) > 50
    assert {name: cells for name, cells in differing.items() if cells} == {}


@pytest.mark.slow
def test_what_a_killed_build_left_is_made_good(home: Home) -> None:
    """Its file is back as it was before: nothing that is left may pass for it."""
    change, again = scenes(home)["a file goes, and is back"]
    change()
    assert kill_a_build(home, "int_user_daily_activity")
    again()
    assert {name: cells for name, cells in both(home).items() if cells} == {}


@pytest.mark.slow
def test_what_spark_has_built_is_published(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The publication is that of a build of DuckDB's alone, mart by mart."""
    duckdbs = Home(tmp_path / "duckdb")
    duckdbs.environment["POINTWISE_CONTROL"] = home.environment["POINTWISE_CONTROL"]
    shutil.copytree(home.events, duckdbs.events, dirs_exist_ok=True)
    for file in (*home.folder.glob("users*.parquet"), home.folder / "links.parquet"):
        shutil.copy2(file, duckdbs.folder / file.name)
    duckdbs.run(BIN / "dbt", "build", "--target-path", duckdbs.folder / "target")
    home.warehouse.unlink()
    home.run(sys.executable, "-m", "pointwise.cli", "publish", "--from", "spark")
    sparks, duckdbs = (
        each.folder / "published" / "current" for each in (home, duckdbs)
    )
    marts = sorted(file.name for file in duckdbs.glob("*.parquet"))
    assert sorted(file.name for file in sparks.glob("*.parquet")) == marts
    differing = [name for name in marts if rows(sparks / name) != rows(duckdbs / name)]
    assert differing == []
    candidate = tmp_path / "scoring_rules.csv"
    rules = (PROJECT / "seeds" / candidate.name).read_text().splitlines(keepends=True)
    candidate.write_text("".join(rules[:-1]))
    assigned = duckdb.read_parquet(str(sparks / "experiment_assignments.parquet"))
    assert len(assigned) > 0
    for command in (*READERS, ("what-if", candidate)):
        home.run(sys.executable, "-m", "pointwise.cli", *command)
    monkeypatch.setenv("POINTWISE_PUBLISHED", str(home.folder / "published"))
    page = AppTest.from_file(str(PAGE), default_timeout=60).run()
    assert page.title[0].value == "Who should we talk to?"
    assert not page.exception
    with duckdb.connect(str(sparks / "scores.duckdb"), read_only=True) as scores:
        assert scores.execute("select count(*) from top_users(5)").fetchall() == [(5,)]
    # What was published once is not published again.
    with pytest.raises(SystemExit, match="another build has published"):
        home.run(sys.executable, "-m", "pointwise.cli", "publish", "--from", "spark")


def rows(file: Path) -> list[tuple]:
    """Return types and rows of a mart, but for what tells publications apart."""
    relation = duckdb.read_parquet(str(file))
    kept = [column for column in relation.columns if column not in OF_PUBLICATION]
    chosen = relation.select(*(duckdb.ColumnExpression(column) for column in kept))
    return [tuple(chosen.types), *chosen.fetchall()]
