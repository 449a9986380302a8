"""A Twilio on loopback, and channels that send to it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

import pytest

from doubles.twilio import TwilioDouble
from doubles.twilio_faults import Fault
from doubles.twilio_posts import NUMBER
from oncall.channels.twilio_account import TwilioAccount
from oncall.channels.twilio_sms import TwilioSms
from oncall.channels.twilio_voice import TwilioVoice
from oncall.errors import DeliveryError
from oncall.paging.ports.channel import Channel, Message, Receipt

T = TypeVar("T")
PHONE = "+13055550101"
BODY = "URGENT T-1042 Acme Standard: desktops down. First reply by 03:42. ACK 7K2"
PATIENT_SECONDS = 60.0
"""For requests that get an answer; a busy machine may need long."""
HASTY_SECONDS = 2.0
"""For requests that get no answer. Connecting, which must succeed, gets half of it."""


@pytest.fixture
def double() -> Iterator[TwilioDouble]:
    with TwilioDouble() as running:
        yield running


def account_of(
    double: TwilioDouble,
    *,
    base_url: str | None = None,
    from_number: str | None = NUMBER,
    messaging_service_sid: str | None = None,
    public_url: str | None = None,
    timeout_seconds: float = PATIENT_SECONDS,
) -> TwilioAccount:
    """The double's own account. base_url: another address of the double."""
    return TwilioAccount(
        double.account_sid,
        double.auth_token,
        base_url or double.base_url,
        from_number=from_number,
        messaging_service_sid=messaging_service_sid,
        public_url=public_url,
        timeout_seconds=timeout_seconds,
    )


def channel_to(
    double: TwilioDouble,
    *,
    callback: str | None = None,
    timeout_seconds: float = PATIENT_SECONDS,
    base_url: str | None = None,
) -> TwilioSms:
    """A channel for SMS whose Twilio is the double."""
    return TwilioSms(account_of(double, base_url=base_url, public_url=callback, timeout_seconds=timeout_seconds))


def voice_to(
    double: TwilioDouble, *, public_url: str = "http://127.0.0.1:1", timeout_seconds: float = PATIENT_SECONDS
) -> TwilioVoice:
    """A channel for calls whose Twilio is the double."""
    return TwilioVoice(account_of(double, public_url=public_url, timeout_seconds=timeout_seconds))


def patience_with(fault: Fault) -> float:
    """Seconds after which a channel should give up on this fault."""
    return HASTY_SECONDS if fault.delay_seconds else PATIENT_SECONDS


def page(
    *, delivery_id: str = "d-1", phone: str | None = PHONE, body: str = BODY, valid_for: int | None = None
) -> Message:
    """One page to ana."""
    return Message(delivery_id, "ana", phone, None, body, valid_for)


def using(channel: Channel, use: Callable[[], Awaitable[T]]) -> T:
    """Run `use` in a new event loop and close the channel in that loop."""

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
    """Send one message, and return the delivery error that it raises."""
    with pytest.raises(DeliveryError) as caught:
        send(channel, message)
    return caught.value
