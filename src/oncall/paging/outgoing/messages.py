"""What is said in an SMS: one GSM-7 segment a message, and nothing that a phone would show as rubbish."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime

from oncall.paging.domain.events import EventKind
from oncall.paging.domain.sla_alerts import SlaAlert
from oncall.paging.domain.ticket import StoredTicket, Ticket
from oncall.support.clocks import SlaClock
from oncall.support.policy import Metric, Policy
from oncall.support.wording import short_time

SEGMENT = 160
"""Characters of one GSM-7 segment; none of those that `plain` lets through counts twice."""

CUSTOMER_LENGTH = 32
SHORT_CUSTOMER_LENGTH = 14
"""Where other tickets' codes need the room."""
SUBJECT_IN_BUNDLE = 20
"""So much of a subject is kept before codes are left out."""
PLAN_LENGTH = 10
IMPACT_LENGTH = 12
OWNER_LENGTH = 20

_SPELT = {
    "‘": "'", "’": "'", "‚": "'", "‛": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "−": "-", "…": "...", "•": "-", "→": "->", "←": "<-",
    "€": "EUR", "[": "(", "]": ")", "{": "(", "}": ")", "|": "/", "\\": "/", "~": "-", "^": "'", "`": "'",
    "ß": "ss", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D",
    "ı": "i", "þ": "th", "ð": "d", "×": "x", "÷": "/", "⁄": "/", "№": "No",
}  # fmt: skip


_ACK = re.compile(r"\bACK\b")


def plain(text: str) -> str:
    """`text` in printable ASCII that GSM-7 has, on one line: accents off, quotes straight, emoji and controls gone.

    Letters that have no such form become `?`, one for each run of them.
    """
    letters = [""]
    for letter in text:
        spelt = _SPELT.get(letter)
        if spelt is None:
            spelt = letter if " " <= letter <= "}" else _nearest(letter, letters[-1])
        if spelt:
            letters.append(spelt)
    return " ".join("".join(letters).split())


def _nearest(letter: str, before: str) -> str:
    parts = unicodedata.normalize("NFKD", letter)
    if bare := "".join(_SPELT.get(part, part if " " <= part <= "}" else "") for part in parts):
        return bare
    category = unicodedata.category(letter)
    if category in ("Cc", "Zl", "Zp", "Zs"):
        return " "
    if category[0] in "LN":
        return "" if before == "?" else "?"
    return ""


