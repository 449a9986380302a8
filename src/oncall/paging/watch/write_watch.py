"""Watches whether the database can be written. If it cannot, raises an alarm for an operator."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from oncall.paging.ports.time_source import Clock

UNWRITABLE_AFTER = timedelta(seconds=15)
"""The alarm is raised after this long (real time) without a completed write. A backup may lock the file for seconds."""
REMIND_EVERY = timedelta(minutes=5)
"""How often (real time) a lasting alarm is repeated."""

Sink = Callable[[Mapping[str, object]], Awaitable[None]]
"""A function that sends an alarm (a JSON object) to an operator without using the pager. It must not raise an error."""


class WriteObserver(Protocol):
    """Counts alarms. Its method must neither fail nor block."""

    def alarmed(self, kind: str) -> None:
        """Count an alarm."""


@dataclass
class WriteWatch:
    """Keeps the time of the last write to the database, and raises an alarm if that is too long ago.

    Times are real time. `wrote` and `failed` may be called from any thread, the other methods only from one event loop.
    sink: sends alarms; None: they are only logged.
    """

    clock: Clock
    worker: str
    observer: WriteObserver
    sink: Sink | None = None
    _written_at: datetime = field(init=False)
    _reason: str | None = field(default=None, init=False)
    _down_since: datetime | None = field(default=None, init=False)
    _raised_at: datetime | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._written_at = self.clock.real_now()
        self._log = structlog.get_logger("oncall.watch").bind(worker=self.worker)

    def wrote(self) -> None:
        """Record that a write was completed."""
        self._reason, self._written_at = None, self.clock.real_now()

    def failed(self, reason: str) -> None:
        """Record that a write failed. reason: a sentence for an operator."""
        self._reason = reason

    @property
    def problems(self) -> list[str]:
        """Return a list with a sentence for /readyz if the database cannot be written; else an empty list.

        The sentence shows no address.
        """
        return [self._sentence] if self._unwritten >= UNWRITABLE_AFTER else []

    async def check(self) -> None:
        """Raise or repeat the alarm if it is due, or report that the database can be written again."""
        if self._unwritten >= UNWRITABLE_AFTER:
            await self._raise()
        elif self._down_since is not None:
            seconds = int((self._written_at - self._down_since).total_seconds())
            self._down_since = self._raised_at = None
            text = f"the database can be written again, after {seconds} s"
            self._log.info("the database can be written again", action="store_writable", seconds=seconds)
            await self._send({"alarm": "database_writable", "worker": self.worker, "text": text})

    async def _raise(self) -> None:
        now = self.clock.real_now()
        if self._raised_at is not None and now - self._raised_at < REMIND_EVERY:
            return
        self._down_since, self._raised_at = self._written_at, now
        reason = self._reason or "no write was completed"
        self.observer.alarmed("database")
        self._log.critical("the database cannot be written", action="store_unwritable", error=reason)
        text = f"{self._sentence}: tickets are refused and nobody can be paged. Reason: {reason}"
        await self._send({"alarm": "database_unwritable", "worker": self.worker, "text": text})

    @property
    def _unwritten(self) -> timedelta:
        """Return how long ago the last write was completed."""
        return self.clock.real_now() - self._written_at

    @property
    def _sentence(self) -> str:
        return f"the database could not be written for {int(self._unwritten.total_seconds())} s"

    async def _send(self, alarm: Mapping[str, object]) -> None:
        if self.sink is not None:
            await self.sink(alarm)
