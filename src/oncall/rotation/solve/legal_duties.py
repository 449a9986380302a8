"""Keeps track of which duties are still legal while a plan is built or changed step by step."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import NamedTuple

from oncall.rotation.problem.problem import Duty, Problem
from oncall.rotation.problem.rules import rules_of


class _LimitGroup(NamedTuple):
    """A group of a limit; both by number."""

    limit: int
    group: int


class LegalDuties:
    """The duties taken so far, and which others the hard rules still allow."""

    def __init__(self, problem: Problem) -> None:
        self._most: list[int] = []
        self._groups_of: dict[Duty, list[_LimitGroup]] = defaultdict(list)
        for rule in rules_of(problem.roster.rules):
            for limit in rule.limits(problem):
                for group, duties in enumerate(limit.groups):
                    for duty in duties:
                        self._groups_of[duty].append(_LimitGroup(len(self._most), group))
                self._most.append(limit.most)
        self.clear()

    def clear(self) -> None:
        """Forget all duties taken."""
        self._used: list[Counter[int]] = [Counter() for _ in self._most]
        self._taken: set[Duty] = set()

    def allows(self, duty: Duty) -> bool:
        """Return True if this duty is not taken yet and no rule forbids it beside those taken."""
        return duty not in self._taken and all(
            group in self._used[limit] or len(self._used[limit]) < self._most[limit]
            for limit, group in self._groups_of[duty]
        )

    def take(self, duty: Duty) -> None:
        """Add a duty to those taken."""
        self._taken.add(duty)
        for limit, group in self._groups_of[duty]:
            self._used[limit][group] += 1

    def drop(self, duty: Duty) -> None:
        """Remove a duty from those taken."""
        self._taken.remove(duty)
        for limit, group in self._groups_of[duty]:
            used = self._used[limit]
            used[group] -= 1
            if not used[group]:
                del used[group]
