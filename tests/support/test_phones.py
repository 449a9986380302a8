"""Phone numbers: which can exist, which one was meant, and which two reach one phone."""

from __future__ import annotations

import pytest

from oncall.support.phones import canonical_phone, is_in_use, number_in_e164, same_phone, why_impossible


@pytest.mark.parametrize(
    "number", ["+13055550101", "+12125550199", "+447700900123", "+390612345678", "+5491112345678", "+919812345678"]
)
def test_a_number_of_the_right_length_can_exist(number: str) -> None:
    assert why_impossible(number) is None


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("+1305555010", "it is too short for country code 1; write all of its digits"),
        ("+130555501011", "it is too long for country code 1; check its digits"),
        ("+10555550101", "with country code 1, area code and exchange begin with 2 to 9; check its digits"),
        ("+13051550101", "with country code 1, area code and exchange begin with 2 to 9; check its digits"),
        ("+9991234567", "no country has this country code"),
        ("+4407700900123", 'the 0 after the country code is not dialled from abroad; write "+447700900123"'),
        ("+5215512345678", 'the mobile prefix 1 is no longer dialled; write "+525512345678"'),
    ],
)
def test_a_number_that_no_phone_can_have_is_refused_with_the_reason(number: str, reason: str) -> None:
    assert why_impossible(number) == reason


def test_a_possible_number_may_lie_outside_the_ranges_in_use() -> None:
    assert is_in_use("+13055550101")
    assert not is_in_use("+19995550123")
    assert not is_in_use("+447700900123")


@pytest.mark.parametrize(
    ("written", "region", "number"),
    [
        ("(212) 555-0199", "US", "+12125550199"),
        ("212.555.0199", "US", "+12125550199"),
        ("13055550102", "US", "+13055550102"),
        ("+1 (305) 555-0102", "GB", "+13055550102"),
        ("07700 900123", "GB", "+447700900123"),
        ("+44 (0)7700 900123", "US", "+447700900123"),
        ("00447700900123", "US", "+447700900123"),
        ("011 44 7700 900123", "US", "+447700900123"),
        ("447700900123", "US", "+447700900123"),
        ("98123 45678", "IN", "+919812345678"),
        ("0171 2345678", "DE", "+491712345678"),
        ("+52 1 55 1234 5678", "US", "+525512345678"),
    ],
)
def test_the_number_that_was_written_is_proposed_in_e164(written: str, region: str, number: str) -> None:
    assert number_in_e164(written, region) == number


@pytest.mark.parametrize("written", ["three", "305-555", "555-0199", "+0123456789", "212-555-0199 ext. 5", "1" * 100])
def test_what_is_no_whole_number_gets_no_proposal(written: str) -> None:
    assert number_in_e164(written, "US") is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("+5215512345678", "+525512345678"),
        ("+5491112345678", "+541112345678"),
        ("+13055550101", "+13055550101"),
    ],
)
def test_a_mobile_prefix_does_not_make_another_phone(one: str, other: str) -> None:
    assert same_phone(one, other)
    assert canonical_phone(one) == canonical_phone(other)


def test_digits_that_only_look_like_a_mobile_prefix_are_kept() -> None:
    assert not same_phone("+13055550101", "+13055550102")
    assert canonical_phone("+52155123456") == "+52155123456"
    assert canonical_phone("+5255123456789") == "+5255123456789"
