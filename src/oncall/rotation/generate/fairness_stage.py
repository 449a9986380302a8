"""The fairness stage: finds the fairest plan that keeps the hard rules, and a bound that no plan can beat."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from oncall.errors import Refused
from oncall.rotation.explain import infeasible
from oncall.rotation.generate.greedy_start import greedy_starts
from oncall.rotation.generate.rebalancing import TargetCounts
from oncall.rotation.generate.turn_stage import start_of_turns
from oncall.rotation.problem.problem import Problem, StaffedSeat
from oncall.rotation.solve.counting_bound import CountingBound, duty_cost_curve
from oncall.rotation.solve.duty_model import DutyModel
from oncall.rotation.solve.load_counts import CountRange, LoadKey, widened_ranges
from oncall.rotation.solve.model_base import PlanModel
from oncall.rotation.solve.role_assignment import assign_roles
from oncall.rotation.solve.role_models import SeatModel, first_model_of
from oncall.rotation.solve.search import Search, SearchResult, SearchStatus
from oncall.rotation.solve.turn_bound import TurnBound
from oncall.rotation.solve.turn_model import TurnModel
from oncall.support.windows import WindowKind

MOST_ROLE_SOLVES = 6
"""The most greedy starts for which a solver assigns the roles, if an even split is not always legal."""
MOST_EVEN_STARTS = 5
"""How many greedy starts of the least cost to compare by the evenness of their totals."""


@dataclass(frozen=True, slots=True)
class BestPlan:
    """The fairest plan so far, with what a further search needs: the kind of model, its counting bound and ranges.

    bound: no plan that keeps the hard rules costs less. unevenness: of the totals over all kinds. notes: sentences
    about the plan, for the user.
    """

    seats: list[StaffedSeat]
    cost: int
    bound: int
    model_type: type[PlanModel]
    counting_bound: CountingBound
    ranges: Mapping[LoadKey, CountRange]
    unevenness: int = 0
    notes: tuple[str, ...] = ()

    @property
    def is_proven(self) -> bool:
        """Return True if it is proven that no plan costs less."""
        return self.cost <= self.bound

    @property
    def is_even(self) -> bool:
        """Return True if the counting bound proves that no plan of the same cost has more even totals."""
        return self.cost == self.counting_bound.cost and self.unevenness <= self.counting_bound.unevenness


def find_fairest(problem: Problem, search: Search) -> BestPlan:
    """Return the fairest plan: a greedy start, improved with ever more exact models until the cost is proven.

    If the search is over earlier, returns the best plan so far. Raises PlanInfeasible if no plan keeps the hard rules,
    and Refused if the search is over before it has a plan.
    """
    model_type: type[PlanModel] = TurnModel if problem.has_turns else first_model_of(problem)
    counting_bound = model_type.counting_bound(problem, search)
    if counting_bound is None and model_type is TurnModel:
        # The patterns that the bound lists do not add up; other patterns may.
        model_type, counting_bound = SeatModel, SeatModel.counting_bound(problem, search)
    if counting_bound is None:
        raise infeasible.explain_infeasible(problem, search)
    if isinstance(counting_bound, TurnBound) and not counting_bound.is_complete:
        model_type = SeatModel
    start = BestPlan([], 0, counting_bound.cost, model_type, counting_bound, counting_bound.ranges())
    best = _best_greedy_start(problem, search, start)
    status = SearchStatus.OPTIMAL
    while best is None or (not best.is_proven and status is SearchStatus.OPTIMAL):
        best, status = _improved(problem, search, best, start)
    return best


def _improved(
    problem: Problem, search: Search, best: BestPlan | None, start: BestPlan
) -> tuple[BestPlan, SearchStatus]:
    """Run a model once more. Return the best plan after it, and how the run ended. start: used if `best` is None."""
    known = best or start
    model = known.model_type(problem, known.counting_bound, known.ranges, search)
    model.model.minimize(model.cost)
    beyond = known.counting_bound.beyond if isinstance(known.counting_bound, TurnBound) else None
    most_bound = beyond if known.model_type is TurnModel else None
    known_cost = best.cost if best else None
    # The linear relaxation needs every implication where hours tie nights to weekends.
    level = 2 if problem.roster.rules.max_hours_per_week is not None else None
    result = search.run(
        model.model,
        lower_bound=known.bound,
        known_cost=known_cost,
        cost_of=model.quick_cost,
        most_bound=most_bound,
        linearization=level,
    )
    if result.status is SearchStatus.INFEASIBLE and known.model_type is not TurnModel:
        raise infeasible.explain_infeasible(problem, search)
    if known.model_type is TurnModel and not _is_proven_for_all_patterns(known.counting_bound, result):
        # A plan with other patterns may cost less, or be the only one; the model of every seat has them all.
        listed = known.bound if most_bound is None else min(result.bound, most_bound)
        known = replace(known, model_type=SeatModel, bound=max(known.bound, listed))
        return _improved(problem, search, known if best else None, replace(known, seats=[]))
    bound = max(known.bound, result.bound)
    if result.status is SearchStatus.UNKNOWN:
        if best is None:
            raise Refused(_no_plan_yet(search))
        return replace(best, bound=bound), result.status
    seats = model.seats(result)
    found = _better(best, replace(with_seats(problem, known, seats), bound=bound))
    search.report(found.cost, found.bound)
    if result.status is SearchStatus.OPTIMAL and not found.is_proven:
        found = with_finer_model(problem, search, found, seats)
    return found, result.status


def _is_proven_for_all_patterns(bound: CountingBound, result: SearchResult) -> bool:
    """Return True if no plan with a pattern of turns outside the bound's list costs less than the result."""
    return isinstance(bound, TurnBound) and result.has_solution and result.bound < bound.beyond


