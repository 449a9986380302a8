"""The counting bound of a problem with turns: the least cost of a pattern for each engineer, without a calendar."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from oncall.rotation.problem.problem import Problem
from oncall.rotation.solve.counting_bound import CountingBound
from oncall.rotation.solve.load_counts import CountRange, LoadKey
from oncall.rotation.solve.pattern_choice import PatternChoice
from oncall.rotation.solve.pattern_prices import least_with_each
from oncall.rotation.solve.search import Search
from oncall.rotation.solve.turn_patterns import Pattern, PatternList, TurnTypes, grouped, pattern_lists

MOST_PATTERNS = 5000
"""If there are more patterns than this, the list is not extended, and the model of every seat is used."""
MOST_CHOICES = 4000
"""The most patterns of all engineers together in the model of the calendar, if the costlier ones can be left out."""
WINDOWS = (50, 400, 3200)
"""Slacks above the least cost of the linear relaxation. They are tried in order, before all patterns are tried."""


@dataclass(frozen=True)
class TurnBound(CountingBound):
    """The counting bound of a problem with turns.

    types: the types of its turns. lists: the patterns of each engineer. chosen: a pattern for each engineer that
    together cost the bound. least: for each pattern of each engineer, a lower bound on the cost of plans with it.
    beyond: a lower bound on the cost of plans in which an engineer has a pattern that is not listed.
    """

    types: TurnTypes | None = None
    lists: tuple[PatternList, ...] = ()
    chosen: tuple[Pattern, ...] = ()
    least: tuple[Sequence[int], ...] = ()
    beyond: int = 0

    def ranges(self) -> dict[LoadKey, CountRange]:
        """Return ranges that contain every possible count, so that the model of every seat has exact costs.

        Loads of turns change by several shifts at a time. Outside a narrow range, a model underestimates their costs,
        and the true bound would then exclude plans.
        """
        assert self.types is not None, "a bound of turns has their types"
        problem = self.types.problem
        everyone, roles = range(len(problem.engineers)), (*problem.roles, None)
        return {
            LoadKey(engineer, kind, role): CountRange(0, len(problem.duties_of(engineer, kind)))
            for engineer, kind, role in product(everyone, problem.shares.totals, roles)
        }

    @property
    def is_complete(self) -> bool:
        """Return True if every pattern that a plan at the bound can have is listed."""
        return self.is_exact and self.cost < self.beyond


def turn_bound(problem: Problem, search: Search) -> TurnBound | None:
    """Return the least cost of any patterns that add up; None if none do.

    Lists more and more costly patterns until the least cost is proven.
    """
    types = TurnTypes.of(problem)
    slack = types.slack
    for _ in range(6):
        listed = _Listed.of(problem, types, slack)
        bound = listed.bound(search)
        if bound is not None and (bound.cost < bound.beyond or not bound.is_exact):
            return bound
        if sum(len(own.patterns) for own in {id(own): own for own in listed.lists}.values()) > MOST_PATTERNS:
            break
        slack *= 3
    # Plans with other patterns may cost as little as `beyond`.
    return None if bound is None else listed.inexact(min(bound.cost, bound.beyond))


@dataclass(frozen=True)
class _Listed:
    """Patterns of a problem, each with a lower bound on the cost of plans with it. beyond: as in `TurnBound`."""

    problem: Problem
    types: TurnTypes
    lists: tuple[PatternList, ...]
    least: tuple[Sequence[int], ...]
    beyond: int

    @classmethod
    def of(cls, problem: Problem, types: TurnTypes, slack: int) -> _Listed:
        lists = pattern_lists(types, slack)
        cheapest = [min(each.cost for each in own.patterns) for own in lists]
        beyond = min(own.limit + 1 + sum(cheapest) - cheapest[engineer] for engineer, own in enumerate(lists))
        return cls(problem, types, lists, least_with_each(problem, types, lists), beyond)

    def up_to(self, most: int) -> _Listed:
        """Return only the patterns that a plan with a cost of at most `most` can have."""
        kept: dict[int, tuple[PatternList, list[int]]] = {}
        for group in grouped(self.lists):
            own, least = self.lists[group[0]], self.least[group[0]]
            places = [place for place, each in enumerate(least) if each <= most]
            short = own.only(places), [least[place] for place in places]
            kept.update(dict.fromkeys(group, short))
        everyone = range(len(self.lists))
        lists, least_of = (tuple(kept[each][0] for each in everyone), tuple(kept[each][1] for each in everyone))
        return _Listed(self.problem, self.types, lists, least_of, min(self.beyond, most + 1))

    @property
    def lower_bound(self) -> int:
        """Return a lower bound on the cost of plans with these patterns."""
        return max(0, *(min(own) for own in self.least))

    def bound(self, search: Search) -> TurnBound | None:
        """Return the least cost of these patterns; None if none add up to the turns."""
        for window in WINDOWS:
            near = self.up_to(self.lower_bound + window)
            if all(own.patterns for own in near.lists):
                choice = PatternChoice(self.problem, self.types, near.lists)
                cost, is_exact = choice.least_cost(search)
                if cost is not None and is_exact and cost <= self.lower_bound + window:
                    return self._bound_at(cost, choice.most_even_at(cost, search))
        choice = PatternChoice(self.problem, self.types, self.lists)
        cost, is_exact = choice.least_cost(search)
        if cost is None:
            return None
        if not is_exact:
            return self.inexact(min(max(cost, self.lower_bound), self.beyond))
        return self._bound_at(cost, choice.most_even_at(cost, search))

    def inexact(self, cost: int) -> TurnBound:
        """Return a bound with this cost. It is a true lower bound, but perhaps no patterns cost so little."""
        return TurnBound(cost, {}, False, types=self.types, lists=self.lists, least=self.least, beyond=self.beyond)

    def _bound_at(self, cost: int, chosen: tuple[Pattern, ...]) -> TurnBound:
        unevenness = sum(each.unevenness for each in chosen)
        counts, near = _counts(self.types, chosen), self._cheapest(cost)
        return TurnBound(cost, counts, True, unevenness, self.types, near.lists, chosen, near.least, near.beyond)

    def _cheapest(self, cost: int) -> _Listed:
        """Return these patterns, without the costliest ones if there are too many for a model of the calendar."""
        for most in (self.beyond, *(cost + window for window in reversed(WINDOWS))):
            near = self.up_to(most)
            if sum(len(own.patterns) for own in near.lists) <= MOST_CHOICES:
                break
        return near


def _counts(types: TurnTypes, chosen: Sequence[Pattern]) -> dict[LoadKey, int]:
    counts: Counter[LoadKey] = Counter()
    for engineer, pattern in enumerate(chosen):
        for (number, role), count in pattern.counts:
            for kind, shifts in types.shifts[number].items():
                counts[LoadKey(engineer, kind, role)] += count * shifts
                counts[LoadKey(engineer, kind, None)] += count * shifts
    people, roles = range(len(chosen)), (*types.problem.roles, None)
    keys = [LoadKey(*each) for each in product(people, types.problem.shares.totals, roles)]
    return {key: counts[key] for key in keys}
