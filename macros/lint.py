"""Print the models and tests in which `make lint` looks at the SQL of macros.

Of the files that call a macro one is enough to see its SQL: the fewest are taken that
together call each of them, by a greedy cover.
"""

from __future__ import annotations

import re
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
MACRO = re.compile(r"\{%-? *macro +(?:duckdb__)?(\w+)\(")
CALL = re.compile(r"\b(\w+)\(")


def files_to_lint(macros: set[str], texts: dict[str, str]) -> list[str]:
    """Return the names of files that together call each macro that any calls."""
    calls = {name: set(CALL.findall(text)) & macros for name, text in texts.items()}
    wanted, taken = set().union(*calls.values()), []
    while wanted:
        # Long files take long to parse.
        most = max(
            sorted(calls),
            key=lambda name: len(calls[name] & wanted) / len(texts[name]) ** 0.5,
        )
        taken.append(most)
        wanted -= calls[most]
    return sorted(taken)


def main() -> None:
    """Print them, one a line, as paths in the project."""
    defined = PROJECT.glob("macros/**/*.sql")
    macros = {name for path in defined for name in MACRO.findall(path.read_text())}
    paths = [*PROJECT.glob("models/**/*.sql"), *PROJECT.glob("tests/*.sql")]
    texts = {str(path.relative_to(PROJECT)): path.read_text() for path in paths}
    print("\n".join(files_to_lint(macros, texts)))


if __name__ == "__main__":
    main()
