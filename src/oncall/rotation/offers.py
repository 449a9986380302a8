"""What could be agreed to so that a plan exists: the cheapest exceptions, each choice verified by solving."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ortools.sat.python import cp_model

from oncall.errors import Refused
from oncall.rosters.relaxation import Relaxation, relaxed, texts
from oncall.rotation.board import Floor, add_duties
from oncall.rotation.loosening import LooseBoard
from oncall.rotation.problem import Problem
from oncall.rotation.roleboard import SeatBoard
from oncall.rotation.search import Allowance, Search, Verdict

EFFORT_AT_ONCE, EFFORT = 1.0, 3.0
"""Deterministic time for each question and for all."""
MOST_AT_ONCE = 6


@dataclass(frozen=True, slots=True)
class Offer:
    """Exceptions that together let a plan exist; solved, not guessed."""

    relaxations: tuple[Relaxation, ...]

    @property
    def text(self) -> str:
        """One sentence for people, with what to write."""
        names = " ".join(f"--relax {each.id}" for each in self.relaxations)
        return f"a plan exists with {texts(self.relaxations)}: {names}"


@dataclass(frozen=True, slots=True)
class Offers:
    """The choices, the cheapest first. is_hopeless: it is proven that no exception that can be made would help."""

    choices: tuple[Offer, ...]
    is_hopeless: bool


def offers(problem: Problem, search: Search) -> Offers:
    """The cheapest choice, and of each rule the cheapest that needs exceptions to it alone."""
    allowance = Allowance(EFFORT, at_once=EFFORT_AT_ONCE)
    board = LooseBoard(problem)
    outcome = allowance.outcome(search, board.model)
    if outcome.verdict is Verdict.INFEASIBLE:
        return Offers((), True)
    if outcome.verdict is Verdict.UNKNOWN:
        return Offers((), False)
    cheapest = board.bought(outcome)
    choices = [(board.price(outcome), cheapest)]
    used = {each.rule for each in cheapest}
    others = [family for family in board.families() if used != {family}]
    choices += _of_one_family_each(board, others, allowance, search)
    choices.sort(key=lambda choice: choice[0])
    distinct = list(dict.fromkeys(relaxations for _, relaxations in choices))
    # Nobody agrees to a dozen exceptions when a few will do.
    distinct = [each for each in distinct if len(each) <= MOST_AT_ONCE] or distinct[:1]
    verified = (_minimal(problem, each, allowance, search) for each in distinct)
    return Offers(tuple(Offer(each) for each in dict.fromkeys(verified) if each), False)


def _of_one_family_each(
    board: LooseBoard, families: Sequence[str], allowance: Allowance, search: Search
) -> Iterator[tuple[int, tuple[Relaxation, ...]]]:
    for family in families:
        outcome = allowance.outcome(search, board.only(family))
        if outcome.verdict in (Verdict.OPTIMAL, Verdict.FEASIBLE):
            yield board.price(outcome), board.bought(outcome)


def _minimal(
    problem: Problem, relaxations: tuple[Relaxation, ...], allowance: Allowance, search: Search
) -> tuple[Relaxation, ...]:
    """These exceptions without those that are not needed; none when they are not enough. All of it by solving."""
    if not _is_enough(problem, relaxations, allowance, search):
        return ()
    for each in relaxations:
        fewer = tuple(other for other in relaxations if other != each)
        if _is_enough(problem, fewer, allowance, search):
            relaxations = fewer
    return relaxations


def _is_enough(problem: Problem, relaxations: Sequence[Relaxation], allowance: Allowance, search: Search) -> bool:
    """Whether a plan exists with these exceptions, by a model that knows nothing of prices."""
    try:
        loose = replace(problem, roster=relaxed(problem.roster, relaxations))
    except Refused:
        return False
    return bool(relaxations) and has_plan(loose, allowance, search)


def has_plan(problem: Problem, allowance: Allowance, search: Search) -> bool:
    """Whether some plan keeps the hard rules; no when that cannot be settled."""
    if problem.roles_are_free:
        model = cp_model.CpModel()
        add_duties(model, problem)
    else:
        model = SeatBoard(problem, Floor(0, {}, is_exact=False), {}, search).model
    return allowance.run(search, model) in (Verdict.OPTIMAL, Verdict.FEASIBLE)
