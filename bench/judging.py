"""Judges the result of a crash bench: compares the accepted tickets with Twilio's list of messages."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from doubles.twilio_account import TwilioMessage
from oncall.paging.domain.ticket import Attempt, AttemptStatus, Purpose
from oncall.paging.ports.store import Transaction
from oncall.store.database import open_store

PATIENCE = 120.0
"""Real seconds after the last fault until every page must be with the provider."""
TAKEN = (AttemptStatus.ACCEPTED, AttemptStatus.SENT, AttemptStatus.DELIVERED)


@dataclass
class Outcome:
    """The outcome of a run.

    tickets: accepted. receipts: accepted by the service. bundled: pages that shared a message with others.
    """

    name: str
    kills: int = 0
    outages: int = 0
    tickets: int = 0
    receipts: int = 0
    bundled: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    faults: int = 0

    def cells(self) -> list[str]:
        """Return the line of the table."""
        return [
            self.name, str(self.kills), str(self.outages), str(self.faults), str(self.tickets), str(self.receipts),
            str(self.bundled), str(len(self.lost)), str(len(self.doubled)), f"{self.seconds:.0f}",
        ]  # fmt: skip


def settle(database: str, accepted: list[str], *, patience: float = PATIENCE) -> dict[str, list[Attempt]]:
    """Wait until the provider has a page of each of these tickets, or until patience ends.

    Return their attempts at that time; later steps are still sent while the pagers run.
    """
    deadline = time.monotonic() + patience
    waiting = set(accepted)
    with open_store(database) as store:
        while waiting and time.monotonic() < deadline:
            for ticket in sorted(waiting):
                if any(attempt.status in TAKEN for attempt in store.read(partial(_pages, ticket=ticket))):
                    waiting.discard(ticket)
            time.sleep(0.25)
    return tries(database, accepted)


def tries(database: str, accepted: list[str]) -> dict[str, list[Attempt]]:
    """Return every attempt to page for these tickets, by ticket."""
    with open_store(database) as store:
        return {ticket: store.read(partial(_pages, ticket=ticket)) for ticket in accepted}


def _pages(tx: Transaction, ticket: str) -> list[Attempt]:
    return [attempt for attempt in tx.attempts(ticket) if attempt.purpose is Purpose.PAGE]


def judge(
    outcome: Outcome, messages: Sequence[TwilioMessage], accepted: list[str], pages: dict[str, list[Attempt]]
) -> None:
    """Compare the accepted tickets with Twilio's list: every page's text must be there, once for each message.

    A message of several pages is its leader's; a text of no attempt repeats another text.
    """
    arrived: dict[str, list[str]] = {}
    for message in messages:
        if " Reply ACK " in message.body:
            arrived.setdefault(message.body, []).append(f"{message.sid} at {message.date_created:%H:%M:%S}")
    tries = [page for ticket in accepted for page in pages.get(ticket, [])]
    owed = Counter(page.text for page in tries if not page.is_member)
    outcome.tickets = len(accepted)
    outcome.bundled = sum(page.bundle is not None for page in tries)
    outcome.lost = [ticket for ticket in accepted if not any(one.text in arrived for one in pages.get(ticket, []))]
    known = set(accepted)
    for text, sent in arrived.items():
        ticket = text.split()[1]
        # What was stored without an answer to whoever posted it is owed to nobody.
        if len(sent) > owed[text] and ticket in known:
            shown = [f"{one.status.value}, {one.sends} tries, {one.provider_id}: {one.error}" for one in pages[ticket]]
            outcome.doubled[ticket] = f"{', '.join(sent)}; {' | '.join(shown)}"
