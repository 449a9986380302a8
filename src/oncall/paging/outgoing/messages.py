"""Writes the text of every SMS to the team: pages, bundles and notices. Only a page ends in `ACK CODE`.

A text is one GSM-7 segment. A text with letters that GSM-7 lacks has at most two UCS-2 segments, unless the policy
forbids UCS-2.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from oncall.paging.domain.events import EventKind
from oncall.paging.domain.sla_alerts import SlaAlert
from oncall.paging.domain.ticket import StoredTicket, Ticket
from oncall.paging.outgoing.sms_encoding import GSM_7, SEGMENT, Encoding, encoding_for, fitted, is_gsm
from oncall.support.clocks import SlaClock
from oncall.support.policy import Metric, Policy
from oncall.support.wording import short_time

CUSTOMER_LENGTH = 32
SHORT_CUSTOMER_LENGTH = 14
"""The most characters of a customer's name in a message in UCS-2, or with the codes of other tickets."""
SHORT_SUBJECT = 20
"""The fewest characters of a subject that a message keeps. A link or codes that leave less room are left out."""
PLAN_LENGTH = 10
IMPACT_LENGTH = 12
OWNER_LENGTH = 20
HANDOFF_COMMAND = "oncall handoff --last"
MOST_PARTS = 3
"""The most segments of a message for several urgent pages, which have room for about 90 codes."""

_ACK = re.compile(r"\bACK\b")
_LINK = re.compile(r"[^\s\x00-\x1f\x7f]+")

SHORT_WORDS = {
    Metric.FIRST_REPLY: "1st reply",
    Metric.NEXT_REPLY: "Next reply",
    Metric.PERIODIC_UPDATE: "Update",
}
"""The name of each SLA target in a page."""


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes the parts of one message in one encoding."""

    policy: Policy
    encoding: Encoding

    def width(self, text: str) -> int:
        """Return the length of `text` in the message's encoding."""
        return self.encoding.width(text)

    def words(self, text: str) -> str:
        """Return a person's or customer's text in this encoding, with `ack` for `ACK`."""
        return _ACK.sub("ack", self.encoding.spell(text))

    def short(self, text: str, length: int) -> str:
        """Return the result of `words`, cut to `length` characters of the encoding."""
        return self.encoding.cut(self.words(text), length)

    def room(self, *parts: str) -> int:
        """Return how many characters are left in the message after `parts`."""
        return self.encoding.limit - sum(self.width(part) for part in parts)

    def head(self, ticket: Ticket, impact: str, customer_length: int) -> str:
        """Return the start of a message, like `URGENT T-1 Acme Ltd (STD)`."""
        plans = self.policy.plans
        plan = plans[ticket.plan].short_name if ticket.plan in plans else ticket.plan
        customer = self.short(ticket.customer, customer_length)
        names = [_capitals(impact), ticket.id, customer, f"({self.short(plan, PLAN_LENGTH)})"]
        return " ".join(name for name in names if name)

    def link(self, ticket: Ticket, room: int) -> str:
        """Return a blank and the ticket's link; empty if the link is missing, not allowed or longer than `room`."""
        link = f" {ticket.url}"
        if ticket.url is None or not self.policy.sms.link or not _LINK.fullmatch(ticket.url):
            return ""
        is_possible = self.encoding.is_unicode or is_gsm(link)
        return link if is_possible and self.width(link) <= room else ""

    def notice(self, text: str, ticket: Ticket | None = None) -> str:
        """Return the text of a notice, cut to one message, and the ticket's link if there is room."""
        whole = self.encoding.cut(text, self.encoding.limit)
        return whole + self.link(ticket, self.room(whole)) if ticket is not None else whole


def _writer(policy: Policy, *texts: str | None) -> _Writer:
    """Return the writer for a message that contains these texts. It uses UCS-2 only if they need it."""
    return _Writer(policy, encoding_for(texts, unicode=policy.sms.unicode))


