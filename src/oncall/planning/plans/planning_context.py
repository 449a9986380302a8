"""Builds the planning context: the shifts, balances and covers that a new plan must respect and cannot change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from oncall.planning.sources.context_sources import ContextSources
from oncall.planning.sources.ledger_work import ledger_of_record
from oncall.planning.sources.service_record import seats_outside, service_record
from oncall.rosters.roster import Roster
from oncall.rotation.problem.context import PlanningContext, seats_on_other_teams
from oncall.rotation.problem.served_seats import ServedPart, seats_as_served
from oncall.schedule.plan import Balance, Seat
from oncall.schedule.shifts import shift_of


def planning_context(
    roster: Roster,
    first_day: date,
    last_day: date,
    sources: ContextSources,
    say: Callable[[str], None],
    *,
    balances: Sequence[Balance] | None = None,
    first_open: date | None = None,
) -> PlanningContext:
    """Return the planning context of these dates. say: called with a message for each thing taken into account.

    balances: what each person served beyond their share before; None to compute it from the sources.
    first_open: for a repair, the first date that may change. People who covered a shift of the plan before this date
    get the rest that must follow such a shift. Raises FileFaults for another team's plan that cannot be read, and
    Refused for a source that does not fit.
    """
    record = service_record(roster, sources, say)
    if balances is None:
        balances = ledger_of_record(roster, record, sources, before=first_day, say=say).balances
    if balances:
        people = len({each.engineer for each in balances})
        say(f"taken into account: balances of {people} people from before this plan")
    covers = _covers(roster, record.served, first_day, first_open, say) if first_open is not None else ()
    elsewhere = seats_on_other_teams(roster)
    for name in roster.busy:
        say(f"taken into account: shifts on another team in {name}")
    outside = seats_outside(roster, record, first_day, last_day, say)
    return PlanningContext(outside, elsewhere, tuple(balances), covers)


def _covers(
    roster: Roster, served: Sequence[ServedPart], first_day: date, first_open: date, say: Callable[[str], None]
) -> tuple[Seat, ...]:
    """Return the seats in [first_day, first_open) that were mostly served by another person than planned."""
    planned = {(each.seat.window, each.seat.role): each.seat.engineer for each in served}
    zone = roster.policy.zone
    covers = [
        (shift_of(seat, zone).day, seat)
        for seat in seats_as_served(served)
        if planned[seat.window, seat.role] != seat.engineer
    ]
    covers = [(day, seat) for day, seat in covers if first_day <= day < first_open]
    for day, seat in covers:
        say(f"taken into account: {seat.engineer} covered {seat.role} on {day:%a} {day}")
    return tuple(seat for _, seat in covers)
