"""What if: a candidate is scored as a build with it would score."""

from __future__ import annotations

import csv
import shutil

from conftest import CORE, PROJECT, Scratch, last_lines, write_world


def test_changed_event_types_are_recounted_for_the_candidate(
    built: Scratch, scratch: Scratch
) -> None:
    panel = scratch.folder / "panel"
    shutil.copytree(PROJECT / "seeds", panel)
    event_types = panel / "event_types.csv"
    text = event_types.read_text()
    for old, new in (
        ("\nsearch,search,10,", "\nsearch,pricing_page_view,1,"),
        ("\npricing_page_view,pricing_page_view,1,", "\npricing_page_view,search,10,"),
    ):
        assert old in text
        text = text.replace(old, new)
    event_types.write_text(text)

    out = scratch.folder / "out"
    result = built.pointwise("what-if", str(panel), "--out", str(out))
    assert result.returncode == 0, last_lines(result)
    assert "Changed: event_types.csv." in result.stdout
    movers = csv.DictReader((out / "movers.csv").open())
    found = {row["user_id"]: int(row["score_candidate"]) for row in movers}

    write_world(scratch)
    scratch.environment["POINTWISE_CONTROL"] = str(panel)
    scratch.build(*CORE)
    scores = "select user_id, score from main.user_scores"
    before = dict(built.query(scores))
    after = dict(scratch.query(scores))
    assert found == {u: after[u] for u in after if after[u] != before[u]}
    assert len(found) > 10
