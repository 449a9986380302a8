"""The commands that show the schedule: `who`, `shifts`, `next`, `tonight`, `schedule` and `history`.

`schedule_answers`, `tonight_answers` and `whole_schedule` print the answers. `quick_answers` parses the same options
without typer.
"""

from __future__ import annotations

import typer

from oncall.cli.schedule import schedule_answers, tonight_answers, whole_schedule
from oncall.cli.terminal.json_option import JSON_OPTION

ENGINEER = typer.Argument(None, metavar="[ENGINEER]", help="The engineer's id; default: your own.")

TO = typer.Option(None, "--to", metavar="DATE", help="The last date; default: the end of the published schedule.")
FROM = typer.Option(None, "--from", metavar="DATE", help="The first date; default: today.")


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the program."""
    app.command("who")(who)
    app.command("shifts")(shifts)
    app.command("next")(next_shift)
    app.command("tonight")(tonight)
    app.command("schedule")(schedule)
    app.command("history")(history)


def who(
    at: str | None = typer.Option(
        None,
        "--at",
        metavar="TIME",
        help="The time to ask about; default: now. A time without an offset is policy time.",
    ),
    json: bool = JSON_OPTION,
) -> None:
    """Show who is on call in every role.

    Times are policy time and the engineer's own time. In business hours it shows who is paged if the support desk does
    not respond. Exit code 1 if a role has no engineer.

    Examples: oncall who · oncall who --at 2027-01-09T03:12:00-05:00 · oncall who --json
    """
    schedule_answers.who(at, json=json)


def shifts(
    engineer: str | None = ENGINEER,
    start: str | None = FROM,
    end: str | None = TO,
    json: bool = JSON_OPTION,
) -> None:
    """Show an engineer's shifts, with overrides applied.

    For your own shifts you need no id after `oncall login`, or with ONCALL_ENGINEER set.

    Examples: oncall shifts · oncall shifts ana · oncall shifts ana --from 2027-01-01 --to 2027-03-31 --json
    """
    schedule_answers.shifts(engineer, start, end, json=json)


def next_shift(engineer: str | None = ENGINEER, json: bool = JSON_OPTION) -> None:
    """Show an engineer's current shift and the next one.

    For your own shifts you need no id after `oncall login`, or with ONCALL_ENGINEER set.

    Examples: oncall next · oncall next ana
    """
    schedule_answers.next_shift(engineer, json=json)


def tonight(json: bool = JSON_OPTION) -> None:
    """Show who is on call tonight, and the held tickets.

    Tonight is the on-call time from now, or from the end of business hours, to the next morning. Times are policy time
    and the engineer's own time. Exit code 1 if a role has no engineer.

    Example: oncall tonight
    """
    tonight_answers.tonight(json=json)


def schedule(
    start: str | None = FROM,
    end: str | None = TO,
    engineer: str | None = typer.Option(None, "--engineer", metavar="ENGINEER", help="Only this engineer's shifts."),
    output: str | None = typer.Option(
        None, "--output", "-o", metavar="FILE", help="Write a .csv, .json, .ics, .html or .xlsx file."
    ),
    json: bool = JSON_OPTION,
) -> None:
    """Show the published schedule of all engineers.

    Overrides are applied. On-call time without an engineer has a row of its own, with NOBODY.

    Examples: oncall schedule --from 2027-01-04 --to 2027-01-10 · oncall schedule --engineer ana --output ana.ics
    """
    whole_schedule.schedule(start, end, engineer, output, json=json)


def history(json: bool = JSON_OPTION) -> None:
    """List every version of the schedule.

    Each version has a number, a time, a kind, an author and a reason. The newest version is on top; `--json` lists the
    oldest first.

    Example: oncall history
    """
    whole_schedule.history(json=json)
