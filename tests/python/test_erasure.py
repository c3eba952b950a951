"""Erasure: a person is nowhere afterwards, and everybody else is as before."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import duckdb
import pytest

from conftest import BIN, PROJECT, Scratch, contents, last_lines, write_world
from pointwise.core.errors import PointwiseError
from pointwise.core.published import connect, current, generations, record_files
from pointwise.core.sql_text import sql_text
from pointwise.publishing.erase import Places, erase, what_is_left
from traces import holding

VICTIM = "o'victim-9c1e; -- \"é😀\\n"
ALIKE = ["7", "007", "34", "0x22", "True", "yes", "u1", "u12", "Zoë", "zoë", VICTIM]
LAST_DAYS = "2026-05-28"
PAST = ("user_score_history", "score_changes")
KINDS = ("scores", "changes", "backfill", "assignments", "entries")


def write_people(folder: Scratch, before: str, after: str, name: str) -> None:
    """Write the events of the people alike, of some days, as a file."""
    listed = ", ".join(sql_text(user) for user in ALIKE)
    duckdb.sql(
        f"""
        copy (
            select
                alike.user_id || events.event_id as event_id,
                alike.user_id,
                events.* exclude (event_id, user_id)
            from read_parquet('{folder.folder}/pool.parquet') as events
            inner join (
                select user_id, row_number() over () as number
                from unnest([{listed}]) as names (user_id)
            ) as alike on hash(events.event_id) % 40 = alike.number
            where occurred_at >= '{before}' and occurred_at < '{after}'
                -- A customer would be in no experiment.
                and events.event_type not in (
                    select source_event from '{PROJECT}/seeds/event_types.csv'
                    where event_type = 'subscription_started'
                )
        ) to '{folder.events}/{name}.parquet' (format parquet, compression snappy)
        """
    )


def copy_of(source: Scratch, folder: Path) -> Scratch:
    """Return a scratch folder with all that another one holds."""
    shutil.copytree(source.folder, folder, symlinks=True)
    shutil.rmtree(folder / "events")
    copied = Scratch(folder)
    shutil.copytree(source.events, copied.events, dirs_exist_ok=True)
    return copied


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory) -> Scratch:
    """A world of two publications, with people whose ids look alike; read it only."""
    folder = Scratch(tmp_path_factory.mktemp("living"))
    write_world(folder, events=6_000, users=60)
    shutil.move(folder.events / "a.parquet", folder.folder / "a")
    shutil.move(folder.events / "b.parquet", folder.folder / "b")
    duckdb.sql(
        f"copy (from read_parquet(['{folder.folder}/a', '{folder.folder}/b'])"
        f" order by event_id) to '{folder.folder}/pool.parquet'"
    )
    for name in ("a", "b"):
        (folder.folder / name).unlink()
    write_days(folder, "2026-01-01", LAST_DAYS, "old")
    listed = ", ".join(f"({sql_text(user)})" for user in ALIKE)
    duckdb.sql(
        f"copy (from '{folder.folder}/users.parquet' where user_id not in ('u1', 'u12')"
        " union all by name select user_id, 'Software' as industry, '51-200' as"
        f" company_size from (values {listed}) as names (user_id))"
        f" to '{folder.folder}/users.parquet'"
    )
    shutil.copytree(PROJECT / "seeds", folder.folder / "panel")
    with (folder.folder / "panel" / "experiments.csv").open("a") as panel:
        panel.write(
            "everybody,running,2026-05-01,2026-12-31,,sessions_30d,0,,,a:0.5|b:0.5,,"
            "subscription_started,14,0.1,Told apart by chance?\n"
        )
    folder.environment["POINTWISE_CONTROL"] = str(folder.folder / "panel")
    folder.build()
    write_days(folder, LAST_DAYS, "2026-07-01", "new")
    folder.build()
    (folder.folder / "pool.parquet").unlink()
    return folder


def write_days(folder: Scratch, start: str, end: str, name: str) -> None:
    duckdb.sql(
        f"copy (from '{folder.folder}/pool.parquet' where user_id not in ('u1', 'u12')"
        f" and occurred_at >= '{start}' and occurred_at < '{end}')"
        f" to '{folder.events}/{name}.parquet'"
    )
    write_people(folder, start, end, f"alike_{name}")


@pytest.fixture
def world(living: Scratch, tmp_path: Path) -> Scratch:
    """A copy of the living world, to erase people from."""
    return copy_of(living, tmp_path / "world")


def places(scratch: Scratch, **more: str) -> Places:
    return Places(
        project=scratch.folder,
        events=scratch.environment["POINTWISE_EVENTS"],
        users=scratch.environment["POINTWISE_USERS"],
        published=scratch.published,
        warehouse=scratch.warehouse,
        model=scratch.folder / "model",
        target=scratch.folder / "target",
        logs=scratch.folder / "logs",
        **more,
    )


def erased(scratch: Scratch, user: str) -> str:
    """Erase with the script, which must end well; return what it says."""
    result = scratch.pointwise("erase", "--", user)
    assert result.returncode == 0, last_lines(result)
    return result.stdout


def of_others(scratch: Scratch, *gone: str) -> dict[str, list[str]]:
    """Return the rows of all but these people: of raw files, marts and record."""
    found = {}
    with connect(scratch.published) as marts:
        for mart in current(scratch.published).marts:
            relation = marts.execute(f'from "{mart}"')
            columns = [column[0] for column in relation.description]
            if "user_id" in columns:
                place = columns.index("user_id")
                rows = [row for row in relation.fetchall() if row[place] not in gone]
                found[mart] = sorted(map(repr, rows))
    files = {kind: record_files(scratch.published, kind) for kind in KINDS}
    files["events"] = sorted(scratch.events.glob("*.parquet"))
    files["users"] = [scratch.folder / "users.parquet"]
    for kind, paths in ((kind, paths) for kind, paths in files.items() if paths):
        listed = [str(path) for path in paths]
        rows = duckdb.execute(
            "select * exclude (user_id), user_id"
            " from read_parquet($1, union_by_name = true)",
            [listed],
        ).fetchall()
        found[f"all {kind}"] = [
            repr(row) for row in rows if row[-1] not in gone or row[-1] is None
        ]
    return found


def without_slots(rows: dict[str, list[str]]) -> dict[str, list[str]]:
    """Leave assignments out: there an erased person's slot stays."""
    slots = ("experiment_assignments", "all assignments")
    return {name: found for name, found in rows.items() if name not in slots}


