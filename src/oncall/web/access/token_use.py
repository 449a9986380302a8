"""Remembers in memory when each token was last used, so that a request itself never writes this to the database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

SAVE_AFTER = timedelta(minutes=5)
"""A use of a token is stored if it is at least this long (real time) after the last stored use."""


class TokenUse:
    """The last use of each token since this process started. A token is named by its handle.

    Use it in one event loop.
    """

    def __init__(self) -> None:
        self._used: dict[str, datetime] = {}
        self._saved: dict[str, datetime] = {}

    def note(self, handle: str, at: datetime) -> None:
        """Record that a token was used. at: real time, aware UTC."""
        self._used[handle] = at

    def unsaved(self) -> dict[str, datetime]:
        """Return the uses to store now, by handle: first uses, and those SAVE_AFTER after a stored use."""
        return {
            handle: at
            for handle, at in self._used.items()
            if handle not in self._saved or at - self._saved[handle] >= SAVE_AFTER
        }

    def rest(self) -> dict[str, datetime]:
        """Return all uses that are not stored yet, by handle. For a process that stops."""
        return {handle: at for handle, at in self._used.items() if self._saved.get(handle) != at}

    def saved(self, used: Mapping[str, datetime]) -> None:
        """Record that these uses are stored, so that `unsaved` leaves them out."""
        self._saved.update(used)
