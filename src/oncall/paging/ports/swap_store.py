"""Protocol for swap requests in the store."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from oncall.schedule.swap_requests import SwapRequest


class SwapRequests(Protocol):
    """Stores the requests to swap shifts, by their codes."""

    def add_swap(self, request: SwapRequest) -> None:
        """Store a new request. Raises Conflict if its code is stored already."""

    def swap(self, code: str) -> SwapRequest | None:
        """Return the request with this code (capitals), or None. A write locks its row until the transaction ends."""

    def swaps(self, *, begins_after: datetime) -> list[SwapRequest]:
        """Return the requests whose first shift begins after an instant (policy time), the next shift first."""

    def swap_steps(self) -> int:
        """Return how many swaps were asked for, plus how many were answered or withdrawn. It only grows."""

    def update_swap(self, request: SwapRequest) -> None:
        """Store the columns of a request that can change: moves, state, answer and version."""
