"""Computes each engineer's share as `docs/rules.md` defines it, without the planner's code and without rounding.

Totals come first, beginning with the engineers whose roles have the fewest seats for their weight: they can carry
least. Then the total of each such group of engineers is divided over its roles.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from itertools import combinations

from oncall.rosters.roster import Engineer, Roster, SharesRule
from oncall.rosters.time_off import DaysOffRule, days_off_rule, duty_time, is_free
from oncall.schedule.plan import Balance, Shift
from oncall.support.windows import WindowKind

_Cell = tuple[frozenset[str], str]
"""A set of roles that some engineers take, and one of these roles."""


class CheckedShares:
    """The weights and shares of a roster's engineers in a plan of these shifts. weights: by the engineer's id."""

    def __init__(self, roster: Roster, shifts: Sequence[Shift], balances: Sequence[Balance]) -> None:
        rule = days_off_rule(roster)
        self.weights = {person.id: _weight(person, shifts, rule) for person in roster.engineers}
        self._shares: dict[tuple[WindowKind, str, str], Fraction] = {}
        served = {(each.engineer, each.kind): Fraction(each.thousandths, 1000) for each in balances}
        for kind, total in Counter(shift.kind for shift in shifts).items():
            parts = _parts(roster, kind, self.weights)
            for (role, who), part in parts.items():
                # The balance is made up for in equal parts of the roles in which the engineer has a share.
                own = sum(1 for _, other in parts if other == who)
                self._shares[kind, role, who] = total * part - served.get((who, kind), Fraction(0)) / own

    def of_role(self, kind: WindowKind, role: str, who: str) -> Fraction:
        """Return an engineer's share of a kind in one role, in shifts."""
        return self._shares.get((kind, role, who), Fraction(0))

    def of_all_roles(self, kind: WindowKind, who: str, roles: Sequence[str]) -> Fraction:
        """Return an engineer's share of a kind in all roles together, in shifts."""
        return sum((self.of_role(kind, role, who) for role in roles), Fraction(0))


def able_shifts(person: Engineer, shifts: Sequence[Shift], roster: Roster) -> list[Shift]:
    """Return the shifts that the engineer's joining, leaving, leave and shadowing allow."""
    return list(_able(person, shifts, days_off_rule(roster)))


def _weight(person: Engineer, shifts: Sequence[Shift], rule: DaysOffRule) -> Fraction:
    return Fraction(str(person.fte)) * sum(1 for _ in _able(person, shifts, rule))


def _able(person: Engineer, shifts: Sequence[Shift], rule: DaysOffRule) -> Iterator[Shift]:
    member = replace(person, absences=tuple(away for away in person.absences if away.leave))
    for shift in shifts:
        end = shift.day + timedelta(days=max(1, shift.end_night - shift.first_night) - 1)
        learns = any(each.first_day <= end and shift.day <= each.last_day for each in person.shadows)
        if not learns and is_free(member, duty_time(shift.window, rule)):
            yield shift


def _parts(roster: Roster, kind: WindowKind, weights: Mapping[str, Fraction]) -> dict[tuple[str, str], Fraction]:
    """Return the fraction of each role's shifts that each engineer should have, by role and engineer.

    Only fractions above 0 are included.
    """
    takers = [each for each in roster.engineers if weights[each.id] and (each.kinds is None or kind in each.kinds)]
    own = {each.id: frozenset(each.roles) & set(roster.rules.roles) for each in takers}
    if roster.rules.shares is SharesRule.BY_ROLE:
        sums = {role: sum(weights[who] for who in own if role in own[who]) for role in roster.rules.roles}
        return {(role, who): weights[who] / sums[role] for who, roles in own.items() for role in roles}
    parts: dict[tuple[str, str], Fraction] = {}
    left = frozenset[str]().union(*own.values())
    while left:
        # The group of roles with the fewest seats for the weight of the engineers who take no other remaining role.
        sets = [frozenset(some) for size in range(1, len(left) + 1) for some in combinations(sorted(left), size)]
        closed = {some: _weight_within(some, own, weights) for some in sets}
        loads = {some: Fraction(len(some)) / weight for some, weight in closed.items() if weight}
        least = min(loads, key=lambda some: (loads[some], len(some)))
        people = {who: roles for who, roles in own.items() if roles <= least}
        cells = _cells(people, weights, loads[least])
        parts.update(
            {(role, who): weights[who] * cells[roles, role] for who, roles in people.items() for role in roles}
        )
        left -= least
        own = {who: roles - least for who, roles in own.items() if who not in people}
    return {key: part for key, part in parts.items() if part}


