"""Finds out what each column of a table contains. The table begins at the first row with known headings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from oncall.errors import Refused
from oncall.importing.tables import Table
from oncall.suggestions import listed, nearest

_HEADINGS = {
    "date": ("date", "day", "shift date"),
    "start": ("start", "from", "begin", "starts", "start date", "start time", "shift start", "starts at"),
    "end": ("end", "to", "until", "ends", "end date", "end time", "shift end", "ends at"),
    "kind": ("kind",),
    "role": ("role", "on call role"),
    "engineer": ("engineer", "name", "person", "who", "user", "on call", "email", "id"),
}
_WEEKS = frozenset(
    {"week", "weeks", "week of", "week start", "week starting", "week commencing", "week beginning", "week from", "w c"}
)
"""Headings of a column with the first day of each week."""
_MOST_TITLES = 10
"""How many rows may stand above the headings."""


@dataclass(frozen=True, slots=True)
class Headings:
    """The headings of a table. fields: the column numbers of those of the known headings that it has.

    The known headings are `date`, `start`, `end`, `kind`, `role` and `engineer`. roles: the column number of each role
    that has a column of its own. row: the number of the row of headings. unread: other headings, whose columns are not
    read.
    """

    row: int
    fields: dict[str, int]
    roles: dict[str, int]
    unread: tuple[str, ...] = ()
    misspelt: tuple[str, ...] = field(default=())
    """Messages about headings that look like a misspelt role."""


def headings_of(table: Table, roles: Sequence[str], *, role: str | None) -> Headings | None:
    """Return the headings of a table; None if no row has them. role: the role for rows without a role, if given.

    Raises Refused if the headings are ambiguous, for example if two of them may mean the same.
    """
    for number, cells in table.rows[:_MOST_TITLES]:
        found = _columns(number, cells, roles)
        has_times = "date" in found.fields or {"start", "end"} <= found.fields.keys()
        has_people = found.roles or "engineer" in found.fields
        if has_people and not has_times:
            _refuse_weeks(number, cells, roles)
        if has_times and has_people:
            _refuse_unclear(found, roles, role)
            return found
    return None


def _refuse_weeks(number: int, cells: Sequence[str], roles: Sequence[str]) -> None:
    """Raise Refused if a heading says that each row is for a week."""
    week = next((cell for cell in cells if _plain(cell) in _WEEKS), None)
    if week is not None:
        raise Refused(
            f'row {number}: "{week}" gives one day for a whole week, and does not say when the week ends; give start '
            f"and end columns: start,end,{','.join(roles)}"
        )


def missing_headings(table: Table, roles: Sequence[str]) -> Refused:
    """Return the error for a table without known headings. It says what to write."""
    number, cells = table.rows[0]
    every = ",".join(roles)
    return Refused(
        f"row {number}: no column is known by its heading; write one of these as the first row: date,{every} · "
        f"start,end,{every} · start,end,role,engineer; found {listed(cell for cell in cells[:8] if cell) or 'none'}"
    )


def _columns(number: int, cells: Sequence[str], roles: Sequence[str]) -> Headings:
    plain = [_plain(cell) for cell in cells]
    role_columns = {role: plain.index(_plain(role)) for role in roles if _plain(role) in plain}
    for role, column in role_columns.items():
        if plain.count(_plain(role)) > 1:
            raise Refused(f'row {number}: "{cells[column]}" is the heading of two columns; keep one of them')
    fields: dict[str, int] = {}
    for name, words in _HEADINGS.items():
        columns = [column for column, word in enumerate(plain) if word in words and column not in role_columns.values()]
        exact = [column for column in columns if plain[column] == name]
        if len(exact or columns) > 1:
            both = " and ".join(f'"{cells[column]}"' for column in columns[:3])
            if {plain[column].rpartition(" ")[2] for column in columns} == {"date", "time"}:
                raise Refused(
                    f'row {number}: {both} are two columns; write date and time in one column "{name}", like '
                    "2027-01-04 19:01"
                )
            raise Refused(f"row {number}: {both} may both be the {name}; keep one of them")
        if columns:
            fields[name] = (exact or columns)[0]
    used = {*fields.values(), *role_columns.values()}
    others = [cell for column, cell in enumerate(cells) if cell and column not in used]
    near = {cell: nearest(cell, roles, likeness=0.75) for cell in others}
    misspelt = tuple(
        f'"{cell}" is not a role of the roster; did you mean "{role}"?' for cell, role in near.items() if role
    )
    return Headings(number, fields, role_columns, tuple(cell for cell in others if not near[cell]), misspelt)


def _refuse_unclear(found: Headings, roles: Sequence[str], role: str | None) -> None:
    """Raise Refused if the headings leave the time or the role of a shift unclear."""
    if "date" in found.fields and found.fields.keys() & {"start", "end"}:
        raise Refused(f"row {found.row}: there is a date and a start or end; keep the date alone, or both others")
    if found.roles and "role" in found.fields:
        raise Refused(f"row {found.row}: there is a column for each role and a column of roles; keep one of the two")
    if not found.roles and "role" not in found.fields and role is None and len(roles) > 1:
        raise Refused(
            f"row {found.row}: no column says the role; add a column role, or say it for all rows: --role {roles[0]}"
        )


def _plain(heading: str) -> str:
    return " ".join(re.sub(r"[\W_]+", " ", heading.casefold()).split())
