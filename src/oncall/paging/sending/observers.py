"""The observer of one process. A subclass counts what happens."""

from __future__ import annotations

from oncall.paging.domain.ticket import AttemptStatus


class Observer:
    """Has one method for each kind of event in this process, called when it happens. Here, they do nothing.

    A subclass may count the calls. Its methods must neither fail nor block.
    """

    def ticket_accepted(self, action: str) -> None:
        """A new ticket was stored, with this verdict: page, desk or hold."""

    def acknowledged(self, seconds: float) -> None:
        """A person acknowledged a ticket this many seconds (policy time) after its receipt."""

    def tried(self, status: AttemptStatus) -> None:
        """An attempt got this status by a send or a receipt."""

    def page_accepted(self, seconds: float) -> None:
        """A provider accepted a page this many real seconds after it was stored."""

    def due(self, count: int) -> None:
        """This pager has this many due tickets."""

    def claimed(self, count: int) -> None:
        """This pager claimed this many due attempts."""

    def resent(self) -> None:
        """The pager sends an unknown attempt again, because its provider does not have it."""

    def bundled(self, count: int) -> None:
        """A provider accepted a bundle of this many pages."""

    def rested(self, *, was_woken: bool) -> None:
        """A pause between two runs of the engine ended.

        was_woken: True if `Engine.wake` ended it; False if it lasted its full time, or if the process stops.
        """

    def queue_age(self, seconds: float) -> None:
        """The oldest due work has been due for this many seconds; 0 if nothing is due."""

    def alarmed(self, kind: str) -> None:
        """An alarm was raised. kind: `operator` or `audit`."""

    def stranger_wrote(self) -> None:
        """An SMS came in from a number that is on no roster."""

    def page_delivered(self, seconds: float) -> None:
        """A phone company reported a page as delivered this many real seconds after it was stored."""
