"""A request of a sender, in the form in which readers get it, and helpers to read JSON of any shape without errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from oncall.intake.signals import Reading, Unreadable
from oncall.paging.actions.posted_json import BadJson, json_from
from oncall.paging.domain.quoted_text import clean

LONGEST_LABEL = 1000
MOST_LABELS = 200


@dataclass(frozen=True, slots=True)
class Post:
    """One request of a sender. path: with the query. headers: by name in small letters. body: the raw bytes."""

    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    path: str = ""


Reader = Callable[[Post], Reading]
"""A function that reads requests of one kind of sender.

Raises Unreadable for a body that cannot be understood at all.
"""


def json_object(body: bytes) -> Mapping[str, object]:
    """Parse a body that is a JSON object. Raises Unreadable for anything else."""
    try:
        value = json_from(body)
    except BadJson as refusal:
        raise Unreadable(f"the body {refusal}") from refusal
    if not isinstance(value, Mapping):
        raise Unreadable("the body is not a JSON object")
    return value


def text_in(document: Mapping[str, object], name: str) -> str:
    """Return the value of a field as text on one line; empty if there is none, or if it is a list or an object."""
    return plain_text(document.get(name))


def plain_text(value: object) -> str:
    """Return a value as text on one line; empty for null, lists and objects."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return clean(str(value))
    return ""


def labels_in(value: object) -> dict[str, str]:
    """Return the plain values in a JSON object as text, by name in small letters.

    Values of an object inside it are named `outer.inner`. Lists of plain values are joined with spaces.
    """
    found: dict[str, str] = {}
    if not isinstance(value, Mapping):
        return found
    for name, each in value.items():
        if isinstance(each, Mapping):
            found |= {f"{name.lower()}.{inner.lower()}": plain_text(one) for inner, one in each.items()}
        elif isinstance(each, list):
            found[name.lower()] = " ".join(filter(None, map(plain_text, each[:MOST_LABELS])))
        else:
            found[name.lower()] = plain_text(each)
        if len(found) > MOST_LABELS:
            break
    return {name: text[:LONGEST_LABEL] for name, text in list(found.items())[:MOST_LABELS] if text}


def mapping_in(document: Mapping[str, object], name: str) -> Mapping[str, object]:
    """Return the JSON object in a field; empty if there is none."""
    value = document.get(name)
    return value if isinstance(value, Mapping) else {}


def web_address(text: str) -> str | None:
    """Return the text if it is an address that a browser can open; else None."""
    return text if text.startswith(("https://", "http://")) and " " not in text else None


def instant_in(text: str) -> datetime | None:
    """Parse an ISO 8601 time of any precision to aware UTC; None for anything else, and for the year 1.

    A time without an offset counts as UTC, because senders mean that.
    """
    if not text or len(text) > 60:
        return None
    try:
        at = datetime.fromisoformat(text)
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return at if at.year > 1 else None
