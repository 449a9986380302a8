"""Queries for swap requests in one open transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TypedDict, cast

from sqlalchemy import bindparam, func, insert, select, update

from oncall.schedule.swap_requests import SeatMove, SwapRequest, SwapState
from oncall.store.rows import Row, Values
from oncall.store.statements import Statements
from oncall.store.tables import swap_requests
from oncall.support.windows import Window, WindowKind

_SWAP = select(swap_requests).where(swap_requests.c.code == bindparam("wanted"))
_LOCK_SWAP = _SWAP.with_for_update()
_SWAPS = (
    select(swap_requests)
    .where(swap_requests.c.begins_at > bindparam("since"))
    .order_by(swap_requests.c.begins_at, swap_requests.c.asked_at, swap_requests.c.code)
)
_STEPS = select(func.count() + func.count(swap_requests.c.answered_at)).select_from(swap_requests)
_UPDATE_SWAP = update(swap_requests).where(swap_requests.c.code == bindparam("wanted"))


class MoveDocument(TypedDict):
    """A seat that goes from one engineer to another. span: its start and end in epoch seconds.

    giver, taker: their ids.
    """

    span: tuple[float, float]
    kind: str
    role: str
    giver: str
    taker: str


class SwapQueries(Statements):
    """The queries for swap requests."""

    def add_swap(self, request: SwapRequest) -> None:
        """Store a new request. Raises Conflict if its code is already stored."""
        self._change(insert(swap_requests), _all_columns(request), subject=f"swap {request.code}")
        self.touched_pages = True

    def swap(self, code: str) -> SwapRequest | None:
        """Return the request with this code (capitals); None if there is none.

        In a write transaction, its row stays locked until the transaction ends.
        """
        row = self._run(_LOCK_SWAP if self._writes else _SWAP, {"wanted": code}).one_or_none()
        return None if row is None else _request(row)

    def swaps(self, *, begins_after: datetime) -> list[SwapRequest]:
        """Return the requests whose first shift begins after an instant (policy time), the earliest shift first."""
        return [_request(row) for row in self._run(_SWAPS, {"since": begins_after})]

    def swap_steps(self) -> int:
        """Return the number of requests ever made plus the number of those answered or withdrawn. It only grows."""
        return int(self._run(_STEPS).scalar_one())

    def update_swap(self, request: SwapRequest) -> None:
        """Update a stored request: write moves, state, answer and version."""
        self._run(_UPDATE_SWAP, {"wanted": request.code, **_changes(request)})
        self.touched_pages = True


def _all_columns(request: SwapRequest) -> Values:
    return {
        "code": request.code,
        "engineer": request.engineer,
        "other": request.other,
        "asked_at": request.asked_at,
        "by": request.by,
        "reason": request.reason,
        "forced": request.is_forced,
        "absence": request.absence,
        **_changes(request),
    }


def _changes(request: SwapRequest) -> Values:
    return {
        "moves": [_move_document(move) for move in request.moves],
        "begins_at": request.begins_at,
        "state": request.state.value,
        "answered_at": request.answered_at,
        "answered_by": request.answered_by,
        "version": request.version,
    }


def _request(row: Row) -> SwapRequest:
    """Convert a row of `swap_requests`, with its columns in the table's order, to a request."""
    code, engineer, other, asked_at, by, reason, forced, absence, moves, _, state, at, answered_by, version = row
    return SwapRequest(
        code, engineer, other, _moves(moves), asked_at, by, reason, SwapState(state), bool(forced), at, answered_by,
        version, absence,
    )  # fmt: skip


def _move_document(move: SeatMove) -> MoveDocument:
    span = move.window.start.timestamp(), move.window.end.timestamp()
    return {"span": span, "kind": str(move.kind), "role": move.role, "giver": move.giver, "taker": move.taker}


def _moves(documents: Sequence[Mapping[str, object]]) -> tuple[SeatMove, ...]:
    return tuple(_move(cast(MoveDocument, document)) for document in documents)


def _move(document: MoveDocument) -> SeatMove:
    start, end = (datetime.fromtimestamp(at, UTC) for at in document["span"])
    kind = WindowKind(document["kind"])
    return SeatMove(Window(start, end), kind, document["role"], document["giver"], document["taker"])
