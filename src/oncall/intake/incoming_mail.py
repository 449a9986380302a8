"""What becomes of a mail: a new ticket, a customer's message on its thread's ticket, or nothing."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace

from oncall.intake.acknowledge import note_on, person_named
from oncall.intake.mail_message import Mail
from oncall.intake.signals import Became, Origin, Signal, SignalKind, Taken
from oncall.intake.take_in import take_in
from oncall.paging.actions.action_checks import LONGEST_WHY
from oncall.paging.domain.quoted_text import clean
from oncall.paging.domain.ticket import StoredTicket
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.ports.intake_store import SenderKey
from oncall.paging.ports.store import IntakeStore
from oncall.support.customer_match import customer_of
from oncall.support.mail_rules import MailRules
from oncall.support.policy import Policy, folded_name

MAIL = "mail"
"""The sender and the caller of every mail: no token stands behind one."""
MOST_HOPS = 50
LONGEST_TEXT = 900
MOST_NAMED_TICKETS = 5
_NAMED_TICKET = re.compile(r"[\[#(]\s*#?([A-Za-z0-9._:-]{2,40}?)[\].,:)\s]|#([A-Za-z0-9._:-]{2,40})$")
_BULK = ("bulk", "list", "junk", "auto_reply")


def why_ignored(mail: Mail, envelope_sender: str, rules: MailRules) -> str | None:
    """Return why a mail opens no ticket and is no answer: a program wrote it. None for a mail of a person."""
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
    if rules.takes(mail.sender) or rules.takes(envelope_sender):
        return "a loop: it comes from an address that opens tickets"
    if mail.hops > MOST_HOPS:
        return f"a loop: {mail.hops} mail servers passed it on"
    return None


def take_mail(
    tx: IntakeStore, mail: Mail, envelope_sender: str, recipient: str, origin: Origin, context: ActionContext
) -> list[Taken]:
    """Store what a mail says in `tx`, and return what became of it. The same mail again changes nothing.

    envelope_sender, recipient: of the SMTP dialogue. Raises Conflict if another process stores the same mail at the
    same time; the caller then tries again.
    """
    policy = tx.policy_at(context.now)
    before = tx.sender_key(origin.caller.name, MAIL, mail.message_id)
    if before is not None:
        return [Taken(Became.IGNORED, before.ticket, "this mail came before")]
    why = why_ignored(mail, envelope_sender, policy.mail)
    if why is not None:
        return [Taken(Became.IGNORED, None, why)]
    sender = mail.sender or envelope_sender.strip().lower()
    stored = _of_thread(tx, mail, origin) or _of_subject(tx, mail, sender, policy)
    if stored is not None:
        return [_answered(tx, mail, stored, origin, context)]
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
    words = _words_of(mail)
    stored = tx.ticket(taken.ticket) if taken.ticket is not None else None
    if words and stored is not None:
        note_on(tx, stored, f"The mail: {words}", context)
    return [taken]


def _answered(tx: IntakeStore, mail: Mail, stored: StoredTicket, origin: Origin, context: ActionContext) -> Taken:
    """Record a mail of a ticket's thread: the customer's message, or the reply of a person on the roster."""
    is_ours = mail.sender != "" and person_named(mail.sender, tx.schedule().people) is not None
    sent_id = f"mail-{hashlib.sha256(mail.message_id.encode('utf-8', 'replace')).hexdigest()[:32]}"
    words = _words_of(mail) or "a mail without text"
    signal = Signal(
        SignalKind.EVENT,
        key=mail.message_id,
        ticket_id=stored.ticket.id,
        event={"kind": "replied" if is_ours else "customer_replied", "id": sent_id, "why": words[:LONGEST_WHY]},
    )
    taken = take_in(tx, signal, origin, context)
    tx.add_sender_key(
        SenderKey(origin.caller.name, MAIL, mail.message_id, stored.ticket.id, 0, None, False, context.real_now)
    )
    return taken if taken.ticket is not None else replace(taken, ticket=stored.ticket.id)


def _of_thread(tx: IntakeStore, mail: Mail, origin: Origin) -> StoredTicket | None:
    """Return the ticket of the nearest mail that this one answers and that came here."""
    for ancestor in mail.ancestors:
        row = tx.sender_key(origin.caller.name, MAIL, ancestor)
        if row is not None and row.ticket is not None:
            return tx.ticket(row.ticket)
    return None


def _of_subject(tx: IntakeStore, mail: Mail, sender: str, policy: Policy) -> StoredTicket | None:
    """Return the ticket that the subject names, if the mail comes from its customer or from a person on the roster.

    Anyone can write an id into a subject, so the mail of another customer opens a ticket of its own.
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
    """Return the mail's text and notes on one line, as the ticket's log keeps them."""
    text = clean(mail.text)
    text = text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 3] + "..."
    return " ".join([*([text] if text else []), *mail.notes])[:LONGEST_WHY]
