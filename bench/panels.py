"""Mutate the control panel as spreadsheets and people do; none may score otherwise.

python bench/panels.py
python bench/panels.py --count 1000 --seed 7
python bench/panels.py --build 10

Each mutation of the default panel knows what the panel says afterwards. It must be read
as exactly that, or refused in a line that names the file.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import duckdb

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT / "scripts"))

from pointwise.core.panel.checks import line_of, panel_mistakes  # noqa: E402
from pointwise.core.panel.reader import files_in  # noqa: E402
from pointwise.core.panel.rows import rows_of  # noqa: E402
from pointwise.core.panel.schema import COLUMNS  # noqa: E402
from pointwise.core.settings import vars_of_run  # noqa: E402

# A file as rows of texts, the header first.
Table = list[list[str]]
# What a panel says: by file its rows, in any order, each a value a column.
Says = dict[str, list[tuple]]
NUMBERS = ("whole", "number")


class Mutated(NamedTuple):
    """A mutated panel: its bytes, and what it says; None: it must be refused."""

    name: str
    file: str
    files: dict[str, bytes]
    says: Says | None


def tables() -> dict[str, Table]:
    """Return the default panel as texts."""
    return {
        name: list(csv.reader(io.StringIO((PROJECT / f"seeds/{name}.csv").read_text())))
        for name in COLUMNS
    }


def said_by(name: str, table: Table) -> list[tuple]:
    """Return what a table says, its columns in the order of the schema."""
    header, *rows = table
    return sorted(
        (
            tuple(
                meant(row[header.index(column)], allowed.kind)
                if column in header
                else None
                for column, allowed in COLUMNS[name].items()
            )
            for row in rows
        ),
        key=str,
    )


def meant(text: str, kind: str) -> object:
    """Return what a cell of the default panel means."""
    if text == "":
        return None
    return Decimal(text).normalize() if kind in NUMBERS else text


def as_csv(table: Table, separator: str = ",", end: str = "\n", quote: int = 0) -> str:
    """Return a table as a CSV text."""
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator=end, quoting=quote).writerows(
        table
    )
    return text.getvalue()


def filled(table: Table, rng: random.Random, column: str) -> int:
    """Return the number of a row that has something in a column."""
    place = table[0].index(column)
    return rng.choice([i for i, row in enumerate(table) if i and row[place]])


# -- Mutations that leave what the panel says -------------------------------------
def reordered(table: Table, rng: random.Random) -> tuple[Table, bytes]:
    """Columns stand in another order, headers with them."""
    order = rng.sample(range(len(table[0])), len(table[0]))
    moved = [[row[i] for i in order] for row in table]
    return table, as_csv(moved).encode()


def shuffled(table: Table, rng: random.Random) -> tuple[Table, bytes]:
    """Rows stand in another order."""
    rows = table[1:]
    rng.shuffle(rows)
    return table, as_csv([table[0], *rows]).encode()


def separated(table: Table, rng: random.Random) -> tuple[Table, bytes]:
    """Semicolons or tabs; with semicolons perhaps decimal commas and Excel's note."""
    separator = rng.choice(";\t")
    written = [[*row] for row in table]
    if separator == ";" and rng.random() < 0.7:
        for row in written[1:]:
            for place, cell in enumerate(row):
                if cell.replace(".", "").isdigit() and cell.count(".") == 1:
                    row[place] = cell.replace(".", ",")
    note = f"sep={separator}\r\n" if rng.random() < 0.3 else ""
    return table, (note + as_csv(written, separator, "\r\n")).encode()


def encoded(table: Table, rng: random.Random) -> tuple[Table, bytes]:
    """Another encoding, with letters that show it."""
    changed = with_letters(table, rng)
    encoding = rng.choice(
        ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "utf-8"]
    )
    return changed, as_csv(changed, end=rng.choice(["\n", "\r\n", "\r"])).encode(
        encoding
    )


