"""`oncall import`: turns a team's spreadsheet or calendar file into a plan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from oncall.cli.terminal.json_option import JSON_OPTION
from oncall.cli.terminal.option_values import date_of
from oncall.cli.terminal.output import counted, print_json, say, tell
from oncall.errors import Refused
from oncall.importing.options import DateOrder, EndDates, ImportOptions

if TYPE_CHECKING:
    from oncall.importing.import_rota import ImportedRota


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the program."""
    app.command("import")(import_plan)


def _output_of(path: Path) -> Path:
    if path.suffix.lower() not in {".csv", ".json"}:
        raise typer.BadParameter(f'"{path}" should end in .json or .csv')
    return path


def import_plan(
    file: Path = typer.Argument(..., metavar="FILE", help="The rota: a .csv, .tsv, .xlsx or .ics file."),
    roster: Path = typer.Option(..., "--roster", metavar="ROSTER", help="The roster whose engineers the rota names."),
    output: Path = typer.Option(
        ..., "--output", "-o", metavar="PLAN", callback=_output_of, help="Write the plan to this .json or .csv file."
    ),
    dates: DateOrder | None = typer.Option(
        None, "--dates", help="How dates are written: 2027-01-04 (iso), 01/04/2027 (us), 04/01/2027 (eu)."
    ),
    ends: EndDates | None = typer.Option(
        None,
        "--ends",
        help="How to read an end without a time: as the last day of the shift, or as the day of the handoff.",
    ),
    role: str | None = typer.Option(None, "--role", metavar="ROLE", help="The role of rows or events that name none."),
    until: str | None = typer.Option(
        None,
        "--until",
        metavar="DATE",
        callback=lambda text: text and str(date_of(text)),
        help="The last date to read from events that repeat without end.",
    ),
    sheet: str | None = typer.Option(None, "--sheet", metavar="NAME", help="The sheet of a workbook."),
    partial: bool = typer.Option(False, "--partial", help="Write the plan without the parts that could not be read."),
    json: bool = JSON_OPTION,
) -> None:
    """Make a plan from a team's spreadsheet or calendar file.

    Reads a table in one of three forms, by its headings: "date,primary,secondary" (or the roles of the roster),
    "start,end,primary,secondary", or "start,end,role,engineer". A date stands for the shift that starts on it. Cells
    name engineers by id, name or e-mail address. Also reads calendar files (.ics) of PagerDuty, Opsgenie and Google,
    with the engineer in the summary or as an attendee.

    Prints each row or event that could not be read, and why. Then the command writes no plan, unless you give
    --partial. If the file is ambiguous, it asks a question and names the option that answers the question.

    Examples: oncall import rota.csv --roster rosters/itopia-cas.yaml --output plan.json
    · oncall import rota.xlsx --roster rosters/itopia-cas.yaml --dates us --output plan.json
    · oncall import pagerduty.ics --roster rosters/itopia-cas.yaml --role primary --until 2027-03-31 --output plan.json
    """
    from oncall.importing.import_rota import import_rota
    from oncall.rosters.roster_file import read_roster
    from oncall.schedule.plan_file import write_plan

    options = ImportOptions(dates, ends, role, None if until is None else date_of(until), sheet)
    found = import_rota(file, read_roster(roster), options)
    is_written = bool(found.plan.seats) and (partial or not found.left_out)
    if is_written:
        write_plan(found.plan, output)
    _answer(found, output if is_written else None, json=json)
    if not is_written:
        raise Refused(_refusal(file, found))
    tell(_written(found, output))


def _answer(found: ImportedRota, output: Path | None, *, json: bool) -> None:
    """Print what was read from the file. output: the file to which the plan was written; None: it was not written."""
    if json:
        print_json(_view(found, output))
    else:
        _print(found)


def _print(found: ImportedRota) -> None:
    for note in found.notes:
        tell(note)
    for each in found.left_out:
        say(str(each))


def _refusal(file: Path, found: ImportedRota) -> str:
    if not found.plan.seats:
        return f"{file}: there is no shift that could be read; nothing was written"
    parts = counted(len(found.left_out), "part")
    return (
        f"{file}: {parts} could not be read, so nothing was written; correct the file, or write the rest with --partial"
    )


def _written(found: ImportedRota, output: Path) -> str:
    plan = found.plan
    rest = f"; {counted(len(found.left_out), 'part')} of the file could not be read" if found.left_out else ""
    return f"{counted(len(plan.seats), 'seat')} from {plan.first_day} to {plan.last_day}, written to {output}{rest}"


def _view(found: ImportedRota, output: Path | None) -> dict[str, object]:
    plan = found.plan
    return {
        "output": None if output is None else str(output),
        "first_day": None if plan.first_day is None else str(plan.first_day),
        "last_day": None if plan.last_day is None else str(plan.last_day),
        "seats": len(plan.seats),
        "left_out": [
            {"number": each.place.number, "place": each.place.text, "message": each.message} for each in found.left_out
        ],
        "notes": list(found.notes),
    }
