"""The roster in force, read once for each version of the schedule: reading a large one takes longer than a page may."""

from __future__ import annotations

from oncall.planning.published.change_rules import PublishedTexts, roster_in_force
from oncall.rosters.roster import Roster


class PublishedRoster:
    """Keeps the roster of the newest version that a page asked for. Threads may use it at the same time."""

    def __init__(self) -> None:
        self._kept: tuple[int, Roster | None] | None = None

    def of(self, tx: PublishedTexts) -> Roster | None:
        """Return the roster in force as of a transaction; None as `roster_in_force`."""
        newest, kept = tx.schedule().newest, self._kept
        if kept is None or kept[0] != newest:
            kept = self._kept = (newest, roster_in_force(tx))
        return kept[1]
