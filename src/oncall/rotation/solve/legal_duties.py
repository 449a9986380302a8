"""Keeps track of which duties are still legal while a plan is built or changed step by step."""

from __future__ import annotations

from collections import Counter, defaultdict

from oncall.rotation.problem.problem import Duty, Problem
from oncall.rotation.problem.rules import rules_of


class LegalDuties:
    """The duties taken so far. Tells which other duties the hard rules still allow."""

    def __init__(self, problem: Problem) -> None:
        # Limits are numbered, and so are the groups of all limits together.
        self._most: list[int] = []
        self._limit_of: list[int] = []
        self._weights: list[int] = []
        self._groups_of: dict[Duty, list[int]] = defaultdict(list)
        for rule in rules_of(problem.roster.rules):
            for limit in rule.limits(problem):
                for group, weight in limit.weighted_groups:
                    for duty in group:
                        self._groups_of[duty].append(len(self._limit_of))
                    self._limit_of.append(len(self._most))
                    self._weights.append(weight)
                self._most.append(limit.most)
        self.clear()

    def clear(self) -> None:
        """Remove all duties taken."""
        # For each limit its groups with taken duties, and how many.
        self._used: list[Counter[int]] = [Counter() for _ in self._most]
        # For each limit how much these groups count.
        self._counted = [0] * len(self._most)
        self._taken: set[Duty] = set()

    def allows(self, duty: Duty) -> bool:
        """Return True if this duty is not taken, and no rule forbids it together with the duties taken."""
        if duty in self._taken:
            return False
        for group in self._groups_of[duty]:
            limit = self._limit_of[group]
            used = self._used[limit]
            if group not in used and self._counted[limit] + self._weights[group] > self._most[limit]:
                return False
        return True

    def take(self, duty: Duty) -> None:
        """Add a duty to those taken."""
        self._taken.add(duty)
        for group in self._groups_of[duty]:
            limit = self._limit_of[group]
            if not self._used[limit][group]:
                self._counted[limit] += self._weights[group]
            self._used[limit][group] += 1

    def drop(self, duty: Duty) -> None:
        """Remove a duty from those taken."""
        self._taken.remove(duty)
        for group in self._groups_of[duty]:
            used = self._used[self._limit_of[group]]
            used[group] -= 1
            if not used[group]:
                del used[group]
                self._counted[self._limit_of[group]] -= self._weights[group]
