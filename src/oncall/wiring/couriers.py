"""Makes the courier of each destination of the relay: what sends its messages, and when one may be sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TypeVar

import structlog

from oncall.channels.mail_post import MailPost
from oncall.channels.many_mails import ManyMails
from oncall.channels.subscriber_hook import SubscriberHookPost
from oncall.channels.subscriber_sms_post import SubscriberSmsPost
from oncall.channels.team_channel import TeamChannelPost
from oncall.channels.webhook_post import WebhookPost
from oncall.paging.actions.sms_subscriptions import stop_texts
from oncall.paging.actions.subscription_limits import number_digest
from oncall.paging.actions.subscriptions import end_hook
from oncall.paging.ports.relay import (
    CUSTOMER_MAIL,
    SUBSCRIBER_CODES,
    SUBSCRIBER_HOOK,
    SUBSCRIBER_MAIL,
    SUBSCRIBER_SMS,
    TEAM_CHANNEL,
    WEBHOOK,
    Carrier,
    RelayMessages,
)
from oncall.paging.ports.store import Transaction
from oncall.paging.ports.subscribers import Subscriber
from oncall.paging.ports.time_source import Clock
from oncall.paging.relay.courier import Courier
from oncall.paging.relay.pace import Pace
from oncall.paging.sending.store_access import Access
from oncall.support.policy import Policy
from oncall.web.server.relay_metrics import RelayMetrics
from oncall.wiring.settings import CHANNEL_VARIABLE, WEBHOOK_VARIABLE, Settings, variable_part
from oncall.wiring.status_sms import PAUSE, SHARED_PAUSE, TextTurns, make_status_sms, shares_sender

T = TypeVar("T")
UNNAMED = "the policy does not name it any more"
NO_SUBSCRIBER = "the subscription has ended"
_BY_SMS = (SUBSCRIBER_SMS, SUBSCRIBER_CODES)


class Couriers:
    """The couriers of one relay, each kept while the address of its destination stays the same."""

    def __init__(self, settings: Settings, access: Access, clock: Clock, metrics: RelayMetrics, pace: Pace) -> None:
        self._settings, self._access, self._clock = settings, access, clock
        self._metrics, self._pace = metrics, pace
        pause = SHARED_PAUSE if shares_sender(settings) else PAUSE
        self._turns = TextTurns(access, clock.real_now, pause)
        self._made: dict[str, tuple[str, Courier]] = {}
        self._log = structlog.get_logger("oncall.relay")

    async def courier(self, to: str, policy: Policy) -> Courier | None:
        """Return the courier of a destination; None if the policy or the subscription that named it has ended."""
        hook = await self._hook(to)
        address = hook.address if hook is not None else _address_of(to, policy)
        if address is None:
            return None
        known = self._made.get(to)
        if known is None or known[0] != address:
            if known is not None:
                await known[1].carrier.close()
            self._made[to] = address, self._new(to, address, hook)
        return self._made[to][1]

    def carrier(self, to: str, address: str, hook: Subscriber | None = None) -> Carrier:
        """Return a new carrier to a destination. hook: the subscriber if the destination is a subscriber's webhook."""
        if hook is not None:
            may_be_loopback = self._settings.mail.may_be_loopback
            return SubscriberHookPost(address, hook.signing_secret, may_be_loopback=may_be_loopback)
        if to == SUBSCRIBER_MAIL:
            return ManyMails(self._settings.mail.server, self._settings.mail.sender)
        if to == CUSTOMER_MAIL:
            return MailPost(self._settings.mail.server, self._settings.mail.sender)
        if to in _BY_SMS:
            return SubscriberSmsPost(
                make_status_sms(self._settings), has_stopped=self._has_stopped, stop=self._stop_texts
            )
        kind, _, name = to.partition(":")
        part = variable_part(name)
        if kind == WEBHOOK:
            secrets = self._settings.webhook_secrets.get(part)
            return WebhookPost(address, secrets, variable=f"{WEBHOOK_VARIABLE}{part}")
        return TeamChannelPost(self._settings.channel_urls.get(part), variable=f"{CHANNEL_VARIABLE}{part}")

    def rests(self, to: str) -> bool:
        """Return True during the pause after a failure, in which nothing is sent to the destination."""
        return to in self._made and self._made[to][1].rests

    def has_any(self) -> bool:
        """Return True if a courier was made, so that this relay has sent messages."""
        return bool(self._made)

    async def close(self) -> None:
        """Close the connections of all carriers."""
        for _, courier in self._made.values():
            await courier.carrier.close()

    def _new(self, to: str, address: str, hook: Subscriber | None) -> Courier:
        carrier, may_go = self.carrier(to, address, hook), self._turns.next if to in _BY_SMS else None
        courier = Courier(to, carrier, self._write, self._clock.real_now, self._metrics, may_go)
        if to == SUBSCRIBER_MAIL and isinstance(carrier, ManyMails):
            courier.batch, courier.pause = carrier, lambda: self._pace.rest_seconds
        if hook is not None:
            courier.give_up = partial(self._end_hook, hook.id)
        return courier

    async def _end_hook(self, subscriber: str, error: str) -> int:
        """End the subscription of a webhook that accepts no posts. Returns how many posts were given up."""
        now = self._clock.real_now()
        given_up = await self._access.write_apart(lambda tx: end_hook(tx, subscriber, error=error, real_now=now))
        to = f"{SUBSCRIBER_HOOK}:{subscriber}"
        self._made.pop(to, None)
        self._metrics.subscription_ended()
        self._log.warning(
            "a webhook accepted no post for 3 days, so its subscription has ended",
            action="subscription_ended",
            to=to,
            given_up=given_up,
        )
        return given_up

    async def _hook(self, to: str) -> Subscriber | None:
        """Return the subscriber whose webhook is the destination; None for other destinations."""
        kind, _, name = to.partition(":")
        if kind != SUBSCRIBER_HOOK:
            return None
        return await self._access.read(lambda tx: tx.subscriber(name))

    async def _write(self, work: Callable[[RelayMessages], T]) -> T:
        def relayed(tx: Transaction) -> T:
            return work(tx)

        return await self._access.write_apart(relayed)

    async def _has_stopped(self, number: str) -> bool:
        return await self._access.read(lambda tx: tx.has_stopped_texts(number_digest(number)))

    async def _stop_texts(self, number: str) -> None:
        await self._access.write_apart(lambda tx: stop_texts(tx, number, self._clock.real_now()))


def give_up(tx: RelayMessages, to: str, real_now: datetime) -> None:
    """Quarantine all messages to a destination that has no courier any more."""
    words = NO_SUBSCRIBER if to.startswith(f"{SUBSCRIBER_HOOK}:") else UNNAMED
    tx.quarantine_relay_messages(to, written_before=real_now, error=words)


def _address_of(to: str, policy: Policy) -> str | None:
    """Return the address of a webhook, or the name of a team channel; None if the policy does not name it."""
    if to in (CUSTOMER_MAIL, SUBSCRIBER_MAIL, *_BY_SMS):
        return to
    kind, _, name = to.partition(":")
    if kind == TEAM_CHANNEL:
        return next((channel.name for channel in policy.team_channels if channel.name == name), None)
    return next((webhook.url for webhook in policy.webhooks if webhook.name == name), None)
