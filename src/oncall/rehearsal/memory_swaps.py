"""Requests to swap shifts in memory, for the store of a rehearsal."""

from __future__ import annotations

from datetime import datetime

from oncall.errors import Conflict
from oncall.schedule.swap_requests import SwapRequest


class SwapBook:
    """Stores requests to swap by their codes. A base class of the memory store."""

    def __init__(self) -> None:
        self._swaps: dict[str, SwapRequest] = {}

    def add_swap(self, request: SwapRequest) -> None:
        """Store a new request. Raises Conflict if its code is already stored."""
        if request.code in self._swaps:
            raise Conflict(f"swap {request.code}: it is stored already")
        self._swaps[request.code] = request

    def swap(self, code: str) -> SwapRequest | None:
        """Return the request with this code (capitals); None if there is none."""
        return self._swaps.get(code)

    def swaps(self, *, begins_after: datetime) -> list[SwapRequest]:
        """Return the requests whose first shift begins after an instant (policy time), the earliest shift first."""
        found = (each for each in self._swaps.values() if each.begins_at > begins_after)
        return sorted(found, key=lambda each: (each.begins_at, each.asked_at, each.code))

    def swap_steps(self) -> int:
        """Return the number of requests ever made plus the number of those answered or withdrawn. It only grows."""
        return len(self._swaps) + sum(each.answered_at is not None for each in self._swaps.values())

    def update_swap(self, request: SwapRequest) -> None:
        """Replace a stored request."""
        self._swaps[request.code] = request
