"""Answers the SMS reply READY, with which an engineer proves that texts reach their phone."""

from __future__ import annotations

from collections.abc import Sequence

from oncall.paging.actions.reply_answers import SmsAnswer, what_to_send
from oncall.paging.domain.ticket import StoredTicket
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.outgoing.phone_proofs import READY, prove_phone
from oncall.paging.outgoing.sms_encoding import plain
from oncall.paging.ports.store import ReplyStore
from oncall.schedule.versions import Person
from oncall.support.phones import canonical_phone, same_phone

PROVEN = "Thank you. It is proven that pages reach this phone."
OLD_NUMBER = "This is not your number on the roster, so nothing is proven. Reply READY from the new one."


def ready_reply(
    tx: ReplyStore, phone: str, body: str, context: ActionContext, waiting: Sequence[StoredTicket]
) -> SmsAnswer | None:
    """Return the answer to READY; None for any other text. context: `by` is the sender.

    phone: the number that the text came from. waiting: the open tickets for which the sender was paged. If the pager
    has asked for a proof of this phone, any text from it is a proof.
    """
    person = tx.schedule().people[context.by]
    is_current = same_phone(person.phone, phone)
    if plain(body).strip(" .!\"'").upper() != READY:
        if is_current and _is_awaited(tx, person):
            prove_phone(tx, person, context)
        return None
    if not is_current:
        return SmsAnswer(OLD_NUMBER)
    prove_phone(tx, person, context)
    more = f" {what_to_send(waiting, used=len(PROVEN) + 1)}" if waiting else ""
    return SmsAnswer(PROVEN + more, is_helpful=True)


def _is_awaited(tx: ReplyStore, person: Person) -> bool:
    phone = canonical_phone(person.phone)
    return any(
        (proof.person, proof.phone) == (person.id, phone) and proof.proven_at is None for proof in tx.phone_proofs()
    )
