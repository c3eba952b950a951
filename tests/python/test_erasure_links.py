"""Erasure follows links both ways: all ids of a person go, and nobody else's."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import duckdb
import pytest

from conftest import BIN, PROJECT, Scratch, last_lines
from pointwise.core.errors import PointwiseError
from pointwise.core.published import connect, generations
from pointwise.core.sql_text import sql_text
from pointwise.publishing.erase import erase, what_is_left
from test_erasure import DYING, copy_of, places
from traces import holding

PLACEHOLDERS = ("unknown",)
PERSON = {"user-42", "crm-42", "phone-1", "laptop-2"}
# Named and nameless events of a person, and a tablet that two people used.
EVENTS = [
    ("user-42", "phone-1"),
    (None, "phone-1"),
    ("Unknown", "phone-1"),
    ("", "laptop-2"),
    ("user-42", "tablet-9"),
    ("user-43", "tablet-9"),
    (None, "tablet-9"),
    ("user-43", None),
    ("user-44", "desk-12"),
    (None, "desk-12"),
]
STAYING = [*EVENTS[5:]]
LINKS = [
    ("laptop-2", "user-42", "2026-05-01"),
    ("user-42", "crm-42", None),
    ("user-43", "crm-43", None),
    ("watch-3", "user-43", "2026-05-01"),
]


def values(rows: list[tuple]) -> str:
    """Return rows as SQL."""
    cells = [
        ", ".join("null::varchar" if cell is None else sql_text(cell) for cell in row)
        for row in rows
    ]
    return "values " + ", ".join(f"({row})" for row in cells)


def write_events(scratch: Scratch, rows: list[tuple], name: str = "a") -> None:
    """Write events that carry a user id and an anonymous id."""
    duckdb.sql(
        f"""
        copy (
            select
                'e{name}' || row_number() over () as event_id,
                user_id,
                anonymous_id,
                timestamp '2026-06-01' + interval 1 hour * row_number() over ()
                    as occurred_at,
                'page_view' as event_type
            from ({values(rows)}) as events (user_id, anonymous_id)
        ) to '{scratch.events}/{name}.parquet' (format parquet)
        """
    )


def write_links(scratch: Scratch, rows: list[tuple]) -> None:
    if rows:
        duckdb.sql(
            f"copy (from ({values(rows)}) as links (id, person_id, known_from))"
            f" to '{scratch.folder}/links.parquet'"
        )


def write_users(scratch: Scratch, *users: str) -> None:
    listed = values([(user,) for user in users])
    duckdb.sql(
        f"copy (select user_id, 'Software' as industry from ({listed}) as u (user_id))"
        f" to '{scratch.folder}/users.parquet'"
    )


def where(scratch: Scratch, **more: str) -> dict:
    links = scratch.environment["POINTWISE_LINKS"]
    return places(scratch, placeholders=PLACEHOLDERS, **{"links": links, **more})


def ids_in(scratch: Scratch, name: str = "a") -> list[tuple]:
    return duckdb.sql(
        f"select user_id, anonymous_id from '{scratch.events}/{name}.parquet'"
    ).fetchall()


def found(scratch: Scratch, user: str, **more: str) -> set[str]:
    """Return the ids that would go."""
    lines = erase(user, where(scratch, **more), dry_run=True)
    named = [line for line in lines if line.startswith("The ids: ")]
    return set(named[0].removeprefix("The ids: ").split(", ")) if named else {user}


@pytest.mark.parametrize("asked", sorted(PERSON))
def test_all_ids_go_and_others_stay(scratch: Scratch, asked: str) -> None:
    write_events(scratch, EVENTS)
    write_links(scratch, LINKS)
    write_users(scratch, "user-42", "laptop-2", "user-43")
    lines = erase(asked, where(scratch))
    assert lines[0].startswith(
        "Erased 4 ids of one person: 5 rows of 1 event file, 2 rows of 1 users file,"
        " 2 rows of 1 links file"
    )
    assert lines[1] == "Left 1 anonymous id that others used too, with their events."
    assert ids_in(scratch) == STAYING
    left = duckdb.sql(f"select id from '{scratch.folder}/links.parquet'").fetchall()
    assert left == [("user-43",), ("watch-3",)]
    for user in PERSON:
        assert holding(scratch.folder, user) == []
    assert what_is_left(sorted(PERSON), where(scratch))[1] is None


PEOPLE = {
    "a chain": ([], [("a", "b", None), ("b", "c", None)], "b", "abc"),
    "a circle": ([], [("a", "b", None), ("b", "a", None)], "a", "a"),
    "of two links the last holds": (
        [],
        [("a", "u", "2026-01-01"), ("a", "v", "2026-02-01"), ("b", "u", None)],
        "u",
        "ub",
    ),
    "and who it leads to has the id": (
        [],
        [("a", "u", "2026-01-01"), ("a", "v", "2026-02-01"), ("b", "u", None)],
        "v",
        "va",
    ),
    "known only later": ([], [("a", "u", "2099-01-01")], "u", "u"),
    "what is known only later hides nothing": (
        [],
        [("a", "u", "2026-01-01"), ("a", "v", "2099-01-01")],
        "u",
        "ua",
    ),
    "two people on one day": (
        [],
        [("a", "u", "2026-01-01"), ("a", "v", "2026-01-01")],
        "u",
        "u",
    ),
    "an unreadable day": ([], [("a", "u", "soon")], "u", "u"),
    "too many ids": ([], [(f"{n}", "u", None) for n in range(1, 9)], "1", "1"),
    "shared by a link and an event": (
        [("u", "d")],
        [("d", "v", None)],
        "u",
        "u",
    ),
    "or by an event and a link": (
        [("u", "d")],
        [("d", "v", None), ("e", "v", None)],
        "v",
        "ve",
    ),
    "or named itself": (
        [("u", "d")],
        [("d", "v", None)],
        "d",
        "d",
    ),
    "one person by a link": (
        [("u", "d"), ("v", "d")],
        [("u", "v", None)],
        "d",
        "uvd",
    ),
    "a device that is a user id": ([("u", "d"), ("d", None)], [], "u", "u"),
    "two devices": ([("u", "d"), ("u", "e"), ("v", "f")], [], "e", "ude"),
    "a shared device": ([("u", "d"), ("v", "d"), ("u", "e")], [], "d", "d"),
    "nobody": ([("unknown", "d"), ("unknown", "e"), ("u", "000")], [], "d", "d"),
}


@pytest.mark.parametrize("case", PEOPLE)
def test_who_is_who(scratch: Scratch, case: str) -> None:
    events, links, asked, ids = PEOPLE[case]
    write_events(scratch, [*events, ("somebody", None)])
    write_links(scratch, links)
    assert found(scratch, asked, max_ids=5) == set(ids)


def test_a_shared_device_that_is_asked_for_leaves_others_events(
    scratch: Scratch,
) -> None:
    write_events(scratch, EVENTS)
    lines = erase("tablet-9", where(scratch))
    assert lines[0].startswith("Erased 3 rows of 1 event file")
    emptied = [(user, None if a == "tablet-9" else a) for user, a in EVENTS]
    assert ids_in(scratch) == [row for row in emptied if any(row)]


def test_columns_may_be_mapped(scratch: Scratch) -> None:
    write_events(scratch, EVENTS)
    path = scratch.events / "a.parquet"
    duckdb.sql(
        "copy (select * rename (user_id as who, anonymous_id as device_token)"
        f" from '{path}') to '{path}.new' (format parquet)"
    )
    path.with_name("a.parquet.new").replace(path)
    write_links(scratch, LINKS)
    columns = {"user_id": "who", "anonymous_id": "device_token"}
    result = scratch.run(
        *(BIN / "dbt", "run-operation", "erase_user", "--args", "{user_id: phone-1}"),
        *("--vars", json.dumps({"event_columns": columns})),
        f"--log-path={scratch.folder / 'logs'}",
        f"--target-path={scratch.folder / 'target'}",
    )
    assert result.returncode == 0, last_lines(result)
    assert "Erased 4 ids of one person: 5 rows of 1 event file" in result.stdout
    rows = duckdb.sql(f"select who, device_token from '{path}'").fetchall()
    assert rows == STAYING
    for user in PERSON:
        assert holding(scratch.folder, user) == []


CSVS = {
    "plain": (
        b"id,person_id\nd1,user-42\nd1x,user-423\n",
        b"id,person_id\nd1x,user-423\n",
    ),
    "quoted, of other columns, with a mark and Windows' ends": (
        b'\xef\xbb\xbfNote; Person_ID ;ID\r\n"a;\r\nb";user-43;d5\r\n'
        b'user-42;"user-43";d6\r\n"x""y";"user-42";"d1"\r\n;u;user-42',
        b'\xef\xbb\xbfNote; Person_ID ;ID\r\n"a;\r\nb";user-43;d5\r\n'
        b'user-42;"user-43";d6\r\n',
    ),
    "with spaces": (
        b"id , person_id\n d1 , user-42\nd5, user-43 ",
        b"id , person_id\nd5, user-43 ",
    ),
    "nobody else": (b"id\tperson_id\nd1\tuser-42\n", b"id\tperson_id\n"),
}


@pytest.mark.parametrize("form", CSVS)
def test_a_csv_keeps_its_other_lines_to_the_byte(scratch: Scratch, form: str) -> None:
    before, after = CSVS[form]
    path = scratch.folder / "links.csv"
    path.write_bytes(before)
    write_events(scratch, [("user-42", None), (None, "d1"), ("user-43", None)])
    lines = erase("user-42", where(scratch, links=str(scratch.folder / "*.csv")))
    assert "ids of one person: 2 rows of 1 event file" in lines[0]
    assert path.read_bytes() == after
    with pytest.raises(PointwiseError, match="nobody has exactly this id"):
        erase("d1", where(scratch, links=str(path)))
    assert sorted(file.name for file in scratch.folder.iterdir()) == [
        "events",
        "links.csv",
    ]


def test_ids_that_pandas_wrote_as_numbers_with_a_gap(scratch: Scratch) -> None:
    path = scratch.folder / "links.csv"
    path.write_text("id,person_id,known_from\n7.0,42,\n,43,\n8.0,43,2026-01-02\n")
    write_events(scratch, [("42", None), (None, "7"), ("43", None)])
    lines = erase("7", where(scratch, links=str(path)))
    assert "ids of one person: 2 rows of 1 event file" in lines[0]
    assert path.read_text() == "id,person_id,known_from\n,43,\n8.0,43,2026-01-02\n"


def test_assignments_of_another_tool_are_rewritten_too(scratch: Scratch) -> None:
    write_events(scratch, [("user-42", "device-7"), ("user-43", None)])
    text = (
        "experiment,id,arm,assigned_at\nnew,{},a,2026-01-02\nnew,user-43,b,2026-01-02\n"
    )
    (scratch.folder / "given.csv").write_text(text.format("device-7"))
    parquet = scratch.folder / "given.parquet"
    duckdb.sql(f"copy (from '{scratch.folder}/given.csv') to '{parquet}'")
    places = where(scratch, assignments=str(scratch.folder / "given.*"))
    lines = erase("user-42", places)
    assert "2 rows of 2 assignments files" in lines[0]
    for file in ("given.csv", "given.parquet"):
        ids = duckdb.sql(f"select id from '{scratch.folder / file}'").fetchall()
        assert ids == [("user-43",)]
    assert what_is_left(["user-42", "device-7"], places)[1] is None


def test_a_links_file_that_cannot_be_read_is_named(scratch: Scratch) -> None:
    write_events(scratch, EVENTS)
    (scratch.folder / "links.parquet").write_text("id,person_id\n")
    lines = erase("user-42", where(scratch))
    assert "links.parquet" in lines[-1]
    assert "may hold the person" in lines[-1]


@pytest.fixture(scope="module")
def linked(tmp_path_factory: pytest.TempPathFactory) -> Scratch:
    """A published world in which a person has several ids; read it only."""
    folder = Scratch(tmp_path_factory.mktemp("linked"))
    write_events(folder, [*EVENTS, *[(f"other-{n}", None) for n in range(30)]])
    write_links(folder, LINKS)
    write_users(folder, "user-42", "laptop-2", "user-43")
    folder.build()
    return folder


def people(scratch: Scratch) -> list[tuple]:
    with connect(scratch.published) as marts:
        return marts.execute("from person_links order by all").fetchall()


def test_what_was_published_is_followed(linked: Scratch, tmp_path: Path) -> None:
    world = copy_of(linked, tmp_path / "world")
    assert {(row[0], row[1]) for row in people(world) if row[3] is None} >= {
        ("phone-1", "crm-42"),
        ("laptop-2", "crm-42"),
    }
    (world.folder / "links.parquet").unlink()
    (world.events / "a.parquet").unlink()
    write_events(world, [(None, "phone-1"), ("user-43", "tablet-9")])
    result = world.pointwise("erase", "phone-1")
    assert result.returncode == 0, last_lines(result)
    assert "Erased 4 ids of one person: 1 row of 1 event file" in result.stdout
    assert "No byte of the id is left" in result.stdout
    for user in PERSON:
        assert holding(world.folder, user) == []
    assert {row[0] for row in people(world)} >= {"user-43", "watch-3", "desk-12"}
    (left,) = generations(world.published)
    assert left.what_is_damaged() is None


STEPS = [
    ("erase", "note", "before"),
    ("erase", "note", "after"),
    ("erase", "rewrite", "after"),
    ("rewriting", "rewrite_lines", "after"),
    ("erase", "remove_databases", "before"),
    ("erase", "make_current", "after"),
    ("erase", "remove_others", "after"),
]


def test_killed_anywhere_all_ids_are_found_again(
    linked: Scratch, tmp_path: Path
) -> None:
    world = copy_of(linked, tmp_path / "world")
    world.environment["PYTHONPATH"] = str(PROJECT / "scripts")
    # What was not published yet is known by files only, and one says it in two of them.
    (world.folder / "links").mkdir()
    shutil.move(world.folder / "links.parquet", world.folder / "links" / "b.parquet")
    csv = world.folder / "links" / "a.csv"
    csv.write_text("id,person_id\nnew-device-7,user-42\nother-1,other-2\n")
    write_events(world, [(None, "new-device-7"), ("other-1", None)], "z")
    world.environment["POINTWISE_LINKS"] = f"{world.folder}/links/*"
    for step in STEPS:
        killed = world.run(sys.executable, "-c", DYING, *step, "erase", "user-42")
        assert killed.returncode == 9, (step, last_lines(killed))
    assert csv.read_text() == "id,person_id\nother-1,other-2\n"
    last = world.pointwise("erase", "user-42")
    assert last.returncode == 0, last_lines(last)
    assert "Erased 5 ids of one person" in last.stdout
    for user in (*PERSON, "new-device-7"):
        assert holding(world.folder, user) == []
    assert ids_in(world, "z") == [("other-1", None)]
    assert ids_in(world)[: len(STAYING)] == STAYING
    left = [path.name for path in world.folder.rglob("*") if "erasing" in path.name]
    assert left == []