def page_text(
    ticket: Ticket,
    *,
    impact: str,
    code: str,
    policy: Policy,
    due: datetime,
    promised: str = "1st reply",
    owner: str | None = None,
) -> str:
    """Return a ticket's page: impact, id, customer, plan, subject, link, deadline (policy time), `Reply ACK <code>`.

    promised: the target that is due at `due`, one of the values of SHORT_WORDS. owner: the owner's name, if the ticket
    is chased.
    """
    writer = _writer(policy, ticket.customer, ticket.subject, owner)
    tail = f" {promised} by {short_time(due, policy.zone)}. Reply ACK {code}"
    subject = writer.words(ticket.subject).rstrip(".")
    head = _page_head(writer, ticket, impact, owner, beside=(subject, tail, ": ."))
    room = writer.room(head, tail, ": .")
    link = writer.link(ticket, room - min(writer.width(subject), SHORT_SUBJECT))
    subject = writer.encoding.cut(subject, room - writer.width(link))
    return f"{head}: {subject}.{link}{tail}" if subject and room > 0 else f"{head}.{link}{tail}"


def _page_head(writer: _Writer, ticket: Ticket, impact: str, owner: str | None, *, beside: tuple[str, str, str]) -> str:
    """Return the head of a page.

    beside: the rest of the page: the subject, which may be cut, the tail, and the punctuation.
    """
    subject, tail, marks = beside
    prefix = "CHASE " if owner is not None else ""
    # In UCS-2 a long subject needs the room more than a long name does.
    length = CUSTOMER_LENGTH
    if writer.encoding.is_unicode and writer.room(writer.head(ticket, impact, length), subject, tail, marks) < 0:
        left = writer.room(prefix, writer.head(ticket, impact, 0), tail, marks)
        length = max(min(SHORT_CUSTOMER_LENGTH, left), 0)
    head = prefix + writer.head(ticket, impact, length)
    if owner is None:
        return head
    room = writer.room(head, tail, ",  has it.")
    name = writer.short(owner, min(OWNER_LENGTH, room))
    return f"{head}, {name} has it" if room > len("..") else head


def promise_of(clock: SlaClock | None, first_reply_due: datetime | None) -> tuple[datetime, str]:
    """Return the deadline that a page names (aware UTC), and the short name of its target.

    Both come from `clock`, the running clock that ends first. Without such a clock, they come from `first_reply_due`.
    """
    if clock is not None and clock.due_at is not None:
        return clock.due_at, SHORT_WORDS[clock.metric]
    assert first_reply_due is not None, "a ticket that pages has been judged"
    return first_reply_due, SHORT_WORDS[Metric.FIRST_REPLY]


def bundle_text(stored: StoredTicket, *, policy: Policy, due: datetime, promised: str, others: Sequence[str]) -> str:
    """Return one message for several pages: the page for `stored`, with `And 7 more: <codes that fit>.` added.

    others: the other tickets' codes, the most urgent first. due, promised: as for `page_text`.
    """
    writer = _writer(policy, stored.ticket.customer, stored.ticket.subject)
    tail = f" {promised} by {short_time(due, policy.zone)}. Reply ACK {stored.code}"
    text = _bundle(writer, stored, tail, others)
    # The longest ids and names leave no room in UCS-2.
    return text if writer.room(text) >= 0 else _bundle(_Writer(policy, GSM_7), stored, tail, others)


def urgent_bundle_text(
    stored: StoredTicket, *, policy: Policy, due: datetime, promised: str, others: Sequence[str]
) -> str:
    """Return one message for several urgent pages, with as many segments as all codes need, at most MOST_PARTS.

    It is written like `bundle_text`, and adds that `ACK ALL` acknowledges all the tickets.
    """
    tail = f" {promised} by {short_time(due, policy.zone)}. Reply ACK ALL or ACK {stored.code}"
    usual = encoding_for([stored.ticket.customer, stored.ticket.subject], unicode=policy.sms.unicode)
    text = ""
    for parts in range(1, MOST_PARTS + 1):
        writer = _Writer(policy, usual.with_parts(parts))
        text = _bundle(writer, stored, tail, others)
        if " ".join(others) in text and writer.room(text) >= 0:
            break
    return (
        text if writer.room(text) >= 0 else _bundle(_Writer(policy, GSM_7.with_parts(MOST_PARTS)), stored, tail, others)
    )


