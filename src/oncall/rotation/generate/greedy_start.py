"""A first plan in no time: shift by shift to whoever is most behind the fairest counts, and may legally take it.

It needs no solver. In roomy teams it often reaches the counting bound, and is proven the fairest there is by that;
elsewhere it is what a search that is cut short falls back on.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations

from oncall.rotation.problem.problem import Problem
from oncall.rotation.solve.legal_duties import LegalDuties
from oncall.support.windows import WindowKind

WORK = 40_000
"""How many looks at a person for a shift all tries together may take: some tenths of a second."""
FEWEST_TRIES, MOST_TRIES = 4, 40

Quota = Mapping[tuple[int, WindowKind], int]
"""How many shifts of a kind each person should have."""


def greedy_starts(problem: Problem, quota: Quota, *, seed: int) -> Iterator[list[list[int]]]:
    """Legal teams for every shift, who between them take all its roles: first without chance, then with some.

    There may be none: a try that gets stuck is given up.
    """
    book = LegalDuties(problem)
    chance = random.Random(seed)  # noqa: S311 (the same seed must give the same plan)
    looks = len(problem.engineers) * len(problem.shifts)
    for attempt in range(min(MOST_TRIES, max(FEWEST_TRIES, WORK // looks))):
        book.clear()
        teams = _one_opening(problem, quota, book, chance if attempt else None)
        if teams is not None:
            _Handover(problem, quota, book, teams).settle()
            yield teams


def _one_opening(
    problem: Problem, quota: Quota, book: LegalDuties, chance: random.Random | None
) -> list[list[int]] | None:
    left = dict(quota)
    ahead = _still_ahead(problem)
    teams: list[list[int]] = []
    for duty in problem.fixed_duties:
        if not book.allows(duty):
            return None
        book.take(duty)
        left[duty[0], problem.shifts[duty[1]].kind] -= 1
    for number, shift in enumerate(problem.shifts):
        kind, able = shift.kind, problem.able[number]
        teams.append(list(problem.fixed.get(number, {}).values()))
        # Who is most behind: what they should still have against what they still could; chance breaks ties and more.
        behind = {
            each: (left[each, kind] + (chance.random() / 2 if chance else 0)) / ahead[each, kind] for each in able
        }
        for role in _scarcest_first(problem, number):
            legal = [each for each in able if _takes(problem, each, number, role) and book.allows((each, number))]
            if not legal:
                return None
            chosen = max(legal, key=behind.__getitem__)
            left[chosen, kind] -= 1
            book.take((chosen, number))
            teams[-1].append(chosen)
        for each in able:
            ahead[each, kind] -= 1
    return teams


def _still_ahead(problem: Problem) -> dict[tuple[int, WindowKind], int]:
    """How many shifts of each kind each person may still take, this one included."""
    ahead: dict[tuple[int, WindowKind], int] = defaultdict(int)
    for engineer, numbers in enumerate(problem.open_to):
        for number in numbers:
            ahead[engineer, problem.shifts[number].kind] += 1
    return ahead


def _scarcest_first(problem: Problem, number: int) -> Sequence[str | None]:
    open_roles = [role for role in problem.roles if role not in problem.fixed.get(number, {})]
    if problem.roles_are_interchangeable:
        return [None] * len(open_roles)
    able = problem.able[number]
    return sorted(open_roles, key=lambda role: sum(_takes(problem, each, number, role) for each in able))


def _takes(problem: Problem, engineer: int, number: int, role: str | None) -> bool:
    return role is None or role in problem.roles_at(engineer, number)


class _Handover:
    """Passes shifts on from those who have too many of a kind to those who have too few, through others if need be."""

    def __init__(self, problem: Problem, quota: Quota, book: LegalDuties, teams: list[list[int]]) -> None:
        self._problem = problem
        self._quota = quota
        self._book = book
        self._teams = teams

    def settle(self) -> None:
        """Change the teams in place until everybody has their quota or nothing helps any more."""
        for kind in self._problem.shares.totals:
            numbers = [number for number, shift in enumerate(self._problem.shifts) if shift.kind is kind]
            for _ in numbers:
                if not self._pass_one_on(kind, numbers):
                    break

    def _pass_one_on(self, kind: WindowKind, numbers: Sequence[int]) -> bool:
        counts = Counter(person for number in numbers for person in self._teams[number])
        over = {person: counts[person] - quota for (person, each), quota in self._quota.items() if each is kind}
        for giver in (person for person, more in over.items() if more > 0):
            chain = self._chain(giver, over, numbers)
            if chain:
                for number, left, joined in chain:
                    self._replace(number, left, joined)
                return True
        return False

    def _chain(self, giver: int, over: Mapping[int, int], numbers: Sequence[int]) -> list[tuple[int, int, int]] | None:
        """The shortest way to pass one shift on from `giver` to somebody who has too few; (shift, from, to) each.

        Each pass is legal by itself. Together they are too only if checked so; a chain that is not is no chain.
        """
        came: dict[int, tuple[int, int, int] | None] = {giver: None}
        queue = deque([giver])
        while queue:
            left = queue.popleft()
            for number, joined in self._passes(left, numbers):
                if joined in came:
                    continue
                came[joined] = (number, left, joined)
                if over.get(joined, 0) < 0 and self._holds_together(chain := _traced(came, joined)):
                    return chain
                queue.append(joined)
        return None

    def _passes(self, left: int, numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
        for number in numbers:
            if left in self._teams[number] and left not in self._problem.fixed.get(number, {}).values():
                self._book.drop((left, number))
                able = [each for each in self._problem.able[number] if self._book.allows((each, number))]
                self._book.take((left, number))
                yield from ((number, each) for each in able if each != left and self._can_fill(number, left, each))

    def _can_fill(self, number: int, left: int, joined: int) -> bool:
        """Whether the team takes all roles between them when one replaces the other."""
        problem = self._problem
        if problem.roles_are_interchangeable:
            return True
        team = [joined if each == left else each for each in self._teams[number]]
        orders = permutations(problem.roles)
        return any(all(_takes(problem, e, number, r) for e, r in zip(team, order, strict=True)) for order in orders)

    def _holds_together(self, chain: Sequence[tuple[int, int, int]]) -> bool:
        """Whether all passes of a chain are legal one after the other, each on another shift; nothing is changed."""
        done: list[tuple[int, int, int]] = []
        if len({number for number, _, _ in chain}) < len(chain):
            return False
        for number, left, joined in chain:
            self._book.drop((left, number))
            if not self._book.allows((joined, number)):
                self._book.take((left, number))
                break
            self._book.take((joined, number))
            done.append((number, left, joined))
        for number, left, joined in reversed(done):
            self._book.drop((joined, number))
            self._book.take((left, number))
        return len(done) == len(chain)

    def _replace(self, number: int, left: int, joined: int) -> None:
        self._book.drop((left, number))
        self._book.take((joined, number))
        self._teams[number] = [joined if each == left else each for each in self._teams[number]]


def _traced(came: Mapping[int, tuple[int, int, int] | None], last: int) -> list[tuple[int, int, int]]:
    """The passes that lead to `last`, from the last one to the first, so that each person gives before they get."""
    passes = []
    step = came[last]
    while step is not None:
        passes.append(step)
        step = came[step[1]]
    return passes
