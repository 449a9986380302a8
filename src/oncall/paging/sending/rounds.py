"""Does the pager's regular work that belongs to no ticket: handoffs, reminders and requests for proof."""

from __future__ import annotations

from datetime import datetime

from oncall.paging.domain.ticket import Attempt
from oncall.paging.outgoing.briefings import Briefing, brief, briefing_at
from oncall.paging.outgoing.handoff_notices import HandoffNotice, hand_over, leaving
from oncall.paging.outgoing.handoffs import next_handoff
from oncall.paging.outgoing.opt_out import tell_manager
from oncall.paging.outgoing.reminders import remind
from oncall.paging.ports.store import Transaction
from oncall.paging.sending.store_access import Access
from oncall.schedule.schedule import Schedule


class Rounds:
    """Carries out handoffs and reminders when they are due.

    Both are also checked at the start and after schedule changes.
    """

    def __init__(self, access: Access) -> None:
        self._access = access
        self._schedule: Schedule | None = None
        self._handoff_at: datetime | None = None
        self._remind_at: datetime | None = None

    @property
    def next_at(self) -> datetime | None:
        """Return the next time (policy time) at which a handoff or reminder is due; None before the first run."""
        return min((at for at in (self._handoff_at, self._remind_at) if at is not None), default=None)

    async def hand_over(self) -> tuple[Attempt, ...]:
        """Notify the people who come on call of the open tickets and of the last shift, once.

        Returns the new attempts.
        """
        now = self._access.clock.now()
        if not self._is_due(self._handoff_at, now):
            return ()
        context = self._access.context
        found, news = await self._access.read(lambda tx: (leaving(tx, context().now), briefing_at(tx, context().now)))
        told, schedule = await self._access.write(lambda tx: self._handed_on(tx, found, news))
        self._handoff_at = next_handoff(schedule, now)
        return told

    async def remind(self) -> bool:
        """Write the reminders and requests for proof that are due, each once. Always returns True."""
        now = self._access.clock.now()
        if self._schedule is not None and not self._is_due(self._remind_at or self._handoff_at, now):
            return True
        self._remind_at, schedule = await self._access.write(self._reminded)
        self._schedule = schedule
        return True

    def _is_due(self, at: datetime | None, now: datetime) -> bool:
        return at is None or now >= at or self._access.schedule is not self._schedule

    def _handed_on(
        self, tx: Transaction, found: HandoffNotice, news: Briefing | None
    ) -> tuple[tuple[Attempt, ...], Schedule]:
        context = self._access.context()
        tell_manager(tx, context)
        told = hand_over(tx, context, found, news)
        brief(tx, context, news, told)
        return told, tx.schedule()

    def _reminded(self, tx: Transaction) -> tuple[datetime | None, Schedule]:
        return remind(tx, self._access.context()), tx.schedule()
