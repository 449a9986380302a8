"""Phone numbers: E.164 form, whether a number can exist, and whether two numbers reach the same phone.

The `phonenumbers` library is imported only by the functions that need it. The pager compares numbers without it.
"""

from __future__ import annotations

import re

EXAMPLE_PHONE = "+13055550101"

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_MOST_CHARACTERS = 60
_LEAST_WITH_COUNTRY = 11
# (country code with the mobile prefix, the country code alone, digits after both)
_MOBILE_PREFIXES = (("+521", "+52", 10), ("+549", "+54", 10))
_NORTH_AMERICAN_CODE = 1
_BEYOND_COUNTRIES = (870, 878, 881, 882, 883, 979)
"""Country codes of satellites, and of services that belong to no country."""
_NORTH_AMERICAN = re.compile(r"[2-9][0-9]{2}[2-9][0-9]{6}")


def canonical_phone(number: str) -> str:
    """Return an E.164 number in the one form that is the same for all ways to write it.

    Numbers of mobile phones in Mexico (+52 1) and Argentina (+54 9) have a prefix that some phone companies add
    and some drop.
    """
    for prefixed, plain, digits in _MOBILE_PREFIXES:
        if number.startswith(prefixed) and len(number) == len(prefixed) + digits:
            return plain + number.removeprefix(prefixed)
    return number


def same_phone(one: str, other: str) -> bool:
    """Return True if two E.164 numbers reach the same phone."""
    return canonical_phone(one) == canonical_phone(other)


def masked_phone(number: str) -> str:
    """Return the part of a number that logs show: its last two characters."""
    return f"...{number[-2:]}"


def is_e164(text: str) -> bool:
    """Return True if the text is a plus sign and 7 to 15 digits."""
    return _E164.fullmatch(text) is not None


def number_in_e164(text: str, region: str) -> str | None:
    """Return a number that a person wrote in any form in E.164 form; None if the text is not a possible number.

    region: the country (`US`) whose dialling rules apply to a number without a plus sign.
    """
    import phonenumbers

    if len(text) > _MOST_CHARACTERS:
        return None
    for written in _with_a_forgotten_plus(text):
        try:
            parsed = phonenumbers.parse(written, region)
        except phonenumbers.NumberParseException:
            continue
        number = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
        # A text message cannot be sent to an extension of a switchboard.
        found = [] if parsed.extension else [number, canonical_phone(number)]
        if good := next((each for each in found if why_impossible(each) is None), None):
            return good
    return None


def _with_a_forgotten_plus(text: str) -> list[str]:
    """Return the text, and the text with a plus sign if that was probably forgotten or written as 00.

    The likelier reading comes first.
    """
    digits = re.sub(r"[\s().\-/]", "", text)
    if text.startswith("+") or not digits.isdecimal():
        return [text]
    if digits.startswith("00"):
        return [f"+{digits[2:]}", text]
    return [text, f"+{digits}"] if len(digits) >= _LEAST_WITH_COUNTRY else [text]


def why_impossible(number: str) -> str | None:
    """Return why no phone can have this E.164 number, as the end of a sentence; None if a phone can have it."""
    import phonenumbers

    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return "no country has this country code"
    if (canonical := canonical_phone(number)) != number and phonenumbers.is_possible_number(
        phonenumbers.parse(canonical)
    ):
        possible = phonenumbers.is_possible_number(parsed)
        return None if possible else f'the mobile prefix 1 is no longer dialled; write "{canonical}"'
    length = phonenumbers.is_possible_number_with_reason(parsed)
    if length == phonenumbers.ValidationResult.TOO_SHORT:
        return f"it is too short for country code {parsed.country_code}; write all of its digits"
    if length == phonenumbers.ValidationResult.TOO_LONG:
        return f"it is too long for country code {parsed.country_code}; check its digits"
    if length != phonenumbers.ValidationResult.IS_POSSIBLE:
        return f"country code {parsed.country_code} has no numbers of this length; check its digits"
    written = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    if written != number:
        return f'the 0 after the country code is not dialled from abroad; write "{written}"'
    if parsed.country_code == _NORTH_AMERICAN_CODE and not _NORTH_AMERICAN.fullmatch(str(parsed.national_number)):
        return "with country code 1, area code and exchange begin with 2 to 9; check its digits"
    return None


def costs_extra(number: str) -> bool:
    """Return True if a text to a possible E.164 number costs far more than usual: premium and satellite numbers."""
    import phonenumbers

    parsed, kinds = phonenumbers.parse(number), phonenumbers.PhoneNumberType
    dear = (kinds.PREMIUM_RATE, kinds.SHARED_COST, kinds.PERSONAL_NUMBER, kinds.PAGER, kinds.UAN)
    return parsed.country_code in _BEYOND_COUNTRIES or phonenumbers.number_type(parsed) in dear


def is_in_use(number: str) -> bool:
    """Return True if a possible E.164 number is in a range that its country has in use."""
    import phonenumbers

    return phonenumbers.is_valid_number(phonenumbers.parse(number))
