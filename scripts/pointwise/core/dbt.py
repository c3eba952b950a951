"""Run dbt on this project, from whatever folder."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from pointwise.core.home import PROJECT


def start_dbt(
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    output: int | IO | None = None,
) -> subprocess.Popen[str]:
    """Start the dbt that is installed beside this Python.

    What it prints, errors too, goes to `output`, by default to where we print.
    """
    program = Path(sys.executable).with_name("dbt")
    sys.stdout.flush()
    return subprocess.Popen(
        [str(program), "--no-use-colors", "--log-level-file=none", *arguments],
        cwd=PROJECT,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=None if output is None else subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
