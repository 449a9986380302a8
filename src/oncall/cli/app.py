"""Every command of the front door. Importing it takes a while: `main` does so where a Ctrl-C is heard."""

from __future__ import annotations

import typer

from oncall.cli import (
    checking,
    doctor,
    examining,
    ledger,
    planning,
    policy,
    publishing,
    rehearsal,
    reports,
    rota,
    service,
    ticketlife,
    tickets,
    whatif,
    why,
)

app = typer.Typer(
    name="oncall",
    help="On-call rotations proven fair, and a pager that loses nothing.\n\n"
    "A first walk: oncall check rosters/itopia-cas.yaml, oncall generate, oncall publish, oncall who, oncall serve.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for wing in (
    checking,
    planning,
    whatif,
    why,
    examining,
    ledger,
    policy,
    rota,
    publishing,
    tickets,
    ticketlife,
    service,
    doctor,
    reports,
    rehearsal,
):
    wing.register(app)
