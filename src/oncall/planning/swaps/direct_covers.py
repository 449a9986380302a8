"""Finds one engineer for each shift of an engineer who is away, so that no other seat changes.

These shifts must change hands in any case. Therefore no plan changes fewer seats if each shift finds an engineer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from oncall.planning.swaps.change_costs import ChangeCosts
from oncall.planning.swaps.held_shifts import HeldShift
from oncall.planning.swaps.takers import pieces_of
from oncall.schedule.swap_requests import SeatMove
from oncall.schedule.versions import Piece

IsLegal = Callable[[Sequence[Piece]], bool]
"""Returns True if one engineer may have these seats in addition to their own."""
_MOST_CHECKS = 600
"""After this many calls of `is_legal` the search gives up.

Then the planner's repair is faster.
"""


def direct_covers(
    shifts: Sequence[HeldShift], others: Sequence[str], costs: ChangeCosts, is_legal: IsLegal
) -> tuple[SeatMove, ...] | None:
    """Return the moves that give each shift to one other engineer; None if the search finds none.

    shifts: of the engineer who is away. others: ids of the engineers who may take them. It first tries the engineers
    with whom the fairness cost rises least.
    """
    return _Search(shifts, others, costs, is_legal).found()


class _SearchLimit(Exception):
    """Raised when the search has called `is_legal` too often."""


class _Search:
    """Tries engineers shift by shift, and goes back a shift when no engineer is left to try."""

    def __init__(
        self, shifts: Sequence[HeldShift], others: Sequence[str], costs: ChangeCosts, is_legal: IsLegal
    ) -> None:
        self._shifts, self._others, self._costs, self._is_legal = shifts, others, costs, is_legal
        self._known: dict[tuple[str, frozenset[int]], bool] = {}

    def found(self) -> tuple[SeatMove, ...] | None:
        """Return the moves of the first solution; None if there is none."""
        try:
            takers = self._rest([])
        except _SearchLimit:
            return None
        return None if takers is None else self._moves(takers)

    def _rest(self, takers: list[str]) -> list[str] | None:
        """Return an engineer for each shift; None if there is no solution.

        takers: the engineers of the first shifts, which are fixed.
        """
        if len(takers) == len(self._shifts):
            return takers
        before = self._moves(takers)
        held = self._shifts[len(takers)]
        ranked = sorted(self._others, key=lambda who: (self._costs.cost_change((*before, *held.moves_to(who))), who))
        for who in ranked:
            further = [*takers, who]
            if self._may_have(who, further) and (found := self._rest(further)) is not None:
                return found
        return None

    def _may_have(self, who: str, takers: Sequence[str]) -> bool:
        own = frozenset(number for number, taker in enumerate(takers) if taker == who)
        if (who, own) not in self._known:
            if len(self._known) >= _MOST_CHECKS:
                raise _SearchLimit
            moves = [move for number in sorted(own) for move in self._shifts[number].moves_to(who)]
            self._known[who, own] = self._is_legal(pieces_of(moves))
        return self._known[who, own]

    def _moves(self, takers: Sequence[str]) -> tuple[SeatMove, ...]:
        return tuple(move for held, who in zip(self._shifts, takers, strict=False) for move in held.moves_to(who))
