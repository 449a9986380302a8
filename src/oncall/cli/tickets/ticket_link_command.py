"""`oncall tickets link`: makes the secret address of a ticket's web page, for the customer."""

from __future__ import annotations

import typer

from oncall.cli.terminal.json_option import JSON_OPTION
from oncall.cli.terminal.link_output import say_link
from oncall.cli.terminal.output import counted, print_json, say
from oncall.cli.tickets.ticket_action_commands import REFERENCE


def link(
    reference: str = REFERENCE,
    revoke: bool = typer.Option(False, "--revoke", help="Revoke every link of the ticket instead."),
    json: bool = JSON_OPTION,
) -> None:
    """Make a link to a ticket's web page for the customer.

    The web page shows the state, the promised times and the conversation. The link is printed once. Everyone who has it
    can read and write there as the customer; --revoke ends every link of the ticket.

    Examples: oncall tickets link T-1001 · oncall tickets link T-1001 --revoke
    """
    from oncall import wiring
    from oncall.cli.backends.backend import open_backend

    settings = wiring.read_settings()
    with open_backend(settings) as backend:
        if revoke:
            done = backend.ticket_unlink(reference)
            print_json(done) if json else say(f"Revoked {counted(done['revoked'], 'link')} of {done['ticket']}.")
            return
        made = backend.ticket_link(reference)
    if json:
        print_json(made)
        return
    say_link(made["url"], "Keep it: it is not shown again. Send it to the customer alone.", settings)
