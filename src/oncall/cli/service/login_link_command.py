"""`oncall login-link`: a link that signs a person in to the pages once."""

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
    engineer: str = typer.Argument(metavar="ENGINEER", help="Who signs in: an id on the roster, or the manager's."),
    json: bool = JSON_OPTION,
) -> None:
    """Make a link that signs a person in to the board.

    It works once, for 15 minutes, and is printed once. Send it only to that person: anyone who opens it acts as them.
    Through a server it takes a manager's token.

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
