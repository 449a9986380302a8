"""Reads values that only a roster has: phone numbers, dates, shares of the load, requests and kinds of shift."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial

from oncall.file_nodes import AtFault, ListNode, MapNode, Node, ScalarNode, shown
from oncall.file_values import Fields, line_of_text, list_of, scalar
from oncall.likely_numbers import share_meant
from oncall.rosters.roster import SHADOW, Request, RequestDirection
from oncall.suggestions import nearest, suggestion
from oncall.support.coverage_days import DAYS_OF_WEEK
from oncall.support.likely_days import (
    EXAMPLE_DAY,
    FIRST_YEAR,
    LAST_YEAR,
    Written,
    day_fault,
    days_meant,
    exists,
    missing_words,
    reading_of,
)
from oncall.support.likely_times import weekday_name, weekdays_meant
from oncall.support.phones import EXAMPLE_PHONE, is_e164, is_in_use, number_in_e164, why_impossible
from oncall.support.policy import Notify
from oncall.support.reserved_names import reserved_meaning
from oncall.support.value_readers import slug
from oncall.support.windows import KIND_FORM


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
        correction = f"give the newcomer shadows: {{from: {EXAMPLE_DAY}, to: ...}}"
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
    if re.fullmatch(_ADDRESS, text):
        return text
    near = re.sub(r"\s*[(\[]?\bat\b[)\]]?\s*", "@", text) if "@" not in text else text
    near = re.sub(r"\s*[(\[]?\bdot\b[)\]]?\s*", ".", near).replace(",", ".")
    found = re.search(_PLAIN_ADDRESS, near)
    correction = f'write "{found[0]}"' if found else 'write one like "ana@example.com"'
    raise node.refuse(f"{shown(text)} is not an email address; {correction}")


_ADDRESS = r"[^@\s]+@[^@\s]+\.[^@\s.]+"
_PLAIN_ADDRESS = r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+([.][A-Za-z0-9-]+)+"


def load_share(node: Node) -> float:
    """Read a share of the load: a number above 0 and at most 1."""
    value = scalar(node)
    if not value.is_quoted and re.fullmatch(r"[0-9]{0,3}[.]?[0-9]{1,6}", value.text) and 0 < float(value.text) <= 1:
        return float(value.text)
    likely = share_meant(value.text, whole=1)
    correction = f"write {likely}" if likely else "write a number above 0, at most 1, like 0.5"
    raise node.refuse(f"{shown(value.text)} is not a share of the load; {correction}")


def day(node: Node, text: str | None = None) -> date:
    """Read a date of the years 2000 to 2100, with or without quotes. Raises AtFault.

    text: the part of the value to read as a date; None for all of it.
    """
    text = scalar(node).text.strip() if text is None else text
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return _existing_day(text, node)
    raise node.refuse(day_fault(text))


def _existing_day(text: str, node: Node) -> date:
    written = Written(*(int(part) for part in text.split("-")))
    if exists(written):
        return date(*written)
    fault = "is not a date" if FIRST_YEAR <= written.year <= LAST_YEAR else "is out of range"
    raise node.refuse(f'"{text}" {fault}; {missing_words(written)}')


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
    if isinstance(node, ScalarNode):
        raise node.refuse(f"{shown(node.text)} is a single value; {_request_advice(node.text, kinds)}")
    fields = Fields(node, also=_OTHER_WORDS)
    slots = [fields.optional(each.value, partial(_request, each, kinds), None) for each in RequestDirection]
    fields.close()
    found = [slot.value for slot in slots if slot.value is not None]
    if not found and isinstance(node, MapNode) and any(key.lower() in _OTHER_WORDS for key in node.entries):
        raise AtFault
    if len(found) != 1:
        fault = "has both avoid and prefer" if found else "has neither avoid nor prefer"
        raise node.refuse(f"{fault}; write one of them, like {{avoid: fridays}}")
    return found[0]


_OTHER_WORDS = {
    **dict.fromkeys(("dislike", "dislikes", "not", "never", "no", "off", "avoids"), RequestDirection.AVOID.value),
    **dict.fromkeys(("like", "likes", "want", "wants", "wish", "prefers", "preferred"), RequestDirection.PREFER.value),
}
"""Words that people use for the keys of a request, for suggestions."""


def requests(kinds: KindWords, node: Node) -> tuple[Request, ...]:
    """Read a list of requests."""
    if isinstance(node, ScalarNode):
        advice = _request_advice(node.text, kinds, "a list: [", "]")
        raise node.refuse(f"{shown(node.text)} is a single value; {advice}")
    return list_of(partial(request, kinds))(node)


def _request_advice(text: str, kinds: KindWords, before: str = "", after: str = "") -> str:
    """Return what to write for a request that is a single value, like `avoid fridays` or `fridays`."""
    verb, _, rest = text.strip().partition(" ")
    verb = verb.lower().rstrip(":")
    verb = _OTHER_WORDS.get(verb, verb)
    directions = [each.value for each in RequestDirection]
    whats = _whats_meant(rest if verb in directions else text, kinds)
    if not whats:
        return "write one like {avoid: fridays}" if not before else "write a list like [{avoid: fridays}]"
    entries = [
        ", ".join(f"{{{each}: {what}}}" for what in whats) for each in ([verb] if verb in directions else directions)
    ]
    return f"write {before}{f'{after} or {before[-1:]}'.join(entries)}{after}"


def _whats_meant(text: str, kinds: KindWords) -> list[str]:
    """Return the dates, days of the week or kind of shift that a text means, as a request names them."""
    if kinds.find(text.strip().lower()) is not None:
        return [text.strip().lower()]
    if numbers := weekdays_meant(text):
        return [weekday_name(number) for number in numbers]
    days = days_meant(text)
    return [str(days[0])] if len(days) == 1 else []


def _request(direction: RequestDirection, kinds: KindWords, node: Node) -> Request:
    items = node.items if isinstance(node, ListNode) else []
    words = ", ".join(item.text for item in items if isinstance(item, ScalarNode))
    if numbers := weekdays_meant(words):
        raise node.refuse(f"is a list; write a request for each: {_each(direction, numbers)}")
    text = scalar(node).text.strip()
    word = text.lower()
    if word in WEEKDAYS:
        return Request(direction, weekday=WEEKDAYS[word])
    if (kind := kinds.find(word)) is not None:
        return Request(direction, kind=kind)
    if (pieces := re.split(r"\s+(?:to|until|-|\u2013)\s+", text)) and len(pieces) == 2 and all(map(days_meant, pieces)):
        raise node.refuse(
            f"{shown(text)} is more than one date; write a request for each date: {{{direction.value}: "
            f"{days_meant(pieces[0])[0]}}}, ..."
        )
    if word[:1].isdigit() or reading_of(text) is not None:
        return Request(direction, day=day(node))
    if len(numbers := weekdays_meant(word)) == 1:
        raise node.refuse(f"{shown(text)} is not the name of a day; write {weekday_name(numbers[0])}")
    if numbers:
        raise node.refuse(f"{shown(text)} is more than one day; write a request for each: {_each(direction, numbers)}")
    near = nearest(word, [*WEEKDAYS, *kinds.words])
    example = "weekends" if "weekends" in kinds.words else next(iter(kinds.words), "weekends")
    correction = f'did you mean "{near}"?' if near else f"write one like 2027-03-17, fridays or {example}"
    raise node.refuse(f"{shown(text)} is not a date, a day of the week or a kind of shift; {correction}")


def _each(direction: RequestDirection, numbers: Sequence[int]) -> str:
    return ", ".join(f"{{{direction.value}: {weekday_name(number)}}}" for number in numbers)
