"""The content of the board (except the schedule's table) and of an engineer's own web page, in the API's form."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from oncall.paging.actions.reminder_choices import ReminderChoiceView, choice_view
from oncall.paging.outgoing.phone_proofs import unproven
from oncall.paging.outgoing.reminders import reminder_times
from oncall.paging.ports.people_store import ReachabilityLog
from oncall.paging.ports.phone_proofs import PhoneProofs
from oncall.paging.ports.records import TicketFilter
from oncall.paging.ports.store import ListingStore, Transaction
from oncall.paging.views.ticket_view_types import TicketView
from oncall.paging.views.ticket_views import listing_view
from oncall.paging.views.ticket_words import most_urgent
from oncall.paging.watch.holes_ahead import DAYS
from oncall.paging.watch.phones_tried import AHEAD, untried_phones
from oncall.planning.views.open_tickets import WAITING, OpenTicket, OpenTickets, OpenTicketStore, shown
from oncall.planning.views.swap_views import SwapView, listed_swaps_view
from oncall.schedule.gaps import gaps_ahead, schedule_end
from oncall.schedule.schedule import Schedule
from oncall.schedule.schedule_view_types import GapView, LocalAssignmentView, OnCallView
from oncall.schedule.schedule_views import gap_view, oncall_view, own_assignment_view
from oncall.support.phones import canonical_phone, masked_phone
from oncall.support.reminders import before_words

MOST_TICKETS = 50
MOST_AT_ONCE = 1000
MOST_HANDOFFS, MOST_SHIFTS, MOST_HOLES = 4, 10, 10
_NEAR, _FAR = timedelta(days=8), timedelta(weeks=26)


class BoardStore(OpenTicketStore, ReachabilityLog, PhoneProofs, Protocol):
    """The database queries for the board."""


@dataclass(frozen=True, slots=True)
class BoardView:
    """The first part of the board.

    coming: the next shifts to begin. holes: the first gaps of the next 90 days. more_holes: how many gaps are not
    shown. ends_at: the end of the schedule (ISO), if it is within 90 days; else None. unproven: ids of engineers with a
    shift soon who must prove their phones. untried: ids of people who are needed soon and whose number has never had a
    confirmed message. tickets: running tickets, by the earliest end of their SLA clocks. held: tickets on hold, by the
    end of the hold. more: how many open tickets are not shown.
    """

    on_call: OnCallView
    coming: list[LocalAssignmentView]
    holes: list[GapView]
    more_holes: int
    ends_at: str | None
    unproven: list[str]
    untried: list[str]
    tickets: list[TicketView]
    held: list[TicketView]
    more: int


@dataclass(frozen=True, slots=True)
class PhoneView:
    """A person's phone. number: its last digits. Times are ISO, in the person's zone; None: never.

    proven_at: when a text came from this number. asked_at: when the pager asked for such a text. is_wanted: True if the
    policy asks for phone proofs. reached_at: when a message to or from the person was last confirmed.
    """

    number: str
    timezone: str
    proven_at: str | None
    asked_at: str | None
    reached_at: str | None
    is_wanted: bool


@dataclass(frozen=True, slots=True)
class OwnView:
    """The content of an engineer's own web page. swaps: requests that they sent or got.

    links: how many calendar links exist.
    choice: the reminders and notices that they chose. policy_reminders: when the policy reminds them, in words. names:
    the names of people, by id.
    """

    shifts: list[LocalAssignmentView]
    tickets: list[TicketView]
    swaps: list[SwapView]
    links: int
    phone: PhoneView
    choice: ReminderChoiceView
    policy_reminders: str
    names: dict[str, str]


def board_view(tx: BoardStore, now: datetime, kept: OpenTickets | None = None) -> BoardView:
    """Return the first part of the board at `now` (policy time, aware UTC).

    kept: a cache of the open tickets, or None.
    """
    schedule = tx.schedule()
    found = (kept or OpenTickets()).look(tx, now)
    held = sorted((each for each in found if each.is_held), key=_end_of_hold)
    running = [each for each in found if not each.is_held]
    proves = tx.policy().reminders.prove_phones
    coming = (each for each in schedule.assignments(now, now + _NEAR) if each.window.start > now)
    gaps = gaps_ahead(schedule, now, DAYS)
    return BoardView(
        oncall_view(schedule, now),
        [own_assignment_view(each, schedule) for each in sorted(coming, key=lambda each: each.window.start)][
            :MOST_HANDOFFS
        ],
        [gap_view(gap, schedule) for gap in gaps[:MOST_HOLES]],
        max(len(gaps) - MOST_HOLES, 0),
        _near_end(schedule, now),
        [each.person.id for each in unproven(tx.phone_proofs(), schedule, now, AHEAD)] if proves else [],
        untried_phones(schedule, tx.reached(), now),
        shown(tx, running[:MOST_TICKETS], now),
        shown(tx, held[:MOST_TICKETS], now),
        max(len(running) - MOST_TICKETS, 0) + max(len(held) - MOST_TICKETS, 0),
    )


def _near_end(schedule: Schedule, now: datetime) -> str | None:
    """Return the end of the published schedule (ISO, in the policy's zone).

    None if it is more than 90 days away or nothing is published.
    """
    end = schedule_end(schedule)
    if end is None or end > now + timedelta(days=DAYS):
        return None
    return end.astimezone(schedule.calendar.zone).isoformat()


def _end_of_hold(held: OpenTicket) -> tuple[float, str]:
    ends_at = held.stored.hold_until
    return (ends_at.timestamp() if ends_at is not None else 0.0, held.stored.ticket.id)


def own_view(tx: Transaction, person: str, now: datetime) -> OwnView:
    """Return the content of an engineer's own web page at `now` (policy time, aware UTC). person: the engineer's id."""
    schedule = tx.schedule()
    shifts = [each for each in schedule.assignments(now, now + _FAR) if each.engineer == person]
    mine = _most_urgent(tx, TicketFilter(WAITING, engineer=person), now)
    return OwnView(
        [own_assignment_view(each, schedule) for each in shifts[:MOST_SHIFTS]],
        [each for each in mine if each["state"] == "open" or each["owner"] == person][:MOST_TICKETS],
        [each for each in listed_swaps_view(tx, now)["swaps"] if person in (each["engineer"], each["with"])],
        len(tx.calendar_links(person)),
        _phone_view(tx, person),
        choice_view(tx, person),
        before_words(reminder_times(person, tx.policy().reminders, {})),
        {each.id: each.name for each in schedule.people.values()},
    )


def _phone_view(tx: Transaction, person: str) -> PhoneView:
    """Return the phone of a signed-in person, who is on the published roster."""
    schedule = tx.schedule()
    known = schedule.people[person]
    number = canonical_phone(known.phone)
    proof = next((each for each in tx.phone_proofs() if (each.person, each.phone) == (person, number)), None)

    def iso(at: datetime | None) -> str | None:
        return at.astimezone(known.zone).isoformat() if at is not None else None

    return PhoneView(
        masked_phone(known.phone),
        known.zone.key,
        iso(proof.proven_at if proof is not None else None),
        iso(proof.asked_at if proof is not None else None),
        iso(tx.reached().get(person)),
        tx.policy().reminders.prove_phones,
    )


def _most_urgent(tx: ListingStore, wanted: TicketFilter, now: datetime) -> list[TicketView]:
    wanted = replace(wanted, limit=MOST_AT_ONCE)
    return most_urgent(lambda last: listing_view(tx, replace(wanted, after=last), now), MOST_AT_ONCE)
