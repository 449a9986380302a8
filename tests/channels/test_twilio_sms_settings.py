"""Settings with which no SMS can be sent are refused when the channel is made."""

from __future__ import annotations

import pytest

from doubles.twilio import TwilioDouble
from doubles.twilio_posts import NUMBER
from oncall.channels.twilio_account import TwilioAccount
from oncall.channels.twilio_sms import TwilioSms
from oncall.errors import SettingsError
from tests.channels.conftest import (
    channel_to,
    send,
)
from tests.channels.test_twilio_sms import SERVICE


@pytest.mark.parametrize(("sid", "auth_token"), [("AC1", ""), ("", "t")])
def test_an_account_without_a_name_or_a_secret_is_refused_at_once(sid: str, auth_token: str) -> None:
    with pytest.raises(SettingsError) as caught:
        TwilioAccount(sid, auth_token)
    assert str(caught.value) == "Twilio needs both TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN; set them"


@pytest.mark.parametrize(
    "url", ["api.twilio.com", "http://h:port", "http://a..b", "http://a b", "ftp://h", "http://h?q=1", ""]
)
def test_a_bad_base_address_is_refused_at_once(url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        TwilioAccount("AC1", "t", url)
    assert str(caught.value) == (
        'TWILIO_BASE_URL is not a base address; write it like "https://api.twilio.com", or unset it'
    )


@pytest.mark.parametrize(("number", "service"), [(None, None), ("", None), (NUMBER, SERVICE)])
def test_no_sender_or_two_of_them_are_refused_at_once(number: str | None, service: str | None) -> None:
    with pytest.raises(SettingsError) as caught:
        TwilioSms(TwilioAccount("AC1", "t", from_number=number, messaging_service_sid=service))
    assert str(caught.value) == (
        "Twilio needs a sender: set one of TWILIO_FROM and TWILIO_MESSAGING_SERVICE_SID, not both"
    )


@pytest.mark.parametrize("number", ["305", "13055550100", "+1 305 555 0100", "+0", "CAS Support"])
def test_a_sender_that_is_not_a_number_is_refused_at_once(number: str) -> None:
    with pytest.raises(SettingsError) as caught:
        TwilioAccount("AC1", "t", from_number=number)
    assert str(caught.value) == 'TWILIO_FROM is not a number; write it like "+13055550100", or a short code'


@pytest.mark.parametrize("service", ["MG123", "AC" + "0" * 32, "MG" + "x" * 32])
def test_a_malformed_messaging_service_is_refused_at_once(service: str) -> None:
    with pytest.raises(SettingsError) as caught:
        TwilioAccount("AC1", "t", messaging_service_sid=service)
    assert (
        str(caught.value)
        == 'TWILIO_MESSAGING_SERVICE_SID is not the id of a service; write "MG" and its 32 hexadecimal digits'
    )


def test_a_short_code_may_send() -> None:
    assert TwilioAccount("AC1", "t", from_number="305555").sms_sender() == {"from_": "305555"}


def test_an_account_is_shown_without_its_secret() -> None:
    assert repr(TwilioAccount("AC1", "hush", "http://user:hush@h")) == ("TwilioAccount(sid='AC1', timeout_seconds=8.0)")


def test_the_environments_region_does_not_move_the_requests(
    double: TwilioDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILIO_REGION", "au1")
    monkeypatch.setenv("TWILIO_EDGE", "sydney")
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC-of-somebody-else")
    send(channel_to(double))
    assert double.requests[0].path == f"/2010-04-01/Accounts/{double.account_sid}/Messages.json"
