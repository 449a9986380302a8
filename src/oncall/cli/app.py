"""Every command of the front door. Importing it takes a while: `main` does so where a Ctrl-C is heard."""

from __future__ import annotations

import typer

from oncall import __version__
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


def _print_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"oncall {__version__}")
        raise typer.Exit


@app.callback()
def front_door(
    version: bool = typer.Option(
        False, "--version", is_eager=True, callback=_print_version, help="Print the version of this program."
    ),
) -> None:
    """Every command is behind it; by itself it only says which version it is."""


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
