"""Looking for a message in Twilio's list after an answer that left its result unknown."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from doubles.twilio import ACCOUNT_SID, TwilioDouble
from doubles.twilio_faults import Fault, Operation, Request, error_after_accept, hang, not_json, refuse, reset
from oncall.channels.twilio_sms import TwilioSms
from oncall.errors import Ambiguous, DeliveryError, Temporary
from oncall.paging.domain.ticket import AttemptStatus
from oncall.paging.ports.channel import Receipt
from tests.channels.conftest import PHONE, channel_to, page, patience_with, using


def _find(channel: TwilioSms, *, since: datetime | None = None, known: tuple[str, ...] = ()) -> Receipt | None:
    start = since or datetime.now(UTC)
    return using(channel, lambda: channel.find(page(), since=start, ends_with="ACK 7K2", known=known))


def _found_after_unknown_result(double: TwilioDouble, fault: Fault) -> Receipt | None:
    """Send a message with an unknown result, and look for it in the list."""
    channel = channel_to(double, timeout_seconds=patience_with(fault))

    async def story() -> Receipt | None:
        since = datetime.now(UTC)
        with pytest.raises(Ambiguous):
            await channel.send(page())
        return await channel.find(page(), since=since, ends_with="ACK 7K2", known=())

    return using(channel, story)


@pytest.mark.parametrize("fault", [reset(), error_after_accept(500), hang(60, accept=True), not_json()])
def test_a_message_with_an_unknown_result_is_found_if_twilio_has_it(double: TwilioDouble, fault: Fault) -> None:
    double.script(fault)
    assert _found_after_unknown_result(double, fault) == Receipt(double.messages[0].sid, AttemptStatus.ACCEPTED)


@pytest.mark.parametrize("fault", [reset(accept=False), refuse(500), hang(60)])
def test_a_message_with_an_unknown_result_is_not_found_if_twilio_never_got_it(
    double: TwilioDouble, fault: Fault
) -> None:
    double.script(fault)
    assert _found_after_unknown_result(double, fault) is None


def _post(double: TwilioDouble, *, body: str = "x ACK 7K2", to: str = PHONE) -> str:
    return double.account.create_message({"To": to, "Body": body, "From": "+15005550006"}).sid


def test_a_sent_message_is_found_with_its_state(double: TwilioDouble) -> None:
    sid = _post(double)
    double.deliver(sid, "undelivered", 30003)
    found = _find(channel_to(double))
    assert found is not None
    assert (found.provider_id, found.status, found.error_code) == (sid, AttemptStatus.UNDELIVERED, 30003)


def test_a_trial_accounts_prefix_does_not_hide_the_message() -> None:
    with TwilioDouble(is_trial=True) as double:
        sid = _post(double)
        assert double.messages[0].body.startswith("Sent from your Twilio trial account - ")
        assert _find(channel_to(double)) == Receipt(sid, AttemptStatus.ACCEPTED)


def test_messages_of_other_attempts_people_and_codes_do_not_match(double: TwilioDouble) -> None:
    known = _post(double)
    _post(double, to="+13055550102")
    _post(double, body="x ACK 9ZZ")
    assert _find(channel_to(double), known=(known,)) is None


def test_an_older_message_with_the_same_code_does_not_match(double: TwilioDouble) -> None:
    _post(double)
    double.deliver(double.messages[0].sid, "delivered")
    assert _find(channel_to(double), since=datetime.now(UTC) + timedelta(hours=1)) is None


def test_clocks_that_differ_by_minutes_do_not_hide_the_message(double: TwilioDouble) -> None:
    sid = _post(double)
    found = _find(channel_to(double), since=datetime.now(UTC) + timedelta(minutes=8))
    assert found is not None
    assert found.provider_id == sid


def test_the_first_of_two_unknown_attempts_finds_the_first_message(double: TwilioDouble) -> None:
    first, second = _post(double), _post(double)
    found = _find(channel_to(double))
    assert found is not None
    assert found.provider_id == first
    found = _find(channel_to(double), known=(first,))
    assert found is not None
    assert found.provider_id == second


def test_the_query_names_the_number_and_the_day_before(double: TwilioDouble) -> None:
    _find(channel_to(double), since=datetime(2027, 1, 9, 0, 15, tzinfo=UTC))
    dated, undated = double.requests
    assert dated.query == {"To": PHONE, "DateSent>": "2027-01-08T00:00:00Z", "PageSize": "1000"}
    assert undated.query == {"To": PHONE, "PageSize": "1000"}


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (refuse(401, 20003), "HTTP 401, code 20003"),
        (refuse(503), "HTTP 503"),
        (reset(), "ClientOSError"),
        (hang(60), "no answer in time"),
        (not_json(status=200), "JSONDecodeError"),
        (not_json("{}", status=200), "TwilioException"),
    ],
)
def test_a_list_that_cannot_be_read_now_is_a_temporary_failure(double: TwilioDouble, fault: Fault, reason: str) -> None:
    double.rule(fault, on=Operation.LIST)
    with pytest.raises(DeliveryError) as caught:
        _find(channel_to(double, timeout_seconds=patience_with(fault)))
    assert type(caught.value) is Temporary
    assert str(caught.value) == (
        f"Twilio cannot say whether the message to ana (number ending in 01) was sent ({reason}); oncall asks again."
    )


def test_the_next_query_waits_as_long_as_a_busy_twilio_asks(double: TwilioDouble) -> None:
    double.script(refuse(429, 20429, retry_after="3"), on=Operation.LIST)
    with pytest.raises(Temporary) as caught:
        _find(channel_to(double))
    assert (caught.value.code, caught.value.retry_after) == (20429, timedelta(seconds=3))


def test_a_message_behind_a_thousand_later_ones_is_found(double: TwilioDouble) -> None:
    sid = _post(double)
    for _ in range(1500):
        _post(double, body="x ACK 9ZZ")
    assert _find(channel_to(double)) == Receipt(sid, AttemptStatus.ACCEPTED)


def test_reading_a_long_list_stops_where_the_message_can_no_longer_be(double: TwilioDouble) -> None:
    for _ in range(1500):
        _post(double, body="x ACK 9ZZ")
    assert _find(channel_to(double), since=datetime.now(UTC) + timedelta(hours=1)) is None
    assert [request.query.get("Page") for request in double.requests] == [None, None]


def test_many_unknown_texts_to_one_phone_share_one_reading_of_the_list(double: TwilioDouble) -> None:
    """The reading starts after the last of them has asked."""
    codes = [f"ACK 7K{number}" for number in range(9)]
    channel, since = channel_to(double), datetime.now(UTC)

    async def story() -> list[Receipt | None]:
        return await asyncio.gather(
            *(
                channel.find(page(), since=since - timedelta(hours=n), ends_with=code, known=())
                for n, code in enumerate(codes)
            )
        )

    sids = [_post(double, body=f"x {code}") for code in codes]
    for sid in sids[5:]:
        double.deliver(sid, "delivered")
    found = using(channel, story)
    assert [one.provider_id for one in found if one is not None] == sids
    assert len(double.requests) == 2
    earliest = since - timedelta(days=1, hours=8, minutes=10)
    assert double.requests[0].query["DateSent>"].startswith(earliest.date().isoformat())


def _every_request(seen: threading.Event) -> Callable[[Request], bool]:
    """Match every request and set `seen` at the first."""

    def note(_: Request) -> bool:
        seen.set()
        return True

    return note


def test_an_endless_list_is_a_temporary_failure_for_all_who_ask(double: TwilioDouble) -> None:
    endless = {"messages": [], "next_page_uri": f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json?Page=1"}
    is_being_read = threading.Event()
    double.rule(not_json(json.dumps(endless), status=200), when=_every_request(is_being_read), on=Operation.LIST)
    channel = channel_to(double, timeout_seconds=0.4)

    def ask() -> Coroutine[Any, Any, Receipt | None]:
        return channel.find(page(), since=datetime.now(UTC), ends_with="ACK 7K2", known=())

    async def story() -> tuple[Receipt | BaseException | None, ...]:
        first = asyncio.create_task(ask())
        await asyncio.to_thread(is_being_read.wait, 60)
        async with asyncio.timeout(60):
            return tuple(await asyncio.gather(first, ask(), return_exceptions=True))

    refusals = using(channel, story)
    words = "whether the message to ana (number ending in 01) was sent (no answer in time); oncall asks again."
    assert [(type(one), str(one)) for one in refusals] == [(Temporary, f"Twilio cannot say {words}")] * 2


def test_closing_the_channel_cancels_readings_whose_callers_have_given_up(double: TwilioDouble) -> None:
    is_being_read = threading.Event()
    double.rule(hang(60), when=_every_request(is_being_read), on=Operation.LIST)
    channel = channel_to(double, timeout_seconds=60)

    async def story() -> int:
        asked = [channel.find(page(), since=datetime.now(UTC), ends_with="ACK 7K2", known=()) for _ in range(2)]
        impatient = [asyncio.create_task(one) for one in asked]
        await asyncio.to_thread(is_being_read.wait, 60)
        for one in impatient:
            one.cancel()
        await asyncio.gather(*impatient, return_exceptions=True)
        await channel.close()
        return len(asyncio.all_tasks())

    assert using(channel, story) == 1, "only the task that counts them"


def test_a_query_does_not_use_a_reading_that_started_before_it(double: TwilioDouble) -> None:
    fault, is_being_read = hang(60), threading.Event()

    def is_first(_: Request) -> bool:
        others = is_being_read.is_set()
        is_being_read.set()
        return not others

    double.rule(fault, when=is_first, on=Operation.LIST)
    channel = channel_to(double, timeout_seconds=patience_with(fault))

    def ask() -> Coroutine[Any, Any, Receipt | None]:
        return channel.find(page(), since=datetime.now(UTC), ends_with="ACK 7K2", known=())

    async def story() -> tuple[str, Receipt | None]:
        first = asyncio.create_task(ask())
        await asyncio.to_thread(is_being_read.wait, 30)
        _post(double)
        second = asyncio.create_task(ask())
        with pytest.raises(Temporary) as caught:
            await first
        return str(caught.value), await second

    refusal, found = using(channel, story)
    assert "no answer in time" in refusal
    assert found == Receipt(double.messages[0].sid, AttemptStatus.ACCEPTED)


def test_a_list_that_is_too_long_to_tell_is_a_temporary_failure(double: TwilioDouble) -> None:
    for _ in range(5000):
        _post(double, body="x ACK 9ZZ")
    with pytest.raises(Temporary) as caught:
        _find(channel_to(double))
    assert str(caught.value) == (
        "Twilio lists too many messages to tell whether the message to ana (number ending in 01) was sent; oncall "
        "asks again."
    )


def test_the_status_query_names_the_message_by_its_id(double: TwilioDouble) -> None:
    sid = _post(double)
    double.deliver(sid, "delivered")
    channel = channel_to(double)
    assert using(channel, lambda: channel.status(sid)) == Receipt(sid, AttemptStatus.DELIVERED)


def test_the_status_of_a_message_unknown_to_twilio_is_a_temporary_failure(double: TwilioDouble) -> None:
    sid = "SM" + "0" * 32
    channel = channel_to(double)
    with pytest.raises(Temporary) as caught:
        using(channel, lambda: channel.status(sid))
    assert str(caught.value) == (
        f"Twilio cannot say what became of message {sid} (HTTP 404, code 20404); oncall asks again."
    )
