"""Where in a JSON text each value stands, so that a fault in a plan file can be pointed at. Used only after a fault."""

from __future__ import annotations

import re
from json import JSONDecoder

_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = JSONDecoder()
MOST_LEVELS = 10
"""Deeper than any value of a plan file."""


def place_of(text: str, offset: int) -> tuple[int, int]:
    """Line and column, counted from 1, of a character of `text`."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def path_of(parent: str, key: str) -> str:
    """The path of an object's value; `parent` is empty for the document itself."""
    return f"{parent}.{key}" if parent else key or '""'


def offsets_of(text: str) -> dict[str, int]:
    """Where each value begins, by its path, like `shifts[3].start`; the document itself is the empty path.

    text: valid JSON. Of a key written twice, the later one counts, as in `json.loads`.
    """
    found: dict[str, int] = {}
    _walk(text, _skip(text, 0), "", 0, found)
    return found


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    assert match is not None
    return match.end()


def _walk(text: str, at: int, path: str, level: int, found: dict[str, int]) -> int:
    """Note the value that begins at `at` and everything in it; gives the offset behind it."""
    found[path] = at
    opening = text[at]
    if opening not in "{[" or level > MOST_LEVELS:
        return _DECODER.raw_decode(text, at)[1]
    number = 0
    at = _skip(text, at + 1)
    while text[at] not in "}]":
        if opening == "{":
            key, at = _DECODER.raw_decode(text, at)
            at = _skip(text, _skip(text, at) + 1)
            inner = path_of(path, str(key))
        else:
            inner = f"{path}[{number}]"
        at = _skip(text, _walk(text, at, inner, level + 1, found))
        if text[at] == ",":
            at = _skip(text, at + 1)
        number += 1
    return at + 1
