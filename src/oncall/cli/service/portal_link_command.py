"""`oncall portal-link`: makes a link that signs a customer's contact in to the portal once."""

from __future__ import annotations

from datetime import datetime

import typer

from oncall.cli.terminal.json_option import JSON_OPTION
from oncall.cli.terminal.link_output import say_link
from oncall.cli.terminal.output import print_json


def register(app: typer.Typer) -> None:
    """Add the command of this file to the program."""
    app.command("portal-link")(portal_link)


def portal_link(
    contact: str = typer.Argument(metavar="CONTACT", help="The mail address of a contact of the customers file."),
    json: bool = JSON_OPTION,
) -> None:
    """Make a link that signs a customer in to the portal.

    The link works once, within 15 minutes, and is printed once. Send it only to that contact. With ONCALL_SERVER or
    `oncall login`, you need a manager's token.

    Example: oncall portal-link joe@acme.example
    """
    from oncall import wiring
    from oncall.cli.backends.backend import open_backend

    settings = wiring.read_settings()
    with open_backend(settings) as backend:
        made = backend.portal_link(contact)
    if json:
        print_json(made)
        return
    ends = f"{datetime.fromisoformat(made['expires_at']):%H:%M} UTC"
    say_link(
        made["url"],
        f"It works once, until {ends}. Send it to {made['contact']} alone; they write for {made['customer']}.",
        settings,
    )
