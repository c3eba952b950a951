"""Where a live server answers, for who reads the same publications: the results page.

The file beside the states is there while a server runs. It names the file that holds
the token, and never the token.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pointwise.live.state import ADDRESS, FOLDER

SECONDS = 1.0


@contextmanager
def announced(published: Path, url: str, token_file: Path | None) -> Iterator[None]:
    """Say where the server answers while it does."""
    path = published / FOLDER / ADDRESS
    path.parent.mkdir(parents=True, exist_ok=True)
    said = {"url": url, "token_file": token_file and str(token_file.resolve())}
    path.write_text(json.dumps(said), encoding="utf-8")
    try:
        yield
    finally:
        if path.exists() and json.loads(path.read_text(encoding="utf-8")) == said:
            path.unlink()


def ask(published: Path, path: str) -> Any | None:  # noqa: ANN401
    """Return what the server of these publications answers; None if none does."""
    try:
        said = json.loads((published / FOLDER / ADDRESS).read_text(encoding="utf-8"))
        token = said["token_file"]
        headers = (
            {"authorization": f"Bearer {Path(token).read_text('utf-8').strip()}"}
            if token
            else {}
        )
        request = urllib.request.Request(said["url"] + path, headers=headers)
        with urllib.request.urlopen(request, timeout=SECONDS) as found:
            return json.loads(found.read())
    except (OSError, ValueError, KeyError, TypeError):
        return None
