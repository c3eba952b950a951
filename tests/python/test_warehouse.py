"""The warehouse is a cache: lost or damaged, it is rebuilt, the past kept."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest
from dbt_common.exceptions import DbtRuntimeError

from conftest import NO_TESTS, Scratch, contents, last_lines, write_world
from pointwise.core.home import HOME
from pointwise.core.warehouse import damage_in, discard_if_damaged
from pointwise.dbt_plugin import Plugin

# How DuckDB lays out its file: three headers, then blocks.
HEADERS, BLOCK = 3 * 4096, 262_144
MESSAGE = "it is rebuilt; what is published and recorded is not touched."
# The quickest part of a build that is made of panel and record.
SELECT = ("--select", "+control_panel_versions")
# Nothing is left to be damaged, or it may be where nothing is read.
UNNOTICED = (
    "deleted",
    "cut to 0",
    "cut to 0.5",
    "cut to 0.99",
    "20 bits flipped",
)
# What reads a table of the last build.
READER = "int_user_as_of_dates"


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory) -> Scratch:
    """A small world that was published once; read it only."""
    folder = Scratch(tmp_path_factory.mktemp("living"))
    write_world(folder, events=4_000, users=60)
    folder.build()
    return folder


@pytest.fixture
def world(living: Scratch, tmp_path: Path) -> Scratch:
    """A copy of it, to damage."""
    shutil.copytree(living.folder, tmp_path / "world", symlinks=True)
    (tmp_path / "world" / "events").rename(tmp_path / "events")
    copied = Scratch(tmp_path / "world")
    copied.events.rmdir()
    (tmp_path / "events").rename(copied.events)
    return copied


def past_of(scratch: Scratch) -> list[tuple]:
    return scratch.query("from main.control_panel_versions order by all")


def built_again(scratch: Scratch) -> str:
    """Build what the past needs, twice at most; return what was printed."""
    printed = ""
    for _ in range(2):
        result = scratch.dbt("build", *SELECT, *NO_TESTS)
        printed += result.stdout
        if result.returncode == 0:
            return printed
    raise AssertionError(last_lines(result))


def damage(file: Path, kind: str) -> None:
    content = bytearray(file.read_bytes())
    if kind == "deleted":
        file.unlink()
    elif kind == "garbage":
        file.write_bytes(b"this is no database" * 1000)
    elif kind.startswith("cut to"):
        file.write_bytes(content[: int(float(kind.split()[-1]) * len(content))])
    else:
        chance = random.Random(kind)
        for _ in range(int(kind.split()[0])):
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        file.write_bytes(content)


@pytest.mark.parametrize(
    "kind",
    [
        "deleted",
        "garbage",
        "cut to 0",
        "cut to 0.01",
        "cut to 0.5",
        "cut to 0.99",
        "20 bits flipped",
        "5000 bits flipped",
    ],
)
def test_a_damaged_warehouse_is_rebuilt(world: Scratch, kind: str) -> None:
    past, published = past_of(world), contents(world.published)
    assert past
    damage(world.warehouse, kind)
    printed = built_again(world)
    assert past_of(world) == past
    assert contents(world.published) == published
    # Damage to blocks of which the build needs nothing is not met.
    assert printed.count(MESSAGE) == 1 or kind in UNNOTICED
    set_aside = world.warehouse.with_name("warehouse.duckdb.damaged").exists()
    assert set_aside == (MESSAGE in printed)
    assert set_aside == (f"The warehouse {world.warehouse} is damaged (" in printed)
    assert not world.warehouse.with_name("warehouse.duckdb.is_damaged").exists()


def test_damage_met_in_mid_build_is_noted_for_the_next_run(world: Scratch) -> None:
    with duckdb.connect(str(world.warehouse)) as connection:
        blocks = connection.execute(
            "select distinct block_id from"
            " pragma_storage_info('internal.int_user_daily_activity')"
            " where block_id > 0"
        ).fetchall()
    assert blocks
    content = bytearray(world.warehouse.read_bytes())
    for (block,) in blocks:
        content[HEADERS + block * BLOCK + 20] ^= 1
    world.warehouse.write_bytes(content)
    first = world.dbt("build", "--select", READER, *NO_TESTS)
    assert first.returncode != 0, last_lines(first)
    assert "the next run rebuilds it; what is published" in first.stdout
    second = world.dbt("build", "--select", f"+{READER}", *NO_TESTS)
    assert second.returncode == 0, last_lines(second)
    assert second.stdout.count(MESSAGE) == 1


def test_a_file_that_ends_too_early_is_damage_if_it_is_the_warehouse() -> None:
    said = 'IO Error: Could not read enough bytes from file "{}": attempted to read 8'
    assert damage_in(said.format("a/w.duckdb"), "a/w.duckdb")
    assert damage_in(said.format("a/events.parquet"), "a/w.duckdb") is None
    assert damage_in("Corrupt database file: checksum", "a/w.duckdb")


def test_history_is_whole_without_the_warehouse(world: Scratch) -> None:
    past = world.query("from user_score_history order by all")
    assert past
    world.warehouse.unlink()
    world.build("--select", "+user_score_history", *NO_TESTS)
    assert world.query("from user_score_history order by all") == past


def test_a_warehouse_in_use_is_not_damaged(living: Scratch) -> None:
    with duckdb.connect(str(living.warehouse)):
        result = living.dbt("build", *SELECT, *NO_TESTS)
    assert result.returncode != 0
    assert "Could not set lock" in result.stdout
    assert MESSAGE not in result.stdout
    assert living.warehouse.exists()


def test_a_log_without_its_warehouse_is_removed(tmp_path: Path) -> None:
    (tmp_path / "lost.duckdb.wal").write_bytes(b"of another")
    (tmp_path / "lost.duckdb.is_damaged").write_text("a checksum")
    discard_if_damaged(str(tmp_path / "lost.duckdb"), {})
    assert list(tmp_path.iterdir()) == []


def test_one_set_aside_before_makes_room(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "w.duckdb"
    for content in (b"x" * 20_000, b"y" * 20_000):
        file.write_bytes(content)
        discard_if_damaged(str(file), {})
        assert not file.exists()
        assert (tmp_path / "w.duckdb.damaged").read_bytes() == content
    assert capsys.readouterr().out.count(MESSAGE) == 2


def test_a_folder_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In dbt's own words for its errors: in a line, and without a traceback."""
    where = tmp_path / "nowhere"
    plugin = Plugin("pointwise", {})
    for variable, value in {HOME: where, "POINTWISE_DB": where / "a.duckdb"}.items():
        monkeypatch.setenv(variable, str(value))
        credentials = SimpleNamespace(path=str(where / "a.duckdb"))
        with pytest.raises(DbtRuntimeError, match=f"{where}.* not exist: .*{variable}"):
            plugin.update_connection_config(credentials, {})