def _weight_within(
    some: frozenset[str], own: Mapping[str, frozenset[str]], weights: Mapping[str, Fraction]
) -> Fraction:
    return sum((weights[who] for who, roles in own.items() if roles <= some), Fraction(0))


def _cells(
    people: Mapping[str, frozenset[str]], weights: Mapping[str, Fraction], load: Fraction
) -> dict[_Cell, Fraction]:
    """Return the load in each cell, for each unit of weight.

    A cell is a pair of a set of roles (a row) and one of them (a column). The cells of each row add up to `load`; those
    of each column, times the weights, add up to 1. In the split with the least sum of squares, a cell is a number of
    its row plus a number of its column, or 0 if that sum is below 0.
    """
    rows: dict[frozenset[str], Fraction] = {}
    for who, roles in people.items():
        rows[roles] = rows.get(roles, Fraction(0)) + weights[who]
    cells = [(roles, role) for roles in rows for role in sorted(roles)]
    for zeros in _sets_of_zeros(rows, cells, load):
        found = _sums(rows, cells, zeros, load)
        if found is not None and all(found[cell] <= 0 if cell in zeros else found[cell] >= 0 for cell in cells):
            return {cell: Fraction(0) if cell in zeros else found[cell] for cell in cells}
    raise AssertionError("some set of cells is 0 in the best split")


def _sets_of_zeros(
    rows: Mapping[frozenset[str], Fraction], cells: Sequence[_Cell], load: Fraction
) -> Iterator[frozenset[_Cell]]:
    """Yield sets of cells to try as 0: first add the cells that come out below 0, step by step; then try every set."""
    zeros = frozenset[_Cell]()
    while (found := _sums(rows, cells, zeros, load)) is not None:
        yield zeros
        below = frozenset(cell for cell in cells if found[cell] < 0) - zeros
        if not below:
            break
        zeros |= below
    for size in range(len(cells)):
        yield from map(frozenset, combinations(cells, size))


def _sums(
    rows: Mapping[frozenset[str], Fraction], cells: Sequence[_Cell], zeros: frozenset[_Cell], load: Fraction
) -> dict[_Cell, Fraction] | None:
    """Return, for each cell, its row's number plus its column's number, if exactly the cells in `zeros` are 0.

    None if there is not exactly one solution.
    """
    columns = sorted({role for _, role in cells})
    names: list[object] = [*rows, *columns]
    # Each equation: the factors of the unknown numbers, by name, and the right side.
    equations: list[tuple[dict[object, Fraction], Fraction]] = []
    for name in names:
        factors: dict[object, Fraction] = dict.fromkeys(names, Fraction(0))
        for roles, role in cells:
            if (roles, role) not in zeros and name in (roles, role):
                factor = rows[roles] if name == role else Fraction(1)
                factors[roles] += factor
                factors[role] += factor
        equations.append((factors, load if name in rows else Fraction(1)))
    # The numbers of all rows can be lowered and those of all columns raised, so one column's number is set to 0.
    equations[-1] = ({**dict.fromkeys(names, Fraction(0)), columns[-1]: Fraction(1)}, Fraction(0))
    known = _unknowns(names, equations)
    return None if known is None else {(roles, role): known[roles] + known[role] for roles, role in cells}


def _unknowns(
    names: Sequence[object], equations: Sequence[tuple[dict[object, Fraction], Fraction]]
) -> dict[object, Fraction] | None:
    """Solve linear equations by substitution; return None if they do not have exactly one solution.

    names: the unknowns. equations: each is the factor of every unknown, and the right side.
    """
    left = [(dict(factors), right) for factors, right in equations]
    solved: list[tuple[object, dict[object, Fraction], Fraction]] = []
    for name in names:
        chosen = next((each for each in left if each[0].get(name)), None)
        if chosen is None:
            return None
        left.remove(chosen)
        factor = chosen[0].pop(name)
        others = {other: -value / factor for other, value in chosen[0].items() if value}
        constant = chosen[1] / factor
        solved.append((name, others, constant))
        for number, (factors, right) in enumerate(left):
            if own := factors.pop(name, Fraction(0)):
                for other, value in others.items():
                    factors[other] = factors.get(other, Fraction(0)) + own * value
                left[number] = (factors, right - own * constant)
    known: dict[object, Fraction] = {}
    for name, others, constant in reversed(solved):
        known[name] = constant + sum((value * known[other] for other, value in others.items()), Fraction(0))
    return known
