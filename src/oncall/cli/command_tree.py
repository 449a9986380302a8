"""All commands of `oncall`. Importing this takes a while; `main` does it where it can catch Ctrl-C."""

from __future__ import annotations

import typer

from oncall import __version__
from oncall.cli import (
    check_command,
    doctor_commands,
    generate_command,
    ledger_commands,
    policy_commands,
    publish_commands,
    report_commands,
    schedule_commands,
    service_commands,
    simulate_command,
    ticket_action_commands,
    ticket_commands,
    verify_commands,
    whatif_command,
    why_command,
)
from oncall.cli.grouped_help import GroupedCommands

app = typer.Typer(
    name="oncall",
    help="On-call rotations proven fair, and a pager that loses nothing.\n\n"
    "Start with: oncall check rosters/itopia-cas.yaml, oncall generate, oncall publish, oncall who, oncall serve.\n\n"
    "`oncall COMMAND --help` shows the options of a command, with an example.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    cls=GroupedCommands,
    pretty_exceptions_enable=False,
)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"oncall {__version__}")
        raise typer.Exit


@app.callback()
def front_door(
    version: bool = typer.Option(
        False, "--version", is_eager=True, callback=_print_version, help="Print the version of oncall."
    ),
) -> None:
    """Run before every command; alone, it only prints the version."""


for wing in (
    check_command,
    generate_command,
    whatif_command,
    why_command,
    verify_commands,
    ledger_commands,
    policy_commands,
    schedule_commands,
    publish_commands,
    ticket_commands,
    ticket_action_commands,
    service_commands,
    doctor_commands,
    report_commands,
    simulate_command,
):
    wing.register(app)
