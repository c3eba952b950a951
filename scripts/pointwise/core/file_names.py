"""Names of files: DuckDB's readers take them for patterns."""

from __future__ import annotations

import re
from pathlib import Path

MAGIC = re.compile(r"[*?\[]")


def escaped(path: str | Path) -> str:
    """Return a path as a pattern of DuckDB's that means this very file."""
    return MAGIC.sub(r"[\g<0>]", str(path))
