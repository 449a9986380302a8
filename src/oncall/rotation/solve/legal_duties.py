"""Which duties are still legal after those taken, by the limits of the hard rules; kept up to date step by step."""

from __future__ import annotations

from collections import Counter, defaultdict

from oncall.rotation.problem.problem import Duty, Problem
from oncall.rotation.problem.rules import rules_of


class LegalDuties:
    """Which duties are still legal after those taken, by the limits of the hard rules."""

    def __init__(self, problem: Problem) -> None:
        self._most: list[int] = []
        self._groups_of: dict[Duty, list[tuple[int, int]]] = defaultdict(list)
        for rule in rules_of(problem.roster.rules):
            for limit in rule.limits(problem):
                for group, duties in enumerate(limit.groups):
                    for duty in duties:
                        self._groups_of[duty].append((len(self._most), group))
                self._most.append(limit.most)
        self.clear()

    def clear(self) -> None:
        """Nothing is taken."""
        self._used: list[Counter[int]] = [Counter() for _ in self._most]
        self._taken: set[Duty] = set()

    def allows(self, duty: Duty) -> bool:
        """Whether this duty may be taken too."""
        return duty not in self._taken and all(
            group in self._used[limit] or len(self._used[limit]) < self._most[limit]
            for limit, group in self._groups_of[duty]
        )

    def take(self, duty: Duty) -> None:
        """Take it."""
        self._taken.add(duty)
        for limit, group in self._groups_of[duty]:
            self._used[limit][group] += 1

    def drop(self, duty: Duty) -> None:
        """Take it back."""
        self._taken.remove(duty)
        for limit, group in self._groups_of[duty]:
            used = self._used[limit]
            used[group] -= 1
            if not used[group]:
                del used[group]
