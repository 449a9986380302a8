"""Our client and our double of Twilio, compared with the API description that Twilio publishes."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import ClientSession

from doubles.twilio import TwilioDouble
from doubles.twilio_faults import Operation
from doubles.twilio_posts import NUMBER
from oncall.channels.twilio_sms import TwilioSms
from tests.channels.conftest import PHONE, account_of, channel_to, page, send, using
from tests.channels.published_api import faults_of_answer, faults_of_form, faults_of_query, operations

SERVICE = "MG" + "0123456789abcdef" * 2


def _path(double: TwilioDouble, operation: str, sid: str = "") -> str:
    path: str = operations()[operation]["path"]
    return path.replace("{AccountSid}", double.account_sid).replace("{Sid}", sid)


def _service_channel(double: TwilioDouble) -> TwilioSms:
    return TwilioSms(account_of(double, from_number=None, messaging_service_sid=SERVICE))


def test_every_request_that_sends_fits_the_published_api(double: TwilioDouble) -> None:
    for channel in (channel_to(double, callback="https://oncall.example.com"), _service_channel(double)):
        send(channel, page(valid_for=300))
    assert len(double.requests) == 2
    for request in double.requests:
        assert (request.operation, request.path) == (Operation.CREATE, _path(double, "CreateMessage"))
        assert faults_of_form("CreateMessage", request.form) == []


def test_every_query_fits_the_published_api(double: TwilioDouble) -> None:
    channel = channel_to(double)

    async def story() -> None:
        sent = await channel.send(page())
        await channel.find(page(), since=datetime.now(UTC), ends_with="ACK 9ZZ", known=())
        await channel.status(sent.provider_id)

    using(channel, story)
    _, dated, undated, fetched = double.requests
    for listed in (dated, undated):
        assert listed.path == _path(double, "ListMessage")
        assert faults_of_query("ListMessage", listed.query) == []
    assert (fetched.method, fetched.path) == ("GET", _path(double, "FetchMessage", double.messages[0].sid))


def test_the_check_finds_what_does_not_fit() -> None:
    assert faults_of_form("CreateMessage", {"To": PHONE, "Text": "x"})
    assert faults_of_form("CreateMessage", {"Body": "no recipient"})
    assert faults_of_form("CreateMessage", {"To": "ana"})
    assert faults_of_form("CreateMessage", {"To": PHONE, "ValidityPeriod": "soon"})
    assert faults_of_form("CreateMessage", {"To": PHONE, "MessagingServiceSid": "MG1"})
    assert faults_of_query("ListMessage", {"PageSize": "1001"})
    assert faults_of_answer("FetchMessage", {"sid": "SM1"})


async def _ask(double: TwilioDouble, method: str, path: str, **sent: Any) -> tuple[int, Any]:
    credentials = "Basic " + b64encode(f"{double.account_sid}:{double.auth_token}".encode()).decode()
    async with (
        ClientSession(headers={"Authorization": credentials}) as session,
        session.request(method, double.base_url + path, **sent) as answer,
    ):
        return answer.status, json.loads(await answer.text())


def _answer(double: TwilioDouble, operation: str, *, sid: str = "", **sent: Any) -> Any:
    described = operations()[operation]
    status, body = asyncio.run(_ask(double, described["method"], _path(double, operation, sid), **sent))
    assert status == described["status"]
    return body


SMS = {"To": PHONE, "From": NUMBER, "Body": "x"}


@pytest.mark.parametrize("form", [SMS, {"To": PHONE, "MessagingServiceSid": SERVICE, "Body": "x"}])
def test_the_double_accepts_a_message_as_published(double: TwilioDouble, form: dict[str, str]) -> None:
    assert faults_of_answer("CreateMessage", _answer(double, "CreateMessage", data=form)) == []


def test_the_double_queues_a_call_as_published(double: TwilioDouble) -> None:
    call = {"To": PHONE, "From": NUMBER, "Twiml": "<Response/>"}
    assert faults_of_form("CreateCall", call) == []
    assert faults_of_answer("CreateCall", _answer(double, "CreateCall", data=call)) == []
    assert [one.to for one in double.calls] == [PHONE]


def test_the_double_lists_and_shows_messages_as_published(double: TwilioDouble) -> None:
    for number in range(5):
        double.account.create_message({**SMS, "Body": str(number)})
    double.deliver(double.messages[0].sid, "undelivered", 30003)
    first = _answer(double, "ListMessage", params={"PageSize": "2"})
    last = _answer(double, "ListMessage", params={"PageSize": "2", "Page": "2"})
    assert [message["body"] for message in first["messages"]] == ["4", "3"]
    assert (first["previous_page_uri"], last["next_page_uri"]) == (None, None)
    for body in (first, last):
        assert faults_of_answer("ListMessage", body) == []
    shown = _answer(double, "FetchMessage", sid=double.messages[0].sid)
    assert shown["error_code"] == 30003
    assert faults_of_answer("FetchMessage", shown) == []
