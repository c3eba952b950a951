"""The house in order: what may be tracked, and names that live in two places."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from importlib import metadata
from itertools import chain
from pathlib import Path

import duckdb
import pytest
import yaml
from packaging.requirements import Requirement

from conftest import BIN, PROJECT, Scratch, clean_environment, last_lines
from pointwise.core.home import HOME, PATHS
from pointwise.core.settings import GROUPS, OF_ONE_RUN

# Written in pieces, or this file would hold what it forbids.
REGISTRY_HOSTS = re.compile(
    "|".join(
        [
            r"pypi\." + "org",
            "python" + r"hosted\.org",
            r"registry\." + "npmjs",
            r"deb\." + r"debian\.org",
            r"proxy\." + r"golang\.org",
            r"index\." + r"crates\.io",
            r"(?:extra-)?index-" + r"url[ =]",
            "find-" + r"links[ =]",
        ]
    ),
    re.IGNORECASE,
)
MACHINE_PATHS = re.compile(
    r"(?<![\w.*/}-])(?:/(?:root|home|Users|work)/\w|[A-Z]:\\Users\\)"
)
MADE_FILES = {
    ".arrow", ".csv.gz", ".db", ".duckdb", ".egg-info", ".joblib", ".msgpack", ".onnx",
    ".parquet", ".pickle", ".pkl", ".pyc", ".so", ".ubj", ".wal", ".whl", ".zip",
}  # fmt: skip
MADE_FOLDERS = {".venv", ".venv-compat", "__pycache__", "logs", "target"}
MOST_BYTES = 200_000
# Lines; test_manifest has those of models and macros.
MOST_LINES = {"models/**/*.yml": 350, "tests/python/*.py": 450, "README.md": 220}

DOORS = sorted((PROJECT / "scripts").glob("*.py"))


def tracked_files() -> list[Path]:
    """Return what git tracks, and what it would if all were added."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    paths = (PROJECT / name for name in sorted(set(listed.split("\0"))) if name)
    return [path for path in paths if path.is_file()]


def lines_matching(pattern: re.Pattern[str]) -> list[str]:
    """Return `file:line: text` for every line of a tracked text file that matches."""
    found = []
    for path in tracked_files():
        text = path.read_text(encoding="utf-8", errors="replace")
        for number, line in enumerate(text.splitlines(), start=1):
            if pattern.search(line):
                found.append(f"{path.relative_to(PROJECT)}:{number}: {line.strip()}")
    return found


def pins(name: str) -> dict[str, list[Requirement]]:
    """Return the requirements of a file by package; several where markers differ."""
    packages: dict[str, list[Requirement]] = {}
    for line in (PROJECT / name).read_text().splitlines():
        wanted = line.split("#")[0].strip()
        if wanted and not wanted.startswith("-"):
            requirement = Requirement(wanted)
            packages.setdefault(requirement.name.lower(), []).append(requirement)
    return packages


def table_names(text: str) -> list[set[str]]:
    """Return, for every Markdown table, the `names` in the first cell of its rows."""
    tables: list[set[str]] = []
    in_table = False
    for line in text.splitlines():
        if not line.lstrip().startswith("|"):
            in_table = False
            continue
        if not in_table:
            tables.append(set())
        in_table = True
        first_cell = line.strip().strip("|").split("|")[0]
        tables[-1].update(re.findall(r"`(\w+)`", first_cell))
    return tables


def documented_names(known: set[str]) -> set[str]:
    """Return all names of those tables of docs/settings.md that explain a known one."""
    tables = table_names((PROJECT / "docs/settings.md").read_text())
    return set().union(*(names for names in tables if names & known))


@pytest.mark.parametrize("pattern", MOST_LINES)
def test_no_file_is_too_long(pattern: str) -> None:
    lengths = {p.name: len(p.read_text().splitlines()) for p in PROJECT.glob(pattern)}
    assert lengths
    assert {n: k for n, k in lengths.items() if k > MOST_LINES[pattern]} == {}


def test_no_tracked_file_names_a_registry() -> None:
    assert lines_matching(REGISTRY_HOSTS) == []


def test_no_tracked_file_holds_a_path_of_one_machine() -> None:
    assert lines_matching(MACHINE_PATHS) == []


def test_nothing_large_or_made_is_tracked() -> None:
    wrong = []
    for path in tracked_files():
        inside = path.relative_to(PROJECT)
        if path.name.endswith(tuple(MADE_FILES)) or MADE_FOLDERS & set(inside.parts):
            wrong.append(f"{inside} is made, not written")
        if inside.parts[0] == "data" and path.name != ".gitignore":
            wrong.append(f"{inside}: data/ is for what scripts and builds make")
        if path.stat().st_size > MOST_BYTES:
            wrong.append(f"{inside} has {path.stat().st_size:,} bytes")
    assert wrong == []


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned_and_holds_the_direct_ones(name: str) -> None:
    pinned = pins(name)
    for requirement in chain.from_iterable(pinned.values()):
        specifiers = [specifier.operator for specifier in requirement.specifier]
        assert specifiers == ["=="], f"{name}: {requirement} is not pinned"
        assert requirement.url is None
    for package, (wanted, *_) in pins(name.replace(".txt", ".in")).items():
        assert package in pinned, f"{name} lacks {package}: compile it again"
        for requirement in pinned[package]:
            version = next(iter(requirement.specifier)).version
            assert wanted.specifier.contains(version), f"{name}: {requirement}"


