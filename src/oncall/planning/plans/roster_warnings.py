"""Warnings about a roster that is valid, but whose rules leave too few engineers or exclude its fixed seats."""

from __future__ import annotations

from collections.abc import Iterator

from oncall.rosters.roster import Roster
from oncall.rotation.explain.fixed_seat_conflicts import fixed_seat_conflicts
from oncall.rotation.explain.long_shifts import never_possible
from oncall.schedule.least_people import too_few_people
from oncall.schedule.never_on_call import Place, never_on_call


def roster_warnings(roster: Roster) -> Iterator[tuple[Place, str]]:
    """Yield each warning as a sentence, with its place in the roster file.

    They hold for weeks without holidays and dated days off: a plan of such weeks is not possible, or an engineer has no
    part in it. Whether a plan of given dates exists, only the planner can say.
    """
    shortage = too_few_people(roster)
    if shortage is not None:
        yield ("engineers",), shortage
    too_long = never_possible(roster)
    if too_long is not None:
        yield ("rotation", "max_hours_per_week"), too_long
    yield from never_on_call(roster)
    for number, sentence in fixed_seat_conflicts(roster):
        yield ("rotation", "fixed", number), sentence
