"""Serve the results page on this machine, and open a browser.

    pointwise serve
    pointwise serve --port 8123 --no-browser

It is on http://localhost:8000, reads the published files only, and sends nothing
anywhere.
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import click

from pointwise import page
from pointwise.core.command_line import Whole, command
from pointwise.core.errors import PointwiseError
from pointwise.core.terminal import console
from pointwise.page.colors import THEME

# Nobody else can reach the page, and it sends nothing anywhere.
SETTINGS = {
    "server.address": "127.0.0.1",
    "server.fileWatcherType": "none",
    "server.showEmailPrompt": "false",
    "browser.serverAddress": "localhost",
    "browser.gatherUsageStats": "false",
    "client.disableDataExport": "true",
    "client.showErrorDetails": "none",
    "client.toolbarMode": "viewer",
    **THEME,
}
# Under another name, a page elsewhere could read ours through the viewer's browser.
HOSTS = ["localhost", "127.0.0.1"]


def check_port(port: int) -> None:
    """Raise PointwiseError if something else answers on the port."""
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise PointwiseError(
                f"port {port} is taken: is the page open already? Else give another,"
                " such as --port 8001"
            )


def warm_up() -> None:
    """Load what the first visitor would have to wait for, and draw a chart with it."""
    import altair
    import pandas
    import streamlit.emojis
    import streamlit.material_icon_names  # noqa: F401

    import pointwise.core.published  # noqa: F401

    rows = pandas.DataFrame({"users": [1]})
    altair.Chart(rows).mark_bar().encode(x="users:Q").to_dict()


@command(__doc__)
@click.option("--port", type=Whole(1, 65535), default=8000, help="Port (8000).")
@click.option("--no-browser", is_flag=True, help="Open no browser, only serve.")
def main(port: int, no_browser: bool) -> None:
    """Serve until stopped."""
    check_port(port)
    settings = {**SETTINGS, "server.port": port}
    # By default, Streamlit opens a browser only where there is a screen: a browser
    # of the terminal would take the terminal.
    if no_browser or os.environ.get("BROWSER"):
        settings["server.headless"] = str(no_browser).lower()
    flags = [f"--{name}={value}" for name, value in settings.items()]
    flags += [f"--server.allowedHosts={host}" for host in HOSTS]
    app = Path(page.__file__).with_name("app.py")
    console.print(f"The results page is on http://localhost:{port}")
    console.print("Stop it with Ctrl-C.")
    sys.stdout.flush()
    warm_up()
    from streamlit.web import cli

    cli.main(["run", str(app), *flags], prog_name="streamlit")