def _bundle(writer: _Writer, stored: StoredTicket, tail: str, others: Sequence[str]) -> str:
    ticket = stored.ticket
    subject = writer.words(ticket.subject).rstrip(".")
    kept = min(writer.width(subject), SHORT_SUBJECT)
    number = f" And {len(others)} more"
    # An open ticket with an owner is chased.
    prefix = "CHASE " if stored.owner is not None else ""
    for length in (CUSTOMER_LENGTH, SHORT_CUSTOMER_LENGTH):
        head = prefix + writer.head(ticket, stored.impact, length)
        room = writer.room(head, tail, number, ": .")
        codes = fitting(others, max(room - kept - len(": ."), 0))
        if codes == " ".join(others):
            break
    codes = codes or fitting(others, room - 1)
    more = f"{number}: {codes}." if codes else f"{number}."
    left = writer.room(head, tail, more, ": .")
    link = writer.link(ticket, left - kept) if codes == " ".join(others) else ""
    subject = writer.encoding.cut(subject, left - writer.width(link)) if left > 0 else ""
    return f"{head}: {subject}.{link}{more}{tail}" if subject else f"{head}.{link}{more}{tail}"


def summary_text(codes: Sequence[str]) -> str:
    """Return the summary of urgent pages that exceed a ceiling.

    codes: the codes of all its tickets, the newest first.
    """
    tickets = "ticket" if len(codes) == 1 else "tickets"
    head = f"URGENT {len(codes)} {tickets} in a flood, newest: "
    tail = f". List all: send WHO, or run oncall tickets. Reply ACK ALL or ACK {codes[0]}"
    return f"{head}{fitting(codes, SEGMENT - len(head) - len(tail))}{tail}"


def fitting(words: Sequence[str], room: int) -> str:
    """Return the first words, as many as fit into `room` characters. Two dots mark that words are left out."""
    whole = " ".join(words)
    if len(whole) <= room:
        return whole
    kept = ""
    for word in words:
        longer = f"{kept} {word}".lstrip()
        if len(longer) + 2 > room:
            break
        kept = longer
    return f"{kept}.." if kept else ""


def promised_text(ticket: Ticket, *, impact: str, promised: SlaAlert, owner: str | None, policy: Policy) -> str:
    """Return the notice of an SLA alert: a warning to the owner before a deadline, or a breach for the manager.

    owner: the name of the engineer who has the ticket; None if nobody has.
    """
    writer = _writer(policy, ticket.customer, owner)
    clock = promised.clock
    due = short_time(clock.due_at or promised.at, policy.zone)
    head, what = writer.head(ticket, impact, CUSTOMER_LENGTH), _small(SHORT_WORDS[clock.metric])
    if promised.kind is not EventKind.BREACHED:
        return writer.notice(f"DUE SOON {head}: {what} due {due}. Not sent yet.", ticket)
    who = f"Taken by {writer.short(owner, OWNER_LENGTH)}" if owner else "Taken by nobody"
    return writer.notice(f"BREACH {head}: {what} was due {due}. {who}.", ticket)


def copied_text(ticket: Ticket, *, impact: str, policy: Policy, words: str) -> str:
    """Return the notice to a person who need not act, like `URGENT T-1 Acme Ltd (BC) was paged to Ana. Subject`."""
    writer = _writer(policy, ticket.customer, ticket.subject, words)
    head = writer.head(ticket, impact, CUSTOMER_LENGTH)
    return writer.notice(f"{head} {writer.words(words)}. {writer.words(ticket.subject)}", ticket)


def handoff_text(
    tickets: Sequence[StoredTicket], clock: SlaClock | None, policy: Policy, *, owner: str | None, also: str = ""
) -> str:
    """Return the notice to the next person on call about the open tickets.

    The first one's link is added if there is room. tickets: ordered by their clocks. clock: the first ticket's clock.
    owner: the name of the first ticket's owner. also: what the report of the shift has besides open tickets, like
    `paged 3, 2 notes`.
    """
    first = tickets[0]
    writer = _writer(policy, first.ticket.customer, owner)
    head = writer.head(first.ticket, first.impact, CUSTOMER_LENGTH)
    words = f"HANDOFF {len(tickets)} open. First: {head}{_due(clock, policy)}"
    words += f", {f'taken by {writer.short(owner, OWNER_LENGTH)}' if owner else 'taken by nobody'}."
    words += f" {also[0].upper()}{also[1:]}: {HANDOFF_COMMAND}" if also else ""
    others = ", ".join(stored.ticket.id for stored in tickets[1:])
    return writer.notice(f"{words} Also: {others}" if others else words, first.ticket)


