"""Kill builds while they publish, and look at what readers are left with.

Builds are forks of one process that has imported dbt and parsed the project: see
dbt_forks.py. `bench/faults.py` does a great many; test_publishing.py a few.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from pointwise.core.errors import PointwiseError
from pointwise.core.published import Generation, current, record_ids

if TYPE_CHECKING:
    from conftest import Scratch

WRONG_POINTS = """
    select count(*) from user_scores
    left join (
        select
            user_id,
            as_of_date,
            sum(points) filter (where score_name = 'intent') as points,
            sum(points) filter (where score_name = 'fit') as points_of_fit
        from score_contributions group by all
    ) using (user_id, as_of_date)
    where score is distinct from points or fit_score is distinct from points_of_fit
"""
OTHER_VERSIONS = """
    select count(*) from user_scores
    where weights_version <> (select weights_version from publication)
        or as_of_date <> (select as_of_date from publication)
"""


@dataclass
class Seen:
    """What readers were left with after each accident, and what was wrong."""

    kills: int = 0
    while_publishing: int = 0
    published_all_the_same: int = 0
    wrong: list[str] = field(default_factory=list)


def look(published: Path, before: dict[str, str]) -> list[str]:
    """Return what is wrong with the published side; `before` are the record's files."""
    wrong = []
    try:
        generation = current(published)
        ids = record_ids(published)
    except PointwiseError as error:
        return [str(error)]
    if generation is None:
        return [] if not before else ["nothing is published any more"]
    now = record(published)
    if lost := [name for name, digest in before.items() if now.get(name) != digest]:
        wrong.append(f"lost of the record: {lost}")
    if generation.id not in ids:
        wrong.append(f"{generation.id} is not in the record")
    database = str(published / "scores.duckdb")
    with duckdb.connect(database, read_only=True) as connection:
        wrong += [
            f"{count} {what}"
            for what, query in checks(published, generation).items()
            if (count := connection.execute(query).fetchall()[0][0])
        ]
    return wrong


def checks(published: Path, generation: Generation) -> dict[str, str]:
    """Return queries on scores.duckdb that count what is wrong, by what they count."""
    return {
        "publications that scores.duckdb is not of": "select count(*) from publication"
        f" where publication_id <> '{generation.id}'",
        "users whose points are not their score": WRONG_POINTS,
        "users of another day or control panel": OTHER_VERSIONS,
        "users who differ in top_users.csv": f"""
            select count(*) from read_csv('{published}/top_users.csv') as list
            full join (
                select * from user_scores where not is_customer and is_named
                order by rank limit 1000
            ) as scores using (user_id)
            where list.score is distinct from scores.score
        """,
        **{
            f"rows that are not in {mart}.parquet": f"""
                select count(*) from (
                    from {mart} except
                    from read_parquet('{generation.folder}/{mart}.parquet')
                )
            """
            for mart in ("user_scores", "score_contributions", "user_score_history")
        },
    }


def record(published: Path) -> dict[str, str]:
    """Return the files of the record that counts, and what they hold."""
    return {
        f"{name}/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest()
        for name in record_ids(published)
        for path in sorted((published / "record" / name).iterdir())
    }


def kill_a_build(
    scratch: Scratch,
    dice: random.Random,
    *arguments: str,
    in_publishing: bool,
    within: float = 8,
) -> bool:
    """Start a build, kill it at a random moment, and say whether it was still running.

    `within`: seconds from its start; in publishing: after a draft appears.
    """
    import dbt_forks

    drafts = scratch.published / "generations" / ".draft"
    pid = dbt_forks.start(
        ["--log-level-file=none", *arguments, f"--target-path={scratch.folder}/target"],
        scratch.environment,
    )
    if in_publishing:
        while not drafts.exists() and is_running(pid):
            time.sleep(0.002)
        time.sleep(dice.random() * 1.5)
    else:
        time.sleep(dice.random() * within)
    was_running = is_running(pid)
    if was_running:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return was_running


def is_running(pid: int) -> bool:
    """Return whether a child has not ended yet; one that has is waited for."""
    try:
        return os.waitpid(pid, os.WNOHANG) == (0, 0)
    except ChildProcessError:
        return False


def edit_weight(scratch: Scratch, points: int) -> None:
    """Give looks at pages another number of points: one is what they have."""
    file = Path(scratch.environment["POINTWISE_CONTROL"]) / "scoring_rules.csv"
    lines = [
        f"viewed_pages,web,page_views_28d,,,,{points},1,{10 * points},"
        "Viewed {value} page(s) in 4 weeks,more page views"
        if line.startswith("viewed_pages,")
        else line
        for line in file.read_text().splitlines()
    ]
    file.write_text("\n".join(lines) + "\n")


def few_kills() -> None:
    """Kill three builds in publishing and one before; print what was seen."""
    import dbt_forks
    from conftest import Scratch

    folder = Path(sys.argv[1])
    scratch = Scratch.__new__(Scratch)
    scratch.folder, scratch.published = folder, folder / "published"
    scratch.environment = dict(os.environ)
    dbt_forks.prepare()
    seen, dice = Seen(), random.Random(7)
    for number in range(4):
        edit_weight(scratch, 4 + number % 2)
        before = record(scratch.published)
        in_publishing = number > 0
        arguments = ("build", "--exclude-resource-type", "unit_test")
        killed = kill_a_build(scratch, dice, *arguments, in_publishing=in_publishing)
        seen.kills += killed
        seen.while_publishing += killed and in_publishing
        seen.wrong += look(scratch.published, before)
    edit_weight(scratch, 1)
    print(json.dumps(asdict(seen)))


def poll(published: str, polls: int, results: str, pause: float = 0) -> None:
    """Ask fresh and open connections again and again; note what they say wrong.

    `polls` times at least, and until `results` has a file beside it that says stop;
    a `pause` in seconds is for what goes on beside it.
    """
    path = str(Path(published) / "scores.duckdb")
    torn, errors, seen = 0, [], set()
    opened = duckdb.connect(path, read_only=True)
    stop = Path(f"{results}.stop")
    number = -1
    while number + 1 < polls or not stop.exists():
        number += 1
        time.sleep(pause)
        fresh = number % 2
        try:
            connection = duckdb.connect(path, read_only=True) if fresh else opened
            ((one,),) = connection.execute(WRONG_POINTS).fetchall()
            ((other,),) = connection.execute(OTHER_VERSIONS).fetchall()
            torn += bool(one or other)
            seen.add(connection.execute("from publication").fetchall()[0][0])
            if fresh:
                connection.close()
        except duckdb.Error as error:
            errors.append(str(error).splitlines()[0])
        if number % 50 == 49:
            opened.close()
            opened = duckdb.connect(path, read_only=True)
    Path(results).write_text(
        json.dumps(
            {
                "polls": number + 1,
                "torn": torn,
                "errors": errors,
                "publications": len(seen),
            }
        )
    )


if __name__ == "__main__":
    poll(sys.argv[1], int(sys.argv[2]), sys.argv[3], *map(float, sys.argv[4:]))
