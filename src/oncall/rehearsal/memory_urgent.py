"""The first pages of urgent tickets in memory: whether a phone is free, and how many messages were sent."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import datetime
from itertools import takewhile

from oncall.paging.domain.ticket import Attempt


class UrgentBook(ABC):
    """Answers queries about urgent pages from the stored attempts. A base class of the memory store."""

    @abstractmethod
    def last_page_to(self, person: str) -> Attempt | None:
        """Return the latest text (by `sent_at`) that paged this person and is not known to have failed.

        None if there is none. For a bundle it is the leader.
        """

    @abstractmethod
    def queued_pages(self, person: str) -> list[Attempt]:
        """Return the texts that page this person and are `queued` or `retrying`, the oldest first."""

    @abstractmethod
    def _lately_sent(self, to: str | None) -> Iterator[Attempt]:
        """Yield the texts that were sent to this person, the latest first; with to=None, those sent to anyone."""

    def phone_is_free(self, person: str, *, since: datetime) -> bool:
        """Return True if an urgent page may go to this person at once.

        That is so if no text has paged them since an instant (policy time), and no first page of an urgent ticket waits
        for their phone.
        """
        last = self.last_page_to(person)
        was_paged = last is not None and last.sent_at is not None and last.sent_at > since
        return not was_paged and not any(page.caller is not None for page in self.queued_pages(person))

    def phone_has_room(self, person: str, *, since: datetime, most: int) -> bool:
        """Return True if this person got fewer than `most` messages with first pages of urgent tickets.

        since: policy time.
        """
        recent = takewhile(lambda one: one.sent_at is not None and one.sent_at > since, self._lately_sent(person))
        return sum(1 for one in recent if one.caller is not None) < most

    def caller_has_room(self, caller: str, *, since: datetime, most: int) -> bool:
        """Return True if this caller's urgent tickets caused fewer than `most` messages with first pages.

        since: policy time; only pages that were written since then count.
        """
        recent = takewhile(lambda one: one.sent_at is not None and one.sent_at > since, self._lately_sent(None))
        return sum(1 for one in recent if one.caller == caller) < most

    def summarised_at(self, person: str, *, since: datetime) -> datetime | None:
        """Return when (policy time) this person last got a summary of urgent pages; None if not after `since`."""
        recent = takewhile(lambda one: one.sent_at is not None and one.sent_at > since, self._lately_sent(person))
        return next((one.sent_at for one in recent if one.is_summary), None)

    def try_lock_phone(self, person: str) -> bool:
        """Return True, because no other transaction exists."""
        return True
