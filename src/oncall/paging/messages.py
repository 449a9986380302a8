"""What is said in an SMS: one GSM-7 segment a message, and nothing that a phone would show as rubbish."""

from __future__ import annotations

import unicodedata
from datetime import datetime

from oncall.paging.ticket import Ticket
from oncall.support.policy import Policy
from oncall.support.wording import short_time

SEGMENT = 160
"""Characters of one GSM-7 segment; none of those that `plain` lets through counts twice."""

CUSTOMER_LENGTH = 32
PLAN_LENGTH = 10
IMPACT_LENGTH = 12

_SPELT = {
    "‘": "'", "’": "'", "‚": "'", "‛": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "−": "-", "…": "...", "•": "-", "→": "->", "←": "<-",
    "€": "EUR", "[": "(", "]": ")", "{": "(", "}": ")", "|": "/", "\\": "/", "~": "-", "^": "'", "`": "'",
    "ß": "ss", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D",
    "ı": "i", "þ": "th", "ð": "d", "×": "x", "÷": "/", "⁄": "/", "№": "No",
}  # fmt: skip


def plain(text: str) -> str:
    """`text` in printable ASCII that GSM-7 has, on one line: accents off, quotes straight, emoji and controls gone.

    Letters that have no such form become `?`, one for each run of them.
    """
    letters: list[str] = []
    for letter in text:
        spelt = _SPELT.get(letter)
        if spelt is not None:
            letters.append(spelt)
        elif " " <= letter <= "}":
            letters.append(letter)
        else:
            letters.append(_nearest(letter, letters[-1] if letters else ""))
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


def cut(text: str, length: int) -> str:
    """`text`, at most `length` characters; what is cut off is marked by two dots."""
    if len(text) <= length:
        return text
    return text[: max(length - 2, 0)].rstrip() + ".."[:length]


def page_text(ticket: Ticket, *, impact: str, code: str, policy: Policy, due: datetime) -> str:
    """The page for a ticket: impact, id, customer, plan, subject, first-reply deadline in policy time, `ACK <code>`."""
    customer = cut(plain(ticket.customer), CUSTOMER_LENGTH)
    plan = policy.plans[ticket.plan].short_name if ticket.plan in policy.plans else ticket.plan
    names = [_capitals(impact), ticket.id, customer, f"({cut(plain(plan), PLAN_LENGTH)})"]
    head = " ".join(name for name in names if name)
    tail = f" 1st reply by {short_time(due, policy.zone)}. Reply ACK {code}"
    room = SEGMENT - len(head) - len(tail) - 3
    subject = cut(plain(ticket.subject).rstrip("."), room)
    return f"{head}: {subject}.{tail}" if subject and room > 0 else f"{head}.{tail}"


def _capitals(impact: str) -> str:
    return cut(plain(impact.upper()), IMPACT_LENGTH)


def taken_text(ticket_id: str, impact: str, owner: str) -> str:
    """Tells somebody who was paged that they can go back to sleep."""
    return cut(f"{_capitals(impact)} {ticket_id} is taken by {plain(owner)}. Nothing to do for you.", SEGMENT)


def solved_text(ticket_id: str, impact: str, by: str) -> str:
    """Tells somebody who was paged that it is over."""
    return cut(f"{_capitals(impact)} {ticket_id} was resolved by {plain(by)}. Nothing to do for you.", SEGMENT)
