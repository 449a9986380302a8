"""Takes in a mail: it opens a ticket, becomes a customer's message on the ticket of its thread, or is ignored."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace

from oncall.intake.acknowledge import person_named
from oncall.intake.mail_message import Mail, address_in
from oncall.intake.mail_words import header_text
from oncall.intake.signals import Became, Origin, Signal, SignalKind, Taken
from oncall.intake.take_in import take_in
from oncall.paging.actions.action_checks import LONGEST_MESSAGE, LONGEST_WHY
from oncall.paging.actions.record_action import record
from oncall.paging.actions.ticket_action import TicketAction
from oncall.paging.domain.events import EventKind
from oncall.paging.domain.quoted_text import clean
from oncall.paging.domain.ticket import StoredTicket, Ticket
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.ports.intake_store import SenderKey
from oncall.paging.ports.outgoing_mail import MAIL as MAIL
from oncall.paging.ports.outgoing_mail import MAIL_ADDRESS
from oncall.paging.ports.store import IntakeStore
from oncall.support.customer_match import customer_of
from oncall.support.mail_rules import MailRules
from oncall.support.policy import Policy, folded_name

MOST_HOPS = 50
LONGEST_TEXT = 900
LONGEST_RECIPIENTS = 8_000
"""The most characters of `To` and `Cc` that are read."""
CUT = "\n[The mail is longer. The rest was left out.]"
MOST_NAMED_TICKETS = 5
_AUTHOR_HEADERS = ("x-original-from", "x-original-sender", "reply-to")
_NAMED_TICKET = re.compile(r"[\[#(]\s*#?([A-Za-z0-9._:-]{2,40}?)[\].,:)\s]|#([A-Za-z0-9._:-]{2,40})$")
_BULK = ("bulk", "junk", "auto_reply")
"""Values of the header Precedence that programs write. `list` is missing: mailing lists add it to mail by people."""


def why_ignored(mail: Mail, envelope_sender: str, rules: MailRules) -> str | None:
    """Return why a mail is ignored, for example because a program wrote it; None for a mail by a person."""
    headers = mail.headers
    submitted = headers.get("auto-submitted", "no").partition(";")[0].strip().lower()
    if submitted not in ("", "no"):
        return f"an automatic mail (Auto-Submitted: {clean(submitted)[:40]})"
    precedence = headers.get("precedence", "").strip().lower()
    if precedence in _BULK:
        return f"a mass mail (Precedence: {precedence})"
    if any(name in headers for name in ("x-autoreply", "x-autorespond", "x-auto-reply")):
        return "an automatic reply"
    if envelope_sender in ("", "<>") or mail.sender.partition("@")[0] in ("mailer-daemon", "postmaster"):
        return "a report on another mail"
    if headers.get("content-type", "").strip().lower().startswith("multipart/report"):
        return "a report on another mail"
    if rules.takes(mail.sender) or (rules.takes(envelope_sender) and not _is_of_list(mail)):
        return "a loop: it comes from an address that opens tickets"
    if mail.hops > MOST_HOPS:
        return f"a loop: {mail.hops} mail servers passed it on"
    return None


def _is_of_list(mail: Mail) -> bool:
    """Return True if the mail came through a mailing list.

    Then the sender in its envelope is the address of the list.
    """
    return "list-id" in mail.headers or mail.headers.get("precedence", "").strip().lower() == "list"


def _with_author(mail: Mail, rules: MailRules) -> Mail:
    """Return the mail with its author as the sender, if a mailing list put one of our addresses into From.

    Lists do so because receivers check From against the server that sends (DMARC). They name the author in another
    header.
    """
    if not (_is_of_list(mail) and rules.takes(mail.sender)):
        return mail
    named = (address_in(header_text(mail.headers.get(name, ""))) for name in _AUTHOR_HEADERS)
    author = next((address for address in named if address and not rules.takes(address)), None)
    return mail if author is None else replace(mail, sender=author)


def take_mail(
    tx: IntakeStore, mail: Mail, envelope_sender: str, recipient: str, origin: Origin, context: ActionContext
) -> list[Taken]:
    """Store a mail in `tx`, and return the results. The same mail a second time changes nothing.

    envelope_sender, recipient: the addresses of the SMTP dialogue. Raises Conflict if another process stores the same
    mail at the same time; the caller then tries again.
    """
    policy = tx.policy_at(context.now)
    mail = _with_author(mail, policy.mail)
    before = tx.sender_key(origin.caller.name, MAIL, mail.message_id)
    if before is not None:
        return [Taken(Became.IGNORED, before.ticket, "this mail came before")]
    why = why_ignored(mail, envelope_sender, policy.mail)
    if why is not None:
        return [Taken(Became.IGNORED, None, why)]
    sender = mail.sender or envelope_sender.strip().lower()
    of_thread = _of_thread(tx, mail, origin)
    stored = of_thread or _of_subject(tx, mail, sender, policy)
    if stored is not None:
        return [_answered(tx, mail, stored, origin, context, is_in_thread=of_thread is not None)]
    return _opened(tx, mail, sender, recipient, origin, context)


def _opened(
    tx: IntakeStore, mail: Mail, sender: str, recipient: str, origin: Origin, context: ActionContext
) -> list[Taken]:
    rules = tx.policy_at(context.now).mail
    word = rules.word_of(mail.subject)
    impact = rules.words[word] if word is not None else rules.impact or ""
    reason = f'The subject begins with "{word}", which makes a mail {impact} (mail.words of the policy).'
    if word is None:
        reason = f"The policy makes a mail {impact} (mail.impact)." if impact else "The policy has no mail.impact."
    signal = Signal(
        SignalKind.TRIGGER,
        key=mail.message_id,
        labels={"email": sender, "recipient": recipient.lower(), "impact": impact},
        subject=mail.subject or mail.text.partition("\n")[0] or "(no subject)",
        at=mail.sent_at,
        more={"contact": sender},
        reasons=(reason,),
    )
    taken = take_in(tx, signal, origin, context)
    if taken.ticket is None or not (mail.text or mail.notes):
        return [taken]
    said = TicketAction(
        EventKind.CUSTOMER_REPLIED,
        origin.caller.name,
        context.now,
        _why("the mail that opened the ticket", mail),
        _event_id(mail),
        needs_reply=False,
        message=_message_of(mail),
    )
    done = record(tx, taken.ticket, said, context)
    return [replace(taken, attempts=(*taken.attempts, *done.attempts))]


def _answered(
    tx: IntakeStore, mail: Mail, stored: StoredTicket, origin: Origin, context: ActionContext, *, is_in_thread: bool
) -> Taken:
    """Record a mail on the ticket of its thread: as the customer's message, or as a reply by a person on the roster.

    is_in_thread: True if the mail answers a mail that we know; False if only its subject names the ticket.
    """
    person = person_named(mail.sender, tx.schedule().people) if mail.sender else None
    event = (
        _customers_message(mail) if person is None else _our_reply(mail, person, stored.ticket, is_public=is_in_thread)
    )
    signal = Signal(
        SignalKind.EVENT, key=mail.message_id, ticket_id=stored.ticket.id, event={**event, "id": _event_id(mail)}
    )
    taken = take_in(tx, signal, origin, context)
    tx.add_sender_key(
        SenderKey(origin.caller.name, MAIL, mail.message_id, stored.ticket.id, 0, None, False, context.real_now)
    )
    return taken if taken.ticket is not None else replace(taken, ticket=stored.ticket.id)


def _customers_message(mail: Mail) -> dict[str, object]:
    """Return a customer's mail as an event in the form in which it would be posted, with the text of the mail."""
    if not mail.text:
        return {"kind": "customer_replied", "why": _words_of(mail) or "a mail without text"}
    return {
        "kind": "customer_replied",
        "why": _why("the customer wrote a mail", mail),
        "message": _message_of(mail),
    }


