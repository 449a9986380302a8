"""Reads values that only a roster has: phone numbers, dates, shares of the load, requests and kinds of shift."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date
from functools import partial

from oncall.file_nodes import Node, shown
from oncall.file_values import Fields, line_of_text, scalar
from oncall.rosters.roster import SHADOW, Request, RequestDirection
from oncall.suggestions import nearest, suggestion
from oncall.support.coverage_days import DAYS_OF_WEEK
from oncall.support.phones import EXAMPLE_PHONE, is_e164, is_in_use, number_in_e164, why_impossible
from oncall.support.policy import Notify
from oncall.support.reserved_names import reserved_meaning
from oncall.support.value_readers import slug
from oncall.support.windows import KIND_FORM

# The calendar module's own names follow the locale.
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_EXAMPLE_DAY = "2027-01-04"


def person_id(node: Node) -> str:
    """Read a person's id. Raises AtFault if it is not a valid id, or is a reserved word."""
    text = slug(node)
    meaning = reserved_meaning(text)
    if meaning is not None:
        raise node.refuse(f"{shown(text)} is the name of {meaning}; choose another id")
    return text


def role_name(node: Node) -> str:
    """Read the name of a role. Raises AtFault if it is not a valid name, or is reserved, like `shadow`."""
    text = slug(node)
    if text == SHADOW:
        correction = f"give the newcomer shadows: {{from: {_EXAMPLE_DAY}, to: ...}}"
        raise node.refuse(f"{shown(text)} is not a role that covers a shift; {correction}")
    if text in (Notify.DESK, Notify.MANAGER):
        raise node.refuse(f"{shown(text)} is what escalation steps call the {text}; choose another name for the role")
    return text


def phone_number(node: Node, region_of: Callable[[], str]) -> str:
    """Read a phone number in E.164 form, like +13055550101. Raises AtFault for a number that no phone can have.

    region_of: gives the country whose dialling rules a number without a plus sign probably follows, for the correction
    in the message. A number in a range that is not in use is accepted with a warning. Quotes around the number are
    optional.
    """
    text = scalar(node).text.strip()
    if not is_e164(text):
        likely = number_in_e164(text, region_of())
        correction = f'write "{likely}"' if likely else f'write one like "{EXAMPLE_PHONE}"'
        raise node.refuse(f"{shown(text)} is not an E.164 number; {correction}")
    if reason := why_impossible(text):
        raise node.refuse(f"{shown(text)} cannot be a phone number: {reason}")
    if not is_in_use(text):
        node.warn(f"{shown(text)} is in no range of numbers that is in use, so pages may not arrive; check its digits")
    return text


def email_address(node: Node) -> str:
    """Read an email address. Only its form is checked."""
    text = line_of_text(node, most=254)
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", text):
        raise node.refuse(f'{shown(text)} is not an email address; write one like "ana@example.com"')
    return text


def load_share(node: Node) -> float:
    """Read a share of the load: a number above 0 and at most 1."""
    value = scalar(node)
    if not value.is_quoted and re.fullmatch(r"[0-9]{0,3}[.]?[0-9]{1,6}", value.text) and 0 < float(value.text) <= 1:
        return float(value.text)
    raise node.refuse(f"{shown(value.text)} is not a share of the load; write a number above 0, at most 1, like 0.5")


def day(node: Node, text: str | None = None) -> date:
    """Read a date of the years 2000 to 2100, with or without quotes. Raises AtFault.

    text: the part of the value to read as a date; None for all of it.
    """
    text = scalar(node).text.strip() if text is None else text
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return _existing_day(text, node)
    raise node.refuse(f'{shown(text)} is not a date; write "{likely_day(text)}"')


