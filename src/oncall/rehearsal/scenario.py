"""One side of a rehearsal: a roster with its policy and a plan, played from the first ticket to the last."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from oncall.errors import Refused
from oncall.rehearsal.arrivals import Arrival
from oncall.rehearsal.outcome import RehearsalOutcome, outcome_of
from oncall.rehearsal.player import play
from oncall.rehearsal.rehearsal_schedule import AFTER, schedule_for
from oncall.rehearsal.responders import People
from oncall.rosters.roster import Roster
from oncall.schedule.plan import Plan
from oncall.schedule.shifts import shifts_between
from oncall.support.calendar import calendar_of
from oncall.support.windows import Window

if TYPE_CHECKING:
    from oncall.rotation.solve.search import SearchProgress


@dataclass(frozen=True, slots=True)
class Scenario:
    """A roster with its policy, and a plan that says who is on call."""

    roster: Roster
    plan: Plan


def planned(
    roster: Roster,
    first_day: date,
    last_day: date,
    *,
    seed: int,
    time_limit: timedelta,
    on_progress: Callable[[SearchProgress], None] | None = None,
) -> Scenario:
    """Return a scenario with a new plan for the dates from `first_day` to `last_day`, made as by `oncall generate`.

    time_limit: wall time of the search, which takes the best plan found by then. Raises PlanInfeasible if no plan keeps
    the hard rules, and Refused for a roster that cannot be planned.
    """
    from oncall.rotation.generate.fairest_plan import fairest_plan

    calendar = calendar_of(roster.policy, roster.holidays)
    shifts = shifts_between(calendar, first_day=first_day, last_day=last_day, rules=roster.rules)
    plan = fairest_plan(roster, shifts, seed=seed, time_limit=time_limit, on_progress=on_progress)
    return Scenario(roster, plan)


def rehearse(
    scenario: Scenario,
    arrivals: Sequence[Arrival],
    span: Window,
    people: People,
    *,
    seed: int,
    on_progress: Callable[[datetime], None] | None = None,
) -> RehearsalOutcome:
    """Play every ticket that arrives in `span` under this scenario, and return the outcome.

    Raises Refused if the policy cannot judge a ticket, or if the plan names people or roles that the roster lacks.
    """
    if not arrivals:
        raise Refused("no ticket comes in during that time; there is nothing to rehearse")
    schedule = schedule_for(scenario.plan, scenario.roster, span)
    until = span.end + AFTER
    policy = scenario.roster.policy
    with _without_garbage_collection():
        played = play(arrivals, schedule, policy, people, until=until, seed=seed, on_progress=on_progress)
        return outcome_of(played, span)


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Pause the collector of reference cycles inside the context.

    A rehearsal keeps its tickets to the end, so the collector would find nothing to free, and take a twelfth of the
    time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