def segments(text: str) -> int:
    """How many segments a text takes; one that `plain` would change may need the alphabet with room for less."""
    alone, each, length = SEGMENT, 153, len(text)
    if plain(text) != text:
        alone, each, length = 70, 67, len(text.encode("utf-16-le", "surrogatepass")) // 2
    return 1 if length <= alone else -(-length // each)


def cut(text: str, length: int) -> str:
    """`text`, at most `length` characters; what is cut off is marked by two dots."""
    if len(text) <= length:
        return text
    return text[: max(length - 2, 0)].rstrip() + ".."[:length]


SHORT_WORDS = {
    Metric.FIRST_REPLY: "1st reply",
    Metric.NEXT_REPLY: "Next reply",
    Metric.PERIODIC_UPDATE: "Update",
}
"""What is owed, as a page names it."""


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
    """The page for a ticket: impact, id, customer, plan, subject, deadline in policy time, `ACK <code>`.

    promised: what is due then, one of SHORT_WORDS. owner: who has a ticket that is chased, and has not sent it.
    """
    head = _head(ticket, impact, policy)
    tail = f" {promised} by {short_time(due, policy.zone)}. Reply ACK {code}"
    if owner is not None:
        head = _chasing(head, owner, SEGMENT - len(tail) - 1)
    room = SEGMENT - len(head) - len(tail) - 3
    # A customer's text must not look like our own way to reply.
    subject = cut(_ACK.sub("ack", plain(ticket.subject)).rstrip("."), room)
    return f"{head}: {subject}.{tail}" if subject and room > 0 else f"{head}.{tail}"


def promise_of(clock: SlaClock | None, first_reply_due: datetime | None) -> tuple[datetime, str]:
    """What a page says is due, and when: by the ticket's clock that ends first, where one runs."""
    if clock is not None and clock.due_at is not None:
        return clock.due_at, SHORT_WORDS[clock.metric]
    assert first_reply_due is not None, "a ticket that pages has been judged"
    return first_reply_due, SHORT_WORDS[Metric.FIRST_REPLY]


def bundle_text(stored: StoredTicket, *, policy: Policy, due: datetime, promised: str, others: Sequence[str]) -> str:
    """One message for several pages: the page for `stored`, and before its deadline `And 7 more: <codes that fit>.`

    others: the other tickets' codes, the most urgent first. due, promised: as for `page_text`.
    """
    ticket = stored.ticket
    tail = f" {promised} by {short_time(due, policy.zone)}. Reply ACK {stored.code}"
    subject = _ACK.sub("ack", plain(ticket.subject)).rstrip(".")
    number = f" And {len(others)} more"
    for customer in (CUSTOMER_LENGTH, SHORT_CUSTOMER_LENGTH):
        head = _head(ticket, stored.impact, policy, customer)
        # Open, and yet it has an owner: it is chased.
        head = f"CHASE {head}" if stored.owner is not None else head
        room = SEGMENT - len(head) - len(tail) - len(number) - len(": .")
        kept = min(len(subject), SUBJECT_IN_BUNDLE) + len(": .")
        codes = fitting(others, max(room - kept, 0))
        if codes == " ".join(others):
            break
    codes = codes or fitting(others, room - 1)
    more = f"{number}: {codes}." if codes else f"{number}."
    left = SEGMENT - len(head) - len(tail) - len(more) - len(": .")
    subject = cut(subject, left) if left > 0 else ""
    return f"{head}: {subject}.{more}{tail}" if subject else f"{head}.{more}{tail}"


def fitting(words: Sequence[str], room: int) -> str:
    """As many of the words as fit into `room` characters; what is left out is marked by two dots."""
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


def _chasing(head: str, owner: str, length: int) -> str:
    """`CHASE URGENT T-1 Acme Ltd (STD), Ana has it`; the name goes where all of it is too long."""
    head = f"CHASE {head}"
    room = length - len(f"{head},  has it")
    name = cut(_ACK.sub("ack", plain(owner)), min(OWNER_LENGTH, room))
    return f"{head}, {name} has it" if room > len("..") else head


def _head(ticket: Ticket, impact: str, policy: Policy, customer_length: int = CUSTOMER_LENGTH) -> str:
    """`URGENT T-1 Acme Ltd (STD)`."""
    customer = cut(_ACK.sub("ack", plain(ticket.customer)), customer_length)
    plan = policy.plans[ticket.plan].short_name if ticket.plan in policy.plans else ticket.plan
    names = [_capitals(impact), ticket.id, customer, f"({cut(plain(plan), PLAN_LENGTH)})"]
    return " ".join(name for name in names if name)


def promised_text(ticket: Ticket, *, impact: str, promised: SlaAlert, owner: str | None, policy: Policy) -> str:
    """Warns the owner that a promised time runs out, or tells the manager that it did. Says nothing to reply.

    owner: the name of who has the ticket.
    """
    clock = promised.clock
    due = short_time(clock.due_at or promised.at, policy.zone)
    head, what = _head(ticket, impact, policy), SHORT_WORDS[clock.metric]
    if promised.kind is not EventKind.BREACHED:
        return cut(f"DUE SOON {head}: {_small(what)} due {due}. Not sent yet.", SEGMENT)
    who = f"Taken by {cut(plain(owner), OWNER_LENGTH)}" if owner else "Taken by nobody"
    return cut(f"BREACH {head}: {_small(what)} was due {due}. {who}.", SEGMENT)


def copied_text(ticket: Ticket, *, impact: str, policy: Policy, words: str) -> str:
    """Tells somebody who need not act: `URGENT T-1 Acme Ltd (BC) was paged to Ana. Subject`."""
    return cut(f"{_head(ticket, impact, policy)} {plain(words)}. {plain(ticket.subject)}", SEGMENT)


def handover_text(tickets: Sequence[StoredTicket], clock: SlaClock | None, policy: Policy, *, owner: str | None) -> str:
    """Tells whoever comes on what is open; `tickets` are in the order of their clocks, `clock` is the first one's.

    owner: the name of who has the first one.
    """
    first = tickets[0]
    words = f"HANDOVER {len(tickets)} open. First: {_head(first.ticket, first.impact, policy)}"
    if clock is not None and clock.due_at is not None:
        words += f", {_small(SHORT_WORDS[clock.metric])} by {short_time(clock.due_at, policy.zone)}"
    words += f", {f'taken by {cut(plain(owner), OWNER_LENGTH)}' if owner else 'taken by nobody'}."
    others = ", ".join(stored.ticket.id for stored in tickets[1:])
    return cut(f"{words} Also: {others}" if others else words, SEGMENT)


def _small(words: str) -> str:
    return words[0].lower() + words[1:]


def _capitals(impact: str) -> str:
    return cut(plain(impact.upper()), IMPACT_LENGTH)


def taken_text(ticket_id: str, impact: str, owner: str) -> str:
    """Tells somebody who was paged that they can go back to sleep."""
    return cut(f"{_capitals(impact)} {ticket_id} is taken by {plain(owner)}. Nothing to do for you.", SEGMENT)


def merged_text(ticket_id: str, impact: str, into: str) -> str:
    """Tells somebody who was paged that it is a duplicate, and which ticket goes on."""
    return cut(f"{_capitals(impact)} {ticket_id} was merged into {into}. Nothing to do for you here.", SEGMENT)


def drilled_text(ticket_id: str) -> str:
    """Tells somebody who has not answered a test page that it is over."""
    return f"{ticket_id}: the test is over. Nothing to do for you."


def withdrawn_text(ticket: Ticket, *, impact: str, words: str, policy: Policy) -> str:
    """Tells whoever was told of a breach that it is none; `words` say why."""
    return cut(f"NO BREACH {_head(ticket, impact, policy)}: {plain(words)}", SEGMENT)


def solved_text(ticket_id: str, impact: str, by: str) -> str:
    """Tells somebody who was paged that it is over."""
    return cut(f"{_capitals(impact)} {ticket_id} was resolved by {plain(by)}. Nothing to do for you.", SEGMENT)
