"""Caches the roster in force, because to read a large roster for each web page would take too long."""

from __future__ import annotations

from oncall.planning.published.change_rules import PublishedTexts, roster_in_force
from oncall.rosters.roster import Roster


class PublishedRoster:
    """Caches the roster of the newest version. Threads may use it at the same time."""

    def __init__(self) -> None:
        self._kept: tuple[int, Roster | None] | None = None

    def of(self, tx: PublishedTexts) -> Roster | None:
        """Return the roster in force that a transaction sees.

        None before a publication, or if this version of oncall can no longer read the roster.
        """
        newest, kept = tx.schedule().newest, self._kept
        if kept is None or kept[0] != newest:
            kept = self._kept = (newest, roster_in_force(tx))
        return kept[1]
