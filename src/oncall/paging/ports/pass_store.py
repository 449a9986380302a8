"""The protocol of queries that the pager runs once in a pass, for all its phones or tickets together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from oncall.paging.domain.reachability import Alert
from oncall.paging.domain.ticket import Attempt, StoredTicket
from oncall.paging.ports.records import SentText


class PassQueries(Protocol):
    """The queries of other protocols, for many phones or tickets at once. A key without results is absent."""

    def tickets_by_id(self, ticket_ids: Sequence[str]) -> dict[str, StoredTicket]:
        """Return tickets by id, and lock their rows until the transaction ends."""

    def attempts_of(self, ticket_ids: Sequence[str]) -> dict[str, list[Attempt]]:
        """Return the attempts of each ticket, oldest first."""

    def queued_pages_to(self, people: Sequence[str]) -> dict[str, list[Attempt]]:
        """Return the texts of `queued_pages` for each person, and lock their rows."""

    def texts_sent_to(self, people: Sequence[str], *, since: datetime, most: int) -> dict[str, list[SentText]]:
        """Return for each person at most `most` texts as `texts_sent` does, newest first."""

    def last_pages_to(self, people: Sequence[str]) -> dict[str, Attempt]:
        """Return for each person the page of `last_page_to`."""

    def calls_to_each(self, people: Sequence[str], *, since: datetime) -> dict[str, list[Attempt]]:
        """Return for each person the calls of `calls_to`, latest first."""

    def update_alerts(self, alerts: Sequence[Alert]) -> None:
        """Store alerts as `update_alert` does."""
