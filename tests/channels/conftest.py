"""A Twilio on loopback, and channels that talk to it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

import pytest

from doubles.twilio import NUMBER, TwilioDouble
from doubles.twilio_faults import Fault
from oncall.channels.twilio import TwilioChannel
from oncall.channels.twilio_account import TwilioAccount
from oncall.channels.twilio_voice import TwilioVoice
from oncall.errors import DeliveryError
from oncall.paging.ports.channel import Channel, Message, Receipt

T = TypeVar("T")
PHONE = "+13055550101"
BODY = "URGENT T-1042 Acme Standard: desktops down. First reply by 03:42. ACK 7K2"
PATIENT_SECONDS = 60.0
"""For whatever is answered: a busy machine takes its time."""
HASTY_SECONDS = 2.0
"""For what is never answered; connecting to it, which must go well, gets half of it."""


@pytest.fixture
def double() -> Iterator[TwilioDouble]:
    with TwilioDouble() as running:
        yield running


def account_of(double: TwilioDouble, *, base_url: str | None = None, timeout_seconds: float = 5.0) -> TwilioAccount:
    """The double's own account. base_url: another way to it."""
    return TwilioAccount(double.account_sid, double.auth_token, base_url or double.base_url, timeout_seconds)


def channel_to(
    double: TwilioDouble,
    *,
    callback: str | None = None,
    timeout_seconds: float = PATIENT_SECONDS,
    base_url: str | None = None,
) -> TwilioChannel:
    """A channel whose Twilio is the double."""
    account = account_of(double, base_url=base_url, timeout_seconds=timeout_seconds)
    return TwilioChannel(account, from_number=NUMBER, status_callback_base=callback)


def voice_to(
    double: TwilioDouble, *, public_url: str = "http://127.0.0.1:1", timeout_seconds: float = PATIENT_SECONDS
) -> TwilioVoice:
    """A channel for calls whose Twilio is the double."""
    account = account_of(double, timeout_seconds=timeout_seconds)
    return TwilioVoice(account, from_number=NUMBER, public_url=public_url)


def patience_with(fault: Fault) -> float:
    """Seconds after which a channel may give this fault up."""
    return HASTY_SECONDS if fault.delay_seconds else PATIENT_SECONDS


def page(
    *, delivery_id: str = "d-1", phone: str | None = PHONE, body: str = BODY, valid_for: int | None = None
) -> Message:
    """One page to ana."""
    return Message(delivery_id, "ana", phone, None, body, valid_for)


def using(channel: Channel, use: Callable[[], Awaitable[T]]) -> T:
    """Run `use` in an event loop of its own and close the channel in it, whatever happens."""

    async def story() -> T:
        try:
            return await use()
        finally:
            await channel.close()

    return asyncio.run(story())


def send(channel: Channel, message: Message | None = None) -> Receipt:
    """Send one message and close."""
    return using(channel, lambda: channel.send(message or page()))


def failure_of(channel: Channel, message: Message | None = None) -> DeliveryError:
    """The delivery error that sending ends in."""
    with pytest.raises(DeliveryError) as caught:
        send(channel, message)
    return caught.value
