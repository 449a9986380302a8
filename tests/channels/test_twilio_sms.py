"""Sending SMS through the real Twilio library: what each answer, error and silence means."""

from __future__ import annotations

import logging
import socket
import traceback
from datetime import timedelta

import pytest

from doubles.twilio import TwilioDouble
from doubles.twilio_faults import Fault, cut, error_after_accept, hang, not_json, refuse, reset, slow
from doubles.twilio_posts import NUMBER
from oncall.channels.twilio_account import TwilioAccount
from oncall.channels.twilio_codes import CODES
from oncall.channels.twilio_sms import TwilioSms
from oncall.errors import Ambiguous, DeliveryError, Permanent, Temporary
from oncall.paging.domain.ticket import AttemptStatus
from tests.channels.conftest import (
    BODY,
    HASTY_SECONDS,
    PHONE,
    account_of,
    channel_to,
    failure_of,
    page,
    patience_with,
    send,
    using,
)

PERHAPS_SENT = (
    "the message to ana (number ending in 01) may have been sent. "
    "oncall looks in Twilio's list before it sends the message again."
)
SERVICE = "MG" + "0123456789abcdef" * 2


def test_a_page_reaches_twilio_with_sender_text_and_recipient(double: TwilioDouble) -> None:
    receipt = send(channel_to(double))
    (message,) = double.messages
    assert (message.to, message.from_, message.body) == (PHONE, NUMBER, BODY)
    assert (receipt.provider_id, receipt.status, receipt.error_code) == (message.sid, AttemptStatus.ACCEPTED, None)


def test_without_a_public_url_twilio_is_not_asked_to_call_back(double: TwilioDouble) -> None:
    send(channel_to(double))
    assert set(double.requests[0].form) == {"To", "From", "Body"}


def test_the_status_callback_carries_the_delivery_id(double: TwilioDouble) -> None:
    send(channel_to(double, callback="https://oncall.example.com/"), page(delivery_id="d/1 2"))
    assert double.messages[0].status_callback == (
        "https://oncall.example.com/webhooks/twilio/status?delivery=d%2F1%202"
    )


@pytest.mark.parametrize(("asked", "sent"), [(600, 600), (0, 1), (99_999, 36_000)])
def test_a_page_expires_in_twilios_queue_when_it_is_no_longer_useful(
    double: TwilioDouble, asked: int, sent: int
) -> None:
    send(channel_to(double), page(valid_for=asked))
    assert double.messages[0].validity_period == sent


def test_a_messaging_service_is_used_instead_of_a_number(double: TwilioDouble) -> None:
    send(TwilioSms(account_of(double, from_number=None, messaging_service_sid=SERVICE)))
    assert (double.messages[0].messaging_service_sid, double.messages[0].from_) == (SERVICE, None)


def test_one_connection_carries_many_pages(double: TwilioDouble) -> None:
    channel = channel_to(double)

    async def three() -> None:
        for _ in range(3):
            await channel.send(page())

    using(channel, three)
    assert len(double.messages) == 3
    assert len({request.client_port for request in double.requests}) == 1


def test_a_refused_connection_means_that_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with TwilioDouble() as double:
        error = failure_of(channel_to(double, base_url=f"http://127.0.0.1:{port}"))
    assert type(error) is Temporary
    assert str(error) == (
        f"Twilio cannot be reached at http://127.0.0.1:{port} (Connection refused); the message to ana (number ending "
        "in 01) was not sent. oncall retries it. If this lasts, check the network and TWILIO_BASE_URL."
    )


def test_a_tls_failure_means_that_nothing_was_sent(double: TwilioDouble) -> None:
    error = failure_of(channel_to(double, base_url=double.base_url.replace("http:", "https:")))
    assert type(error) is Temporary
    assert double.messages == []


def test_a_connection_that_twilio_never_accepts_means_that_nothing_was_sent(double: TwilioDouble) -> None:
    # A full backlog: the kernel answers no further handshake.
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(listening.getsockname())
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        error = failure_of(channel_to(double, base_url=url, timeout_seconds=0.4))
        for one in waiting:
            one.close()
    assert type(error) is Temporary
    assert str(error) == (
        f"Twilio cannot be reached at {url} (no answer in time); the message to ana (number ending in 01) was not "
        "sent. oncall retries it. If this lasts, check the network and TWILIO_BASE_URL."
    )