def _existing_day(text: str, node: Node) -> date:
    year, month, number = (int(part) for part in text.split("-"))
    if not 2000 <= year <= 2100:
        raise node.refuse(f'"{text}" is out of range; write a year from 2000 to 2100')
    if not 1 <= month <= 12:
        raise node.refuse(f'"{text}" is not a date; months go from 01 to 12')
    length = monthrange(year, month)[1]
    if not 1 <= number <= length:
        raise node.refuse(f'"{text}" is not a date; {_MONTHS[month - 1]} {year} has {length} days')
    return date(year, month, number)


def likely_day(text: str) -> str:
    """Return the ISO date that `text` probably means, or an example if it could mean two: 01/04/2027."""
    found = set[date]()
    if match := re.match(r"([0-9]{4})[-/. ]?([0-9]{1,2})[-/. ]?([0-9]{1,2})(?![0-9])", text):
        year, *others = (int(part) for part in match.groups())
        orders = [others]
    elif match := re.match(r"([0-9]{1,2})[-/. ]([0-9]{1,2})[-/. ]([0-9]{4})(?![0-9])", text):
        *others, year = (int(part) for part in match.groups())
        orders = [others, others[::-1]]
    else:
        return _EXAMPLE_DAY
    for month, number in orders:
        with suppress(ValueError):
            found.add(date(year, month, number))
    return found.pop().isoformat() if len(found) == 1 else _EXAMPLE_DAY


WEEKDAYS = {name.lower() + ending: number for number, name in enumerate(DAYS_OF_WEEK) for ending in ("s", "")}
"""The number of each day of the week (Monday is 0), by its name in singular and plural: `friday`, `fridays`."""


class KindWords:
    """Reads kinds of shift by their names, with or without an s at the end.

    kinds: the kinds of the policy; None if the policy cannot be read, and then any valid name is accepted.
    """

    def __init__(self, kinds: Sequence[str] | None) -> None:
        self._kinds = kinds
        self.words = {word: kind for ending in ("s", "") for kind in kinds or () for word in [f"{kind}{ending}"]}

    def find(self, word: str) -> str | None:
        """Return the kind that a word names, or None if there is no such kind."""
        if self._kinds is None and re.fullmatch(KIND_FORM, word):
            return word
        return self.words.get(word)

    def read(self, node: Node) -> str:
        """Read a kind of shift. Raises AtFault if the policy has no such kind."""
        word = scalar(node).text.strip().lower()
        if (kind := self.find(word)) is not None:
            return kind
        raise node.refuse(f"{shown(word)} is not a kind of shift of the policy; {suggestion(word, self._kinds or ())}")


def request(kinds: KindWords, node: Node) -> Request:
    """Read a request, like `{avoid: 2027-03-17}`, `{avoid: fridays}` or `{prefer: weekends}`.

    Raises AtFault unless it has exactly one of `avoid` and `prefer`.
    """
    fields = Fields(node)
    slots = [fields.optional(each.value, partial(_request, each, kinds), None) for each in RequestDirection]
    fields.close()
    found = [slot.value for slot in slots if slot.value is not None]
    if len(found) != 1:
        fault = "has both avoid and prefer" if found else "has neither avoid nor prefer"
        raise node.refuse(f"{fault}; write one of them, like {{avoid: fridays}}")
    return found[0]


def _request(direction: RequestDirection, kinds: KindWords, node: Node) -> Request:
    text = scalar(node).text.strip()
    word = text.lower()
    if word in WEEKDAYS:
        return Request(direction, weekday=WEEKDAYS[word])
    if (kind := kinds.find(word)) is not None:
        return Request(direction, kind=kind)
    if word[:1].isdigit():
        return Request(direction, day=day(node))
    near = nearest(word, [*WEEKDAYS, *kinds.words])
    example = "weekends" if "weekends" in kinds.words else next(iter(kinds.words), "weekends")
    correction = f'did you mean "{near}"?' if near else f"write one like 2027-03-17, fridays or {example}"
    raise node.refuse(f"{shown(text)} is not a date, a day of the week or a kind of shift; {correction}")
