"""`oncall away`: enters an absence, and finds covers for its shifts."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import typer

from oncall.cli.schedule.swap_commands import BY, when
from oncall.cli.terminal.action_options import faults_by_option
from oncall.cli.terminal.json_option import JSON_OPTION
from oncall.cli.terminal.output import bad_value, counted, print_json, print_table, say, tell

if TYPE_CHECKING:
    from oncall.planning.views.swap_views import AwayView


def register(app: typer.Typer) -> None:
    """Add the command of this file to the program."""
    app.command("away")(away)


def away(
    engineer: str = typer.Argument(metavar="ENGINEER", help="The id of the engineer who is away."),
    first: str = typer.Option(..., "--from", metavar="DATE", help="The first date of the absence."),
    last: str = typer.Option(..., "--to", metavar="DATE", help="The last date of the absence, included."),
    reason: str = typer.Option(..., "--reason", metavar="TEXT", help="The reason, which the history shows."),
    agreed: bool = typer.Option(
        False, "--agreed", help="The engineers who cover have agreed: make the changes at once."
    ),
    by: str | None = BY,
    json: bool = JSON_OPTION,
) -> None:
    """Mark an engineer as away and find covers.

    Every later plan and change respects the absence. Proposes the covers that change the fewest seats. Each proposed
    engineer gets an SMS to accept; with --agreed the covers are made at once.

    Example: oncall away ana --from 2027-02-15 --to 2027-02-19 --reason vacation
    """
    from oncall import wiring
    from oncall.cli.backends.swap_backend import open_swaps

    begins, ends = _day(first, "--from"), _day(last, "--to")
    body = {"engineer": engineer, "from": str(begins), "to": str(ends), "reason": reason, "agreed": agreed}
    with open_swaps(wiring.read_settings(), by) as backend, faults_by_option():
        view = backend.away(body)
    if json:
        print_json(view)
    else:
        _show(view)


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text) if len(text) == len("2027-01-04") else _no_day(text, option)
    except ValueError:
        return _no_day(text, option)


def _no_day(text: str, option: str) -> date:
    from oncall.support.likely_days import day_fault

    raise bad_value(day_fault(text), option)


def _show(view: AwayView) -> None:
    engineer = view["engineer"]
    say(f"Version {view['version']}: {engineer} is away from {view['from']} to {view['to']}.")
    if not view["covers"]:
        say(f"{engineer} has no shift then; nothing changes.")
        return
    proof = "; no plan changes fewer" if view["fewest"] else ""
    say(f"{counted(view['changes'], 'seat')} {'changes' if view['changes'] == 1 else 'change'} hands{proof}:")
    rows = [[when(each["start"]), each["role"], each["from"], each["to"]] for each in view["covers"]]
    print_table(["start", "role", "from", "to"], rows)
    for each in view["asked"]:
        say(f"Asked {each['with']} ({each['id']}).")
    if view["asked"]:
        tell(f"Until they accept, {engineer} stays on call for these shifts; `oncall swaps` shows their answers.")
    if view["told"]:
        say(f"Told by SMS: {', '.join(view['told'])}.")
