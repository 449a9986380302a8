"""The protocol of queries for many phones or tickets at once. The pager runs each once for all its work."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from oncall.paging.domain.reachability import Alert
from oncall.paging.domain.ticket import Attempt, StoredTicket
from oncall.paging.ports.records import SentText


class PassQueries(Protocol):
    """Queries like those of other protocols, for many phones or tickets at once. Ids without a result are absent."""

    def tickets_by_id(self, ticket_ids: Sequence[str]) -> dict[str, StoredTicket]:
        """Return the tickets with these ids, by id, and lock their rows until the transaction ends."""

    def attempts_of(self, ticket_ids: Sequence[str]) -> dict[str, list[Attempt]]:
        """Return the attempts for each ticket, the oldest first, by the ticket's id."""

    def queued_pages_to(self, people: Sequence[str]) -> dict[str, list[Attempt]]:
        """Return for each person the texts that `queued_pages` returns, and lock their rows."""

    def texts_sent_to(self, people: Sequence[str], *, since: datetime, most: int) -> dict[str, list[SentText]]:
        """Return for each person the texts that `texts_sent` returns, at most `most`, the newest first.

        since: policy time.
        """

    def last_pages_to(self, people: Sequence[str]) -> dict[str, Attempt]:
        """Return for each person the page that `last_page_to` returns."""

    def calls_to_each(self, people: Sequence[str], *, since: datetime) -> dict[str, list[Attempt]]:
        """Return for each person the calls that `calls_to` returns, the latest first. since: policy time."""

    def update_alerts(self, alerts: Sequence[Alert]) -> None:
        """Update several stored alerts as `update_alert` does."""
