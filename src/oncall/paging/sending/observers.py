"""What happens in one process, told to whoever counts it."""

from __future__ import annotations

from typing import Protocol

from oncall.paging.domain.ticket import AttemptStatus


class Observer(Protocol):
    """Is told what happens in this process, to count it. Must neither fail nor block."""

    def ticket_accepted(self, action: str) -> None:
        """A new ticket was stored, with this verdict: page, desk or hold."""

    def acknowledged(self, seconds: float) -> None:
        """A person took a ticket, so many seconds of policy time after it was received."""

    def tried(self, status: AttemptStatus) -> None:
        """A try came to this status, by an answer of its provider or by a receipt."""

    def page_accepted(self, seconds: float) -> None:
        """A provider accepted a page so many real seconds after it was written."""

    def due(self, count: int) -> None:
        """So many tickets wait for this pager now, although they are due."""

    def claimed(self, count: int) -> None:
        """This pager took over so many tries that were due."""

    def resent(self) -> None:
        """A try whose answer was in doubt, and which the provider surely has not, is sent again."""

    def bundled(self, count: int) -> None:
        """A provider took one message with so many pages in it."""

    def rested(self, *, was_woken: bool) -> None:
        """A pause between two looks at the store is over: something was written, here or by another process, or it
        was time to look."""

    def queue_age(self, seconds: float) -> None:
        """What has waited longest for a pager has been due for so many seconds; 0 when nothing waits."""

    def alarmed(self, kind: str) -> None:
        """An operator is needed: `operator`, `audit`."""

    def page_delivered(self, seconds: float) -> None:
        """A carrier reported a page as delivered so many real seconds after it was written."""


class Unobserved:
    """An `Observer` that counts nothing."""

    def ticket_accepted(self, action: str) -> None:
        """Nothing."""

    def acknowledged(self, seconds: float) -> None:
        """Nothing."""

    def tried(self, status: AttemptStatus) -> None:
        """Nothing."""

    def page_accepted(self, seconds: float) -> None:
        """Nothing."""

    def due(self, count: int) -> None:
        """Nothing."""

    def claimed(self, count: int) -> None:
        """Nothing."""

    def resent(self) -> None:
        """Nothing."""

    def bundled(self, count: int) -> None:
        """Nothing."""

    def rested(self, *, was_woken: bool) -> None:
        """Nothing."""

    def queue_age(self, seconds: float) -> None:
        """Nothing."""

    def alarmed(self, kind: str) -> None:
        """Nothing."""

    def page_delivered(self, seconds: float) -> None:
        """Nothing."""
