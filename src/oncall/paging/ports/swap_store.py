"""Protocol for stored requests to swap."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from oncall.schedule.swap_requests import SwapRequest


class SwapRequests(Protocol):
    """Stores the requests to swap, by code."""

    def add_swap(self, request: SwapRequest) -> None:
        """Store a new request. Raises Conflict if its code is already stored."""

    def swap(self, code: str) -> SwapRequest | None:
        """Return the request with this code (capitals); None if there is none.

        In a write transaction, its row stays locked until the transaction ends.
        """

    def swaps(self, *, begins_after: datetime) -> list[SwapRequest]:
        """Return the requests whose first shift begins after an instant (policy time), the earliest shift first."""

    def swap_steps(self) -> int:
        """Return the number of requests ever made plus the number of those answered or withdrawn. It only grows."""

    def update_swap(self, request: SwapRequest) -> None:
        """Update a stored request: write moves, state, answer and version."""