@pytest.mark.parametrize(
    ("retry_after", "wait"),
    [
        (None, None),
        ("7", timedelta(seconds=7)),
        ("0", timedelta(0)),
        ("Fri, 31 Dec 1999 23:59:59 GMT", timedelta(0)),
        ("99999999999999999999", timedelta(days=1)),
        ("soon", None),
        ("-3", None),
    ],
)
def test_after_too_many_requests_the_retry_waits_as_long_as_twilio_asks(
    double: TwilioDouble, retry_after: str | None, wait: timedelta | None
) -> None:
    double.script(refuse(429, 20429, retry_after=retry_after))
    error = failure_of(channel_to(double))
    assert isinstance(error, Temporary)
    assert (error.code, error.retry_after) == (20429, wait)
    assert str(error) == (
        "this account sends Twilio too many requests (HTTP 429); the message to ana (number ending in 01) was not "
        "sent. oncall retries it."
    )


def test_a_date_to_retry_after_is_counted_from_twilios_own_clock(double: TwilioDouble) -> None:
    double.script(refuse(429, retry_after="Fri, 31 Dec 2199 23:59:59 GMT"))
    error = failure_of(channel_to(double))
    assert isinstance(error, Temporary)
    assert (error.code, error.retry_after) == (20429, timedelta(days=1))


@pytest.mark.parametrize(
    ("fault", "what"),
    [
        (refuse(500, 20500), "Twilio answered HTTP 500"),
        (refuse(503, 20503), "Twilio answered HTTP 503"),
        (refuse(408), "Twilio answered HTTP 408"),
        (error_after_accept(500), "Twilio answered HTTP 500"),
        (reset(), "the connection to Twilio was cut before its answer was complete (ClientOSError)"),
        (reset(accept=False), "the connection to Twilio was cut before its answer was complete (ClientOSError)"),
        (cut(), "the connection to Twilio was cut before its answer was complete (ClientPayloadError)"),
        (not_json(), "Twilio's answer cannot be read (JSONDecodeError)"),
        (not_json("", status=200), "Twilio's answer cannot be read (ValueError)"),
        (not_json("{}"), "Twilio's answer cannot be read (ValueError)"),
        (not_json('["sid"]'), "Twilio's answer cannot be read (AttributeError)"),
    ],
)
def test_an_answer_that_does_not_tell_leaves_the_result_unknown(double: TwilioDouble, fault: Fault, what: str) -> None:
    double.script(fault)
    error = failure_of(channel_to(double))
    assert type(error) is Ambiguous
    assert str(error) == f"{what}; {PERHAPS_SENT}"
    assert len(double.messages) == (1 if fault.accept else 0)


@pytest.mark.slow
@pytest.mark.parametrize("fault", [hang(60), hang(60, accept=True), slow(60)])
def test_silence_until_the_time_out_leaves_the_result_unknown(double: TwilioDouble, fault: Fault) -> None:
    double.script(fault)
    error = failure_of(channel_to(double, timeout_seconds=HASTY_SECONDS))
    assert type(error) is Ambiguous
    assert str(error) == f"Twilio did not answer within 2 seconds; {PERHAPS_SENT}"


def test_the_channel_never_retries_by_itself(double: TwilioDouble) -> None:
    double.rule(error_after_accept(503))
    failure_of(channel_to(double))
    assert len(double.messages) == len(double.requests) == 1


def test_wrong_credentials_are_refused_for_good(double: TwilioDouble) -> None:
    account = TwilioAccount(double.account_sid, "wrong", double.base_url, from_number=NUMBER)
    error = failure_of(TwilioSms(account))
    assert type(error) is Permanent
    assert error.code == 20003
    assert str(error) == (
        "Twilio refused the message to ana (number ending in 01): the credentials are wrong or revoked (code 20003); "
        "check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN."
    )


@pytest.mark.parametrize(("status", "code"), [(401, 20003), (404, 20404)])
def test_a_refusal_without_a_body_is_known_by_its_status(double: TwilioDouble, status: int, code: int) -> None:
    double.script(refuse(status))
    error = failure_of(channel_to(double))
    assert (type(error), error.code) == (Permanent, code)


REFUSALS = [code for code in CODES if code < 30000 and code not in (20429, 21609)]


