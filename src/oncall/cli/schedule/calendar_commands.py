"""`oncall calendar`: a month as a grid, and links with which calendar programs subscribe to the schedule."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from typer.core import TyperGroup

from oncall.cli.schedule import whole_schedule
from oncall.cli.terminal.json_option import JSON_OPTION
from oncall.cli.terminal.link_output import say_link
from oncall.cli.terminal.output import bad_value, counted, print_json, say

if TYPE_CHECKING:
    # Typer has its own copy of click's classes, and exports no names for them.
    from typer._click import Context

MONTH = "month"
WHOSE = typer.Argument(None, metavar="[ENGINEER]", help="The engineer's id; default: your own.")
TEAM = typer.Option(False, "--team", help="The calendar of the whole team instead of one engineer's.")


class _MonthByDefault(TyperGroup):
    """A group of commands in which `month` is the default: `oncall calendar ana` means `oncall calendar month ana`."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Parse the arguments, with `month` put before them if they do not begin with a command of the group."""
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = [MONTH, *args]
        return super().parse_args(ctx, args)


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the program."""
    calendar = typer.Typer(
        help="Show a month as a grid, or make calendar links.\n\n"
        "`oncall calendar ana` is short for `oncall calendar month ana`.",
        cls=_MonthByDefault,
        rich_markup_mode=None,
    )
    calendar.command(MONTH)(month)
    calendar.command("link")(link)
    calendar.command("unlink")(unlink)
    app.add_typer(calendar, name="calendar")


def month(
    engineer: str | None = typer.Argument(None, metavar="[ENGINEER]", help="Show this engineer's roles only."),
    month: str | None = typer.Option(
        None, "--month", metavar="MONTH", help="The month, like 2027-01; default: this month."
    ),
    json: bool = JSON_OPTION,
) -> None:
    """Show a month as a grid of names.

    A day shows who is on call between noon and midnight, in the order of the roles.

    Examples: oncall calendar month --month 2027-01 · oncall calendar ana --month 2027-01
    """
    whole_schedule.calendar(engineer, month, json=json)


def link(engineer: str | None = WHOSE, team: bool = TEAM, json: bool = JSON_OPTION) -> None:
    """Make a secret address for a calendar program.

    Subscribe to the address in Google Calendar, Outlook, Apple Calendar or any other program. The calendar then follows
    every change of the schedule.
    The address is printed once. Everyone who has it can read these shifts; `oncall calendar unlink` revokes it.

    Examples: oncall calendar link ana · oncall calendar link --team
    """
    from oncall import wiring
    from oncall.cli.backends.backend import open_backend

    settings = wiring.read_settings()
    _refuse_both(engineer, team)
    with open_backend(settings) as backend:
        made = backend.calendar_link(engineer or settings.engineer, is_team=team)
    if json:
        print_json(made)
        return
    say_link(made["url"], "Keep it: it is not shown again. Everyone who has it can read these shifts.", settings)


def unlink(engineer: str | None = WHOSE, team: bool = TEAM, json: bool = JSON_OPTION) -> None:
    """Revoke every calendar link of an engineer or the team.

    Examples: oncall calendar unlink ana · oncall calendar unlink --team
    """
    from oncall import wiring
    from oncall.cli.backends.backend import open_backend

    settings = wiring.read_settings()
    _refuse_both(engineer, team)
    with open_backend(settings) as backend:
        done = backend.calendar_unlink(engineer or settings.engineer, is_team=team)
    if json:
        print_json(done)
        return
    say(f"Revoked {counted(done['revoked'], 'calendar link')} of {done['engineer'] or 'the team'}.")


def _refuse_both(engineer: str | None, team: bool) -> None:
    if engineer is not None and team:
        raise bad_value("name an engineer or write --team, not both", "--team")
