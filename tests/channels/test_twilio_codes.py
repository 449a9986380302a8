"""What each of Twilio's error codes and states means."""

from __future__ import annotations

import pytest

from oncall.channels.twilio_codes import (
    CODES,
    CodeCause,
    attempt_status,
    call_receipt,
    cause_of,
    may_call,
    may_pass,
    message_receipt,
)
from oncall.paging.domain.ticket import AttemptStatus
from oncall.paging.ports.channel import DeliveryFailure, Receipt

NUMBER = {21211, 21214, 21217, 21610, 21614, 30003, 30004, 30005, 30006}
ROUTE = {20429, 21215, 21216, 21408, 21612, 30001, 30007, 30008, 30036, 30410, 30500}
CONFIGURATION = {
    20003, 20005, 20404, 21210, 21212, 21213, 21266, 21602, 21603, 21604, 21606, 21608, 21609, 21611, 21617, 21659,
    21703, 21705, 30002, 30032, 30034,
}  # fmt: skip
MAY_PASS = {20429, 30001, 30003, 30008, 30410, 30500}


def test_every_code_has_exactly_one_cause() -> None:
    assert set(CODES) == NUMBER | ROUTE | CONFIGURATION
    assert len(NUMBER) + len(ROUTE) + len(CONFIGURATION) == len(CODES)


@pytest.mark.parametrize("code", sorted(CODES))
def test_the_cause_of_a_code_is_the_number_the_route_or_the_configuration(code: int) -> None:
    expected = CodeCause.NUMBER if code in NUMBER else CodeCause.ROUTE if code in ROUTE else CodeCause.CONFIGURATION
    assert cause_of(code) is expected
    assert may_pass(code) is (code in MAY_PASS)


def test_a_call_may_follow_codes_that_concern_texts_only() -> None:
    called = {21216, 21408, 21606, 21610, 21611, 21612, 21614, 30004, 30006, 30007, 30032, 30034, 30036}
    assert {code for code in CODES if may_call(code)} == called


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        (30003, DeliveryFailure(
            "the carrier reports undelivered: the phone could not be reached (code 30003); oncall sends "
            "it once more and pages the next person in time", may_pass=True)),
        (30034, DeliveryFailure(
            "the carrier reports undelivered: the sender is not registered for A2P 10DLC (code 30034); "
            "register it in the Twilio console", may_call=True, is_ours=True)),
        (21610, DeliveryFailure(
            "the carrier reports undelivered: the recipient has sent STOP (code 21610); ask them to text "
            "START to the sender; page another person until then", may_call=True, has_stopped=True)),
        (39999, DeliveryFailure(
            "the carrier reports undelivered (code 39999); see https://www.twilio.com/docs/errors/39999",
            may_call=True)),
        (None, DeliveryFailure("the carrier reports undelivered", may_call=True)),
    ],
)  # fmt: skip
def test_a_failed_text_says_what_may_still_work(code: int | None, failure: DeliveryFailure) -> None:
    assert message_receipt("SM1", "undelivered", code) == Receipt("SM1", AttemptStatus.UNDELIVERED, code, failure)


@pytest.mark.parametrize(
    ("state", "status", "why"),
    [
        ("queued", AttemptStatus.ACCEPTED, None),
        ("initiated", AttemptStatus.ACCEPTED, None),
        ("ringing", AttemptStatus.ACCEPTED, None),
        ("in-progress", AttemptStatus.SENT, None),
        ("completed", AttemptStatus.DELIVERED, None),
        ("busy", AttemptStatus.UNDELIVERED, "the number is busy"),
        ("no-answer", AttemptStatus.UNDELIVERED, "nobody answered the call"),
        ("failed", AttemptStatus.FAILED, "the call could not be connected"),
        ("canceled", AttemptStatus.FAILED, "the call was cancelled"),
        ("a state of next year", AttemptStatus.ACCEPTED, None),
    ],
)
def test_a_call_counts_as_delivered_only_when_it_was_answered(
    state: str, status: AttemptStatus, why: str | None
) -> None:
    failure = DeliveryFailure(why, is_busy=state == "busy") if why is not None else None
    assert call_receipt("CA1", state) == Receipt("CA1", status, None, failure)


@pytest.mark.parametrize("code", sorted(CODES))
def test_meaning_and_remedy_read_as_parts_of_a_sentence(code: int) -> None:
    fact = CODES[code]
    assert fact.code == code
    assert fact.meaning[0].islower() or fact.meaning.startswith("Twilio ")
    assert not fact.meaning.endswith(".")
    assert not fact.remedy.endswith(".")


@pytest.mark.parametrize("code", [None, 21999])
def test_an_unknown_code_counts_as_our_configuration(code: int | None) -> None:
    assert cause_of(code) is CodeCause.CONFIGURATION
    assert not may_pass(code)


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("accepted", AttemptStatus.ACCEPTED),
        ("scheduled", AttemptStatus.ACCEPTED),
        ("queued", AttemptStatus.ACCEPTED),
        ("sending", AttemptStatus.ACCEPTED),
        ("sent", AttemptStatus.SENT),
        ("partially_delivered", AttemptStatus.SENT),
        ("delivered", AttemptStatus.DELIVERED),
        ("read", AttemptStatus.DELIVERED),
        ("undelivered", AttemptStatus.UNDELIVERED),
        ("failed", AttemptStatus.FAILED),
        ("canceled", AttemptStatus.FAILED),
        ("a state of next year", AttemptStatus.ACCEPTED),
    ],
)
def test_only_what_twilio_calls_delivered_counts_as_delivered(state: str, status: AttemptStatus) -> None:
    assert attempt_status(state) is status
