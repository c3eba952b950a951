"""What readers meet: damaged files, copies, locks, letters, panels of the past."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from conftest import BIN, PROJECT, Scratch, contents, last_lines, planting
from pointwise.cli import main
from pointwise.core.published import FUNCTIONS, PUBLICATION, generations
from pointwise.publishing.files import write_json
from pointwise.publishing.publish import go_back

ODD_NAME = "用户 é"
# Texts that a reader of numbers, of other separators or of lines would alter.
ODD_ACTION = '2.50 or 1_000.5; ""now"", → 007'
PAGE = PROJECT / "scripts" / "pointwise" / "page" / "app.py"
# Commands that read what is published, as a user calls them.
READERS = {
    "rank": [],
    "explain": [],
    "evaluate": [],
    "experiment": ["read", "call_promising_users"],
    "train": [],
    "propose": [],
    "reproduce": [],
    "what-if": [str(PROJECT / "examples" / "complete_journey")],
}


def flip(path: Path) -> None:
    """Change bytes in the middle of a file, whose size and ends stay the same."""
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 8] = bytes(255 - byte for byte in content[middle:][:8])
    replace(path, bytes(content))


def replace(path: Path, content: bytes) -> None:
    """Give a path another file, as files that two generations share are left alone."""
    path.unlink()
    path.write_bytes(content)


# File that is damaged, and how.
DAMAGES: dict[str, tuple[str, Callable[[Path], None]]] = {
    "a mart is cut off": (
        "user_scores.parquet",
        lambda path: replace(path, path.read_bytes()[:-100]),
    ),
    "bytes of a mart are flipped": ("user_scores.parquet", flip),
    "it says nothing of itself": (
        PUBLICATION,
        lambda path: replace(path, b"\0\xff garbage"),
    ),
    "it says something else": (PUBLICATION, lambda path: replace(path, b"[1, 2]")),
    "the functions are gone": (FUNCTIONS, lambda path: path.unlink()),
    "the link dangles": (PUBLICATION, lambda path: shutil.rmtree(path.parent)),
}


@pytest.fixture
def copy(default_world: Scratch, tmp_path: Path) -> Scratch:
    """A copy of the published files, of two publications, to damage."""
    scratch = Scratch(tmp_path / "copy")
    shutil.copytree(default_world.published, scratch.published, symlinks=True)
    go_back(scratch.published)
    return scratch


@pytest.fixture
def ends(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> Callable[..., tuple[int, str, str]]:
    """Run a command in this process; return its exit code and what it printed."""

    def end(scratch: Scratch, name: str, *arguments: str) -> tuple[int, str, str]:
        for variable, value in scratch.environment.items():
            if variable.startswith("POINTWISE_"):
                monkeypatch.setenv(variable, value)
        code = 0
        try:
            main([name, *arguments])
        except SystemExit as ended:
            code = int(ended.code or 0)
        return code, *capsys.readouterr()

    return end


def shown(scratch: Scratch, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """Return the first page as a visitor gets it."""
    monkeypatch.setenv("POINTWISE_PUBLISHED", str(scratch.published))
    return AppTest.from_file(str(PAGE), default_timeout=60).run()


def people(scratch: Scratch) -> int:
    """Return how many people are scored."""
    scores = scratch.generation / "user_scores.parquet"
    return duckdb.sql(f"select count(*) from '{scores}'").fetchall()[0][0]


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_named_in_a_line_and_the_last_intact_one_offered(
    damage: str,
    copy: Scratch,
    ends: Callable[..., tuple[int, str, str]],
) -> None:
    name, harm = DAMAGES[damage]
    harm(copy.generation / name)
    for program, arguments in [*READERS.items(), ("publish", [])]:
        code, _, error = ends(copy, program, *arguments)
        assert code == 1, program
        assert re.fullmatch(r"error: .+\n", error), (program, error)
        assert name in error or "it is not there" in error, (program, error)
        assert "`pointwise publish --back`" in error, (program, error)
        assert "as of 2026-06-28" in error, (program, error)
    code, output, error = ends(copy, "publish", "--back")
    assert (code, error) == (0, "")
    assert (
        f"Readers see the publication of 2026-06-28 again, {people(copy)} people"
        in output
    )
    assert ends(copy, "rank")[0] == 0


@pytest.mark.parametrize("damage", DAMAGES)
def test_the_page_names_damage_in_a_line(
    damage: str, copy: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, harm = DAMAGES[damage]
    harm(copy.generation / name)
    page = shown(copy, monkeypatch)
    assert not page.exception
    output = page.error[0].value.replace("\\", "")
    assert name in output
    assert "pointwise publish --back" in output
    go_back(copy.published)
    page = shown(copy, monkeypatch)
    assert not page.exception
    assert not page.error
    strip = "".join(element.proto.body for element in page.get("html"))
    in_bands = re.findall(r"([\d,]+) with customers and visitors", strip)
    assert sum(int(n.replace(",", "")) for n in in_bands) == people(copy)


def test_what_pointwise_does_not_read_harms_nobody_else(
    copy: Scratch, ends: Callable[..., tuple[int, str, str]]
) -> None:
    replace(copy.generation / "scores.duckdb", b"garbage")
    assert ends(copy, "rank")[0] == 0
    code, _, error = ends(copy, "publish")
    assert code == 1
    assert "scores.duckdb is damaged" in error
    assert "--back" in error
    assert ends(copy, "publish", "--back")[0] == 0
    database = str(copy.published / "scores.duckdb")
    with duckdb.connect(database, read_only=True) as scores:
        assert len(scores.execute("from top_users(3)").fetchall()) == 3
    code, _, error = ends(copy, "publish", "--back")
    assert code == 1
    assert "is intact" in error


def test_a_lost_part_of_the_record_is_named_by_who_needs_it(
    copy: Scratch, ends: Callable[..., tuple[int, str, str]]
) -> None:
    first = sorted((copy.published / "record").iterdir())[0]
    (first / "texts.parquet").unlink()
    lost = f"{first.name}/texts.parquet, a part of the record, is missing or damaged"
    assert ends(copy, "rank")[0] == 0
    version = re.search(r"\b[0-9a-f]{12}\b", ends(copy, "restore-panel")[1])[0]
    arguments = ("--version", version, "--to", str(copy.folder / "panel"))
    for program, more in (("restore-panel", arguments), ("publish", ())):
        code, _, error = ends(copy, program, *more)
        assert code == 1
        assert error.count("\n") == 1
        assert lost in error
    replace(first / PUBLICATION, b"")
    for program in ("restore-panel", "reproduce", "publish"):
        code, _, error = ends(copy, program)
        assert code == 1
        assert error.count("\n") == 1
        assert f"{first.name}/{PUBLICATION}, a part of the record" in error


def test_without_any_intact_publication_a_build_is_asked_for(
    copy: Scratch, ends: Callable[..., tuple[int, str, str]]
) -> None:
    for generation in generations(copy.published):
        replace(generation.folder / FUNCTIONS, b"")
    assert ends(copy, "rank")[2].endswith(": run `dbt build` to publish again\n")
    code, _, error = ends(copy, "publish", "--back")
    assert code == 1
    assert "no intact publication" in error


def copied(source: Path, target: Path) -> None:
    """Copy a folder as `cp -r` does: links stay links."""
    subprocess.run(["cp", "-r", source, target], check=True)


def zipped(source: Path, target: Path) -> None:
    """Copy a folder through an archive, which holds files instead of links."""
    archive = target.with_suffix(".zip")
    with zipfile.ZipFile(archive, "w") as file:
        for path in source.rglob("*"):
            file.write(path, path.relative_to(source))
    with zipfile.ZipFile(archive) as file:
        file.extractall(target)


def moved(source: Path, target: Path) -> None:
    """Move a folder."""
    shutil.copytree(source, target.with_suffix(".aside"), symlinks=True)
    target.with_suffix(".aside").rename(target)


@pytest.mark.parametrize(
    "way", [copied, zipped, moved, shutil.copytree], ids=lambda way: way.__name__
)
def test_a_copy_shows_its_own_scores(
    way: Callable[[Path, Path], object],
    copy: Scratch,
    ends: Callable[..., tuple[int, str, str]],
) -> None:
    # Not what the name would mean as a pattern.
    target = Scratch(copy.folder / "it's a copy [1]")
    way(copy.published, target.published)
    with planting(copy) as folder, duckdb.connect() as connection:
        connection.execute(
            "create table scores as select * replace ('later ' || user_id as user_id)"
            f" from '{folder}/user_scores.parquet'"
        )
        connection.execute(f"copy scores to '{folder}/user_scores.parquet'")
    assert "later u" in ends(copy, "rank")[1]
    shutil.move(copy.published, copy.folder / "it's a copy 1" / "published")
    code, output, error = ends(target, "rank", "--limit", "1")
    assert code == 0, error
    assert "later u" not in output
    assert ends(target, "publish")[0] == 0
    command = (BIN / "duckdb", "-readonly", "-list", "-noheader")
    query = "select user_id from top_users(1)"
    result = target.run(*command, target.published / "scores.duckdb", query)
    assert result.returncode == 0, last_lines(result)
    assert f" {result.stdout.strip()} " in output
    go_back(target.published)
    assert ends(target, "rank", "--limit", "1")[1] == output


def test_a_reader_that_forgets_readonly_locks_nobody_out_and_leaves_nothing(
    copy: Scratch, ends: Callable[..., tuple[int, str, str]]
) -> None:
    """Only who may do everything, such as root, gets as far as to change anything."""
    database = copy.published / "scores.duckdb"
    assert database.stat().st_mode & 0o222 == 0
    database.chmod(0o644)
    hold = (
        "import duckdb, sys; connection = duckdb.connect(sys.argv[1]);"
        "connection.execute('create view mine as select 1'); print('open', flush=True);"
        "input()"
    )
    reader = subprocess.Popen(
        [sys.executable, "-c", hold, database],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert reader.stdout.readline() == "open\n"
    assert ends(copy, "rank")[0] == 0
    assert ends(copy, "publish")[0] in (0, 1)
    go_back(copy.published)
    reader.communicate("\n", timeout=60)
    (copy.published / "scores.duckdb.wal").write_bytes(b"of another database")
    go_back(copy.published)
    with duckdb.connect(str(database), read_only=True) as scores:
        tables = scores.execute("select view_name from duckdb_views()").fetchall()
        assert ("mine",) not in tables
        assert len(scores.execute("from top_users(3)").fetchall()) == 3
    assert not (copy.published / "scores.duckdb.wal").exists()


def test_functions_hide_no_table_behind_a_name_of_their_own(
    default_world: Scratch,
) -> None:
    """DuckDB before 1.4 calls `with scores as (from scores)` circular."""
    functions = (default_world.generation / FUNCTIONS).read_text()
    assert len(functions.splitlines()) > 5
    hidden = r'"?\b(\w+)"? AS \(SELECT \* FROM "?\1\b'
    assert re.findall(hidden, functions) == []
    assert "FROM main.user_scores" in functions


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Scratch:
    """A person with odd letters and an odd panel, published; then another panel."""
    scratch = Scratch(tmp_path_factory.mktemp("odd"))
    duckdb.execute(
        "copy (select $1 as user_id, timestamp '2026-01-05' as occurred_at,"
        f" 'page_view' as event_type) to '{scratch.events}/one.parquet'",
        [ODD_NAME],
    )
    panel = scratch.folder / "panel"
    shutil.copytree(PROJECT / "seeds", panel)
    for name, place in (("score_bands", 3), ("score_grades", 9)):
        lines = (panel / f"{name}.csv").read_text().splitlines()
        (row,) = csv.DictReader([lines[0], lines[place]])
        row["action"] = f'"{ODD_ACTION}"'
        lines[place] = ",".join(row.values())
        (panel / f"{name}.csv").write_bytes("\r\n".join(lines).encode())
    rules = panel / "scoring_rules.csv"
    rules.write_text(
        rules.read_text().replace(
            "pricing_days_28d,,,,1,0.12,", "pricing_days_28d,,,,1,0.120,"
        )
    )
    experiments = panel / "experiments.csv"
    experiments.write_text(experiments.read_text() + "\r\n")
    shutil.copytree(panel, scratch.folder / "first panel")
    scratch.environment["POINTWISE_CONTROL"] = str(panel)
    scratch.build()
    shutil.rmtree(panel)
    shutil.copytree(PROJECT / "seeds", panel)
    rules.write_text(
        rules.read_text().replace(
            "page_views_28d,,,,1,1,10,", "page_views_28d,,,,3,1,6,"
        )
    )
    scratch.build()
    return scratch


def versions(scratch: Scratch) -> list[str]:
    """Return the versions of the panel that were published, the last one first."""
    listed = scratch.pointwise("restore-panel")
    assert listed.returncode == 0, last_lines(listed)
    return re.findall(r"^[0-9a-f]{12}\b", listed.stdout, re.M)


def test_a_panel_comes_back_letter_for_letter(odd: Scratch) -> None:
    last, first = versions(odd)
    for version, was in ((first, "first panel"), (last, "panel")):
        folder = odd.folder / f"restored {version}"
        arguments = ("--version", version, "--to", str(folder))
        result = odd.pointwise("restore-panel", *arguments)
        assert result.returncode == 0, last_lines(result)
        assert contents(folder) == contents(odd.folder / was)
    refused = odd.pointwise("restore-panel", *arguments)
    assert "holds a control panel already" in refused.stderr
    unknown = odd.pointwise("restore-panel", "--version", "x", "--to", str(folder))
    assert unknown.stderr.startswith("error: no version 'x'")


def test_a_panel_of_an_older_record_comes_back_with_its_cells_as_they_were(
    odd: Scratch, tmp_path: Path
) -> None:
    """Until the record held the files, it held their lines only."""
    scratch = Scratch(tmp_path)
    shutil.copytree(odd.published, scratch.published, symlinks=True)
    for file in (scratch.published / "record").glob("*/texts.parquet"):
        file.unlink()
        facts = json.loads((file.parent / PUBLICATION).read_text())
        del facts["files"][file.name]
        write_json(file.parent / PUBLICATION, facts)
    first = versions(scratch)[1]
    folder = tmp_path / "restored"
    result = scratch.pointwise("restore-panel", "--version", first, "--to", str(folder))
    assert result.returncode == 0, last_lines(result)
    with (folder / "score_bands.csv").open(newline="") as file:
        actions = [row["action"] for row in csv.DictReader(file)]
    assert ODD_ACTION.replace('""', '"') in actions
    assert "experiments.csv" in contents(folder)


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
@pytest.mark.parametrize(
    "command",
    [
        ["rank"],
        ["explain"],
        ["explain", "--user", ODD_NAME],
        ["experiment", "plan", "call_promising_users"],
        ["publish"],
        ["restore-panel"],
        ["explain", "--user", f"nobody {ODD_NAME}"],
    ],
    ids=" ".join,
)
def test_letters_that_an_encoding_lacks_are_replaced(
    encoding: str, command: list[str], odd: Scratch
) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "pointwise.cli", *command],
        cwd=PROJECT,
        env={**odd.environment, "PYTHONIOENCODING": encoding},
        stdin=subprocess.DEVNULL,
        capture_output=True,
    )
    output = (result.stdout + result.stderr).decode(encoding)
    assert "Traceback" not in output
    expected = 1 if "nobody" in " ".join(command) else 0
    assert result.returncode == expected, output
    if command[0] == "rank":
        assert "?? é" in output or "?? ?" in output
