"""Odd files say what the same events say in one plain file: 30 worlds in two builds."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from conftest import NO_TESTS, Scratch
from odd_files import OddFile, odd_world, write_odd, write_plain
from worlds import drawn

WORLDS = 30
READ = """
    select
        {columns},
        raw_row.event_type is not null as has_raw_content
    from internal.base_events
"""
COLUMNS = (
    "user_id", "event_id", "id_hash", "occurred_at", "activity_date", "source_event",
    "received_at", "session_id", "page_path", "duration_seconds", "amount",
    "quarantine_reason",
)  # fmt: skip
SELECTED = ("build", *NO_TESTS, "--select", "+stg_events_quarantined")


def differences(folder: Path, first: int, count: int) -> tuple[list[str], Counter]:
    """Build worlds from odd files, in two deliveries, and from a plain one; compare.

    Returns what differs, a line each, and how the files were read.
    """
    worlds = [drawn(odd_world(n), n) for n in range(first, first + count)]
    files = [file for world in worlds for file in world]
    odd, plain = Scratch(folder / "odd"), Scratch(folder / "plain")
    write_plain(plain.events / "plain.parquet", files)
    read(plain)
    for delivery in (files[::2], files[1::2]):
        for file in delivery:
            write_odd(odd.events, file)
        read(odd)
    unread = odd.query(
        "select file, reason from internal.stg_event_files where not is_readable"
    )
    found, expected = rows_of(odd), rows_of(plain)
    lines = [f"{file} is not read: {reason}" for file, reason in unread]
    lines += [f"only from odd files: {row}" for row in (found - expected).elements()]
    lines += [f"only from the plain one: {r}" for r in (expected - found).elements()]
    return lines, ways_of(files)


def read(scratch: Scratch) -> None:
    result = scratch.dbt(*SELECTED)
    assert result.returncode == 0, result.stdout[-3000:]


def rows_of(scratch: Scratch) -> Counter:
    return Counter(scratch.query(READ.format(columns=", ".join(COLUMNS))))


def ways_of(files: list[OddFile]) -> Counter:
    """Count by column the ways in which files with rows hold it."""
    return Counter(way for file in files if file.rows for way in file.ways.items())


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], Counter]:
    return differences(tmp_path_factory.mktemp("odd_files"), 1, WORLDS)


def test_odd_files_say_what_a_plain_one_says(
    compared: tuple[list[str], Counter],
) -> None:
    lines, _ = compared
    assert not lines, f"{len(lines)} differ:\n" + "\n".join(lines[:10])


def test_odd_files_are_odd(compared: tuple[list[str], Counter]) -> None:
    """Agreement of plain files would prove nothing."""
    _, ways = compared
    of_times = {way for column, way in ways if column == "occurred_at"}
    of_ids = {way for column, way in ways if column == "user_id"}
    assert len(of_times) >= 10
    assert len(of_ids) >= 7
