"""Verifies a plan: checks the rules, finds the relaxations that it uses, and asks another solver about its cost."""

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
    """The result of verifying a plan. For a plan that breaks a rule, `relaxations` and `second_opinion` are not set."""

    examination: Examination
    relaxations: tuple[UsedRelaxation, ...] = ()
    second_opinion: SecondOpinion | None = None


@dataclass(frozen=True, slots=True)
class AnotherSolver:
    """How another solver searches.

    time_limit: the most wall time. waiting: a context manager around the search; it yields a function that is called
    with the time taken so far.
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

    history: those other plans. another_solver: None not to ask another solver. say: called with a message for each plan
    of `history` that names people who are not on the roster. Raises FileFaults for another team's plan that cannot be
    read, and Refused for a plan of another team in `history`.
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
