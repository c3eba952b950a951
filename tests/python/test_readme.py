"""What the README says to type works, in the order it says it.

Blocks marked ```sh are run, in one shell, in a copy of the project without any data;
```text, ```sql and the rest are for reading. Not run are commands that install what is
installed already, or that would run these tests inside themselves.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from conftest import PROJECT, clean_environment
from test_repository import tracked_files

LANGUAGES = {"sh", "text", "sql", "csv", "yaml", "python", "mermaid"}
NOT_HERE = re.compile(
    r"-m venv|pip install|^git clone|^make (test|lint|format|compat)\b|^\.ci/run"
)
# What tells make that it need not install.
STAMPS = ("runtime", "dev")
MOST_SECONDS = 900


class Block(NamedTuple):
    """A fenced block of the README: where it begins, and its lines."""

    line: int
    language: str
    text: str


def blocks(markdown: str) -> list[Block]:
    """Return the fenced blocks of a Markdown text."""
    found = []
    fence = re.compile(r"^( *)```(\w*)[^\n]*\n(.*?)^\1``` *$", re.M | re.S)
    for match in fence.finditer(markdown):
        line = markdown.count("\n", 0, match.start()) + 2
        found.append(Block(line, match.group(2), match.group(3)))
    return found


def commands(markdown: str) -> list[tuple[int, str]]:
    """Return the commands of all `sh` blocks, each with its line in the README.

    Lines that a backslash or a here-document continues are one command.
    """
    found: list[tuple[int, str]] = []
    for block in blocks(markdown):
        if block.language != "sh":
            continue
        lines = list(enumerate(block.text.splitlines(), start=block.line))
        while lines:
            number, command = lines.pop(0)
            while lines and command.endswith("\\"):
                command += "\n" + lines.pop(0)[1]
            if here := re.search(r"<<-? *['\"]?(\w+)['\"]?", command):
                while lines and not command.endswith("\n" + here.group(1)):
                    command += "\n" + lines.pop(0)[1]
            if command.strip() and not command.lstrip().startswith("#"):
                found.append((number, command))
    return found


def copy_project(folder: Path) -> None:
    """Copy what git tracks, with this environment standing in for a `.venv`."""
    for path in tracked_files():
        target = folder / path.relative_to(PROJECT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
    environment = folder / ".venv"
    environment.mkdir()
    for entry in Path(sys.prefix).iterdir():
        if entry.name not in STAMPS:
            (environment / entry.name).symlink_to(entry)
    for stamp in STAMPS:
        (environment / stamp).touch()


def script(found: list[tuple[int, str]]) -> str:
    """Return a shell script of the commands that says which one failed."""
    parts = ["set -euo pipefail", "trap 'echo \"failed: README.md line $line\"' ERR"]
    for line, command in found:
        if NOT_HERE.search(command.strip()):
            continue
        parts += [f"line={line}", f"printf '\\n### README.md line {line}\\n'", command]
    return "\n".join([*parts, ""])


@pytest.mark.slow
def test_every_command_of_the_readme_works(tmp_path: Path) -> None:
    found = commands((PROJECT / "README.md").read_text())
    if not found:
        pytest.skip("README.md has no ```sh block yet")
    project = tmp_path / "pointwise"
    copy_project(project)
    output = tmp_path / "output"
    with output.open("w") as log:
        result = subprocess.run(
            ["bash", "-c", script(found)],
            cwd=project,
            # Of the copy, not of the folder that the package is installed from.
            env={**clean_environment(), "PYTHONPATH": str(project / "scripts")},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            timeout=MOST_SECONDS,
        )
    printed = output.read_text()
    assert result.returncode == 0, "\n".join(printed.splitlines()[-60:])
    assert "Traceback" not in printed


def test_every_block_says_whether_it_is_run() -> None:
    untagged = [
        f"README.md line {block.line}"
        for block in blocks((PROJECT / "README.md").read_text())
        if block.language not in LANGUAGES
    ]
    assert untagged == []


def test_commands_are_found_as_a_reader_finds_them() -> None:
    markdown = (
        "# T\n\n```sh\nmake run   # installs\n\n# a comment\n"
        "cat > a <<'END'\nx, y\nEND\ndbt build \\\n    --select x\n```\n"
        "\n```text\nnot this\n```\n"
    )
    assert commands(markdown) == [
        (4, "make run   # installs"),
        (7, "cat > a <<'END'\nx, y\nEND"),
        (10, "dbt build \\\n    --select x"),
    ]
    assert blocks(markdown)[1] == (15, "text", "not this\n")
