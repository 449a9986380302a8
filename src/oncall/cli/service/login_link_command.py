"""`oncall login-link`: makes a link that signs a person in to the web pages once."""

from __future__ import annotations

from datetime import datetime

import typer

from oncall.cli.terminal.json_option import JSON_OPTION
from oncall.cli.terminal.link_output import say_link
from oncall.cli.terminal.output import print_json


def register(app: typer.Typer) -> None:
    """Add the command of this file to the program."""
    app.command("login-link")(login_link)


def login_link(
    engineer: str = typer.Argument(metavar="ENGINEER", help="The id of the engineer or manager who signs in."),
    json: bool = JSON_OPTION,
) -> None:
    """Make a link that signs a person in to the board.

    The link works once, within 15 minutes, and is printed once. Send it only to that person: anyone who opens it acts
    as that person. With ONCALL_SERVER or `oncall login`, you need a manager's token.

    Example: oncall login-link ana
    """
    from oncall import wiring
    from oncall.cli.backends.backend import open_backend

    settings = wiring.read_settings()
    with open_backend(settings) as backend:
        made = backend.login_link(engineer)
    if json:
        print_json(made)
        return
    say_link(
        made["url"],
        f"It works once, until {datetime.fromisoformat(made['expires_at']):%H:%M} UTC. Send it to {engineer} alone.",
        settings,
    )