def briefing_text(
    count: int, first: StoredTicket | None, clock: SlaClock | None, policy: Policy, *, at: datetime, also: str
) -> str:
    """Return the text to an engineer whose shift begins, about the shift that ended at the handoff `at` (aware UTC).

    count: the number of open tickets that page. first: the most pressing of them. clock: the clock of `first`. also: as
    for `handoff_text`.
    """
    writer = _writer(policy, first.ticket.customer if first is not None else None)
    words = f"HANDOFF {short_time(at, policy.zone)}: {count or 'nothing'} open"
    if first is not None:
        words += f", first {writer.head(first.ticket, first.impact, CUSTOMER_LENGTH)}{_due(clock, policy)}"
    tail = f". {also[0].upper()}{also[1:]}: {HANDOFF_COMMAND}" if also else f". More: {HANDOFF_COMMAND}"
    return writer.notice(writer.encoding.cut(words, writer.room(tail)) + tail)


def _due(clock: SlaClock | None, policy: Policy) -> str:
    if clock is None or clock.due_at is None:
        return ""
    return f", {_small(SHORT_WORDS[clock.metric])} by {short_time(clock.due_at, policy.zone)}"


def _small(words: str) -> str:
    return words[0].lower() + words[1:]


def _capitals(impact: str) -> str:
    return GSM_7.cut(GSM_7.spell(impact.upper()), IMPACT_LENGTH)


def taken_text(ticket_id: str, impact: str, owner: str, policy: Policy) -> str:
    """Return the notice to an engineer who was paged for a ticket that another engineer has taken."""
    writer = _writer(policy, owner)
    return writer.notice(f"{_capitals(impact)} {ticket_id} is taken by {writer.words(owner)}. No action needed.")


def taken_over_text(ticket_id: str, impact: str, owner: str, policy: Policy) -> str:
    """Return the notice to an engineer who had a ticket until another engineer took it over."""
    writer = _writer(policy, owner)
    words = f"{_capitals(impact)} {ticket_id} was taken over by {writer.words(owner)}. It is not yours any more."
    return writer.notice(words)


def handed_text(ticket: Ticket, *, impact: str, previous: str, policy: Policy) -> str:
    """Return the notice to an engineer who took a ticket over. previous: the name of its owner until then."""
    writer = _writer(policy, ticket.customer, ticket.subject, previous)
    head = writer.head(ticket, impact, CUSTOMER_LENGTH)
    words = f"YOURS NOW {head}, taken over from {writer.short(previous, OWNER_LENGTH)}"
    return writer.notice(f"{words}: {writer.words(ticket.subject)}", ticket)


def passed_text(ticket_id: str, impact: str, by: str, policy: Policy) -> str:
    """Return the notice to an engineer who had a ticket until another person passed it on."""
    writer = _writer(policy, by)
    words = f"{_capitals(impact)} {ticket_id} was passed on by {writer.words(by)}. It is not yours any more."
    return writer.notice(words)


def merged_text(ticket_id: str, impact: str, into: str) -> str:
    """Return the notice to an engineer who was paged for a duplicate. into: the id of the ticket it was merged into."""
    return fitted(f"{_capitals(impact)} {ticket_id} was merged into {into}. No action needed.")


def drilled_text(ticket_id: str) -> str:
    """Return the notice that a test page is over, to a person who has not answered it."""
    return f"{ticket_id}: the test is over. No action needed."


def withdrawn_text(ticket: Ticket, *, impact: str, words: str, policy: Policy) -> str:
    """Return the notice that a reported breach did not happen. words: the reason."""
    writer = _writer(policy, ticket.customer, words)
    return writer.notice(f"NO BREACH {writer.head(ticket, impact, CUSTOMER_LENGTH)}: {writer.words(words)}")


def solved_text(ticket_id: str, impact: str, by: str, policy: Policy) -> str:
    """Return the notice that a ticket is resolved, to an engineer who was paged for it."""
    writer = _writer(policy, by)
    return writer.notice(f"{_capitals(impact)} {ticket_id} was resolved by {writer.words(by)}. No action needed.")
