"""The report of a shift for the next one: open tickets, pages, held tickets, notes and changes of the schedule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from oncall.paging.domain.escalation import wakes_people
from oncall.paging.domain.ticket import StoredTicket, TicketStatus
from oncall.paging.domain.verdict import Action
from oncall.paging.outgoing.handoffs import INSTANT, Handoff, last_handoff, next_handoff
from oncall.paging.outgoing.open_tickets import OpenTicket, open_tickets
from oncall.paging.ports.handoff_book import HandoffNote, SentPage
from oncall.paging.ports.records import TicketFilter
from oncall.paging.ports.store import ReportingStore
from oncall.schedule.versions import VersionNote
from oncall.support.windows import Window

MOST_PAGES = 1000
MOST_HELD = 1000


@dataclass(frozen=True, slots=True)
class HandoffReport:
    """The report of a shift for the people of the next one. Times are policy time, aware UTC.

    began_at, ended_at: the shift; its end may be in the future. to: the handoff at its end. open: the open tickets, the
    most pressing first. pressing: those of them that page engineers. pages: the pages of the shift. held: tickets whose
    hold ends in the next shift. notes, changes: notes and versions of the schedule that were made in the shift.
    """

    began_at: datetime
    ended_at: datetime
    to: Handoff
    open: tuple[OpenTicket, ...]
    pressing: tuple[OpenTicket, ...]
    pages: tuple[SentPage, ...]
    held: tuple[StoredTicket, ...]
    notes: tuple[HandoffNote, ...]
    changes: tuple[VersionNote, ...]

    @property
    def is_worth_a_text(self) -> bool:
        """Return True if there is a pressing ticket, a page, a held ticket or a note to report.

        Changes of the schedule do not count: the engineers whose shifts changed are notified of them.
        """
        return bool(self.pressing or self.pages or self.held or self.notes)

    @property
    def counts(self) -> str:
        """Return the numbers of paged tickets, held tickets and notes, as words for an SMS; empty if all are 0."""
        notes = len(self.notes)
        parts = [
            f"paged {len({page.ticket for page in self.pages})}" if self.pages else "",
            f"held {len(self.held)}" if self.held else "",
            f"{notes} note{'s' if notes > 1 else ''}" if notes else "",
        ]
        return ", ".join(filter(None, parts))


def report_of(tx: ReportingStore, handoff_at: datetime, now: datetime) -> HandoffReport:
    """Return the report of the shift that ends at the handoff `handoff_at` (policy time, aware UTC).

    now: policy time; the report lists the tickets that are open at `now`.
    """
    schedule = tx.schedule()
    shift = Window(last_handoff(schedule, handoff_at - INSTANT).at, handoff_at)
    to = last_handoff(schedule, handoff_at)
    following = Window(handoff_at, next_handoff(schedule, handoff_at))
    held = tx.tickets(TicketFilter((TicketStatus.OPEN,), limit=MOST_HELD, held=following))
    policy, left = tx.policy_at(now), open_tickets(tx, now, lambda stored, _: _is_left(stored, handoff_at))
    return HandoffReport(
        shift.start,
        shift.end,
        to,
        tuple(left),
        tuple(each for each in left if wakes_people(each.stored.impact, policy)),
        tuple(tx.pages_sent(shift, most=MOST_PAGES)),
        tuple(sorted(held, key=lambda stored: (stored.hold_until or handoff_at, stored.ticket.id))),
        tuple(tx.handoff_notes(shift)),
        tuple(note for note in schedule.log if note.at in shift),
    )


def running_report(tx: ReportingStore, now: datetime) -> HandoffReport:
    """Return the report of the shift that runs at `now` (policy time)."""
    return report_of(tx, next_handoff(tx.schedule(), now), now)


def last_report(tx: ReportingStore, now: datetime) -> HandoffReport:
    """Return the report of the shift that ended at the latest handoff at or before `now` (policy time)."""
    return report_of(tx, last_handoff(tx.schedule(), now).at, now)


def _is_left(stored: StoredTicket, handoff_at: datetime) -> bool:
    """Return True for a ticket from before the handoff that the report lists: not a drill, and not on hold."""
    return stored.received_at < handoff_at and not stored.ticket.is_drill and stored.action != Action.HOLD