@pytest.mark.parametrize("code", REFUSALS)
def test_a_refusal_says_why_and_what_to_do(double: TwilioDouble, code: int) -> None:
    double.script(refuse(400, code))
    error = failure_of(channel_to(double))
    assert (type(error), error.code) == (Permanent, code)
    assert str(error) == (
        f"Twilio refused the message to ana (number ending in 01): {CODES[code].meaning} (code {code}); "
        f"{CODES[code].remedy}."
    )


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (refuse(400, 21999), "HTTP 400, code 21999; see https://www.twilio.com/docs/errors/21999."),
        (refuse(403), "HTTP 403 without a code; check TWILIO_BASE_URL: {url} may not be Twilio."),
        (refuse(301), "HTTP 301 without a code; check TWILIO_BASE_URL: {url} may not be Twilio."),
        (not_json(status=400), "HTTP 400 without a code; check TWILIO_BASE_URL: {url} may not be Twilio."),
    ],
)
def test_an_unknown_refusal_is_not_retried(double: TwilioDouble, fault: Fault, why: str) -> None:
    double.script(fault)
    error = failure_of(channel_to(double))
    assert type(error) is Permanent
    assert str(error) == ("Twilio refused the message to ana (number ending in 01): " + why.format(url=double.base_url))


@pytest.mark.parametrize(
    ("phone", "code"),
    [("+15005550001", 21211), ("+15005550002", 21612), ("+15005550003", 21408), ("+15005550004", 21610)],
)
def test_a_number_that_cannot_be_texted_is_refused_for_good(double: TwilioDouble, phone: str, code: int) -> None:
    error = failure_of(channel_to(double), page(phone=phone))
    assert (type(error), error.code) == (Permanent, code)


def test_a_person_who_sent_stop_is_refused_for_good(double: TwilioDouble) -> None:
    double.account.note_keyword(PHONE, " stop ")
    error = failure_of(channel_to(double))
    assert type(error) is Permanent
    assert str(error) == (
        "Twilio refused the message to ana (number ending in 01): the recipient has sent STOP (code 21610); ask them "
        "to text START to the sender; page another person until then."
    )


def test_a_person_without_a_phone_is_refused_without_asking_twilio(double: TwilioDouble) -> None:
    error = failure_of(channel_to(double), page(phone=None))
    assert type(error) is Permanent
    assert str(error) == (
        "Twilio refused the message to ana: the message has no recipient (code 21604); write the person's phone "
        "number into the roster."
    )
    assert double.requests == []


def test_a_page_goes_out_even_if_twilio_refuses_the_callback_address(double: TwilioDouble) -> None:
    receipt = send(channel_to(double, callback="https://under_score.example.com"))
    assert [message.sid for message in double.messages] == [receipt.provider_id]
    assert double.messages[0].status_callback is None


def test_a_refused_callback_without_a_callback_is_final(double: TwilioDouble) -> None:
    double.script(refuse(400, 21609))
    assert failure_of(channel_to(double)).code == 21609
    assert len(double.requests) == 1


def test_a_closed_channel_sends_nothing(double: TwilioDouble) -> None:
    channel = channel_to(double)
    send(channel)
    error = failure_of(channel)
    assert type(error) is Temporary
    assert str(error) == (
        "the Twilio channel is closed because this process is stopping; the next start sends the message"
    )
    assert len(double.messages) == 1


def _everything_printed(error: BaseException) -> str:
    return "".join(traceback.format_exception(error)) + repr(error) + str(vars(error))


@pytest.mark.parametrize(
    "fault",
    [
        refuse(400, 21211),
        refuse(400, 21999),
        refuse(401, 20003),
        refuse(429),
        refuse(500),
        reset(),
        cut(),
        not_json(),
        hang(60),
    ],
)
def test_no_error_shows_a_secret_or_a_whole_number(
    double: TwilioDouble, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    double.script(fault)
    channel = channel_to(double, timeout_seconds=patience_with(fault))
    shown = _everything_printed(failure_of(channel)) + repr(channel) + caplog.text
    for secret in (PHONE, PHONE[1:], double.auth_token, double.account_sid):
        assert secret not in shown


def test_a_number_that_twilio_quotes_back_is_not_shown(double: TwilioDouble) -> None:
    phone = "+15005550009"
    assert phone not in _everything_printed(failure_of(channel_to(double), page(phone=phone)))


def test_a_base_url_shows_without_its_password(double: TwilioDouble) -> None:
    channel = channel_to(double, base_url="http://user:hush@127.0.0.1:9")
    assert repr(channel) == "TwilioSms(http://127.0.0.1:9)"


def test_every_error_is_a_delivery_error(double: TwilioDouble) -> None:
    double.script(not_json("\udcff".encode("utf-8", "surrogateescape").decode("latin-1")))
    assert isinstance(failure_of(channel_to(double)), DeliveryError)