def events_of(scratch: Scratch, user: str) -> int:
    """Return how many events a person has in the raw files."""
    return duckdb.execute(
        f"select count(*) from '{scratch.events}/*.parquet' where user_id = ?", [user]
    ).fetchall()[0][0]


def slots_of(scratch: Scratch) -> list[tuple]:
    with connect(scratch.published) as marts:
        return marts.execute(
            "select user_id, experiment, slot_number, arm, stratum, score"
            " from experiment_assignments order by experiment, slot_number"
        ).fetchall()


def test_a_person_is_nowhere_and_nobody_else_changes(world: Scratch) -> None:
    assert len(holding(world.folder, VICTIM)) > 20
    before, slots = of_others(world, VICTIM), slots_of(world)
    others = f"where user_id <> {sql_text(VICTIM)} order by all"
    past = [world.query(f"from {mart} {others}") for mart in PAST]
    events = events_of(world, VICTIM)
    output = erased(world, VICTIM)
    assert f"{events} rows of 2 event files, 1 row of 1 users file" in output
    assert "No byte of the id is left" in output
    assert VICTIM not in output
    assert holding(world.folder, VICTIM) == []
    assert without_slots(of_others(world, VICTIM)) == without_slots(before)
    freed = [slot for slot in slots_of(world) if slot[0] is None]
    assert len(freed) == 1
    assert slots_of(world) == [
        (None, *slot[1:5], None) if slot[0] == VICTIM else slot for slot in slots
    ]
    (left,) = generations(world.published)
    assert left.what_is_damaged() is None
    assert not world.warehouse.exists()
    world.build()
    assert holding(world.folder, VICTIM) == []
    assert slots_of(world) == [
        (None, *slot[1:5], None) if slot[0] == VICTIM else slot for slot in slots
    ]
    assert [world.query(f"from {mart} order by all") for mart in PAST] == past


def test_nobody_but_the_one_named_is_erased(world: Scratch) -> None:
    gone = {"7", "34", "True", "u1", "Zoë"}
    before = of_others(world, *gone)
    for user in sorted(gone):
        erase(user, places(world))
    assert without_slots(of_others(world, *gone)) == without_slots(before)
    with connect(world.published) as marts:
        rows = marts.execute("select user_id from user_scores").fetchall()
    left = {user for (user,) in rows}
    assert left & set(ALIKE) == set(ALIKE) - gone


