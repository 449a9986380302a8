"""The commands for the schedule in the terminal: who is on call, and an engineer's shifts.

`schedule_answers` answers them. `quick_answers` holds the same options for the way without typer.
"""

from __future__ import annotations

import typer

from oncall.cli import schedule_answers
from oncall.cli.json_option import JSON_OPTION

ENGINEER = typer.Argument(metavar="ENGINEER", help="The engineer's id.")


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the program."""
    app.command("who")(who)
    app.command("shifts")(shifts)
    app.command("next")(next_shift)


def who(
    at: str | None = typer.Option(
        None, "--at", metavar="TIME", help="The time to ask about; now when absent. Policy time without an offset."
    ),
    json: bool = JSON_OPTION,
) -> None:
    """Show who is on call in every role.

    Times are policy time and the engineer's own time. Exit code 1 when a role is empty.

    Examples: oncall who · oncall who --at 2027-01-09T03:12:00-05:00 · oncall who --json
    """
    schedule_answers.who(at, json=json)


def shifts(
    engineer: str = ENGINEER,
    start: str | None = typer.Option(None, "--from", metavar="DATE", help="The first date; today when absent."),
    end: str | None = typer.Option(
        None, "--to", metavar="DATE", help="The last date; the end of the published schedule when absent."
    ),
    json: bool = JSON_OPTION,
) -> None:
    """Show an engineer's shifts, with overrides applied.

    Examples: oncall shifts ana · oncall shifts ana --from 2027-01-01 --to 2027-03-31 --json
    """
    schedule_answers.shifts(engineer, start, end, json=json)


def next_shift(engineer: str = ENGINEER, json: bool = JSON_OPTION) -> None:
    """Show an engineer's current shift and the next one.

    Example: oncall next ana
    """
    schedule_answers.next_shift(engineer, json=json)
