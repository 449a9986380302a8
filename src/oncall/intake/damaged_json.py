"""Reads fields from damaged JSON, into which a template wrote text without escaping quotes and line ends."""

from __future__ import annotations

import re
from collections.abc import Sequence

MOST_READ = 64 * 1024
"""The most characters of a text that are read."""


def rescued(text: str, keys: Sequence[str]) -> dict[str, str]:
    """Return the texts of those keys that are found in a damaged JSON text, at any depth.

    A value ends where the next of `keys` begins. If a key occurs twice, its last value counts, because a quote in a
    title can make words of the title look like a key, and templates put the title first.
    """
    pattern = re.compile(rf'"({"|".join(map(re.escape, keys))})"[ \t\r\n]{{0,20}}:[ \t\r\n]{{0,20}}"?')
    places = list(pattern.finditer(text[:MOST_READ]))
    found: dict[str, str] = {}
    for place, following in zip(places, [*places, None][1:], strict=True):
        end = following.start() if following is not None else min(len(text), MOST_READ)
        found[place[1]] = _trimmed(text[place.end() : end], is_last=following is None)
    return found


def _trimmed(raw: str, *, is_last: bool) -> str:
    """Return a value without the JSON punctuation after it. is_last: True if it is the last value in the text."""
    value = raw.rstrip()
    if is_last:
        # Closing braces may follow the last value.
        value = value.rstrip("} \t\r\n")
    value = value.rstrip("{ \t\r\n").removesuffix(",").rstrip()
    return value.removesuffix('"').replace('\\"', '"').replace("\\n", "\n")
