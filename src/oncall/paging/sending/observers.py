"""The observer of one process: a subclass counts what happens."""

from __future__ import annotations

from oncall.paging.domain.ticket import AttemptStatus


class Observer:
    """Is told what happens in this process, and counts nothing. A subclass counts; it must neither fail nor block."""

    def ticket_accepted(self, action: str) -> None:
        """A new ticket was stored, with this verdict: page, desk or hold."""

    def acknowledged(self, seconds: float) -> None:
        """A person took a ticket this many seconds (policy time) after its receipt."""

    def tried(self, status: AttemptStatus) -> None:
        """An attempt got this status, from its provider's answer or a receipt."""

    def page_accepted(self, seconds: float) -> None:
        """A provider accepted a page this many real seconds after it was stored."""

    def due(self, count: int) -> None:
        """This many due tickets are in this pager's backlog."""

    def claimed(self, count: int) -> None:
        """This pager claimed this many due attempts."""

    def resent(self) -> None:
        """An unknown attempt that the provider does not have is sent again."""

    def bundled(self, count: int) -> None:
        """A provider accepted a bundle of this many pages."""

    def rested(self, *, was_woken: bool) -> None:
        """A pause between two passes is over. was_woken: by a write of this or another process; otherwise by time."""

    def queue_age(self, seconds: float) -> None:
        """The oldest due work has been due for this many seconds; 0 if nothing is due."""

    def alarmed(self, kind: str) -> None:
        """An alarm was raised. kind: `operator` or `audit`."""

    def stranger_wrote(self) -> None:
        """An SMS came in from a number that is on no roster."""

    def page_delivered(self, seconds: float) -> None:
        """A carrier reported a page as delivered this many real seconds after it was stored."""
