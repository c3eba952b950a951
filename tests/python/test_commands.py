"""The command `pointwise`: its menu, its help, its errors."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from time import perf_counter

import click
import duckdb
import pytest

from conftest import PROJECT, Scratch, clean_environment, last_lines
from pointwise.cli import COMMANDS, SECTIONS, main, menu
from pointwise.core.command_line import run
from pointwise.core.home import HOME

# What the menu must not load: each takes longer than the menu may.
SLOW = ("pandas", "duckdb", "xgboost", "numpy", "pyarrow", "rich", "yaml", "streamlit")


def leaves() -> list[tuple[str, ...]]:
    """Return all commands as a user types them, with those below a command."""
    found = []
    for name in COMMANDS:
        command = menu.get_command(click.Context(menu), name)
        below = getattr(command, "commands", {})
        found += [(name, each) for each in below] or [(name,)]
    return found


def ended(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Run a command in this process; return its code, output and errors."""
    code = 0
    try:
        main(arguments)
    except SystemExit as end:
        code = int(end.code or 0)
    return code, *capsys.readouterr()


def pointwise(*arguments: str, **how: object) -> subprocess.CompletedProcess[str]:
    """Run a command as a user does, without any data."""
    return subprocess.run(
        [sys.executable, "-m", "pointwise.cli", *arguments],
        env=clean_environment(),
        capture_output=True,
        text=True,
        **how,
    )


def test_the_menu_has_a_line_for_every_command() -> None:
    result = pointwise("--help")
    assert result.returncode == 0, last_lines(result)
    assert re.findall(r"^  ([a-z]\S+) +[A-Z].+$", result.stdout, re.M) == COMMANDS
    assert re.findall(r"^(.+):$", result.stdout, re.M)[1:] == list(SECTIONS)
    assert pointwise().stdout == result.stdout


def test_every_module_of_a_command_is_in_the_menu() -> None:
    modules = (PROJECT / "scripts/pointwise/commands").glob("[a-z]*.py")
    found = {path.stem.replace("_files", "").replace("_", "-") for path in modules}
    assert found == set(COMMANDS)


def test_the_menu_is_quick() -> None:
    """It loads click, and nothing that takes time."""
    program = (
        "import atexit, sys; atexit.register(lambda: print(*sys.modules))\n"
        "from pointwise.cli import main; main(['--help'])"
    )
    began = perf_counter()
    result = subprocess.run(
        [sys.executable, "-c", program],
        env=clean_environment(),
        capture_output=True,
        text=True,
    )
    assert perf_counter() - began < 2  # on a busy machine; 0.2 s on a quiet one
    assert result.returncode == 0, last_lines(result)
    assert not set(SLOW) & set(result.stdout.split())


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, output, error = ended(capsys, command, "--help")
    assert (code, error) == (0, "")
    assert output.startswith(f"Usage: pointwise {command} ")
    assert f"\n      pointwise {command}" in output  # an example
    bare = r"^  (--?[\w-]+)(?: [A-Z_]+)?$\n(?!    )"
    assert re.findall(bare, output, re.M) == [], "options without a help text"


def test_every_command_is_documented() -> None:
    pages = [PROJECT / "README.md", *(PROJECT / "docs").rglob("*.md")]
    text = "\n".join(page.read_text() for page in pages)
    missing = [
        words for words in leaves() if f"pointwise {' '.join(words)}" not in text
    ]
    assert missing == []


def test_no_page_names_a_command_that_there_is_not() -> None:
    pages = [PROJECT / "README.md", *(PROJECT / "docs").rglob("*.md")]
    text = "\n".join(page.read_text() for page in pages)
    named = set(re.findall(r"(?:`|bin/|^)pointwise ([a-z][a-z-]+)", text, re.M))
    assert named <= set(COMMANDS)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("nothing", 2),
        ("rank --nothing", 2),
        ("rank --limit many", 2),
        ("rank --limit 0", 2),
        ("explain --user u --since soon", 2),
        ("generate --users 0", 2),
        ("generate --end 2500-01-01", 1),
        ("import", 2),
        ("import nowhere.csv", 1),
        ("experiment", 2),
        ("experiment guess call", 2),
        ("experiment read call", 1),
        ("rank", 1),
        ("why", 1),
        ("evaluate", 1),
        ("train", 1),
        ("what-if nowhere", 1),
        ("publish", 1),
        ("restore-panel", 1),
        ("reproduce", 1),
        ("serve --port 0", 2),
    ],
)
def test_an_error_is_one_line(
    command: str,
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(HOME, str(tmp_path))
    found, output, error = ended(capsys, *command.split())
    assert re.fullmatch(r"error: [^\n]+\n", error), error
    assert (found, output) == (code, "")


@pytest.mark.parametrize("command", ["run", "rank", "serve", "experiment plan x"])
def test_a_home_that_is_not_there_is_named(
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(HOME, str(tmp_path / "nowhere"))
    found, output, error = ended(capsys, *command.split())
    assert (found, output) == (1, "")
    assert f"{tmp_path}/nowhere does not exist: check POINTWISE_HOME" in error
    assert "Usage" in ended(capsys, *command.split(), "--help")[1]


def test_tables_break_no_word_and_put_below_what_has_no_room(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from pointwise.core import terminal

    monkeypatch.setattr(terminal, "console", terminal.Console(width=50))
    figures = [f"figure {number}" for number in range(6)]
    rows = [["2026-03-31", *["1.4-2.6 %"] * 6], ["2026-04-14", *["12.5 %"] * 6]]
    terminal.print_table("Title", ["as of", *figures], rows, right=figures)
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= 50
    assert printed.count("1.4-2.6 %") == 6
    assert printed.count("2026-03-31") == 2
    terminal.print_table("", ["id", "why"], [["20261129T043025", "many words " * 9]])
    assert "20261129T043025  many words" in capsys.readouterr().out


def test_scores_of_an_earlier_version_are_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A column or a function that is not published; any other error is our fault."""
    with pytest.raises(SystemExit):
        run(lambda: duckdb.sql("select news from (select 1 as score)"))
    error = capsys.readouterr().err
    assert error.startswith("error: an earlier version published the scores (Binder")
    assert error.endswith(": run `dbt build`\n")
    with pytest.raises(duckdb.ConversionException):
        run(lambda: duckdb.sql("select 'a'::int").fetchall())


def test_a_reader_that_has_had_enough_is_no_error(built: Scratch) -> None:
    command = f"'{sys.executable}' -m pointwise.cli explain | head -n 1"
    result = built.run("bash", "-c", f"set -o pipefail; {command}")
    assert result.stderr == ""
    assert result.stdout.count("\n") == 1


@pytest.mark.parametrize("command", ["explain", "why"])
def test_an_id_without_its_option_says_how(
    capsys: pytest.CaptureFixture[str], command: str
) -> None:
    with pytest.raises(SystemExit):
        main([command, "u1"])
    said = capsys.readouterr().err
    assert f"one user is named by `pointwise {command} --user ID`" in said
