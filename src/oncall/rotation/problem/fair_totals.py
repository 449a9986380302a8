"""Computes shares from totals: divides the shifts of a kind over engineers who may not take every role.

First come the totals: the split with the least sum of total^2 / weight, given who takes which role. Then each role: the
split with these totals and the least sum of share^2 / weight, which is also the split nearest to a proportional one.
Both problems are convex and have one solution each, which is computed in fractions, without rounding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import combinations
from typing import NamedTuple

Roles = tuple[str, ...]
_ZERO = Fraction(0)


class _Level(NamedTuple):
    """Roles that the same engineers carry, with the same load for each unit of weight.

    people: the engineers who carry these roles, by id, each with those of the roles that they take. load: for each unit
    of weight, over all these roles, for one shift.
    """

    roles: Roles
    people: dict[str, Roles]
    load: Fraction


def fair_split(
    roles: Sequence[str], takers: Mapping[str, Sequence[str]], weights: Mapping[str, Fraction], count: int
) -> dict[tuple[str, str], Fraction]:
    """Return the share of each role and engineer, by (role, engineer). Shares of 0 are missing.

    takers: the roles that each engineer takes. count: the number of shifts of the kind; each shift has every role once.
    A role has no shares if no engineer with a weight takes it.
    """
    people = {who: tuple(role for role in roles if role in own) for who, own in takers.items() if weights[who]}
    open_roles = tuple(role for role in roles if any(role in own for own in people.values()))
    found: dict[tuple[str, str], Fraction] = {}
    for level in _levels(open_roles, people, weights):
        loads = _role_loads(level, weights)
        for who, own in level.people.items():
            found.update({(role, who): count * weights[who] * load for role in own if (load := loads[own, role])})
    return found


def _levels(roles: Roles, people: Mapping[str, Roles], weights: Mapping[str, Fraction]) -> Iterator[_Level]:
    """Yield the levels in order of falling load.

    Only the engineers who take some role of a group can carry its roles. The group whose engineers have the highest
    load for each unit of weight is a level: they carry its roles and nothing else, and no split gives them less. The
    remaining roles and engineers are a smaller problem of the same form.
    """
    left = dict(people)
    while roles:
        groups = [group for size in range(1, len(roles) + 1) for group in combinations(roles, size)]
        loads = {group: len(group) / _weight_of(group, left, weights) for group in groups}
        # Of several groups with the highest load, the first has the fewest roles, so it cannot be divided further.
        highest = max(groups, key=loads.__getitem__)
        members = {who: tuple(role for role in highest if role in own) for who, own in left.items()}
        members = {who: own for who, own in members.items() if own}
        yield _Level(highest, members, loads[highest])
        left = {who: own for who, own in left.items() if who not in members}
        roles = tuple(role for role in roles if role not in highest)


def _weight_of(roles: Roles, people: Mapping[str, Roles], weights: Mapping[str, Fraction]) -> Fraction:
    return sum((weights[who] for who, own in people.items() if not set(own).isdisjoint(roles)), _ZERO)


# ---- the roles of one level

_Pair = tuple[Roles, str]
"""The set of roles that some engineers take, and one of these roles. The engineers differ only in their weights."""


def _role_loads(level: _Level, weights: Mapping[str, Fraction]) -> dict[_Pair, Fraction]:
    """Return the load of each role for each unit of weight, by the set of roles that an engineer takes.

    A pair is a group of engineers (who take the same roles) and one of their roles. In the best split, the load of a
    pair is a number of its group plus a number of its role, or 0 if that sum is not above 0. The function finds out,
    step by step, which pairs have load 0.
    """
    groups: dict[Roles, Fraction] = {}
    for who, own in level.people.items():
        groups[own] = groups.get(own, _ZERO) + weights[who]
    pairs = [(group, role) for group in groups for role in group]
    for used in _candidates(level, groups, pairs):
        sums = _sums(level, groups, used)
        if sums is not None and all((sums[pair] >= 0) if pair in used else (sums[pair] <= 0) for pair in pairs):
            return {pair: sums[pair] if pair in used else _ZERO for pair in pairs}
    raise AssertionError("one of all sets of pairs is the answer")


def _candidates(level: _Level, groups: Mapping[Roles, Fraction], pairs: Sequence[_Pair]) -> Iterator[frozenset[_Pair]]:
    """Yield sets of pairs that may have a load: at first with small changes from set to set, then every set."""
    used, tried = frozenset(pairs), set[frozenset[_Pair]]()
    while used not in tried:
        yield used
        tried.add(used)
        sums = _sums(level, groups, used)
        if sums is None:
            break
        # Drop the pair that is furthest below 0, or else take back the one that is furthest above.
        below = min(used, key=lambda pair: (sums[pair], pair))
        above = max(pairs, key=lambda pair: (pair not in used, sums[pair], pair))
        used = used - {below} if sums[below] < 0 else used | {above}
    for size in range(len(pairs), 0, -1):
        yield from map(frozenset, combinations(pairs, size))


def _sums(level: _Level, groups: Mapping[Roles, Fraction], used: frozenset[_Pair]) -> dict[_Pair, Fraction] | None:
    """Return the sum of each pair if exactly the pairs in `used` have a load; None unless there is one solution."""
    names: list[Roles | str] = [*groups, *level.roles]
    place = {name: number for number, name in enumerate(names)}
    rows = [[_ZERO] * len(names) + [level.load] for _ in groups] + [
        [_ZERO] * len(names) + [Fraction(1)] for _ in level.roles
    ]
    for group, role in used:
        for row, factor in ((place[group], Fraction(1)), (place[role], groups[group])):
            rows[row][place[group]] += factor
            rows[row][place[role]] += factor
    # One equation follows from the others: a number can move from all engineers to all roles. The first is set to 0.
    rows[0] = [Fraction(1)] + [_ZERO] * len(names)
    values = _solved(rows)
    if values is None:
        return None
    return {(group, role): values[place[group]] + values[place[role]] for group in groups for role in group}


def _solved(rows: list[list[Fraction]]) -> list[Fraction] | None:
    """Solve linear equations, each a row of factors and a right side. Returns None if the solution is not unique."""
    for column in range(len(rows)):
        pivot = next((number for number in range(column, len(rows)) if rows[number][column]), None)
        if pivot is None:
            return None
        rows[column], rows[pivot] = rows[pivot], rows[column]
        head = rows[column] = [value / rows[column][column] for value in rows[column]]
        for number, row in enumerate(rows):
            if number != column and row[column]:
                rows[number] = [value - row[column] * own for value, own in zip(row, head, strict=True)]
    return [row[-1] for row in rows]
