"""The contract of every channel: what the pager relies on."""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from doubles.twilio import TwilioDouble
from oncall.channels.outbox import OutboxChannel
from oncall.clock import SystemClock
from oncall.errors import DeliveryError, Temporary
from oncall.paging.domain.ticket import FINAL_STATUSES
from oncall.paging.ports.channel import Channel, Receipt
from tests.channels.conftest import PHONE, channel_to, page, using, voice_to


@pytest.fixture(params=["twilio", "twilio-voice", "outbox"])
def channel(request: pytest.FixtureRequest, double: TwilioDouble) -> Channel:
    if request.param == "twilio-voice":
        return voice_to(double)
    return channel_to(double) if request.param == "twilio" else OutboxChannel(io.StringIO(), SystemClock().now)


def _sent_then(channel: Channel, ask: Callable[[Receipt], Awaitable[Receipt | None]]) -> tuple[Receipt, Receipt | None]:
    async def story() -> tuple[Receipt, Receipt | None]:
        receipt = await channel.send(page())
        return receipt, await ask(receipt)

    return using(channel, story)


def _an_hour_ago() -> datetime:
    return datetime.now(UTC) - timedelta(hours=1)


def test_a_channel_has_a_name_of_one_word(channel: Channel) -> None:
    assert channel.name in ("twilio", "twilio-voice", "outbox")


def test_a_receipt_names_the_message_and_claims_no_final_status(channel: Channel) -> None:
    receipt, other = _sent_then(channel, lambda _: channel.send(page(delivery_id="d-2")))
    assert other is not None
    assert receipt.provider_id
    assert receipt.provider_id != other.provider_id
    assert receipt.status not in FINAL_STATUSES


def test_a_sent_message_is_found_by_its_ending(channel: Channel) -> None:
    receipt, found = _sent_then(
        channel, lambda _: channel.find(page(), since=_an_hour_ago(), ends_with="ACK 7K2", known=())
    )
    assert found == receipt


def test_a_known_message_is_not_found_again(channel: Channel) -> None:
    _, found = _sent_then(
        channel,
        lambda sent: channel.find(page(), since=_an_hour_ago(), ends_with="ACK 7K2", known=[sent.provider_id]),
    )
    assert found is None


def test_a_message_with_another_code_is_not_found(channel: Channel) -> None:
    if channel.name == "twilio-voice":
        return  # Twilio does not list what a call said, so any call to this number matches; its id tells it apart.
    _, found = _sent_then(channel, lambda _: channel.find(page(), since=_an_hour_ago(), ends_with="ACK 9ZZ", known=()))
    assert found is None


def test_a_message_that_was_not_sent_is_not_found(channel: Channel) -> None:
    ask = channel.find(page(), since=_an_hour_ago(), ends_with="ACK 7K2", known=())
    assert using(channel, lambda: ask) is None


def test_the_status_of_a_sent_message_can_be_queried(channel: Channel) -> None:
    receipt, state = _sent_then(channel, lambda sent: channel.status(sent.provider_id))
    assert state == receipt


def test_the_status_of_an_unknown_message_is_a_temporary_failure(channel: Channel) -> None:
    with pytest.raises(Temporary):
        using(channel, lambda: channel.status("SM" + "f" * 32))


def test_a_channel_may_be_closed_twice(channel: Channel) -> None:
    async def story() -> None:
        await channel.send(page())
        await channel.close()
        await channel.close()

    using(channel, story)


def test_no_error_or_description_holds_a_number(channel: Channel) -> None:
    with pytest.raises(DeliveryError) as caught:
        using(channel, lambda: channel.status(PHONE.replace("+", "SM")))
    assert PHONE not in str(caught.value) + repr(caught.value) + repr(channel)
