"""The planning context: shifts before and after a new plan, shifts on other teams, and balances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from oncall.errors import Fault, FileFaults
from oncall.rosters.roster import Roster
from oncall.schedule.plan import Balance, Seat, Shift
from oncall.schedule.plan_file import read_plan
from oncall.schedule.shifts import ShiftFacts
from oncall.support.policy import folded_name
from oncall.text_files import file_within


@dataclass(frozen=True, slots=True)
class PlanningContext:
    """The facts that a new plan must respect and cannot change.

    published: seats of this team; those inside the new plan's own time are ignored, because the plan replaces them.
    other_teams: seats in other teams' plans of engineers who are also on this roster. balances: what engineers served
    beyond their share before; the new shares make up for it. covers: only for a repair, past seats that another
    engineer served than planned.
    """

    published: tuple[Seat, ...] = ()
    other_teams: tuple[Seat, ...] = ()
    balances: tuple[Balance, ...] = ()
    covers: tuple[Seat, ...] = ()


EMPTY_CONTEXT = PlanningContext()


def outside_shifts_around(
    context: PlanningContext, shifts: Sequence[Shift], roster: Roster
) -> dict[str, tuple[Shift, ...]]:
    """Return the shifts that each engineer has outside a plan of `shifts`, by engineer id and in time order.

    shifts: at least one, in time order.
    """
    begin, end = shifts[0].window.start, max(shift.window.end for shift in shifts)
    outside = [seat for seat in context.published if seat.window.end <= begin or end <= seat.window.start]
    facts = ShiftFacts.of(roster)
    found: dict[str, dict[Shift, None]] = {}
    for seat in sorted([*outside, *context.other_teams], key=lambda seat: seat.window.start):
        found.setdefault(seat.engineer, {})[facts.shift(seat.window, seat.kind)] = None
    return {engineer: tuple(own) for engineer, own in found.items()}


def seats_on_other_teams(roster: Roster) -> tuple[Seat, ...]:
    """Return the seats that this roster's engineers have in the plans of other teams, which it lists under `busy`.

    Each seat names its team; if the plan does not name its team, the file name is used. A plan may name an engineer by
    id, name or email address. Raises FileFaults for a plan that cannot be read, or that has a name of several
    engineers.
    """
    found: list[Seat] = []
    for number, file in enumerate(roster.busy):
        plan = read_plan(_plan_of(roster, file), zone=roster.policy.zone)
        ids = {name: _id_of(roster, name, file, number) for name in dict.fromkeys(seat.engineer for seat in plan.seats)}
        team = plan.team or Path(file).stem
        found += [replace(seat, team=team, engineer=own) for seat in plan.seats if (own := ids[seat.engineer])]
    return tuple(found)


def _id_of(roster: Roster, name: str, file: str, number: int) -> str | None:
    """Return the id of the engineer whom a plan names; None if the roster has no one with that name.

    file, number: the plan's name and its place in `busy`, for a message. Raises FileFaults if several engineers match.
    """
    if roster.engineer(name) is not None:
        return name
    wanted = folded_name(name)
    called = [each.id for each in roster.engineers if wanted in (folded_name(each.name), folded_name(each.email or ""))]
    if len(called) > 1:
        path = f"busy[{number}]"
        message = f'{file} names "{name}", which is the name of {" and ".join(called)}; write the id there'
        raise FileFaults([Fault(roster.source, roster.lines.get(path, 0), 1, path, message)])
    return called[0] if called and wanted else None


def _plan_of(roster: Roster, name: str) -> Path:
    """Return the path of a plan in the roster's folder. Raises FileFaults if its name leads out of that folder."""
    path = file_within(Path(roster.source).parent, name)
    if path is None:
        message = f'"{name}" is outside the folder of this file; put it there, and write its name'
        raise FileFaults([Fault(roster.source, roster.lines.get("busy", 0), 1, "busy", message)])
    return path
