"""Subscriptions to the status page: ask, confirm, change and end.

Times are real time, except `now`, which is policy time.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from oncall.errors import Conflict, NotFound
from oncall.paging.actions.subscription_limits import DAY, check_host, check_limits, mail_address
from oncall.paging.outgoing.subscriber_mail import confirming_mail, known_mail
from oncall.paging.ports.relay import SUBSCRIBER_HOOK
from oncall.paging.ports.subscribers import NoticeCursor, Subscriber, Subscribers
from oncall.status.status_record import read_status
from oncall.status.subscribed_notice import chosen_components

CONFIRM_WITHIN = timedelta(days=7)
NO_LINK = "this link has ended or was never made; subscribe again on the status page"
ENDED = "it was not accepted for 3 days, so the subscription has ended"
KNOWN_HOOK = "this webhook is subscribed already; its own link changes or ends the subscription"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to subscribe. components: the chosen ones; empty: all.

    source: the network that the request came from. base: the web address of this service.
    """

    email: str
    components: Sequence[str]
    source: str
    base: str


def subscribe(tx: Subscribers, asked: Asked, *, now: datetime, real_now: datetime) -> None:
    """Write a mail with a link that confirms the subscription.

    An address that is confirmed already gets a link to change its subscription instead. The result does not show which
    mail was written. now: policy time. Raises Refused, and writes nothing, if the address or a component is not
    allowed, or if a limit is reached.
    """
    page = read_status(tx, now).page
    address, chosen = mail_address(asked.email), chosen_components(asked.components, page)
    keys = check_limits(tx, address, asked.source, real_now)
    tx.forget_subscription_asks(before=real_now - DAY)
    tx.forget_unconfirmed(ended_by=real_now)
    tx.add_subscription_asks(keys, real_now)
    known = tx.subscriber_at(address)
    if known is not None and known.confirmed_at is not None:
        tx.add_relay_messages([known_mail(known, page, base=asked.base, real_now=real_now)])
        return
    token = secrets.token_urlsafe(24)
    subscriber = replace(
        known or Subscriber(secrets.token_hex(8), address, (), secrets.token_urlsafe(24), real_now),
        components=chosen,
        confirm_digest=_digest(token),
        confirm_ends_at=real_now + CONFIRM_WITHIN,
    )
    tx.put_subscriber(subscriber)
    tx.add_relay_messages([confirming_mail(subscriber, token, page, base=asked.base, real_now=real_now)])


def subscribe_hook(tx: Subscribers, url: str, asked: Asked, *, now: datetime, real_now: datetime) -> Subscriber:
    """Store a webhook as a subscriber and return the subscriber. Notices go there from now on.

    url: the webhook, which the caller has checked. now: policy time. Writes nothing if it raises an error: Refused if a
    component is not allowed or a limit is reached, Conflict if the webhook is a subscriber already.
    """
    chosen = chosen_components(asked.components, read_status(tx, now).page)
    keys = check_limits(tx, url, asked.source, real_now)
    if tx.subscriber_at(url) is not None:
        raise Conflict(KNOWN_HOOK)
    keys = (*keys, check_host(tx, url, real_now))
    tx.add_subscription_asks(keys, real_now)
    name, at = secrets.token_hex(8), now.replace(microsecond=0)
    subscriber = Subscriber(name, url, chosen, secrets.token_urlsafe(24), real_now, confirmed_at=at)
    tx.put_subscriber(subscriber)
    begin_notices(tx)
    return subscriber


def confirm(tx: Subscribers, token: str, *, now: datetime, real_now: datetime) -> Subscriber:
    """Confirm a subscription and return the subscriber. A second call changes nothing.

    token: from the link in the mail. Raises NotFound if it is unknown or has ended. now: policy time.
    """
    found = tx.subscriber_to_confirm(_digest(token))
    if found is None or found.confirm_ends_at is None or found.confirm_ends_at <= real_now:
        raise NotFound(NO_LINK)
    if found.confirmed_at is not None:
        return found
    confirmed = replace(found, confirmed_at=now.replace(microsecond=0))
    tx.put_subscriber(confirmed)
    begin_notices(tx)
    return confirmed


def subscriber_of(tx: Subscribers, manage_token: str) -> Subscriber:
    """Return the confirmed subscriber with this `manage_token`. Raises NotFound if there is none."""
    found = tx.subscriber_with(manage_token)
    if found is None or found.confirmed_at is None:
        raise NotFound(NO_LINK)
    return found


def choose(tx: Subscribers, manage_token: str, components: Sequence[str], *, now: datetime) -> Subscriber:
    """Change the components of a subscription and return the subscriber. now: policy time.

    components: an empty sequence means all. Raises NotFound if the link belongs to no confirmed subscriber, and Refused
    for a component that is not public.
    """
    found = subscriber_of(tx, manage_token)
    changed = replace(found, components=chosen_components(components, read_status(tx, now).page))
    tx.put_subscriber(changed)
    return changed


def unsubscribe(tx: Subscribers, manage_token: str) -> None:
    """End a subscription and delete its unsent messages. Does nothing if the subscription has ended already."""
    found = tx.subscriber_with(manage_token)
    if found is not None:
        tx.remove_subscriber(found.id)


def end_hook(tx: Subscribers, subscriber_id: str, *, error: str, real_now: datetime) -> int:
    """End the subscription of a webhook that accepts no posts, and quarantine its unsent posts.

    Anyone can subscribe the same webhook again. error: why the last post was not accepted. Returns how many posts were
    quarantined.
    """
    words = f"{ENDED}; last: {error}"[:300]
    to = f"{SUBSCRIBER_HOOK}:{subscriber_id}"
    given_up = tx.quarantine_relay_messages(to, written_before=real_now, error=words)
    tx.remove_subscriber(subscriber_id)
    return given_up


def begin_notices(tx: Subscribers) -> None:
    """Make the relay write notices to subscribers from the next event on. Does nothing if it already does."""
    if tx.notice_cursor() is None:
        tx.move_notice_cursor(None, NoticeCursor(tx.last_status_event()))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