def with_letters(table: Table, rng: random.Random) -> Table:
    """Return a table whose last text column says something with an umlaut."""
    changed = [[*row] for row in table]
    words = ("reason", "action", "label", "description")
    place = table[0].index(next(column for column in words if column in table[0]))
    row = rng.randrange(1, len(table))
    changed[row][place] = rng.choice(["Gespräch geführt", "Café: 5 €", "«Où?» “naïve”"])
    return changed


def quoted(table: Table, rng: random.Random) -> tuple[Table, bytes]:
    """Every cell in quotation marks."""
    return table, as_csv(
        table, quote=csv.QUOTE_ALL, end=rng.choice(["\n", "\r\n"])
    ).encode()


def residue(table: Table, rng: random.Random) -> tuple[Table, bytes]:
    """Empty rows below, empty columns beside, blank lines, spaces around headers."""
    extra = rng.randrange(0, 4)
    written = [[*row, *[""] * extra] for row in table]
    written[0] = [
        rng.choice(["", " ", "  "]) + cell + rng.choice(["", " "])
        for cell in written[0]
    ]
    below = [
        [rng.choice(["", " "])] * len(written[0]) for _ in range(rng.randrange(1, 30))
    ]
    text = as_csv([*written, *below], end="\r\n")
    return table, (text + rng.choice(["", "\r\n", "\r\n\r\n"])).encode()


def pointed(table: Table, rng: random.Random) -> tuple[Table, bytes]:
    """Whole numbers with a point and zeros, as pandas and spreadsheets write them."""
    name = name_of(table)
    written = [[*row] for row in table]
    for place, column in enumerate(table[0]):
        if COLUMNS[name][column].kind in NUMBERS:
            for row in written[1:]:
                if row[place] and "." not in row[place] and rng.random() < 0.7:
                    row[place] += rng.choice([".0", ".00"])
    return table, as_csv(written).encode()


def edited(table: Table, rng: random.Random) -> tuple[Table, bytes]:
    """Points of a rule or the cap of a group are others: the panel says so."""
    column = next((c for c in ("points", "max_points") if c in table[0]), None)
    changed = [[*row] for row in table]
    if column:
        row = filled(table, rng, column)
        place = table[0].index(column)
        bound = "points" in table[0] and bool(table[row][table[0].index("max_points")])
        if not bound:
            number = int(table[row][place])
            changed[row][place] = str(
                number + (1 if number > 0 else -1 if number else 0)
            )
    return changed, as_csv(changed).encode()


# -- Mutations that must be refused -----------------------------------------------
def dated(table: Table, rng: random.Random) -> bytes | None:
    """A range that a spreadsheet made into a date."""
    if "equals" not in table[0] or "rule" not in table[0]:
        return None
    place = table[0].index("equals")
    row = next(i for i, cells in enumerate(table) if cells[place] == "1-10")
    changed = [[*cells] for cells in table]
    changed[row][place] = rng.choice(
        [
            "10-Jan",
            "Jan-10",
            "1/10/2026",
            "2026-01-10 00:00:00",
            "10.01.2026",
            "46032",
            "01. Okt",
            "10-janv",
            "2026-01-10",
            "01/10/26",
            "10. Jan",
            "Jan 10",
        ]
    )
    return as_csv(changed).encode()


def worded(table: Table, rng: random.Random) -> bytes | None:
    """A number that is none: a percent, a thousand, an exponent, a currency, a word."""
    name = name_of(table)
    columns = [c for c in table[0] if COLUMNS[name][c].kind in NUMBERS]
    columns = [c for c in columns if any(row[table[0].index(c)] for row in table[1:])]
    if not columns:
        return None
    column = rng.choice(columns)
    changed = [[*row] for row in table]
    row = filled(table, rng, column)
    changed[row][table[0].index(column)] = rng.choice(
        [
            "30 %",
            "1e1",
            "1,5",
            "€ 3",
            "ten",
            "1 000",
            "+5",
            "NaN",
            "inf",
            "#REF!",
            "=1+1",
        ]
    )
    return as_csv(changed).encode()


def twice(table: Table, rng: random.Random) -> bytes | None:
    """A row is there twice."""
    rows = [*table, rng.choice(table[1:])]
    return as_csv(rows).encode()


