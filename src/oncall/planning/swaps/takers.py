"""Lists the engineers who could take a shift: whether it is legal, and how cost and balances change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from oncall.errors import Refused
from oncall.planning.published.change_rules import BrokenRule, broken_rules
from oncall.planning.swaps.change_costs import BalanceChange, ChangeCosts
from oncall.planning.swaps.held_shifts import HeldShift
from oncall.rosters.roster import Roster
from oncall.schedule.change_document import SWAP
from oncall.schedule.schedule import Schedule
from oncall.schedule.swap_requests import SeatMove
from oncall.schedule.versions import Piece
from oncall.support.windows import Window


@dataclass(frozen=True, slots=True)
class Taker:
    """One engineer who could take a shift.

    broken: the rules that this would break; empty if it is legal. cost_change: by how much the fairness cost would
    rise. giver_balance, balance: what the giver and this engineer carry beyond their shares in this kind of shift.
    """

    engineer: str
    broken: tuple[BrokenRule, ...]
    cost_change: int
    giver_balance: BalanceChange
    balance: BalanceChange

    @property
    def is_legal(self) -> bool:
        """Return True if the engineer may take the shift: no rule forbids it."""
        return not self.broken

    @property
    def why(self) -> str | None:
        """Return the rules that would be broken, as a sentence; None if none would."""
        return "; ".join(map(str, self.broken)) or None


def takers(schedule: Schedule, roster: Roster | None, held: HeldShift, now: datetime) -> list[Taker]:
    """Return every other engineer of the published roster as a Taker: legal ones first, by rising cost.

    roster: the published one. Raises Refused if it is None, because this version of oncall cannot read it. now: aware
    UTC.
    """
    if roster is None:
        raise Refused(
            "the published roster cannot be read by this version of oncall, so no choice can be judged; "
            "publish the plan again with its roster",
            on_page="the published roster is of another version of oncall, so no choice can be judged; "
            "a manager can publish the plan again with its roster",
        )
    costs = ChangeCosts(schedule, roster)
    others = [engineer.id for engineer in roster.engineers if engineer.id != held.engineer]
    found = [_taker(schedule, roster, costs, held, other, now) for other in others]
    return sorted(found, key=lambda each: (not each.is_legal, each.cost_change, each.engineer))


def _taker(schedule: Schedule, roster: Roster, costs: ChangeCosts, held: HeldShift, other: str, now: datetime) -> Taker:
    moves = held.moves_to(other)
    pieces = pieces_of(moves)
    after = schedule.with_pieces(pieces, SWAP, now)
    broken = tuple(broken_rules(schedule, after, span_of(moves), roster))
    giver, taker = costs.balance(held.engineer, moves), costs.balance(other, moves)
    return Taker(other, broken, costs.cost_change(moves), giver, taker)


def pieces_of(moves: Sequence[SeatMove]) -> list[Piece]:
    """Return the pieces of a change in which these seats change hands."""
    return [Piece(move.window, move.role, move.taker) for move in moves]


def span_of(moves: Sequence[SeatMove]) -> Window:
    """Return the time from the first start to the last end of these seats."""
    return Window(min(move.window.start for move in moves), max(move.window.end for move in moves))
