"""Tables that another version of the project wrote are rebuilt, and only those.

`events_version` says which version that is. Whoever changes the code from events to
features raises it: the code is compared here, without its comments and layout.
"""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path

from conftest import PROJECT

# What makes event files into features; the version, and the code that it stands for.
CODE = (
    *("models/staging", "models/intermediate", "models/features"),
    *("macros/engines", "macros/features", "macros/incremental", "macros/sources"),
    "scripts/pointwise/sources",
)
RECORD = Path(__file__).with_name("events_version.txt")
VERSION = PROJECT / "macros" / "incremental" / "events_version.sql"


def code() -> str:
    """Return the code from events to features, without comments and layout."""
    files = [
        file
        for folder in CODE
        for file in sorted((PROJECT / folder).glob("**/*"))
        if file.suffix in (".sql", ".py") and file != VERSION
    ]
    assert len(files) > 30
    pieces = []
    for file in files:
        comments = r"{#.*?#}|--[^\n]*" if file.suffix == ".sql" else r"#[^\n]*"
        text = re.sub(comments, " ", file.read_text(), flags=re.DOTALL)
        # A macro may move: pieces are sorted by what they hold, not by where.
        pieces += [" ".join(piece.split()) for piece in text.split("{% endmacro %}")]
    return "\n".join(sorted(pieces))


def test_the_version_is_raised_when_the_code_changes() -> None:
    version = re.search(r'return\("(\d+)"\)', VERSION.read_text()).group(1)
    found = f"{version} {sha256(code().encode()).hexdigest()[:16]}"
    recorded, hint = RECORD.read_text().strip(), f"write {found!r} to {RECORD.name}"
    if recorded != found:
        assert recorded.split()[0] != version, (
            "The code from events to features has changed: raise events_version in"
            f" {VERSION.relative_to(PROJECT)}, then run this again."
        )
    assert recorded == found, f"{hint}: the code of this version."
