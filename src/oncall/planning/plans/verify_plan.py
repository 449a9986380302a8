"""Verify a plan: the independent check, the relaxations that it uses, and another solver's opinion of its cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from oncall.planning.sources.context_sources import NamedPlan
from oncall.planning.sources.service_record import refuse_unusable
from oncall.rosters.roster import Roster
from oncall.rotation.check.checker import Examination, examine
from oncall.rotation.check.used_relaxations import UsedRelaxation, used_relaxations
from oncall.rotation.problem.context import seats_on_other_teams
from oncall.schedule.plan import Plan, Seat

if TYPE_CHECKING:
    from oncall.rotation.check.second_opinion import SecondOpinion


@dataclass(frozen=True, slots=True)
class Verification:
    """The result of a plan's check. A plan that breaks a rule has neither relaxations nor a second opinion."""

    examination: Examination
    relaxations: tuple[UsedRelaxation, ...] = ()
    second_opinion: SecondOpinion | None = None


@dataclass(frozen=True, slots=True)
class AnotherSolver:
    """How to ask another solver.

    time_limit: wall time. waiting: a context manager around the search; the function that it yields gets the time
    taken so far.
    """

    time_limit: timedelta
    waiting: Callable[[], AbstractContextManager[Callable[[timedelta], None]]]


def verify_plan(
    plan: Plan,
    roster: Roster,
    history: Sequence[NamedPlan] = (),
    *,
    another_solver: AnotherSolver | None = None,
    say: Callable[[str], None],
) -> Verification:
    """Check a plan against the roster, and against plans before and after it.

    say: takes a sentence for each of those plans that names people whom the roster does not have.
    Raises FileFaults for another team's plan that cannot be read, Refused for a plan of another team in `history`.
    """
    around = _seats_of(history, roster, say)
    elsewhere = seats_on_other_teams(roster)
    found = examine(plan, roster, history=around, elsewhere=elsewhere)
    if found.violations:
        return Verification(found)
    opinion = None
    used = used_relaxations(plan, roster)
    if another_solver is not None:
        opinion = _second_opinion(plan, roster, found, another_solver, [*around, *elsewhere])
    return Verification(found, used, opinion)


def _seats_of(history: Sequence[NamedPlan], roster: Roster, say: Callable[[str], None]) -> list[Seat]:
    for named in history:
        refuse_unusable(named, roster, say)
    return [seat for named in history for seat in named.plan.seats]


def _second_opinion(
    plan: Plan, roster: Roster, found: Examination, another: AnotherSolver, outside: Sequence[Seat]
) -> SecondOpinion:
    from oncall.rotation.check.second_opinion import second_opinion

    with another.waiting() as on_wait:
        return second_opinion(plan, roster, found.cost, time_limit=another.time_limit, outside=outside, on_wait=on_wait)
