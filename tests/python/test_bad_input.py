# ruff: noqa: DTZ001 -- times in the sources are UTC and have no zone
"""Bad input ends in a clear error or in the right score, and readers keep the last one.

What counts as the right score is asked of the oracle, cell by cell.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow
import pyarrow.parquet
import pytest

from conftest import PROJECT, Scratch, contents
from oracle_events import Row
from world_files import (
    AFTER,
    FileShape,
    set_modified,
    write_events,
    write_users,
)

TEN = datetime(2026, 2, 27, 10)
PLAIN = FileShape("plain.parquet", AFTER)


def event(user_id: object = "u1", name: object = "page_view", **more: object) -> Row:
    return {"user_id": user_id, "event_type": name, "occurred_at": TEN, **more}


def write_table(path: Path, columns: dict[str, pyarrow.Array]) -> None:
    """Write columns as they are."""
    pyarrow.parquet.write_table(pyarrow.table(columns), path)
    set_modified(path, AFTER)


# -- Builds that fail ------------------------------------------------------------------


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Scratch:
    """A world of three users, built and published; what fails on it changes nothing."""
    scratch = Scratch(tmp_path_factory.mktemp("healthy"))
    rows = [event(f"u{n}", name) for n in range(3) for name in ("signup", "page_view")]
    write_events(scratch.events, PLAIN, rows)
    write_users(scratch.folder / "users.parquet", [], has_valid_from=False)
    scratch.build()
    return scratch


@pytest.fixture
def readers_see_no_change(healthy: Scratch) -> Iterator[None]:
    """Whatever the test does, the published files stay as they are, byte by byte."""
    before, warehouse = contents(healthy.published), healthy.warehouse.read_bytes()
    yield
    after = contents(healthy.published)
    for name, content in before.items():
        (healthy.published / name).write_bytes(content)
    healthy.warehouse.write_bytes(warehouse)
    assert after.keys() == before.keys()
    assert [name for name in before if after[name] != before[name]] == []


def assert_fails_clearly(
    scratch: Scratch, *words: str, arguments: tuple[str, ...] = ()
) -> None:
    """A build must end with an error that says these words, and no traceback."""
    result = scratch.dbt("build", *arguments)
    output = result.stdout + result.stderr
    assert result.returncode != 0, "the build passed:\n" + output[-3000:]
    assert "Traceback" not in output, output[:3000]
    for word in words:
        assert word in output, output[-3000:]


@pytest.fixture
def unlike(healthy: Scratch) -> Callable[..., Scratch]:
    """The healthy world with other settings of the environment."""

    def change(**environment: object) -> Scratch:
        scratch = object.__new__(Scratch)
        scratch.__dict__.update(healthy.__dict__)
        changes = {name: str(value) for name, value in environment.items()}
        scratch.environment = {**healthy.environment, **changes}
        return scratch

    return change


@pytest.mark.usefixtures("readers_see_no_change")
def test_locked_warehouse(healthy: Scratch) -> None:
    with duckdb.connect(str(healthy.warehouse)):
        result = healthy.dbt("build")
        ranked = healthy.pointwise("rank", "--limit", "3")
    # dbt prints a traceback of its own here; ours to see to is that it says what is up,
    # and that readers do not notice.
    assert result.returncode != 0
    assert "Could not set lock on file" in result.stdout
    assert ranked.returncode == 0, ranked.stderr
    assert "u1" in ranked.stdout


@pytest.mark.usefixtures("readers_see_no_change")
def test_missing_events_path(unlike: Callable[..., Scratch], tmp_path: Path) -> None:
    nowhere = unlike(POINTWISE_EVENTS=tmp_path / "nowhere" / "*.parquet")
    assert_fails_clearly(nowhere, "No event files at", "nowhere")


@pytest.mark.usefixtures("readers_see_no_change")
def test_events_that_are_a_folder_or_not_parquet(
    unlike: Callable[..., Scratch], tmp_path: Path
) -> None:
    (tmp_path / "events").mkdir()
    (tmp_path / "events" / "june.csv").write_text("user_id\nu1\n")
    folder = unlike(POINTWISE_EVENTS=tmp_path / "events")
    assert_fails_clearly(folder, "is a folder: write", "events/*.parquet")
    file = unlike(POINTWISE_EVENTS=tmp_path / "events" / "june.csv")
    assert_fails_clearly(file, "No Parquet files at", "pointwise import")


@pytest.mark.usefixtures("readers_see_no_change")
def test_events_that_are_all_unreadable(
    unlike: Callable[..., Scratch], tmp_path: Path
) -> None:
    (tmp_path / "text.parquet").write_text("this is not Parquet")
    assert_fails_clearly(unlike(POINTWISE_EVENTS=tmp_path / "*.parquet"))


@pytest.mark.usefixtures("readers_see_no_change")
def test_empty_data_set_does_not_replace_scores(
    unlike: Callable[..., Scratch], tmp_path: Path
) -> None:
    write_events(tmp_path, PLAIN, [])
    assert_fails_clearly(unlike(POINTWISE_EVENTS=tmp_path / "*.parquet"))


@pytest.mark.usefixtures("readers_see_no_change")
def test_slip_of_the_pen_in_a_column_mapping(healthy: Scratch) -> None:
    mapping = ("--vars", "{event_columns: {user_id: usr_id}}")
    assert_fails_clearly(healthy, "usr_id", arguments=mapping)


@pytest.mark.usefixtures("readers_see_no_change")
def test_mistake_in_the_control_panel(
    unlike: Callable[..., Scratch], tmp_path: Path
) -> None:
    panel = tmp_path / "panel"
    shutil.copytree(PROJECT / "seeds", panel)
    rules = (panel / "scoring_rules.csv").read_text()
    assert "bookings_56d,,,,3," in rules
    rules = rules.replace("bookings_56d,,,,3,", "bookings_56d,,,,ten,")
    (panel / "scoring_rules.csv").write_text(rules)
    mistaken = unlike(POINTWISE_CONTROL=panel)
    assert_fails_clearly(mistaken, "scoring_rules.csv row 2: points: 'ten'")


@pytest.mark.parametrize("command", ["pointwise experiment assign call", "dbt build"])
def test_a_panel_that_lacks_a_file(command: str, scratch: Scratch) -> None:
    write_events(scratch.events, PLAIN, [event()])
    panel = scratch.folder / "panel"
    shutil.copytree(PROJECT / "seeds", panel)
    (panel / "experiments.csv").unlink()
    scratch.environment["POINTWISE_CONTROL"] = str(panel)
    name, *arguments = command.split()
    result = getattr(scratch, name)(*arguments)
    assert result.returncode != 0
    assert f"{panel}/experiments.csv: the file is missing" in (
        result.stdout + result.stderr
    )


def test_a_home_without_a_panel(scratch: Scratch) -> None:
    """A folder that somebody made by hand: one line, and no list of files."""
    write_events(scratch.events, PLAIN, [event()])
    scratch.environment["POINTWISE_CONTROL"] = str(scratch.folder / "panel")
    result = scratch.dbt("build")
    assert result.returncode != 0
    expected = f"{scratch.folder}/panel: there is no control panel; `pointwise import"
    assert expected in result.stdout
    assert "the file is missing" not in result.stdout


@pytest.mark.usefixtures("readers_see_no_change")
@pytest.mark.parametrize("content", [b"", b"this is not Parquet"], ids=["zero", "text"])
def test_unreadable_users_file(
    content: bytes, unlike: Callable[..., Scratch], tmp_path: Path
) -> None:
    users = tmp_path / "users.parquet"
    users.write_bytes(content)
    assert_fails_clearly(unlike(POINTWISE_USERS=users), "users.parquet")


@pytest.mark.usefixtures("readers_see_no_change")
def test_users_file_without_user_ids(
    unlike: Callable[..., Scratch], tmp_path: Path
) -> None:
    users = tmp_path / "users.parquet"
    write_table(
        users, {"id": pyarrow.array(["u1"]), "country": pyarrow.array(["Peru"])}
    )
    assert_fails_clearly(unlike(POINTWISE_USERS=users), "user_id")
