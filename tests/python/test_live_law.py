"""Live = build (law 11): what live says now is what the next full build says.

Random worlds are built from a part of their events; the others come file by file, in
no order: late ones, copies, rows that cannot be used, machines, and events that link
ids. After the last file a build of everything must have the same scores, to the point.
"""

from __future__ import annotations

import random
from dataclasses import replace

import duckdb
import pytest

from conftest import CORE, Scratch
from oracle_checks import Build
from oracle_events import Row
from pointwise.core.published import Generation
from pointwise.live.scores import LiveScores
from pointwise.live.state import state_file, write_state
from pointwise.sources.listing import find_files
from test_oracle import BUILDS, PLANTED_LINKS
from world_files import as_vars, write_events, write_links, write_panel, write_users
from world_panels import common_panels, joined
from worlds import drawn, renamed, worlds

WORLDS = 24
STEPS = 5
# What the rest of the people decides, and what evaluation says of a band.
OF_OTHERS = ("rank", "percentile", "band_meaning")
SCORES = """
    select * exclude ({left_out}) from main.user_scores order by user_id
"""
POINTS = """
    select points.* from main.score_contributions as points
    semi join main.user_scores using (user_id, as_of_date)
    order by user_id, rule
"""


class Stream:
    """Worlds whose events come in steps; the first is what a build knows."""

    def __init__(self, scratch: Scratch, build: Build) -> None:
        self.scratch, self.build = scratch, build
        self.dice = random.Random(build.name)
        strategy = worlds(build.settings, build.shapes())
        found = [renamed(drawn(strategy, n), f"w{n:03}_") for n in range(WORLDS)]
        self.steps: list[list[tuple[int, Row]]] = [[] for _ in range(STEPS)]
        for world in found:
            for row in world.rows:
                self.steps[max(0, self.dice.randrange(-2, STEPS))].append(row)
        panel = joined(
            [drawn(common_panels(build.settings), 1), *(w.panel for w in found)]
        )
        users = [user for world in found for user in world.users]
        if not build.has_valid_from:
            users = [{**user, "valid_from": None} for user in users]
        write_users(scratch.folder / "users.parquet", users, build.has_valid_from)
        links = [*PLANTED_LINKS, *(link for world in found for link in world.links)]
        write_links(scratch.folder / "links.parquet", links, build.is_text)
        write_panel(scratch.folder / "panel", panel)
        scratch.environment["POINTWISE_CONTROL"] = str(scratch.folder / "panel")

    def write(self, step: int) -> None:
        """Write the event files of a step."""
        rows = self.steps[step]
        self.dice.shuffle(rows)
        for number, shape in enumerate(self.build.shapes()):
            named = replace(shape, name=f"{step}-{shape.name}")
            mine = [row for file, row in rows if file == number]
            if mine or step == 0:
                write_events(self.scratch.events, named, mine)

    def run_dbt(self) -> None:
        """Build what there is, with the state that live starts from."""
        settings = as_vars(self.build.settings)
        self.scratch.build(*CORE, "int_event_readers", "--vars", settings)


@pytest.fixture(scope="module", params=[0, 1, 3], ids=["plain", "berlin", "kolkata"])
def stream(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Stream:
    """Worlds that were built when only their first events were there."""
    build = BUILDS[request.param]
    stream = Stream(Scratch(tmp_path_factory.mktemp(build.name)), build)
    stream.write(0)
    stream.run_dbt()
    return stream


def begun(scratch: Scratch) -> LiveScores:
    """Return live scores over what was built, as if it had been published."""
    generation = Generation(scratch.folder / "generation")
    generation.folder.mkdir(exist_ok=True)
    with duckdb.connect(str(scratch.warehouse)) as warehouse:
        write_state(warehouse, scratch.folder, generation.id)
        for mart in ("user_scores", "score_contributions"):
            path = generation.folder / f"{mart}.parquet"
            warehouse.execute(f"copy main.{mart} to '{path}'")
    return LiveScores.of(generation, state_file(scratch.folder, generation.id))


def test_live_scores_are_those_of_the_next_build(stream: Stream) -> None:
    scratch = stream.scratch
    live = begun(scratch)
    pattern = scratch.environment["POINTWISE_EVENTS"]
    for step in range(1, STEPS):
        stream.write(step)
        live.absorb(live.new_files(find_files(pattern)))
    while live.settle():
        pass
    assert live.set_aside == {}
    assert live.changed_files(find_files(pattern)) == []
    left_out = ", ".join(OF_OTHERS)
    found = live.query(
        "select * exclude (band_meaning) from since.user_scores order by user_id"
    )
    people = [row["user_id"] for row in found]
    told = {user_id: live.score(user_id)["contributions"] for user_id in people}
    as_of_date = live.as_of_date
    live.close()
    stream.run_dbt()
    with scratch.connect() as warehouse:
        names = warehouse.execute(SCORES.format(left_out=left_out)).description
        rows = warehouse.execute(SCORES.format(left_out=left_out)).fetchall()
        expected = [dict(zip([n[0] for n in names], row, strict=True)) for row in rows]
        points = warehouse.execute(POINTS).fetchall()
    assert found == expected
    assert [tuple(point.values()) for user in people for point in told[user]] == points
    assert {row["as_of_date"] for row in expected} <= {as_of_date}
    assert len(found) > 20