def headed(table: Table, rng: random.Random) -> bytes | None:
    """A header is merged, misspelt, missing, there twice; or a title stands above."""
    changed = [[*row] for row in table]
    place = rng.randrange(len(table[0]))
    kind = rng.randrange(5)
    if kind == 0:
        changed[0][place] = ""
    elif kind == 1:
        changed[0][place] += "s"
    elif kind == 2:
        changed = [[c for i, c in enumerate(row) if i != place] for row in changed]
    elif kind == 3:
        changed[0][place] = changed[0][place - 1]
    else:
        changed = [["Our rules", *[""] * (len(table[0]) - 1)], *changed]
    return as_csv(changed).encode()


def cut_off(table: Table, rng: random.Random) -> bytes | None:
    """The file ends in the middle of a row, some cells before its end."""
    text = as_csv(table)
    last = text.rindex("\n", 0, len(text) - 1)
    comma = text.rindex(",")
    return text[: rng.randrange(last + 2, comma + 1)].encode()


def lopsided(table: Table, rng: random.Random) -> bytes | None:
    """A cell is gone or too many in a row, or a quotation mark is not closed."""
    changed = [[*row] for row in table]
    row = rng.randrange(1, len(table))
    kind = rng.randrange(3)
    if kind == 0:
        del changed[row][rng.randrange(len(changed[row]))]
    elif kind == 1:
        changed[row].insert(rng.randrange(len(changed[row])), "x")
    else:
        lines = as_csv(table).split("\n")
        lines[row] = '"' + lines[row]
        return "\n".join(lines).encode()
    return as_csv(changed).encode()


def unreadable(table: Table, rng: random.Random) -> bytes | None:
    """An encoding that cannot be recognised, or no text at all."""
    text = as_csv(with_letters(table, rng))
    if rng.random() < 0.3:
        return bytes(rng.randrange(128, 256) for _ in range(500))
    return (
        text.replace("“", "ö")
        .replace("”", "ä")
        .replace("€", "ü")
        .encode("mac-roman", "replace")
        .replace(b"?", b"\x9f")
    )


# -- Mutations whose meaning only the text shows ----------------------------------
def swapped(table: Table, rng: random.Random) -> tuple[Table, bytes]:
    """Two cells of a row change places, or two headers do without their columns."""
    changed = [[*row] for row in table]
    row = rng.randrange(len(table))
    one, other = rng.sample(range(len(table[0])), 2)
    changed[row][one], changed[row][other] = changed[row][other], changed[row][one]
    return changed, as_csv(changed).encode()


SAME = (reordered, shuffled, separated, encoded, quoted, residue, pointed, edited)
REFUSED = (dated, worded, twice, headed, cut_off, lopsided, unreadable)
# What they do may be sound or not; if it is accepted, it says what its text says.
EITHER = (swapped,)


def name_of(table: Table) -> str:
    """Return the file that a table is of."""
    return next(n for n, columns in COLUMNS.items() if {*table[0]} <= columns.keys())


def mutations(count: int, seed: int) -> list[Mutated]:
    """Return mutated panels, of each kind as many."""
    rng = random.Random(seed)
    original = tables()
    plain = {name: as_csv(table).encode() for name, table in original.items()}
    with_rows = [name for name in COLUMNS if len(original[name]) > 1]
    found: list[Mutated] = []
    while len(found) < count:
        kinds = (*SAME, *EITHER, *REFUSED)
        mutate: Callable = kinds[len(found) % len(kinds)]
        file = rng.choice(with_rows)
        table = original[file]
        if mutate in REFUSED:
            content = mutate(table, rng)
            if content is not None:
                found.append(
                    Mutated(mutate.__name__, file, {**plain, file: content}, None)
                )
            continue
        changed, content = mutate(table, rng)
        says = {name: said_by(name, original[name]) for name in COLUMNS if name != file}
        try:
            says[file] = said_by(file, changed)
        except (ValueError, ArithmeticError):
            says = None  # A header or a number that is none.
        found.append(Mutated(mutate.__name__, file, {**plain, file: content}, says))
    return found


