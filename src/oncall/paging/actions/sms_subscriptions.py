"""Subscriptions by SMS: a code proves the number, and STOP ends its texts for ever.

Times are real time, except `now`.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import replace
from datetime import datetime
from hmac import compare_digest

from oncall.paging.actions.subscription_limits import (
    DAY,
    SMS_LIMITS,
    check_limits,
    number_digest,
    phone_number,
)
from oncall.paging.actions.subscriptions import Asked, begin_notices
from oncall.paging.outgoing.subscriber_sms import CODE_LASTS, code_message
from oncall.paging.ports.subscribers import Subscriber, Subscribers
from oncall.status.status_record import read_status
from oncall.status.subscribed_notice import chosen_components
from oncall.support.phones import canonical_phone

MOST_TRIES = 5
"""How often a code may be typed. With three codes a day, a person who guesses has fifteen chances in a million."""
WRONG_CODE = (
    "this code is not right, is older than 10 minutes, or was typed too often; "
    "type it again, or ask for a new one on the status page"
)


def ask_code(tx: Subscribers, phone: str, asked: Asked, *, is_barred: bool, now: datetime, real_now: datetime) -> str:
    """Write the SMS with a code. Returns the token of the form into which the reader types the code.

    is_barred: True if the number must get no text. Such a number, and one that sent STOP, gets no text, and the token
    does not show that. now: policy time. Raises Refused, and writes nothing, if the number or a component is not
    allowed, or if a limit is reached.
    """
    page, number = read_status(tx, now).page, phone_number(phone)
    chosen = chosen_components(asked.components, page)
    keys = check_limits(tx, number, asked.source, real_now, SMS_LIMITS)
    tx.forget_subscription_asks(before=real_now - DAY)
    tx.forget_unconfirmed(ended_by=real_now)
    tx.add_subscription_asks(keys, real_now)
    token = secrets.token_urlsafe(24)
    if is_barred or tx.has_stopped_texts(number_digest(number)):
        return token
    known = tx.subscriber_at(number)
    if known is None or known.confirmed_at is None:
        made = Subscriber(secrets.token_hex(8), number, (), secrets.token_urlsafe(24), real_now)
        known = replace(known or made, components=chosen)
    asking = replace(known, confirm_digest=_digest(token), confirm_ends_at=real_now + CODE_LASTS)
    tx.put_subscriber(asking)
    tx.add_relay_messages([code_message(asking, token, _code(asking, token), page, real_now)])
    return token


def enter_code(tx: Subscribers, token: str, code: str, *, now: datetime, real_now: datetime) -> Subscriber | None:
    """Confirm the number whose code was typed into a form. Returns the subscriber; None if the code is wrong.

    A wrong code raises no error, so that the transaction stores that it was tried. now: policy time.
    """
    found = tx.subscriber_to_confirm(_digest(token))
    if found is None or found.confirm_ends_at is None or found.confirm_ends_at <= real_now:
        return None
    tries = f"tries:{_digest(token)}"
    if tx.subscription_asks(tries, since=real_now - DAY) >= MOST_TRIES:
        return None
    tx.add_subscription_asks((tries,), real_now)
    typed = "".join(code.split())
    if not compare_digest(typed.encode(), _code(found, token).encode()):
        return None
    if found.confirmed_at is not None:
        return found
    confirmed = replace(found, confirmed_at=now.replace(microsecond=0))
    tx.put_subscriber(confirmed)
    begin_notices(tx)
    return confirmed


def stop_texts(tx: Subscribers, phone: str, real_now: datetime) -> None:
    """End the subscription of a number that sent STOP. It never gets a text again. phone: E.164."""
    tx.stop_texts(number_digest(phone), real_now)
    found = tx.subscriber_at(canonical_phone(phone))
    if found is not None:
        tx.remove_subscriber(found.id)


def _code(subscriber: Subscriber, token: str) -> str:
    """Return the code of a form. It is not stored, but computed from two secrets."""
    digest = hashlib.sha256(f"code|{subscriber.manage_token}|{token}".encode()).digest()
    return f"{int.from_bytes(digest[:8], 'big') % 1_000_000:06}"


def _digest(token: str) -> str:
    # The link that confirms a mail address must not confirm a number, so the digests differ.
    return hashlib.sha256(f"sms|{token}".encode()).hexdigest()
