"""All commands of `oncall`, by the module that each is in."""

from __future__ import annotations

from importlib import import_module

import typer

from oncall import __version__
from oncall.cli.grouped_help import GroupedCommands

MODULES = {
    "check": "check_command",
    "generate": "generate_command",
    "import": "import_command",
    "whatif": "whatif_command",
    "why": "why_command",
    "verify": "verify_commands",
    "fairness": "verify_commands",
    "ledger": "ledger_commands",
    "policy": "policy_commands",
    "triage": "policy_commands",
    "who": "schedule_commands",
    "shifts": "schedule_commands",
    "next": "schedule_commands",
    "tonight": "schedule_commands",
    "schedule": "schedule_commands",
    "calendar": "calendar_commands",
    "handoff": "handoff_command",
    "reminders": "reminders_command",
    "history": "schedule_commands",
    "diff": "diff_command",
    "plan": "plan_commands",
    "publish": "publish_commands",
    "override": "publish_commands",
    "cover": "publish_commands",
    "swap": "swap_commands",
    "swaps": "swap_commands",
    "accept": "swap_commands",
    "decline": "swap_commands",
    "withdraw": "swap_commands",
    "away": "away_command",
    "undo": "publish_commands",
    "explain": "ticket_commands",
    "page": "ticket_commands",
    "tickets": "ticket_commands",
    "ack": "ticket_action_commands",
    "take": "ticket_action_commands",
    "pass": "ticket_action_commands",
    "reply": "ticket_action_commands",
    "update": "ticket_action_commands",
    "customer-replied": "ticket_action_commands",
    "wait": "ticket_action_commands",
    "impact": "ticket_action_commands",
    "resolve": "ticket_action_commands",
    "reopen": "ticket_action_commands",
    "merge": "ticket_action_commands",
    "serve": "service_commands",
    "worker": "service_commands",
    "migrate": "database_commands",
    "backup": "database_commands",
    "token": "token_commands",
    "intake": "intake_commands",
    "heartbeat": "heartbeat_commands",
    "login": "login_commands",
    "logout": "login_commands",
    "whoami": "login_commands",
    "login-link": "login_link_command",
    "portal-link": "portal_link_command",
    "webhooks": "webhook_commands",
    "doctor": "doctor_commands",
    "drill": "doctor_commands",
    "completion": "completion_command",
    "report": "report_commands",
    "simulate": "simulate_command",
    "status": "status_commands",
    "monitor": "monitor_command",
}
"""The module in `oncall.cli` of each command."""


def make_app(command: str | None = None) -> typer.Typer:
    """Return the program with the module of one command, which loads fast; with all modules for an unknown command."""
    app = typer.Typer(
        name="oncall",
        help="On-call rotations proven fair, and a pager that loses nothing.\n\n"
        "Start with: oncall check rosters/itopia-cas.yaml, oncall generate, oncall publish, oncall who, oncall serve."
        "\n\n`oncall COMMAND --help` shows the options of a command, with an example.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        cls=GroupedCommands,
        pretty_exceptions_enable=False,
    )
    app.callback()(_front_door)
    needed = [MODULES[command]] if command in MODULES else dict.fromkeys(MODULES.values())
    for module in needed:
        import_module(f"oncall.cli.{module}").register(app)
    return app


def _print_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"oncall {__version__}")
        raise typer.Exit


def _front_door(
    version: bool = typer.Option(
        False, "--version", is_eager=True, callback=_print_version, help="Print the version of oncall."
    ),
) -> None:
    """Run before every command; alone, it only prints the version."""
