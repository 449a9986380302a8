"""What stands already when a plan is made: shifts before and after it, shifts on other teams, and balances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from oncall.rosters.roster import Roster
from oncall.rotation.problem.ledger import balances_of
from oncall.schedule.plan import Balance, Plan, Seat, Shift
from oncall.schedule.plan_file import read_plan
from oncall.schedule.shifts import shift_of


@dataclass(frozen=True, slots=True)
class PlanningContext:
    """What a new plan has to respect and cannot change.

    published: seats of this team; those inside the new plan's own time are replaced by it and do not count.
    elsewhere: seats on other teams' plans of people who are on this roster too.
    balances: what people served beyond their share before, which the new shares make up for.
    covers: for a plan that is mended, seats of its past that somebody else served than it says.
    """

    published: tuple[Seat, ...] = ()
    elsewhere: tuple[Seat, ...] = ()
    balances: tuple[Balance, ...] = ()
    covers: tuple[Seat, ...] = ()


NOTHING = PlanningContext()


def turns_around(given: PlanningContext, shifts: Sequence[Shift], zone: ZoneInfo) -> dict[str, tuple[Shift, ...]]:
    """For each person the shifts that they have outside a plan of `shifts` (in time order), by id, in time order."""
    begin, end = shifts[0].window.start, max(shift.window.end for shift in shifts)
    outside = [seat for seat in given.published if seat.window.end <= begin or end <= seat.window.start]
    turns: dict[str, dict[Shift, None]] = {}
    for seat in sorted([*outside, *given.elsewhere], key=lambda seat: seat.window.start):
        turns.setdefault(seat.engineer, {})[shift_of(seat, zone)] = None
    return {engineer: tuple(found) for engineer, found in turns.items()}


def busy_elsewhere(roster: Roster) -> tuple[Seat, ...]:
    """The seats of this roster's people in the plans of other teams that it names under `busy`, each with its team.

    A plan that does not say its team is called by its file. Raises FileFaults for a plan that cannot be read.
    """
    people = {engineer.id for engineer in roster.engineers}
    folder = Path(roster.source).parent
    plans = [(read_plan(folder / name, zone=roster.policy.zone), Path(name).stem) for name in roster.busy]
    return tuple(
        replace(seat, team=plan.team or name) for plan, name in plans for seat in plan.seats if seat.engineer in people
    )


def around(roster: Roster, *plans: Plan, first_day: date | None = None) -> PlanningContext:
    """What stands when these earlier or later plans of the team do, and the plans that the roster names under `busy`.

    first_day: the new plan's first date; balances are then carried over from the shifts before it.
    Raises FileFaults for a busy plan that cannot be read.
    """
    seats = tuple(seat for plan in plans for seat in plan.seats)
    balances = balances_of(roster, seats, before=first_day) if first_day else ()
    return PlanningContext(seats, busy_elsewhere(roster), balances)
