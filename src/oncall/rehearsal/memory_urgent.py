"""The first pages of urgent tickets in memory: whether a phone is free, and how many messages went out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import datetime
from itertools import takewhile

from oncall.paging.domain.ticket import Attempt


class UrgentBook(ABC):
    """Answers the questions about urgent pages from the attempts of the store that inherits it."""

    @abstractmethod
    def last_page_to(self, person: str) -> Attempt | None:
        """Return the latest text that paged this person; None if there is none."""

    @abstractmethod
    def queued_pages(self, person: str) -> list[Attempt]:
        """Return the queued texts that page this person."""

    @abstractmethod
    def _lately_sent(self, to: str | None) -> Iterator[Attempt]:
        """Yield the attempts that went out to this person, the latest first; to=None: to all people."""

    def phone_is_free(self, person: str, *, since: datetime) -> bool:
        """Return True if no text has paged this person since an instant, and no urgent page waits for their phone."""
        last = self.last_page_to(person)
        was_paged = last is not None and last.sent_at is not None and last.sent_at > since
        return not was_paged and not any(page.caller is not None for page in self.queued_pages(person))

    def phone_has_room(self, person: str, *, since: datetime, most: int) -> bool:
        """Return True if fewer than `most` messages with urgent first pages went to this person since an instant."""
        recent = takewhile(lambda one: one.sent_at is not None and one.sent_at > since, self._lately_sent(person))
        return sum(1 for one in recent if one.caller is not None) < most

    def caller_has_room(self, caller: str, *, since: datetime, most: int) -> bool:
        """Return True if fewer than `most` messages with this caller's urgent first pages went out since an instant."""
        recent = takewhile(lambda one: one.sent_at is not None and one.sent_at > since, self._lately_sent(None))
        return sum(1 for one in recent if one.caller == caller) < most

    def summarised_at(self, person: str, *, since: datetime) -> datetime | None:
        """Return when the last summary of urgent pages went to this person, if after `since`."""
        recent = takewhile(lambda one: one.sent_at is not None and one.sent_at > since, self._lately_sent(person))
        return next((one.sent_at for one in recent if one.is_summary), None)

    def try_lock_phone(self, person: str) -> bool:
        """Return True: no other transaction exists."""
        return True