@pytest.mark.parametrize("user", ["nobody-at-all", "u", "U1", "07", "", " 7", "zoe"])
def test_nobody_is_nobody(living: Scratch, user: str) -> None:
    before = contents(living.folder)
    result = living.pointwise("erase", "--", user)
    assert result.returncode == 1
    assert result.stderr.startswith("error: ")
    assert len(result.stderr.splitlines()) == 1
    assert "nothing is erased" in result.stderr
    assert contents(living.folder) == before


def test_a_dry_run_touches_nothing(living: Scratch) -> None:
    before = contents(living.folder)
    result = living.pointwise("erase", "--dry-run", "007")
    assert result.returncode == 0, last_lines(result)
    rows = events_of(living, "007")
    assert result.stdout.startswith(f"Would erase {rows} rows of 2 event files, 1 row")
    assert contents(living.folder) == before


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("007", "7"),
        ("0x22", "34"),
        ("yes", "True"),
        ("null", "None"),
        ("[u1]", "['u1']"),
    ],
)
def test_dbt_takes_texts_only(living: Scratch, given: str, read: str) -> None:
    before = contents(living.published), contents(living.events)
    arguments = ("--args", f"{{user_id: {given}}}")
    result = living.dbt("run-operation", "erase_user", *arguments)
    assert result.returncode == 1, last_lines(result)
    assert f"YAML reads it as {read}. Quote it" in result.stdout
    assert (contents(living.published), contents(living.events)) == before
    assert living.warehouse.exists()


def test_dbt_erases_and_leaves_no_id_in_its_logs(world: Scratch) -> None:
    before = of_others(world, "0x22")
    rows = events_of(world, "0x22")
    compiled = world.folder / "target" / "compiled" / "staging" / "base_events.sql"
    compiled.parent.mkdir(parents=True, exist_ok=True)
    compiled.write_text("from read_parquet('events/user_id=0x22/a.parquet')")
    result = world.run(
        *(BIN / "dbt", "run-operation", "erase_user", "--args", '{user_id: "0x22"}'),
        f"--log-path={world.folder / 'logs'}",
        f"--target-path={world.folder / 'target'}",
    )
    assert result.returncode == 0, last_lines(result)
    assert f"Erased {rows} rows of 2 event files" in result.stdout
    assert "0x22" not in result.stdout
    assert (world.folder / "logs" / "dbt.log").read_text().count("(erased)") > 1
    assert "(erased)" in (world.folder / "target" / "run_results.json").read_text()
    assert holding(world.folder, "0x22") == []
    assert without_slots(of_others(world, "0x22")) == without_slots(before)
    assert not list(world.folder.glob("warehouse*"))


DYING = """
import os, sys
from pointwise.cli import main
from pointwise.publishing import erase, rewriting
place, name, moment = sys.argv.pop(1), sys.argv.pop(1), sys.argv.pop(1)
module = {"erase": erase, "rewriting": rewriting}[place]
function = getattr(module, name)
def dying(*arguments):
    if moment == "after":
        function(*arguments)
    os._exit(9)
setattr(module, name, dying)
main()
"""
KILLED = [
    ("rewriting", "put_in_place_of", "before"),
    ("erase", "rewrite", "after"),
    ("erase", "remove_databases", "before"),
    ("erase", "record_without", "before"),
    ("erase", "write_database", "before"),
    ("erase", "make_current", "before"),
    ("erase", "make_current", "after"),
    ("erase", "remove_others", "before"),
]


def test_killed_anywhere_and_run_again(world: Scratch) -> None:
    world.environment["PYTHONPATH"] = str(PROJECT / "scripts")
    before = without_slots(of_others(world, VICTIM))
    raw = ("all events", "all users")
    published = {name: rows for name, rows in before.items() if name not in raw}
    for step in KILLED:
        killed = world.run(sys.executable, "-c", DYING, *step, "erase", "--", VICTIM)
        assert killed.returncode == 9, (step, last_lines(killed))
        # Readers see one whole generation, and the record is whole.
        rows = without_slots(of_others(world, VICTIM))
        assert {name: rows[name] for name in published} == published, step
        with connect(world.published) as marts:
            marts_with_victim = {
                bool(
                    marts.execute(
                        f"select count(*) from {mart} where user_id = ?", [VICTIM]
                    ).fetchall()[0][0]
                )
                for mart in ("user_scores", "score_contributions", "user_features")
            }
        assert len(marts_with_victim) == 1, step
        assert rows["all events"] == before["all events"], step
        assert len(holding(world.folder, VICTIM)) > 0, step
    erased(world, VICTIM)
    assert holding(world.folder, VICTIM) == []
    assert without_slots(of_others(world, VICTIM)) == before
    left = [path.name for path in world.folder.rglob("*") if "erasing" in path.name]
    assert left == []