def with_seats(problem: Problem, best: BestPlan, seats: list[StaffedSeat]) -> BestPlan:
    """Return `best` with other seats, and with the cost and the unevenness of these seats."""
    return replace(best, seats=seats, cost=problem.cost_of(seats), unevenness=problem.unevenness_of(seats))


def with_finer_model(problem: Problem, search: Search, best: BestPlan, seats: Sequence[StaffedSeat]) -> BestPlan:
    """Return the plan with a finer model for the next search: one that does not underestimate the cost of `seats`.

    The ranges are widened to contain the loads of these seats. If they already contain them, no split of the roles fits
    the loads that the model chose, and the model of every seat is used from now on.
    """
    wider = widened_ranges(problem, best.ranges, seats)
    if wider != best.ranges:
        return replace(best, ranges=wider)
    assert not best.model_type.has_exact_costs, "a model with exact costs cannot underestimate a plan"
    counting_bound = best.counting_bound
    if best.model_type is DutyModel:
        # Its counting bound has no loads in single roles.
        counting_bound = SeatModel.counting_bound(problem, search) or counting_bound
    ranges = widened_ranges(problem, {**counting_bound.ranges(), **best.ranges}, seats)
    return replace(best, model_type=SeatModel, counting_bound=counting_bound, ranges=ranges)


def _best_greedy_start(problem: Problem, search: Search, start: BestPlan) -> BestPlan | None:
    """Return the cheapest greedy start; None if there is none. It is proven if it costs no more than the bound."""
    if isinstance(start.counting_bound, TurnBound):
        turns = start_of_turns(problem, start.counting_bound, search)
        known = replace(start, bound=max(start.bound, turns.bound))
        return None if turns.seats is None else with_seats(problem, known, turns.seats)
    best: BestPlan | None = None
    solves = proofs = 0
    for teams in greedy_starts(problem, targets_of(start.counting_bound), seed=search.seed):
        if best is not None and _least_cost(problem, teams) > best.cost:
            continue
        seats = assign_roles(problem, teams, search)
        solves += 1
        best = _better(best, with_seats(problem, start, seats))
        proofs += best.is_proven
        enough = (solves == MOST_ROLE_SOLVES and not problem.roles_are_free) or proofs == MOST_EVEN_STARTS
        if best.is_even or search.is_over or enough:
            break
    if best is not None:
        search.report(best.cost, best.bound)
    return best


def targets_of(counting_bound: CountingBound) -> TargetCounts:
    """Return the numbers of shifts that cost the least, by kind and then by the engineer's number."""
    targets: dict[WindowKind, list[int]] = {}
    for key, count in counting_bound.counts.items():
        if key.role is None:
            targets.setdefault(key.kind, []).append(count)
    return targets


def _least_cost(problem: Problem, teams: Sequence[Sequence[int]]) -> int:
    """Return the cost of these teams with roles split as evenly as possible; 0 if not everyone takes every role."""
    if not problem.roles_are_interchangeable:
        return 0
    counts = Counter((each, problem.shifts[number].kind) for number, team in enumerate(teams) for each in team)
    people = range(len(problem.engineers))
    return sum(
        duty_cost_curve(problem, each, kind)(counts[each, kind]) for each in people for kind in problem.shares.totals
    )


def _better(best: BestPlan | None, new: BestPlan) -> BestPlan:
    """Return the better of two plans (by cost, then by unevenness), with the higher of their bounds."""
    if best is None:
        return new
    is_better = (new.cost, new.unevenness) < (best.cost, best.unevenness)
    return replace(new if is_better else best, bound=max(best.bound, new.bound))


def _no_plan_yet(search: Search) -> str:
    seconds = search.elapsed.total_seconds()
    return f"no plan was found in {seconds:.1f} s, and none is proven impossible; allow more time"
