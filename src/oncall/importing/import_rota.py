"""Imports a rota: makes a plan from a team's spreadsheet or calendar file and its roster."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from oncall.errors import Fault, FileFaults, Refused
from oncall.importing.calendar_claims import calendar_claims
from oncall.importing.claims import Claims, LeftOut
from oncall.importing.options import ImportOptions
from oncall.importing.staffed_shifts import plan_of_claims
from oncall.importing.table_claims import table_claims
from oncall.importing.tables import csv_tables, xlsx_tables
from oncall.rosters.roster import Roster
from oncall.schedule.plan import Plan
from oncall.suggestions import suggestion

SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx", ".ics")


@dataclass(frozen=True, slots=True)
class ImportedRota:
    """A plan from a file. left_out: what could not be read, in file order.

    notes: decisions for the file, as sentences.
    """

    plan: Plan
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]


def import_rota(path: Path, roster: Roster, options: ImportOptions) -> ImportedRota:
    """Read the plan in a file. The ending of the file's name decides whether it is read as a table or a calendar.

    Raises FileFaults for a file that cannot be read, and Refused, with a question to the user, for one that is
    ambiguous as a whole.
    """
    roles = roster.rules.roles
    if options.role is not None and options.role not in roles:
        raise Refused(f'--role: "{options.role}" is not a role of the roster; {suggestion(options.role, roles)}')
    try:
        found = _claims(path, roster, options)
        plan = plan_of_claims(found, roster)
    except Refused as refusal:
        raise Refused(f"{path}: {refusal}") from None
    return ImportedRota(plan, tuple(sorted(dict.fromkeys(found.left_out))), tuple(found.notes))


def _claims(path: Path, roster: Roster, options: ImportOptions) -> Claims:
    match path.suffix.lower():
        case ".csv" | ".tsv" | ".txt":
            tables = csv_tables(path)
        case ".xlsx":
            tables = xlsx_tables(path)
        case ".ics":
            return calendar_claims(path, roster, options)
        case _:
            message = "a rota is read from .csv, .tsv, .xlsx or .ics; save it as one of these"
            raise FileFaults([Fault(str(path), 0, 0, "", message)])
    if not any(table.rows for table in tables):
        raise FileFaults([Fault(str(path), 0, 0, "", "is empty")])
    return table_claims(tables, roster, options)
