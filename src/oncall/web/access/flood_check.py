"""Checks the tickets of a flooding caller with almost no reads of the database."""

from __future__ import annotations

import time
from datetime import datetime

from oncall.paging.actions.posted_ticket import parse_ticket
from oncall.paging.sending.engine import Engine
from oncall.support.policy import Policy
from oncall.web.access.refusals import Refusals

_READ_EVERY_SECONDS = 5.0


class FloodCheck:
    """Refuses the faulty tickets of a flooding caller before they cost a transaction. Its valid tickets pass.

    During a flood it reads only the policy, at most once in five seconds (real time).
    """

    def __init__(self, engine: Engine, refusals: Refusals) -> None:
        self._engine, self._refusals = engine, refusals
        self._policy: Policy | None = None
        self._read_at = 0.0

    async def check(self, document: object, caller: str, now: datetime) -> None:
        """Raise FieldFaults if the ticket cannot be accepted. Does nothing unless the caller floods.

        now: policy time, aware UTC.
        """
        if not self._refusals.is_flooding("", caller):
            return
        if self._policy is None or time.monotonic() - self._read_at >= _READ_EVERY_SECONDS:
            self._policy = await self._engine.read(lambda tx: tx.policy())
            self._read_at = time.monotonic()
        parse_ticket(document, self._policy, now)
