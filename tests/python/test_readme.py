"""What README and docs say to type works, in the order in which the README names them.

Blocks marked ```sh are run, in one shell, in a copy of the project without any data;
```text, ```sql and the rest are for reading. Not run are commands that install what is
installed already, or that would run these tests inside themselves.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import pytest

from conftest import PROJECT, clean_environment
from test_repository import tracked_files

LANGUAGES = {"sh", "text", "sql", "csv", "yaml", "python", "mermaid"}
NOT_HERE = re.compile(
    r"-m venv|pip install|^git clone|^make (test|lint|format|compat|spark-test)\b"
    r"|^\.ci/run"
)
# What shows make that it need not install.
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
    """Return the commands of all `sh` blocks, each with its line on the page.

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


def pages() -> list[Path]:
    """Return README.md and the pages that it names, in its order."""
    readme = PROJECT / "README.md"
    named = re.findall(r"\]\((docs/[\w-]+\.md)\)", readme.read_text())
    return [readme, *(PROJECT / name for name in dict.fromkeys(named))]


def script(found: list[tuple[str, str]]) -> str:
    """Return a shell script of the commands that says which one failed."""
    parts = [
        "set -euo pipefail",
        "trap 'echo \"failed: $place\"' ERR",
        "trap 'jobs -p | xargs --no-run-if-empty kill' EXIT",
    ]
    for place, command in found:
        if NOT_HERE.search(command.strip()):
            continue
        parts += [f"place='{place}'", f"printf '\\n### {place}\\n'", command]
    return "\n".join([*parts, ""])


@pytest.mark.slow
def test_every_command_of_readme_and_docs_works(tmp_path: Path) -> None:
    found = [
        (f"{page.name} line {line}", command)
        for page in pages()
        for line, command in commands(page.read_text())
    ]
    assert len(found) > 20
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
        f"{page.name} line {block.line}"
        for page in pages()
        for block in blocks(page.read_text())
        if block.language not in LANGUAGES
    ]
    assert untagged == []


def test_readme_leads_to_every_page() -> None:
    assert set(pages()[1:]) == set((PROJECT / "docs").glob("*.md"))
    links = chain.from_iterable(
        re.findall(r"\]\(([\w/-]+\.md)\)", page.read_text())
        for page in (PROJECT / "docs").glob("*.md")
    )
    assert [link for link in links if not (PROJECT / "docs" / link).exists()] == []


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
