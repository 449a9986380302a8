"""Moves shifts from engineers above their target to engineers below it, directly or along a chain of others."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import permutations
from typing import NamedTuple

from oncall.rotation.problem.problem import Duty, Problem
from oncall.rotation.solve.legal_duties import LegalDuties
from oncall.support.windows import WindowKind

TargetCounts = Mapping[WindowKind, Sequence[int]]
"""For each kind, how many shifts each engineer should have, by the engineer's number."""
Teams = list[list[int]]
"""For each shift, the numbers of the engineers on duty."""


class _Transfer(NamedTuple):
    """One shift that goes from one engineer to another. All fields are numbers."""

    shift: int
    giver: int
    taker: int


IsAllowed = Callable[[int, int, int], bool]
"""Returns True if a shift may go from one engineer to another. Arguments, all numbers: shift, giver, taker."""


def rebalance(
    problem: Problem,
    targets: TargetCounts,
    legal: LegalDuties,
    teams: Teams,
    is_allowed: IsAllowed = lambda shift, giver, taker: True,
) -> None:
    """Change `teams` in place until every engineer has their target or no legal chain of transfers helps.

    legal: has the teams' duties as taken, and is updated with each transfer. is_allowed: may forbid a transfer.
    """
    _Rebalancing(problem, targets, legal, teams, is_allowed).run()


class _Rebalancing:
    def __init__(
        self, problem: Problem, targets: TargetCounts, legal: LegalDuties, teams: Teams, is_allowed: IsAllowed
    ) -> None:
        self._problem = problem
        self._targets = targets
        self._legal = legal
        self._teams = teams
        self._is_allowed = is_allowed

    def run(self) -> None:
        for kind in self._problem.shares.totals:
            numbers = [number for number, shift in enumerate(self._problem.shifts) if shift.kind is kind]
            for _ in numbers:
                if not self._improve(kind, numbers):
                    break

    def _improve(self, kind: WindowKind, numbers: Sequence[int]) -> bool:
        """Make the first chain of transfers that takes one shift from an engineer above their target.

        Returns False if there is no such chain. numbers: the shifts of the kind.
        """
        counts = Counter(engineer for number in numbers for engineer in self._teams[number])
        surplus = [counts[engineer] - target for engineer, target in enumerate(self._targets[kind])]
        for giver in (engineer for engineer, more in enumerate(surplus) if more > 0):
            chain = self._shortest_chain(giver, surplus, numbers)
            if chain:
                for transfer in chain:
                    self._make(transfer)
                return True
        return False

    def _shortest_chain(self, giver: int, surplus: Sequence[int], numbers: Sequence[int]) -> list[_Transfer] | None:
        """Return the shortest chain from `giver` to an engineer below their target; None if no chain is legal.

        The search is breadth first. Each transfer is legal by itself; a chain whose transfers are not legal together is
        skipped.
        """
        reached_by: dict[int, _Transfer | None] = {giver: None}
        queue = deque([giver])
        while queue:
            for transfer in self._transfers_from(queue.popleft(), numbers):
                if transfer.taker in reached_by:
                    continue
                reached_by[transfer.taker] = transfer
                if surplus[transfer.taker] < 0 and self._is_legal(chain := _chain_to(transfer, reached_by)):
                    return chain
                queue.append(transfer.taker)
        return None

    def _transfers_from(self, giver: int, numbers: Sequence[int]) -> Iterator[_Transfer]:
        """Yield the legal transfers of one shift from `giver` to another engineer."""
        for number in numbers:
            if giver in self._teams[number] and giver not in self._problem.fixed_seats.get(number, {}).values():
                self._legal.drop(Duty(giver, number))
                eligible = self._problem.eligible_engineers[number]
                takers = [each for each in eligible if self._legal.allows(Duty(each, number))]
                self._legal.take(Duty(giver, number))
                yield from (
                    transfer
                    for transfer in (_Transfer(number, giver, each) for each in takers if each != giver)
                    if self._can_fill_roles(transfer) and self._is_allowed(*transfer)
                )

    def _can_fill_roles(self, transfer: _Transfer) -> bool:
        """Return True if the shift's team can still fill all roles after the transfer."""
        problem = self._problem
        if problem.roles_are_interchangeable:
            return True
        roles_of = [problem.roles_at(each, transfer.shift) for each in self._team_after(transfer)]
        return any(
            all(role in own for role, own in zip(order, roles_of, strict=True)) for order in permutations(problem.roles)
        )

    def _is_legal(self, chain: Sequence[_Transfer]) -> bool:
        """Return True if the transfers of a chain are legal one after the other, and each is on another shift."""
        if len({transfer.shift for transfer in chain}) < len(chain):
            return False
        done: list[_Transfer] = []
        for transfer in chain:
            self._legal.drop(Duty(transfer.giver, transfer.shift))
            if not self._legal.allows(Duty(transfer.taker, transfer.shift)):
                self._legal.take(Duty(transfer.giver, transfer.shift))
                break
            self._legal.take(Duty(transfer.taker, transfer.shift))
            done.append(transfer)
        for transfer in reversed(done):
            self._legal.drop(Duty(transfer.taker, transfer.shift))
            self._legal.take(Duty(transfer.giver, transfer.shift))
        return len(done) == len(chain)

    def _make(self, transfer: _Transfer) -> None:
        self._legal.drop(Duty(transfer.giver, transfer.shift))
        self._legal.take(Duty(transfer.taker, transfer.shift))
        self._teams[transfer.shift] = self._team_after(transfer)

    def _team_after(self, transfer: _Transfer) -> list[int]:
        return [transfer.taker if each == transfer.giver else each for each in self._teams[transfer.shift]]


def _chain_to(last: _Transfer, reached_by: Mapping[int, _Transfer | None]) -> list[_Transfer]:
    """Return the transfers that lead to `last`, the last one first, so that each engineer gives before they take."""
    chain = []
    step: _Transfer | None = last
    while step is not None:
        chain.append(step)
        step = reached_by[step.giver]
    return chain
