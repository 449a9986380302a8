"""Writes the answers to SMS replies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from oncall.paging.actions.reply_grammar import Order
from oncall.paging.domain.decide import PAGER
from oncall.paging.domain.events import EventKind
from oncall.paging.domain.people import name_of
from oncall.paging.domain.state import fold
from oncall.paging.domain.ticket import Attempt, StoredTicket
from oncall.paging.outgoing.messages import fitting
from oncall.paging.outgoing.sms_encoding import SEGMENT, encoding_for
from oncall.paging.ports.schedule_store import Schedules
from oncall.paging.ports.store import TicketReads
from oncall.support.wording import short_time

NOT_ACKNOWLEDGED = "NOT acknowledged"
HELP = "Send ACK CODE to take a ticket, PASS CODE to pass it on, DONE CODE to resolve it, or WHO."
LONGEST_ANSWER = 3 * 153
"""The most characters of an answer: three GSM-7 segments. Only a list of many codes needs three; other answers need
one."""
REMEMBERED_FOR = timedelta(days=7)
"""How long (policy time) after its receipt a resolved ticket is still named in the answer to a late reply."""


@dataclass(frozen=True, slots=True)
class SmsAnswer:
    """The answer to an SMS, and new messages to other people. text: the answer; empty: no answer is sent.

    waited: for each ticket that the text acknowledged, how long (policy time) it had waited. parts: how many segments
    the answer may have. is_from_stranger: True if the sender's number is on no roster, so that the text did nothing.
    is_helpful: True if the text changed something, or asked a question that the answer answers. is_silenced: True if
    there is no answer because too many texts of this person did nothing. by: the person's id; empty for a stranger.
    """

    text: str
    attempts: tuple[Attempt, ...] = ()
    waited: tuple[timedelta, ...] = ()
    parts: int = 1
    is_from_stranger: bool = False
    is_helpful: bool = False
    is_silenced: bool = False
    by: str = ""


def what_to_send(waiting: Sequence[StoredTicket], *, used: int) -> str:
    """Return the sentence that says how a person acknowledges their open tickets. used: the characters before it."""
    if not waiting:
        nothing = "Nothing that you were paged for is open."
        return nothing if used + len(nothing) + len(HELP) >= SEGMENT else f"{nothing} {HELP}"
    if len(waiting) == 1:
        return f"Send ACK {waiting[0].code} to take {waiting[0].ticket.id}."
    head = f"Send ACK ALL, or ACK with a code of {len(waiting)}: "
    return f"{head}{fitting([stored.code for stored in waiting], SEGMENT - used - len(head) - 1)}."


def still_open(rest: Sequence[StoredTicket], *, used: int) -> list[str]:
    """Return a list with one sentence that names open tickets, as many as fit into one segment; empty for no tickets.

    used: the characters before it.
    """
    if not rest:
        return []
    named = f"Still open: {', '.join(f'{other.ticket.id} ({other.code})' for other in rest)}."
    if used + 1 + len(named) <= SEGMENT:
        return [named]
    head = f"{len(rest)} still open: "
    return [f"{head}{fitting([other.code for other in rest], max(SEGMENT - used - len(head) - 2, 0))}."]


def taken_words(tx: Schedules, stored: StoredTicket) -> str:
    """Return words that name the owner of a ticket, like `T-1 is taken by Ana Pereira`."""
    return f"{stored.ticket.id} is taken by {spelt_name(tx, stored.owner or '')}"


def ambiguous_words(meant: Sequence[StoredTicket], order: Order) -> str:
    """Return words about a reply whose word is the code of one ticket and the id of another.

    They tell the sender what to send for each of the tickets `meant`.
    """
    code = order.word.upper()
    ways = [
        f"{order.verb} {stored.ticket.id if stored.code == code else stored.code} for {stored.ticket.id}"
        for stored in meant
    ]
    return f"{code} is the code of one ticket and the id of another; send {' or '.join(ways)}"


def over_words(tx: TicketReads, stored: StoredTicket) -> str:
    """Return words for an SMS that say how a resolved ticket ended: resolved by a person, or merged into another."""
    log = tx.events(stored.ticket.id)
    into = fold(stored.ticket, log).merged_into
    going_on = tx.ticket(into) if into is not None else None
    if going_on is not None:
        return f"{stored.ticket.id} was merged into {going_on.ticket.id} ({going_on.code})"
    by = next((event.by for event in reversed(log) if event.kind is EventKind.RESOLVED), PAGER)
    return f"{stored.ticket.id} was resolved by {spelt_name(tx, by)}"


def on_call_words(tx: Schedules, now: datetime) -> str:
    """Return words that name the person on call in each role at `now` (policy time, aware UTC), and until when."""
    schedule, policy = tx.schedule(), tx.policy()
    on_call = schedule.who(now)
    words = [
        f"{role}: {spelt_name(tx, duty.engineer)} until {short_time(duty.until, policy.zone)}"
        for role, duty in on_call.roles.items()
        if duty.engineer in schedule.people
    ]
    words += [f"{role}: NOBODY" for role in on_call.missing]
    return "; ".join(words) + "." if words else "Business hours: the support desk has the tickets."


def spelt_name(tx: Schedules, person: str) -> str:
    """Return the name of a person in letters that an SMS can show. person: their id."""
    name = name_of(person, tx.schedule())
    return encoding_for([name], unicode=tx.policy().sms.unicode).spell(name)