def _our_reply(mail: Mail, person: str, ticket: Ticket, *, is_public: bool) -> dict[str, object]:
    """Return the mail of a person on the roster as an event in the form in which it would be posted.

    is_public: True if the customer may read the text. That is so only for an answer to a mail that we received or sent,
    because anyone can write a ticket's id into a subject. If the mail also went to the customer, no second mail is
    sent.
    """
    if not (is_public and mail.text):
        return {"kind": "replied", "by": person, "why": _words_of(mail) or "a mail without text"}
    sent_to = " ".join(mail.headers.get(name, "") for name in ("to", "cc"))[:LONGEST_RECIPIENTS].lower()
    address = MAIL_ADDRESS.search((ticket.contact or "").lower())
    is_mailed = address is not None and address[0] in MAIL_ADDRESS.findall(sent_to)
    why = _why("a mail to the customer", mail)
    return {"kind": "replied", "by": person, "why": why, "message": _message_of(mail), "mailed": is_mailed}


def _why(what: str, mail: Mail) -> str:
    """Return a sentence about a mail for the log: what the mail is, and what was left out of it."""
    return ". ".join([what, " ".join(mail.notes)] if mail.notes else [what])[:LONGEST_WHY]


def _event_id(mail: Mail) -> str:
    return f"mail-{hashlib.sha256(mail.message_id.encode('utf-8', 'replace')).hexdigest()[:32]}"


def _message_of(mail: Mail) -> str:
    """Return the mail's text, cut to the longest allowed message."""
    if len(mail.text) <= LONGEST_MESSAGE:
        return mail.text
    return f"{mail.text[: LONGEST_MESSAGE - len(CUT)]}{CUT}"


def _of_thread(tx: IntakeStore, mail: Mail, origin: Origin) -> StoredTicket | None:
    """Return the ticket of the nearest known mail in the thread before this mail; None if no such mail is known."""
    for ancestor in mail.ancestors:
        row = tx.sender_key(origin.caller.name, MAIL, ancestor)
        if row is not None and row.ticket is not None:
            return tx.ticket(row.ticket)
    return None


def _of_subject(tx: IntakeStore, mail: Mail, sender: str, policy: Policy) -> StoredTicket | None:
    """Return the ticket that the subject names, if its customer or a person on the roster sent the mail; else None.

    Anyone can write an id into a subject, so a mail by another customer opens a ticket of its own.
    """
    for name in _named(mail.subject):
        stored = tx.ticket(name)
        if stored is None or stored.ticket.is_drill:
            continue
        customer = customer_of({"email": sender}, policy)
        is_theirs = (
            customer is not None
            and customer.listed is not None
            and folded_name(customer.name) == folded_name(stored.ticket.customer)
        )
        is_contact = (stored.ticket.contact or "").lower() == sender
        if is_theirs or is_contact or person_named(sender, tx.schedule().people) is not None:
            return stored
    return None


def _named(subject: str) -> Iterator[str]:
    found = [first or second for first, second in _NAMED_TICKET.findall(f"{subject} ")]
    yield from dict.fromkeys(found[:MOST_NAMED_TICKETS])


def _words_of(mail: Mail) -> str:
    """Return the mail's text and notes on one line, for the log of the ticket."""
    text = clean(mail.text)
    text = text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 3] + "..."
    return " ".join([*([text] if text else []), *mail.notes])[:LONGEST_WHY]
