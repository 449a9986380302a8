"""Whose fault each of Twilio's codes is."""

from __future__ import annotations

import pytest

from oncall.channels.twilio_codes import CODES, Blame, attempt_status, blame_of, may_pass, needs_operator
from oncall.errors import Ambiguous, Permanent, Temporary
from oncall.paging.ticket import AttemptStatus

NUMBER = {21211, 21217, 21610, 21614, 30003, 30004, 30005, 30006}
ROUTE = {20429, 21216, 21408, 21612, 30001, 30007, 30008, 30036, 30410, 30500}
CONFIGURATION = {
    20003, 20005, 20404, 21212, 21266, 21602, 21603, 21604, 21606, 21608, 21609, 21611, 21617, 21659, 21703, 21705,
    30002, 30032, 30034,
}  # fmt: skip
WORTH_ONE_MORE_TRY = {20429, 30001, 30003, 30008, 30410, 30500}


def test_every_code_is_blamed_on_exactly_one_thing() -> None:
    assert set(CODES) == NUMBER | ROUTE | CONFIGURATION
    assert len(NUMBER) + len(ROUTE) + len(CONFIGURATION) == len(CODES)


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_code_blames_the_number_the_route_or_the_configuration(code: int) -> None:
    expected = Blame.NUMBER if code in NUMBER else Blame.ROUTE if code in ROUTE else Blame.CONFIGURATION
    assert blame_of(code) is expected
    assert may_pass(code) is (code in WORTH_ONE_MORE_TRY)


@pytest.mark.parametrize("code", sorted(CODES))
def test_an_operator_is_called_unless_one_persons_number_is_to_blame(code: int) -> None:
    assert needs_operator(Permanent("refused", code=code)) is (code not in NUMBER)


@pytest.mark.parametrize("code", sorted(CODES))
def test_each_fact_reads_as_part_of_a_sentence(code: int) -> None:
    fact = CODES[code]
    assert fact.code == code
    assert fact.says[0].islower() or fact.says.startswith("Twilio ")
    assert not fact.says.endswith(".")
    assert not fact.mend.endswith(".")


@pytest.mark.parametrize("code", [None, 21999])
def test_a_code_that_nobody_knows_calls_an_operator(code: int | None) -> None:
    assert blame_of(code) is Blame.CONFIGURATION
    assert needs_operator(Permanent("refused", code=code))
    assert not may_pass(code)


def test_no_operator_is_called_for_what_may_still_be_sent() -> None:
    assert not needs_operator(Temporary("later", code=20429))
    assert not needs_operator(Ambiguous("perhaps", code=20500))


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
