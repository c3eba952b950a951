"""Take events by HTTP and say scores within seconds, between two builds.

    pointwise live
    pointwise live --host 0.0.0.0 --token-file token.txt
    pointwise live --once

Events are on disk before they are answered, and become files that the next build reads
like any other. Scores are those of the next build, by its own SQL. Files that
others write into the events folder are followed, too.

With --once there is no server: whom new files touch is scored, for `score_now`, and who
came to another band is listed. Cron can do that every few minutes.

On this machine only, unless --host says otherwise: then with a token, which every
request must have: Authorization: Bearer TOKEN.
"""

from __future__ import annotations

import logging
from pathlib import Path

import click

from pointwise.core.command_line import PATH, Whole, command
from pointwise.core.errors import PointwiseError
from pointwise.core.home import path_setting
from pointwise.core.terminal import console, plain_text, print_table
from pointwise.core.words import counted
from pointwise.live import LOCAL_HOSTS
from pointwise.sources.listing import reads

SHORTEST_TOKEN = 16
# Connections at once, and seconds for those that are idle: slow ones are bounded.
MOST_CONNECTIONS, IDLE_SECONDS = 500, 10
# Lines of the list that --once prints.
MOST_CROSSED = 20


def token_in(path: Path | None, host: str) -> str | None:
    """Return the token of a file; None where none is needed.

    Raises PointwiseError if one is needed, or the file has none.
    """
    if path is None:
        if host in LOCAL_HOSTS:
            return None
        raise PointwiseError(
            f"--host {host} lets others in: give --token-file FILE with a secret of"
            f" {SHORTEST_TOKEN} letters or more"
        )
    try:
        token = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise PointwiseError(f"{path} cannot be read: {error}") from error
    if len(token) < SHORTEST_TOKEN or not token.isascii():
        raise PointwiseError(
            f"{path} must hold a secret of {SHORTEST_TOKEN} letters or more, in ASCII"
        )
    return token


def check_pattern(pattern: str, events: Path) -> None:
    """Raise PointwiseError if builds would not read the files that are written."""
    if not reads(pattern, "live-1.parquet"):
        raise PointwiseError(
            f"POINTWISE_EVENTS, {pattern}, does not mean files in {events} that are"
            " called live-….parquet: it must end in /*.parquet or /**/*.parquet"
        )


def show_once(memory: str) -> None:
    """Score whom new files touch; print who came to another band."""
    from pointwise.importing.landing import events_folder
    from pointwise.live.once import score_once

    published = path_setting("POINTWISE_PUBLISHED")
    pattern = str(path_setting("POINTWISE_EVENTS"))
    batch = score_once(published, pattern, events_folder(), memory)
    console.print(
        f"{counted(batch.files, 'event file')} since the build:"
        f" {counted(batch.people, 'person', 'people')} scored as of"
        f" {batch.as_of_date}, {len(batch.crossed):,} of those to talk to in another"
        " band."
    )
    if batch.crossed:
        console.print()
        print_table(
            "In another band than published, the best first",
            ["user", "score", "before", "reasons"],
            [
                (
                    one.user_id,
                    f"{one.score}, {one.band}",
                    f"{one.previous_score}, {one.previous_band}"
                    if one.previous_band
                    else "not scored",
                    " · ".join(one.reasons),
                )
                for one in batch.crossed[:MOST_CROSSED]
            ],
        )
    for file, reason in batch.set_aside.items():
        console.print(plain_text(f"Not read: {file}: {reason}."))


@command(__doc__)
@click.option("--port", type=Whole(0, 65535), default=8010, help="Port (8010).")
@click.option("--host", default="127.0.0.1", help="Address to listen at (127.0.0.1).")
@click.option("--token-file", type=PATH, help="File with the token that callers send.")
@click.option(
    "--memory",
    default="2GB",
    metavar="SIZE",
    help="What DuckDB may take, of each publication that is open (2GB).",
)
@click.option("--once", is_flag=True, help="Score what is new, and end.")
def main(
    port: int, host: str, token_file: Path | None, memory: str, once: bool
) -> None:
    """Serve until stopped, or score once."""
    if once:
        show_once(memory)
        return
    token = token_in(token_file, host)
    import uvicorn

    from pointwise.importing.landing import events_folder
    from pointwise.live.address import announced
    from pointwise.live.journal import Journal
    from pointwise.live.service import Service
    from pointwise.live.web import Web

    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s"
    )
    events, pattern = events_folder(), str(path_setting("POINTWISE_EVENTS"))
    check_pattern(pattern, events)
    journal = Journal(events)
    published = path_setting("POINTWISE_PUBLISHED")
    service = Service(
        published,
        pattern,
        journal,
        path_setting("POINTWISE_CONTROL"),
        memory,
    )
    web = Web(service, token)
    server = uvicorn.Server(
        uvicorn.Config(
            web.app(),
            host=host,
            port=port,
            access_log=False,
            log_level="warning",
            limit_concurrency=MOST_CONNECTIONS,
            timeout_keep_alive=IDLE_SECONDS,
            timeout_graceful_shutdown=IDLE_SECONDS,
            server_header=False,
        )
    )
    web.is_ending = lambda: server.should_exit
    service.start()
    console.print(
        plain_text(f"Live scores on http://{host}:{port}; events become files in"),
        plain_text(f"{events}. Ctrl-C ends it."),
    )
    here = "127.0.0.1" if host == "0.0.0.0" else host
    try:
        with announced(published, f"http://{here}:{port}", token_file):
            server.run()
    finally:
        service.stop()
