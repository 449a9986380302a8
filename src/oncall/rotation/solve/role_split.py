"""Splits the roles evenly when it is decided who is on duty on each shift.

Shifts and engineers form a bipartite graph with an edge for each duty. Each engineer's duties are cut into bundles of
as many duties as there are roles; the last bundle may be smaller. Then no shift and no bundle has more edges than there
are roles, so that the edges can be coloured with one colour per role and no colour twice at one end (König's theorem).
A colour is a role: each shift has each role once, and a full bundle has each role once, so that the counts of an
engineer's roles differ by at most one. If every engineer takes every role, no split is fairer.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple


class _End(NamedTuple):
    """One end of an edge: a shift (`bundle` is None), or one bundle of an engineer's duties. Both are numbers."""

    number: int
    bundle: int | None = None


def split_evenly(teams: Sequence[Sequence[int]]) -> list[tuple[int, ...]]:
    """Return, for each shift, its engineers in the order of the roles. teams: for each shift, one engineer per role."""
    if not teams:
        return []
    colouring = _Colouring(len(teams[0]))
    duties: dict[int, int] = {}
    for shift, team in enumerate(teams):
        for engineer in team:
            earlier = duties.get(engineer, 0)
            duties[engineer] = earlier + 1
            colouring.add(_End(shift), _End(engineer, earlier // len(team)))
    return [colouring.neighbours(_End(shift)) for shift in range(len(teams))]


class _Colouring:
    """A bipartite graph whose edges are coloured so that no end has a colour twice."""

    def __init__(self, colours: int) -> None:
        self._colours = range(colours)
        self._at: dict[_End, dict[int, _End]] = {}

    def add(self, one: _End, other: _End) -> None:
        """Add an edge and colour it. Recolours other edges if no colour is free at both ends."""
        free_here, free_there = self._free(one), self._free(other)
        if free_here != free_there:
            self._swap_along(other, free_here, free_there)
        self._at[one][free_here] = other
        self._at[other][free_here] = one

    def neighbours(self, end: _End) -> tuple[int, ...]:
        """Return the numbers at the other ends of a shift's edges, in the order of the colours."""
        return tuple(self._at[end][colour].number for colour in self._colours)

    def _free(self, end: _End) -> int:
        taken = self._at.setdefault(end, {})
        return next(colour for colour in self._colours if colour not in taken)

    def _swap_along(self, end: _End, colour: int, other_colour: int) -> None:
        """Exchange two colours along the path from `end` on which they alternate, so that `colour` becomes free there.

        The path cannot reach the other end of the new edge: in a bipartite graph it would arrive there with `colour`,
        which is free there.
        """
        path = [end]
        wanted = colour
        while wanted in self._at[path[-1]]:
            path.append(self._at[path[-1]][wanted])
            wanted = other_colour if wanted == colour else colour
        edges = list(pairwise(path))
        colours = [colour if number % 2 == 0 else other_colour for number in range(len(edges))]
        for (left, right), old in zip(edges, colours, strict=True):
            del self._at[left][old], self._at[right][old]
        for (left, right), old in zip(edges, colours, strict=True):
            new = other_colour if old == colour else colour
            self._at[left][new] = right
            self._at[right][new] = left
