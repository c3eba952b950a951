"""Erasure finds a person in files of any form, and keeps the form."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path

import duckdb
import pytest

from conftest import Scratch
from pointwise.core.sql_text import sql_text
from pointwise.publishing.erase import erase
from test_erasure import places
from world_files import AFTER, set_modified


def test_a_report_alone_is_found_too(tmp_path: Path) -> None:
    scratch = Scratch(tmp_path / "s")
    reports = scratch.folder / "data" / "what_if"
    reports.mkdir(parents=True)
    (reports / "movers.csv").write_text("user_id\nsomebody_9\n")
    (reports / "bands.csv").write_text("band\nsomebody_99\n")
    assert "1 report" in erase("somebody_9", places(scratch))[0]
    assert [path.name for path in reports.iterdir()] == ["bands.csv"]


FILES = {
    "numbers": ("select 5::double as user_id union all select 50", "5", 1, 1),
    "bigint": (
        "select 9007199254740993 as user_id union all from range(2)",
        "9007199254740993",
        1,
        2,
    ),
    "decimal": ("select 5.00::decimal(9,2) as user_id union all select 5.5", "5", 1, 1),
    "blob": ("select encode(unnest(['Zoë', 'Zoe'])) as user_id", "Zoë", 1, 1),
    "uuid": (
        "select uuid '00000000-0000-0000-0000-00000000000a' as user_id",
        "00000000-0000-0000-0000-00000000000a",
        1,
        0,
    ),
    "text": ("select unnest(['5', '5.0', '05', null, '5 ']) as user_id", "5", 1, 4),
    "an 'event' [1]": ("select 'u1' as user_id union all select 'u12'", "u1", 1, 1),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_ids_of_any_type_and_files_keep_their_form(tmp_path: Path, name: str) -> None:
    query, user, gone, left = FILES[name]
    scratch = Scratch(tmp_path / "s")
    path = scratch.events / f"{name}.parquet"
    duckdb.sql(
        "copy (select *, timestamp_ns '2026-01-01 00:00:00.123456789' as at,"
        " {'a': [1, 2]} as nested, 1::utinyint as small from (" + query + "))"
        f" to {sql_text(str(path))}"
        " (format parquet, compression gzip, kv_metadata {pointwise_content: 'abc'})"
    )
    set_modified(path, AFTER)
    rows = f"read_parquet({sql_text(str(path).replace('[', '[[]'))})"
    kinds = duckdb.sql(f"describe from {rows}").fetchall()
    lines = erase(user, places(scratch))
    assert f"Erased {gone} row of 1 event file" in lines[0]
    assert duckdb.sql(f"describe from {rows}").fetchall() == kinds
    assert duckdb.sql(f"select count(*) from {rows}").fetchall() == [(left,)]
    assert path.stat().st_mtime == AFTER.replace(tzinfo=UTC).timestamp()
    file = sql_text(str(path).replace("[", "[[]"))
    kept = f"select decode(key), decode(value) from parquet_kv_metadata({file})"
    assert ("pointwise_content", "abc") in duckdb.sql(kept).fetchall()
    if left:
        codec = f"select distinct compression from parquet_metadata({file})"
        assert duckdb.sql(codec).fetchall() == [("GZIP",)]
    assert [path.name for path in scratch.events.iterdir()] == [path.name]


def test_an_id_may_be_mapped_or_the_name_of_a_folder(tmp_path: Path) -> None:
    scratch = Scratch(tmp_path / "s")
    for user in ("ann-1", "ann-12"):
        folder = scratch.events / f"who={user}"
        folder.mkdir()
        duckdb.sql(f"copy (select 1 as x) to '{folder}/a.parquet'")
    duckdb.sql(
        "copy (select 'x' as user_id, 'ANN-1' as who union all select 'ann-1', 'y')"
        f" to '{scratch.events}/b.parquet'"
    )
    lines = erase("ann-1", places(scratch, event_id="lower(who)"))
    assert "Erased 2 rows of 2 event files" in lines[0]
    assert sorted(path.name for path in scratch.events.iterdir()) == [
        "b.parquet",
        "who=ann-12",
    ]
    rows = duckdb.sql(f"from '{scratch.events}/b.parquet'").fetchall()
    assert rows == [("ann-1", "y")]
