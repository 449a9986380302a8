"""The planning context: shifts before and after a new plan, shifts on other teams, and balances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from oncall.errors import Fault, FileFaults
from oncall.rosters.roster import Roster
from oncall.schedule.plan import Balance, Seat, Shift
from oncall.schedule.plan_file import read_plan
from oncall.schedule.shifts import shift_of
from oncall.support.policy import Policy
from oncall.text_files import file_within


@dataclass(frozen=True, slots=True)
class PlanningContext:
    """What a new plan must respect and cannot change.

    published: seats of this team. Those inside the new plan's own time do not count, because the plan replaces them.
    other_teams: seats in other teams' plans of engineers who are on this roster too.
    balances: what engineers served beyond their share before; the new shares make up for it.
    covers: only for a repair, the past seats that another engineer served in place of the planned one.
    """

    published: tuple[Seat, ...] = ()
    other_teams: tuple[Seat, ...] = ()
    balances: tuple[Balance, ...] = ()
    covers: tuple[Seat, ...] = ()


EMPTY_CONTEXT = PlanningContext()


def outside_shifts_around(
    context: PlanningContext, shifts: Sequence[Shift], policy: Policy
) -> dict[str, tuple[Shift, ...]]:
    """Return the shifts that each engineer has outside a plan of `shifts`, by engineer id and in time order.

    shifts: not empty, in time order.
    """
    begin, end = shifts[0].window.start, max(shift.window.end for shift in shifts)
    outside = [seat for seat in context.published if seat.window.end <= begin or end <= seat.window.start]
    weekends = policy.weekend_kinds
    found: dict[str, dict[Shift, None]] = {}
    for seat in sorted([*outside, *context.other_teams], key=lambda seat: seat.window.start):
        found.setdefault(seat.engineer, {})[shift_of(seat, policy.zone, weekends)] = None
    return {engineer: tuple(own) for engineer, own in found.items()}


def seats_on_other_teams(roster: Roster) -> tuple[Seat, ...]:
    """Return the seats of this roster's engineers in the plans of other teams that it lists under `busy`.

    Each seat names its team; a plan that does not name its team gets the name of its file.
    Raises FileFaults for a plan that cannot be read.
    """
    people = {engineer.id for engineer in roster.engineers}
    plans = [(read_plan(_plan_of(roster, name), zone=roster.policy.zone), Path(name).stem) for name in roster.busy]
    return tuple(
        replace(seat, team=plan.team or name) for plan, name in plans for seat in plan.seats if seat.engineer in people
    )


def _plan_of(roster: Roster, name: str) -> Path:
    """Return the path of a plan beside the roster. Raises FileFaults if its name leads out of the roster's folder."""
    path = file_within(Path(roster.source).parent, name)
    if path is None:
        message = f'"{name}" is outside the folder of this file; put it there, and write its name'
        raise FileFaults([Fault(roster.source, roster.lines.get("busy", 0), 1, "busy", message)])
    return path