def test_an_increment_expects_the_rows_it_reads(world: Scratch) -> None:
    """Of no rows at all, the join would keep the events in memory: at 10 million, 5 GB.

    DuckDB takes what to expect from the first file of a reading, so the first may
    neither be left out nor, if one is tiny, be that one.
    """
    select = ("--select", "+int_user_daily_activity")
    for name, day in (("0", "2025-12-01"), ("late", "2026-02-20")):
        duckdb.sql(
            f"copy (select 'u1' as user_id, timestamp '{day}' as occurred_at, 'late' as"
            " event_id, 'page_view' as event_type, 's' as session_id, 0.0::double as"
            f" duration_seconds) to '{world.events}/{name}.parquet'"
        )
        world.build(*select, *NO_TESTS)
    compiled = (
        "target/compiled/pointwise/models/intermediate/int_user_daily_activity.sql"
    )
    query = (world.folder / compiled).read_text()
    with world.connect() as connection:
        plan = connection.execute(f"explain (format json) {query}").fetchall()[0][1]
        rows = connection.execute(f"select count(*) from '{world.events}/a.parquet'")
        assert sum(expected_of_files(json.loads(plan))) >= rows.fetchall()[0][0]


def expected_of_files(nodes: list[dict]) -> Iterator[int]:
    """Return how many rows each reading of Parquet files in a plan is to give."""
    for node in nodes:
        if "PARQUET" in node["name"]:
            yield int(node["extra_info"]["Estimated Cardinality"])
        yield from expected_of_files(node["children"])
