"""Serve the results page on this machine, http://localhost:8000, and open a browser.

python scripts/serve.py
python scripts/serve.py --port 8123 --no-browser
"""

from __future__ import annotations

import argparse
import os
import socket
import sys

from common import PROJECT, PointwiseError, console, run
from dashboard.colors import THEME

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
    if not 1 <= port <= 65535:
        raise PointwiseError("--port must lie between 1 and 65535")
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

    import published  # noqa: F401

    rows = pandas.DataFrame({"users": [1]})
    altair.Chart(rows).mark_bar().encode(x="users:Q").to_dict()


def main() -> None:
    """Read the command line, then serve until stopped."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=int, default=8000, help="port (8000)")
    parser.add_argument(
        "--no-browser", action="store_true", help="open no browser, only serve"
    )
    arguments = parser.parse_args()
    check_port(arguments.port)
    settings = {
        **SETTINGS,
        "server.port": arguments.port,
    }
    # Without a word, Streamlit opens a browser only where there is a screen: a browser
    # of the terminal would take the terminal.
    if arguments.no_browser or os.environ.get("BROWSER"):
        settings["server.headless"] = str(arguments.no_browser).lower()
    flags = [f"--{name}={value}" for name, value in settings.items()]
    flags += [f"--server.allowedHosts={host}" for host in HOSTS]
    app = PROJECT / "scripts" / "dashboard" / "app.py"
    console.print(f"The results page is on http://localhost:{arguments.port}")
    console.print("Stop it with Ctrl-C.")
    sys.stdout.flush()
    warm_up()
    from streamlit.web import cli

    cli.main(["run", str(app), *flags], prog_name="streamlit")


if __name__ == "__main__":
    run(main)
