"""Finds one taker for each shift of an engineer who is away, so that no other seat changes.

These shifts must change hands in any case. So if each has a taker, no plan changes fewer seats.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from oncall.planning.swaps.change_costs import ChangeCosts
from oncall.planning.swaps.held_shifts import HeldShift
from oncall.planning.swaps.takers import pieces_of
from oncall.schedule.swap_requests import SeatMove
from oncall.schedule.versions import Piece

IsLegal = Callable[[Sequence[Piece]], bool]
"""Says whether one engineer may have these seats beside their own."""
_MOST_CHECKS = 600
"""After this many questions the search gives up: another search then takes longer and finds every answer."""


def direct_covers(
    shifts: Sequence[HeldShift], others: Sequence[str], costs: ChangeCosts, is_legal: IsLegal
) -> tuple[SeatMove, ...] | None:
    """Return the moves that give each shift to one engineer; None if it finds none that leave all other seats alone.

    Shift by shift, it first tries the engineers who raise the fairness cost least.
    """
    return _Search(shifts, others, costs, is_legal).found()


class _SearchLimit(Exception):
    """The search has asked `is_legal` too many times."""


class _Search:
    """Tries takers shift by shift, and goes back when a shift has none left."""

    def __init__(
        self, shifts: Sequence[HeldShift], others: Sequence[str], costs: ChangeCosts, is_legal: IsLegal
    ) -> None:
        self._shifts, self._others, self._costs, self._is_legal = shifts, others, costs, is_legal
        self._known: dict[tuple[str, frozenset[int]], bool] = {}

    def found(self) -> tuple[SeatMove, ...] | None:
        """Return the moves of the first solution; None without one."""
        try:
            takers = self._rest([])
        except _SearchLimit:
            return None
        return None if takers is None else self._moves(takers)

    def _rest(self, takers: list[str]) -> list[str] | None:
        """Return a taker for each shift, where the first shifts have the given takers; None if there is no solution."""
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
