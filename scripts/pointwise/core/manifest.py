"""The manifest of a run of dbt: what it knows about the project."""

from __future__ import annotations

import json
from pathlib import Path

from pointwise.core.errors import PointwiseError


def read_manifest(target_path: Path, invocation_id: str) -> dict:
    """Return the manifest of this run.

    Another run in the same folder may have written its own over it, or be about to:
    then dbt's memory has ours. Raises PointwiseError if neither does.
    """
    path = target_path / "manifest.json"
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
        if written["metadata"]["invocation_id"] == invocation_id:
            return written
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return remembered(path)


def remembered(path: Path) -> dict:
    """Return the manifest as dbt would write it."""
    from dbt.adapters.factory import get_adapter_by_type
    from dbt_common.utils.encoding import ForgivingJSONEncoder

    try:
        manifest = get_adapter_by_type("duckdb").get_macro_resolver()
        content = manifest.writable_manifest().to_dict(omit_none=False)
    except (KeyError, AttributeError) as error:
        raise PointwiseError(
            f"{path} is not of this run: run dbt without --no-write-json, or with a"
            " --target-path of its own"
        ) from error
    for node in content["nodes"].values():
        node["compiled_code"] = None  # it names event files, and they may name people
    return json.loads(json.dumps(content, cls=ForgivingJSONEncoder))
