"""Requests to swap shifts in memory."""

from __future__ import annotations

from datetime import datetime

from oncall.errors import Conflict
from oncall.schedule.swap_requests import SwapRequest


class SwapBook:
    """The requests of a store, by their codes."""

    def __init__(self) -> None:
        self._swaps: dict[str, SwapRequest] = {}

    def add_swap(self, request: SwapRequest) -> None:
        """Store a new request. Raises Conflict if its code is stored already."""
        if request.code in self._swaps:
            raise Conflict(f"swap {request.code}: it is stored already")
        self._swaps[request.code] = request

    def swap(self, code: str) -> SwapRequest | None:
        """Return the request with this code, or None."""
        return self._swaps.get(code)

    def swaps(self, *, begins_after: datetime) -> list[SwapRequest]:
        """Return the requests whose first shift begins after an instant, the next shift first."""
        found = (each for each in self._swaps.values() if each.begins_at > begins_after)
        return sorted(found, key=lambda each: (each.begins_at, each.asked_at, each.code))

    def swap_steps(self) -> int:
        """Return how many swaps were asked for, plus how many were answered or withdrawn."""
        return len(self._swaps) + sum(each.answered_at is not None for each in self._swaps.values())

    def update_swap(self, request: SwapRequest) -> None:
        """Store a request that has changed."""
        self._swaps[request.code] = request
