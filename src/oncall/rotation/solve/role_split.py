"""Names the role of everybody on duty once the people of every shift are known, so that all roles fall evenly.

A shift and a person on it are an edge between the two. A person's edges are bundled by as many as there are roles, the
last bundle being whatever is left; then no bundle and no shift has more edges than there are roles, and such a graph
between two sides can be coloured with that many colours, none twice at one end (König). A colour is a role: each shift
has each role once, a full bundle has each role once and the last one at most once, so a person's roles differ by
at most one. Where everybody takes every role that is the fairest split there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

_End = tuple[str, int, int]
"""A shift (its number) or one of a person's bundles (person, bundle)."""


def split_evenly(teams: Sequence[Sequence[int]]) -> list[tuple[int, ...]]:
    """For each shift its people in the order of the roles. `teams`: as many different people as roles."""
    if not teams:
        return []
    colouring = _Colouring(len(teams[0]))
    duties: dict[int, int] = {}
    for shift, team in enumerate(teams):
        for person in team:
            earlier = duties.get(person, 0)
            duties[person] = earlier + 1
            colouring.add(("shift", shift, 0), ("person", person, earlier // len(team)))
    return [colouring.around(("shift", shift, 0)) for shift in range(len(teams))]


class _Colouring:
    """A graph between two sides whose edges are coloured so that no end has a colour twice."""

    def __init__(self, colours: int) -> None:
        self._colours = range(colours)
        self._at: dict[_End, dict[int, _End]] = {}

    def add(self, one: _End, other: _End) -> None:
        """Add an edge, recolouring others where the two ends have no free colour in common."""
        free_here, free_there = self._free(one), self._free(other)
        if free_here != free_there:
            self._swap_along(other, free_here, free_there)
        self._at[one][free_here] = other
        self._at[other][free_here] = one

    def around(self, end: _End) -> tuple[int, ...]:
        """The people at the other ends of a shift's edges, by colour."""
        return tuple(self._at[end][colour][1] for colour in self._colours)

    def _free(self, end: _End) -> int:
        taken = self._at.setdefault(end, {})
        return next(colour for colour in self._colours if colour not in taken)

    def _swap_along(self, end: _End, colour: int, other_colour: int) -> None:
        """Swap two colours along the path from `end` that alternates between them, so that `colour` is free there.

        The path cannot reach the edge's other end: between two sides it would arrive there by `colour`, which is free.
        """
        path = [end]
        wanted = colour
        while wanted in self._at[path[-1]]:
            path.append(self._at[path[-1]][wanted])
            wanted = other_colour if wanted == colour else colour
        edges = list(pairwise(path))
        colours = [colour if number % 2 == 0 else other_colour for number in range(len(edges))]
        for (left, right), had in zip(edges, colours, strict=True):
            del self._at[left][had], self._at[right][had]
        for (left, right), had in zip(edges, colours, strict=True):
            now = other_colour if had == colour else colour
            self._at[left][now] = right
            self._at[right][now] = left
