"""Parses JSON that a caller posted. It is strict and bounded, and an error names the place in the text."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import NoReturn

from oncall.errors import Refused
from oncall.paging.domain.quoted_text import quoted

LARGEST_BODY = 64 * 1024
"""The most bytes of a posted document."""
LONGEST_NUMBER = 100


class BadJson(Refused):
    """Raised for text that is not JSON, or that programs may read in different ways.

    The message is the end of a sentence.
    """


def json_from(raw: bytes) -> object:
    """Parse a JSON text in UTF-8, with or without a byte order mark. Returns its value.

    Raises BadJson for other text, for a key that an object has twice, and for numbers of more than 100 digits.
    """
    try:
        value: object = _DECODER.decode(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadJson(f"is not UTF-8 at byte {error.start}") from error
    except RecursionError as error:
        raise BadJson("is nested too deeply") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}: {error.msg}"
        raise BadJson(f"is not JSON: {where}") from error
    return value


def _object(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        ((twice, _),) = Counter(name for name, _ in pairs).most_common(1)
        raise BadJson(f"gives the key {quoted(twice)} twice; write it once")
    return found


def _no_constant(name: str) -> NoReturn:
    raise BadJson(f"is not JSON: {name} is not a value of it")


def _number(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise BadJson(f"holds a number of more than {LONGEST_NUMBER} digits")
    return int(digits)


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_constant, parse_int=_number)
