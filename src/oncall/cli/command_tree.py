"""The commands of `oncall`, each with the module that defines it."""

from __future__ import annotations

from importlib import import_module

import typer
from typer.main import get_command_name
from typer.models import CommandInfo

from oncall import __version__
from oncall.cli.grouped_help import GroupedCommands

MODULES = {
    "check": "planning.check_command",
    "generate": "planning.generate_command",
    "import": "planning.import_command",
    "whatif": "planning.whatif_command",
    "why": "planning.why_command",
    "verify": "planning.verify_commands",
    "fairness": "planning.verify_commands",
    "ledger": "planning.ledger_commands",
    "policy": "service.policy_commands",
    "triage": "service.policy_commands",
    "who": "schedule.schedule_commands",
    "shifts": "schedule.schedule_commands",
    "next": "schedule.schedule_commands",
    "tonight": "schedule.schedule_commands",
    "schedule": "schedule.schedule_commands",
    "calendar": "schedule.calendar_commands",
    "handoff": "schedule.handoff_command",
    "reminders": "schedule.reminders_command",
    "history": "schedule.schedule_commands",
    "diff": "schedule.diff_command",
    "plan": "planning.plan_commands",
    "publish": "schedule.publish_commands",
    "override": "schedule.publish_commands",
    "cover": "schedule.publish_commands",
    "swap": "schedule.swap_commands",
    "swaps": "schedule.swap_commands",
    "accept": "schedule.swap_commands",
    "decline": "schedule.swap_commands",
    "withdraw": "schedule.swap_commands",
    "away": "schedule.away_command",
    "undo": "schedule.publish_commands",
    "explain": "tickets.ticket_commands",
    "page": "tickets.ticket_commands",
    "tickets": "tickets.ticket_commands",
    "ack": "tickets.ticket_action_commands",
    "take": "tickets.ticket_action_commands",
    "pass": "tickets.ticket_action_commands",
    "reply": "tickets.ticket_action_commands",
    "update": "tickets.ticket_action_commands",
    "customer-replied": "tickets.ticket_action_commands",
    "wait": "tickets.ticket_action_commands",
    "impact": "tickets.ticket_action_commands",
    "resolve": "tickets.ticket_action_commands",
    "reopen": "tickets.ticket_action_commands",
    "merge": "tickets.ticket_action_commands",
    "serve": "service.service_commands",
    "worker": "service.service_commands",
    "migrate": "service.database_commands",
    "backup": "service.database_commands",
    "token": "service.token_commands",
    "intake": "intake.intake_commands",
    "heartbeat": "intake.heartbeat_commands",
    "login": "service.login_commands",
    "logout": "service.login_commands",
    "whoami": "service.login_commands",
    "login-link": "service.login_link_command",
    "portal-link": "service.portal_link_command",
    "webhooks": "service.webhook_commands",
    "doctor": "service.doctor_commands",
    "drill": "service.doctor_commands",
    "completion": "completion.completion_command",
    "report": "reports.report_commands",
    "simulate": "reports.simulate_command",
    "status": "status.status_commands",
    "monitor": "status.monitor_command",
}
"""The module of each command, below `oncall.cli`."""


def make_app(command: str | None = None) -> typer.Typer:
    """Return the typer program. It has only `command`, to load fast, or all commands if `command` is unknown."""
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
    app.callback()(_program_options)
    needed = [MODULES[command]] if command in MODULES else dict.fromkeys(MODULES.values())
    for module in needed:
        import_module(f"oncall.cli.{module}").register(app)
    if command in MODULES:
        _leave_only(command, app)
    return app


def _leave_only(command: str, app: typer.Typer) -> None:
    """Remove all other commands of the module from the program, because typer would read the options of each one."""
    app.registered_commands = [one for one in app.registered_commands if _name_of(one) == command]
    app.registered_groups = [one for one in app.registered_groups if one.name == command]


def _name_of(command: CommandInfo) -> str:
    if command.name is not None:
        return command.name
    assert command.callback is not None
    return get_command_name(command.callback.__name__)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"oncall {__version__}")
        raise typer.Exit


def _program_options(
    version: bool = typer.Option(
        False, "--version", is_eager=True, callback=_print_version, help="Print the version of oncall."
    ),
) -> None:
    """Handle the options of `oncall` itself: `--version` prints the version."""
