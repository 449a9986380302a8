"""Runs the audit every few seconds, and raises an alarm for each item that stays overdue."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from oncall.errors import StoreError
from oncall.paging.ports.store import Transaction
from oncall.paging.ports.time_source import Clock
from oncall.paging.watch.audit import PER_AUDIT, Audit, Kind, Overdue, audit, grace_by

RECHECK_AFTER = timedelta(seconds=5)
"""Pause (real time) before an overdue item is checked again. A busy pager catches up in that time."""
REMIND_EVERY = timedelta(minutes=5)
"""How often (real time) a lasting alarm is repeated."""
BLIND_AFTER = timedelta(seconds=60)
"""The auditor raises an alarm if it could not read the store for this long (real time)."""
MOST_NAMED = 5

Sink = Callable[[Mapping[str, object]], Awaitable[None]]
"""A function that sends an alarm (a JSON object) to an operator without using the pager. It must not raise an error."""


class AuditObserver(Protocol):
    """Counts alarms and audits. Its methods must neither fail nor block."""

    def alarmed(self, kind: str) -> None:
        """Count an alarm."""

    def audited(self, *, overdue: int, pages: Mapping[str, int], at: datetime) -> None:
        """Record an audit at `at` (real time).

        overdue: the number of overdue items. pages: how many pages of open tickets have each status.
        """


Read = Callable[[Callable[[Transaction], Audit]], Awaitable[Audit]]


@dataclass
class Auditor:
    """Audits repeatedly, and raises an alarm for each item that stays overdue for RECHECK_AFTER. Times are real time.

    read: runs a function on a consistent snapshot of the store. sink: sends alarms; None: they are only logged.
    confirmed: the items that stayed overdue, as of the last audit.
    """

    read: Read
    clock: Clock
    worker: str
    observer: AuditObserver
    sink: Sink | None = None
    confirmed: tuple[Overdue, ...] = field(default=(), init=False)
    _suspects: dict[tuple[str, Kind], datetime] = field(default_factory=dict, init=False)
    _after: str | None = field(default=None, init=False)
    _after_taken: str | None = field(default=None, init=False)
    _audited_at: datetime | None = field(default=None, init=False)
    _raised_at: datetime | None = field(default=None, init=False)
    _raised: frozenset[tuple[str, Kind]] = field(default=frozenset(), init=False)
    _trouble: str | None = field(default=None, init=False)
    _fault: str | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._log = structlog.get_logger("oncall.auditor").bind(worker=self.worker)
        self._audited_at = self.clock.real_now()

    @property
    def problems(self) -> list[str]:
        """Return a sentence for each item that stays overdue, for /readyz.

        If the audit itself failed, the first sentence says so.
        """
        named = [f"overdue: {late}" for late in self.confirmed[:MOST_NAMED]]
        rest = len(self.confirmed) - len(named)
        named += [f"overdue: {rest} more"] if rest > 0 else []
        return [self._fault, *named] if self._fault is not None else named

    @property
    def is_suspicious(self) -> bool:
        """Return True if an item is overdue that is not confirmed yet, so that the next audit should come soon."""
        return len(self._suspects) > len(self.confirmed)

    async def audit_once(self, trouble: str | None = None) -> None:
        """Audit once and raise the alarms that are due.

        trouble: why the provider refuses this pager; None if it does not.
        """
        now, real_now, grace = self.clock.now(), self.clock.real_now(), grace_by(self.clock)
        try:
            found = await self.read(
                lambda tx: audit(
                    tx,
                    now=now,
                    real_now=real_now,
                    after=self._after,
                    after_taken=self._after_taken,
                    again=self._suspected,
                    grace=grace,
                )
            )
        except StoreError as error:
            await self._blind(error, real_now)
            return
        except Exception as error:
            await self._failed(error, real_now)
            return
        self._fault = None
        self._audited_at, self._after, self._after_taken = real_now, found.last, found.last_taken
        self._confirm(found.overdue, real_now)
        self.observer.audited(overdue=len(self.confirmed), pages=found.pages, at=real_now)
        await self._raise_overdue(real_now)
        await self._raise_trouble(trouble)

    @property
    def _suspected(self) -> list[str]:
        """Return the ids of the tickets that the last audit found overdue; the next audit reads them again."""
        return list(dict.fromkeys(ticket for ticket, _ in self._suspects))[-PER_AUDIT:]

    def _confirm(self, overdue: Sequence[Overdue], real_now: datetime) -> None:
        keys = dict.fromkeys((late.ticket, late.kind) for late in overdue)
        first_seen = {key: self._suspects.get(key, real_now) for key in keys}
        self._suspects = first_seen
        self.confirmed = tuple(
            late for late in overdue if real_now - first_seen[late.ticket, late.kind] >= RECHECK_AFTER
        )

    async def _raise_overdue(self, real_now: datetime) -> None:
        keys = frozenset((late.ticket, late.kind) for late in self.confirmed)
        if not keys:
            if self._raised:
                self._log.info("nothing is overdue any more", action="audit_clear")
                await self._send({"alarm": "audit_clear", "worker": self.worker})
            self._raised, self._raised_at = frozenset(), None
            return
        is_due = self._raised_at is None or real_now - self._raised_at >= REMIND_EVERY
        if not (keys - self._raised or is_due):
            return
        self._raised, self._raised_at = keys, real_now
        self.observer.alarmed("audit")
        named = [late.as_json() for late in self.confirmed[:MOST_NAMED]]
        self._log.critical("pages are overdue", action="audit_overdue", count=len(self.confirmed), overdue=named)
        await self._send(
            {
                "alarm": "audit_overdue",
                "worker": self.worker,
                "text": "; ".join(self.problems),
                "count": len(self.confirmed),
                "overdue": named,
            }
        )

    async def _raise_trouble(self, trouble: str | None) -> None:
        if trouble is not None and trouble != self._trouble:
            await self._send({"alarm": "operator_alarm", "worker": self.worker, "text": trouble})
        self._trouble = trouble

    async def _blind(self, error: StoreError, real_now: datetime) -> None:
        """Raise an alarm if the store could not be read for BLIND_AFTER."""
        self._log.error("the auditor cannot read the store", action="audit_failed", error=str(error))
        blind_for = real_now - (self._audited_at or real_now)
        is_due = self._raised_at is None or real_now - self._raised_at >= REMIND_EVERY
        if blind_for >= BLIND_AFTER and is_due:
            self._raised_at = real_now
            self.observer.alarmed("audit")
            text = f"the database could not be read for {blind_for.seconds} s: nobody can be paged"
            self._log.critical("the store is away", action="audit_blind", seconds=blind_for.seconds)
            await self._send({"alarm": "audit_blind", "worker": self.worker, "text": text})

    async def _failed(self, error: Exception, real_now: datetime) -> None:
        """Raise an alarm because the audit itself failed. Without it, the lack of findings would look like health."""
        self._log.error("the auditor failed", action="audit_failed", exc_info=error)
        self._fault = f"the auditor failed ({type(error).__name__}): what is overdue is not known; its log says more"
        if self._raised_at is None or real_now - self._raised_at >= REMIND_EVERY:
            self._raised_at = real_now
            self.observer.alarmed("audit")
            await self._send({"alarm": "audit_failed", "worker": self.worker, "text": self._fault})

    async def _send(self, alarm: Mapping[str, object]) -> None:
        if self.sink is not None:
            await self.sink(alarm)
