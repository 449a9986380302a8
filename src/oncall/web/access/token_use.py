"""When each token was last used, gathered in memory so that a request never writes it to the database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

SAVE_AFTER = timedelta(minutes=5)
"""How much later (real time) than the stored use another use of the same token must be, to be stored."""


class TokenUse:
    """The last use of each token since the start of this process, by handle. Use it in one event loop."""

    def __init__(self) -> None:
        self._used: dict[str, datetime] = {}
        self._saved: dict[str, datetime] = {}

    def note(self, handle: str, at: datetime) -> None:
        """Note that a token was used. at: real time."""
        self._used[handle] = at

    def unsaved(self) -> dict[str, datetime]:
        """Return the uses to store now: first ones, and those well after the stored ones."""
        return {
            handle: at
            for handle, at in self._used.items()
            if handle not in self._saved or at - self._saved[handle] >= SAVE_AFTER
        }

    def rest(self) -> dict[str, datetime]:
        """Return every use that is not stored, for a process that stops."""
        return {handle: at for handle, at in self._used.items() if self._saved.get(handle) != at}

    def saved(self, used: Mapping[str, datetime]) -> None:
        """Note that these uses are stored."""
        self._saved.update(used)
