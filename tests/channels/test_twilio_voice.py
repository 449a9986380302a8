"""Calls through the real Twilio library: the request, the spoken words, and what each error means."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from doubles.twilio import TwilioDouble
from doubles.twilio_callbacks import call_script
from doubles.twilio_faults import Fault, Operation, cut, error_after_accept, hang, not_json, refuse, reset
from doubles.twilio_posts import NUMBER
from oncall.channels.twilio_account import TwilioAccount
from oncall.channels.twilio_twiml import question_twiml, statement_twiml
from oncall.channels.twilio_voice import TwilioVoice
from oncall.errors import Ambiguous, Permanent, SettingsError, Temporary
from oncall.paging.domain.ticket import AttemptStatus
from oncall.paging.ports.channel import Message, Receipt
from tests.channels.conftest import PHONE, failure_of, page, patience_with, send, using, voice_to
from tests.channels.published_api import faults_of_form

SPOKEN = "This is on call. Urgent ticket T 1. Customer Acme & Sons <Ltd>. Sessions do not start."
PUBLIC = "https://oncall.example.com/base"


def call(*, phone: str | None = PHONE, valid_for: int | None = None) -> Message:
    return replace(page(phone=phone, valid_for=valid_for), delivery_id="d/1 x", spoken=SPOKEN)


def test_a_call_says_the_page_twice_and_asks_for_a_key(double: TwilioDouble) -> None:
    receipt = send(voice_to(double, public_url=PUBLIC), call())
    (made,) = double.calls
    assert receipt == Receipt(made.sid, AttemptStatus.ACCEPTED)
    script = call_script(made.twiml or "")
    assert script.said == [f"{SPOKEN} Press 1 to acknowledge, 2 to pass on."] * 2
    assert script.without_key == ["You pressed no key, so oncall pages the next person in time. Goodbye."]
    assert script.action == f"{PUBLIC}/webhooks/twilio/voice?delivery=d%2F1%20x"
    assert made.status_callback == f"{PUBLIC}/webhooks/twilio/status?delivery=d%2F1%20x"
    assert (made.to, made.from_, made.ring_seconds) == (PHONE, NUMBER, 30)


def test_the_request_for_a_call_fits_the_published_api(double: TwilioDouble) -> None:
    send(voice_to(double), call())
    asked = dict(double.requests[0].form)
    # Sent once for each event, of which the double keeps the last.
    assert asked.pop("StatusCallbackEvent") == "completed"
    assert faults_of_form("CreateCall", asked) == []


@pytest.mark.parametrize(("valid_for", "rings"), [(None, 30), (1, 10), (17, 17), (3600, 30)])
def test_a_phone_rings_no_longer_than_its_step_lasts(double: TwilioDouble, valid_for: int | None, rings: int) -> None:
    send(voice_to(double), call(valid_for=valid_for))
    assert double.calls[0].ring_seconds == rings


def test_a_notice_is_spoken_and_asks_for_no_key(double: TwilioDouble) -> None:
    send(voice_to(double), page(body="WARNING: Ana has sent STOP."))
    script = call_script(double.calls[0].twiml or "")
    assert (script.said, script.action) == (["WARNING: Ana has sent STOP."], None)


def test_characters_that_xml_cannot_hold_are_left_out() -> None:
    assert call_script(statement_twiml("a\x00b\ud800c")).said == ["abc"]
    assert call_script(question_twiml("x" * 5000, "http://127.0.0.1:1")).said[0] == "x" * 1000


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        (refuse(429, 20429), Temporary, 20429),
        (refuse(401, 20003), Permanent, 20003),
        (refuse(400, 21215), Permanent, 21215),
        (refuse(400, 21214), Permanent, 21214),
        (error_after_accept(), Ambiguous, 20500),
        (reset(), Ambiguous, None),
        (cut(), Ambiguous, None),
        (not_json(), Ambiguous, None),
        (hang(60), Ambiguous, None),
    ],
)
def test_each_error_means_the_same_as_for_a_text(
    double: TwilioDouble, fault: Fault, kind: type[Exception], code: int | None
) -> None:
    double.script(fault, on=Operation.CALL)
    error = failure_of(voice_to(double, timeout_seconds=patience_with(fault)), call())
    assert type(error) is kind
    assert error.code == code
    assert PHONE not in str(error)


def test_a_refusal_says_who_and_why(double: TwilioDouble) -> None:
    double.script(refuse(400, 21215), on=Operation.CALL)
    assert str(failure_of(voice_to(double), call())) == (
        "Twilio refused the call to ana (number ending in 01): calls to this region are not enabled (code 21215); "
        "enable the region under Voice, Geo permissions, in the Twilio console."
    )


def test_a_call_with_an_unknown_result_says_what_oncall_does_next(double: TwilioDouble) -> None:
    double.script(reset(), on=Operation.CALL)
    assert str(failure_of(voice_to(double), call())) == (
        "the connection to Twilio was cut before its answer was complete (ClientOSError); the call to ana (number "
        "ending in 01) may have been made. oncall looks in Twilio's list before it makes the call again."
    ).replace("ClientOSError", _name_in(double))


def _name_in(double: TwilioDouble) -> str:
    """Return the library's name for a reset, which depends on when the library notices it."""
    double.script(reset(), on=Operation.CALL)
    return str(failure_of(voice_to(double), call())).partition("(")[2].partition(")")[0]


def test_an_unreachable_provider_has_called_nobody(double: TwilioDouble) -> None:
    double.refuse_connections()
    error = failure_of(voice_to(double), call())
    assert type(error) is Temporary
    assert "the call to ana (number ending in 01) was not made. oncall retries it." in str(error)


def test_a_person_without_a_number_cannot_be_called(double: TwilioDouble) -> None:
    assert type(failure_of(voice_to(double), call(phone=None))) is Permanent
    assert double.requests == []


def test_a_call_is_found_although_its_answer_was_lost(double: TwilioDouble) -> None:
    double.script(reset(), on=Operation.CALL)
    channel = voice_to(double)

    async def story() -> Receipt | None:
        since = datetime.now(UTC)
        with pytest.raises(Ambiguous):
            await channel.send(call())
        return await channel.find(call(), since=since, ends_with="", known=())

    assert using(channel, story) == Receipt(double.calls[0].sid, AttemptStatus.ACCEPTED)


def test_an_older_call_to_the_same_number_does_not_match(double: TwilioDouble) -> None:
    channel = voice_to(double)

    async def story() -> Receipt | None:
        await channel.send(call())
        later = datetime.now(UTC) + timedelta(minutes=1)
        return await channel.find(call(), since=later, ends_with="", known=())

    assert using(channel, story) is None


def test_the_status_of_an_unanswered_call_says_so(double: TwilioDouble) -> None:
    channel = voice_to(double)

    async def story() -> Receipt:
        sent = await channel.send(call())
        double.account.call(sent.provider_id).status = "no-answer"
        return await channel.status(sent.provider_id)

    receipt = using(channel, story)
    assert (receipt.status, receipt.failure and receipt.failure.why) == (
        AttemptStatus.UNDELIVERED,
        "nobody answered the call",
    )


@pytest.mark.parametrize(("number", "public_url"), [("", PUBLIC), (NUMBER, "")])
def test_calls_need_a_number_and_an_address(number: str, public_url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        TwilioVoice(TwilioAccount("AC1", "t", from_number=number, public_url=public_url))
    assert str(caught.value) == (
        "calls need a number of the account and an address for the keys: set TWILIO_FROM and ONCALL_PUBLIC_URL"
    )
