"""Queries for the first pages of urgent tickets: whether a phone is free, and how many messages were sent."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Executable, bindparam, exists, func, or_, select

from oncall.store.statements import Statements
from oncall.store.tables import attempts, waiting

_WAS_PAGED = exists().where(
    attempts.c.to == bindparam("person"),
    attempts.c.sent_at > bindparam("since"),
    attempts.c.channel != "voice",
    attempts.c.purpose == "page",
    attempts.c.status.not_in(["failed", "undelivered"]),
)
_URGENT_PAGE_WAITS = exists().where(
    attempts.c.to == bindparam("person"),
    waiting,
    attempts.c.caller.is_not(None),
    attempts.c.channel != "voice",
)
_URGENT_TO = (
    select(attempts.c.id)
    .where(
        attempts.c.to == bindparam("who"),
        attempts.c.sent_at > bindparam("since"),
        attempts.c.caller.is_not(None),
    )
    .limit(bindparam("most"))
)
_URGENT_OF = (
    select(func.coalesce(attempts.c.bundle, attempts.c.id))
    .where(
        attempts.c.caller.is_not(None),
        attempts.c.caller == bindparam("who"),
        attempts.c.at > bindparam("since"),
        attempts.c.status.not_in(["queued", "retrying", "failed"]),
    )
    .distinct()
    .limit(bindparam("most"))
)
_SUMMARISED_AT = select(func.max(attempts.c.sent_at)).where(
    attempts.c.to == bindparam("person"), attempts.c.sent_at > bindparam("since"), attempts.c.summary.is_(True)
)
_PHONE_IS_BUSY = select(or_(_WAS_PAGED, _URGENT_PAGE_WAITS))


class UrgentQueries(Statements):
    """The queries that decide whether an urgent page is sent at once, in a bundle or in a summary."""

    def phone_is_free(self, person: str, *, since: datetime) -> bool:
        """Return True if an urgent page may go to this person at once.

        That is so if no text has paged them since an instant (policy time), and no first page of an urgent ticket waits
        for their phone.
        """
        return not self._run(_PHONE_IS_BUSY, {"person": person, "since": since}).scalar_one()

    def phone_has_room(self, person: str, *, since: datetime, most: int) -> bool:
        """Return True if this person got fewer than `most` messages with first pages of urgent tickets.

        since: policy time. The answer may be a second old while the number is far below `most`.
        """
        return self._has_room(_URGENT_TO, person, since=since, most=most)

    def caller_has_room(self, caller: str, *, since: datetime, most: int) -> bool:
        """Return True if this caller's urgent tickets caused fewer than `most` messages with first pages.

        since: policy time; only pages that were written since then count. The answer is as exact as that of
        `phone_has_room`.
        """
        return self._has_room(_URGENT_OF, caller, since=since, most=most)

    def _has_room(self, query: Executable, who: str, *, since: datetime, most: int) -> bool:
        def count() -> int:
            return len(self._run(query, {"who": who, "since": since, "most": most}).all())

        return self._published.cache.urgent_counts.has_room((query is _URGENT_TO, who), most, count)

    def summarised_at(self, person: str, *, since: datetime) -> datetime | None:
        """Return when (policy time) this person last got a summary of urgent pages; None if not after `since`."""
        at: datetime | None = self._run(_SUMMARISED_AT, {"person": person, "since": since}).scalar_one()
        return at