def test_what_is_beside_the_scores_is_erased_or_named(world: Scratch) -> None:
    folder = world.folder
    (folder / "data" / "what_if").mkdir(parents=True)
    (folder / "data" / "what_if" / "movers.csv").write_text(f"user_id\n{VICTIM}\n")
    (folder / "data" / "what_if" / "bands.csv").write_text("band\nhigh\n")
    (folder / "rejected").mkdir()
    (folder / "rejected" / "raw.csv").write_text(
        "file,line,reason,content\n"
        'raw.csv,2,too many fields,"victim_77,1,2,""x\ny"""\n'
        "raw.csv,9,too many fields,victim_777\n"
    )
    shutil.copy(world.warehouse, folder / "warehouse_what_if.duckdb")
    for file in scratch_parquets(world):
        rename_person(file, "7", "victim_77")
    shutil.copy(world.events / "alike_new.parquet", folder / "old_copy.parquet")
    (world.events / "broken.parquet").write_bytes(b"PAR1 not at all PAR1")
    (folder / "notes.txt").write_text("please forget victim_77.\n")
    (folder / "logs").mkdir()
    (folder / "logs" / "dbt.log").write_text("erase_user victim_77\nof victim_777\n")
    output = erase("victim_77", places(world))
    assert "lines of 1 file set aside" in output[0]
    assert "broken.parquet" in output[1]
    assert "may hold the person" in output[1]
    assert sorted((folder / "rejected").iterdir()) == [folder / "rejected" / "raw.csv"]
    assert (folder / "rejected" / "raw.csv").read_text().splitlines() == [
        "file,line,reason,content",
        "raw.csv,9,too many fields,victim_777",
    ]
    log = (folder / "logs" / "dbt.log").read_text()
    assert log == "erase_user (erased)\nof victim_777\n"
    assert not (folder / "warehouse_what_if.duckdb").exists()
    _, wrong = what_is_left("victim_77", places(world))
    assert "notes.txt" in wrong
    assert "old_copy.parquet" in wrong
    assert wrong.count(str(folder)) == 2
    (folder / "notes.txt").unlink()
    (folder / "old_copy.parquet").unlink()
    assert what_is_left("victim_77", places(world))[1] is None
    with pytest.raises(PointwiseError, match=r"nobody has exactly this id.*broken"):
        erase("victim_77", places(world))


def scratch_parquets(scratch: Scratch) -> list[Path]:
    return [*scratch.events.glob("alike_*.parquet")]


def rename_person(path: Path, name: str, other: str) -> None:
    duckdb.sql(
        f"copy (select * replace (case user_id when {sql_text(name)} then"
        f" {sql_text(other)} else user_id end as user_id) from '{path}')"
        f" to '{path}.new' (format parquet)"
    )
    path.with_name(f"{path.name}.new").replace(path)


def test_a_running_build_is_waited_for(world: Scratch) -> None:
    before = contents(world.published)
    with duckdb.connect(str(world.warehouse)):
        result = world.pointwise("erase", "007")
    assert result.returncode == 1
    assert "another program, perhaps a build, has" in result.stderr
    assert contents(world.published) == before


def test_an_unreadable_file_is_named(living: Scratch, tmp_path: Path) -> None:
    scratch = Scratch(tmp_path / "s")
    shutil.copy(living.events / "alike_old.parquet", scratch.events)
    whole = (living.events / "alike_new.parquet").read_bytes()
    (scratch.events / "cut.parquet").write_bytes(whole[: len(whole) // 2])
    lines = erase("0x22", places(scratch))
    assert "of 1 event file," in lines[0]
    assert lines[1].startswith("Could not be read, and may hold the person: ")
    result = scratch.pointwise("erase", "0x22")
    assert result.returncode == 1
    assert "cut.parquet" in result.stderr and "cut.parquet" in lines[1]  # noqa: PT018