def test_the_tests_run_on_what_users_run() -> None:
    runtime, development = pins("requirements.txt"), pins("requirements-dev.txt")
    for package, requirements in runtime.items():
        assert [str(pin) for pin in development[package]] == [
            str(pin) for pin in requirements
        ]
    installed = {
        package: metadata.version(package)
        for package, requirements in development.items()
        if any(pin.marker is None or pin.marker.evaluate() for pin in requirements)
    }
    wrong = [
        f"{package} {installed[package]} is installed, pinned is {pin}"
        for package, requirements in development.items()
        for pin in requirements
        if package in installed
        and (pin.marker is None or pin.marker.evaluate())
        and not pin.specifier.contains(installed[package])
    ]
    # `make compat` runs the tests with this one, and only this one, older.
    assert [line for line in wrong if not line.startswith("duckdb 1.5.6 ")] == []


def test_every_import_is_a_direct_requirement() -> None:
    providers = metadata.packages_distributions()
    direct = set(pins("requirements.in"))
    known = {*sys.stdlib_module_names, "pointwise"}
    wrong = []
    for path in (PROJECT / "scripts").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            for top in {name.split(".")[0] for name in names}:
                packages = {name.lower() for name in providers.get(top, [])}
                if top in known or packages & direct:
                    continue
                wrong.append(f"{path.relative_to(PROJECT)} imports {top}")
    assert wrong == []


@pytest.mark.parametrize("path", DOORS, ids=lambda path: path.name)
def test_the_thin_doors_lead_to_a_command(path: Path, tmp_path: Path) -> None:
    """Without the package installed, and from any folder."""
    result = subprocess.run(
        [sys.executable, path, "--help"],
        cwd=tmp_path,
        env={**clean_environment(), "PYTHONPATH": ""},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, last_lines(result)
    assert result.stdout.startswith("Usage: pointwise ")
    assert len(path.read_text().splitlines()) < 12


def test_make_lists_every_target(scratch: Scratch) -> None:
    makefile = (PROJECT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.+)$", makefile, re.M).group(1).split()
    rules = re.findall(r"^([a-z-]+):", makefile, re.M)
    listed = scratch.run("make")
    assert listed.returncode == 0, last_lines(listed)
    assert re.findall(r"^make ([\w-]+) +\S", listed.stdout, re.M) == rules
    assert sorted(phony) == sorted(rules)


def test_readme_explains_every_var_and_no_other() -> None:
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())
    declared = {n for name in project["vars"] for n in GROUPS.get(name, (name,))}
    declared |= set(OF_ONE_RUN)
    assert documented_names(declared) == declared


def test_readme_explains_every_environment_variable_and_no_other() -> None:
    used = set()
    for path in tracked_files():
        if path.suffix in {".py", ".sql", ".yml"} and "tests" not in path.parts:
            used.update(re.findall(r"POINTWISE_[A-Z]+", path.read_text()))
    assert used == {HOME, *PATHS}
    assert documented_names(used) == used


@pytest.mark.parametrize(
    "page",
    ["README.md", *(f"docs/{page.name}" for page in (PROJECT / "docs").glob("*.md"))],
)
def test_pages_name_only_make_targets_and_files_that_exist(page: str) -> None:
    text = (PROJECT / page).read_text()
    rules = re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.M)
    named = re.findall(r"(?:^|`)make ([a-z-]+)", text, re.M)
    assert [target for target in named if target not in rules] == []
    paths = re.findall(
        r"(?<![\w./-])((?:scripts|models|macros|seeds|tests|examples|bench)/[\w./-]*\w)",
        text,
    )
    assert [path for path in paths if not (PROJECT / path).exists()] == []


def test_what_users_type_is_installed_beside_python() -> None:
    for program in ("dbt", "duckdb", "pointwise"):
        assert (BIN / program).exists() or (BIN / f"{program}.exe").exists()


@pytest.mark.parametrize("target", ["dev", "what_if", "lint", "unit_tests"])
def test_what_dbt_passes_once_holds_on_every_cursor(target: str) -> None:
    profiles = yaml.safe_load((PROJECT / "profiles.yml").read_text())
    options = profiles["pointwise"]["outputs"][target]["config_options"]
    del options["storage_compatibility_version"]  # of files, not of memory
    assert options["memory_limit"] == "5GB"
    with duckdb.connect(config=options | {"memory_limit": "2GiB"}) as connection:
        found = connection.cursor().execute("select name, value from duckdb_settings()")
        held = dict(found.fetchall())
    assert {name: held[name] for name in options} == {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "memory_limit": "2.0 GiB",
        "preserve_insertion_order": "false",
    }