def said_by_reader(panel: Path) -> Says:
    """Return what a folder says, as the build reads it."""
    return {
        name: sorted(
            (
                tuple(
                    Decimal(value).normalize()
                    if COLUMNS[name][column].kind in NUMBERS and value is not None
                    else value
                    for column, value in row.values.items()
                )
                for row in rows_of(file)
            ),
            key=str,
        )
        for name, file in files_in(panel).items()
    }


def verdict(mutated: Mutated, panel: Path) -> str:
    """Return `accepted`, `refused`, or what is wrong."""
    for name, content in mutated.files.items():
        (panel / f"{name}.csv").write_bytes(content)
    mistakes = panel_mistakes(files_in(panel), vars_of_run(PROJECT, {}))
    lines = [line_of(mistake, f"{mistake.file}.csv") for mistake in mistakes]
    if lines:
        if mutated.name in [kind.__name__ for kind in SAME]:
            return f"WRONG: refused, although sound: {lines[0]}"
        is_named = all("\n" not in line and ".csv" in line for line in lines)
        return "refused" if is_named else f"WRONG: not one line: {lines[0]!r}"
    if mutated.says is None:
        return "WRONG: accepted"
    is_same = said_by_reader(panel) == mutated.says
    return "accepted" if is_same else "WRONG: accepted with other content"


def built_verdict(mutated: Mutated, folder: Path) -> str:
    """Return the same of a real build of the panel's tables."""
    panel = folder / "Ann's panel"
    panel.mkdir(exist_ok=True)
    for name, content in mutated.files.items():
        (panel / f"{name}.csv").write_bytes(content)
    database = folder / "warehouse.duckdb"
    environment = {
        **os.environ,
        "POINTWISE_CONTROL": str(panel),
        "POINTWISE_DB": str(database),
    }
    result = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("dbt")), "--log-level-file=none"),
            *("--no-use-colors", "build", "-s", "path:models/panel"),
            "--indirect-selection=cautious",
            f"--target-path={folder / 'target'}",
        ],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
    )
    printed = result.stdout + result.stderr
    if result.returncode:
        is_named = f"{mutated.file}.csv" in printed and "Traceback" not in printed
        return "refused" if is_named else f"WRONG: {printed[-500:]}"
    with duckdb.connect(str(database), read_only=True) as connection:
        says = {
            name: sorted(
                (
                    tuple(
                        Decimal(value).normalize()
                        if allowed.kind in NUMBERS and value is not None
                        else str(value)
                        if allowed.kind == "date"
                        else value
                        for value, allowed in zip(row, columns.values(), strict=True)
                    )
                    for row in connection.execute(
                        f"select {', '.join(columns)} from {name}"
                    ).fetchall()
                ),
                key=str,
            )
            for name, columns in COLUMNS.items()
        }
    return "accepted" if says == mutated.says else "WRONG: built with other content"


def main() -> None:
    """Read the command line, try the panels, print the counts."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=300, help="panels to try (300)")
    parser.add_argument("--seed", type=int, default=1, help="of the mutations (1)")
    parser.add_argument("--build", type=int, default=0, help="of them by dbt (0)")
    arguments = parser.parse_args()
    panels = mutations(arguments.count, arguments.seed)
    counts: Counter[tuple[str, str]] = Counter()
    with tempfile.TemporaryDirectory() as scratch:
        for place, mutated in enumerate(panels):
            found = verdict(mutated, Path(scratch))
            if place < arguments.build:
                by_dbt = built_verdict(mutated, Path(scratch))
                if by_dbt != found:
                    found = f"WRONG: {found}, by dbt {by_dbt}"
            counts[mutated.name, found.split(":")[0]] += 1
            if found.startswith("WRONG"):
                print(f"{place} {mutated.name} {mutated.file}: {found}")
    for (name, found), number in sorted(counts.items()):
        print(f"{name:12} {found:10} {number:5}")
    wrong = sum(number for (_, found), number in counts.items() if found == "WRONG")
    print(f"{len(panels)} panels, {wrong} wrong.")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
