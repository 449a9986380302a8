"""Reads numbers and shares in other forms, like `two` or `50%`, to suggest in an error message what to write instead.

A function returns None if the text has no reading.
"""

from __future__ import annotations

import re
from fractions import Fraction

NUMBER_WORDS = (
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)

_NO_UNITS = ("and", "or", "to", "dozen", "hundred", "thousand", "million")
"""Words that make another number of the one before them, and are not what it counts."""


def number_meant(text: str) -> int | None:
    """Return the whole number that a text probably means: `two`, `2.0`, `40h`, `2 nights`; None if there is none."""
    plain = " ".join(text[:40].lower().split())
    if plain in NUMBER_WORDS:
        return NUMBER_WORDS.index(plain)
    if match := re.fullmatch(r"([0-9]{1,3}),([0-9]{3})", plain):
        return int(match[1] + match[2])
    if match := re.fullmatch(r"([+-]?[0-9]{1,9})(?:[.,]0+)?(?:\s*[a-z%/]+(?:\s+(?:per|a|in)\s+[a-z]+)?)?", plain):
        return int(match[1])
    match = re.fullmatch(r"([a-z]+)\s+([a-z]+)(?:\s+(?:per|a|in)\s+[a-z]+)?", plain)
    is_read = match is not None and match[1] in NUMBER_WORDS and match[2] not in _NO_UNITS
    return NUMBER_WORDS.index(match[1]) if match is not None and is_read else None


def share_meant(text: str, *, whole: int) -> str | None:
    """Return a share that a text probably means, as a decimal number: `0.5` for `50%`, `0,5` or `1/2`.

    whole: what all of it is: 1, or 100 for a percentage. The result is above 0 and at most `whole`.
    """
    plain = "".join(text[:20].lower().split()).replace("percent", "%").replace("pct", "%")
    plain = re.sub(r"(?<=[0-9])fte$|ftes?$", "", plain)
    plain = re.sub(r"(?<=[0-9]),(?=[0-9])", ".", plain)
    found = {"half": Fraction(1, 2), "halftime": Fraction(1, 2), "full": Fraction(1), "fulltime": Fraction(1)}.get(
        plain.replace("-", "")
    )
    if match := re.fullmatch(r"([0-9]{1,3})/([0-9]{1,3})", plain):
        found = Fraction(int(match[1]), int(match[2])) if int(match[2]) else None
    elif match := re.fullmatch(r"([0-9]{0,3}[.]?[0-9]{1,6})(%?)", plain):
        number = Fraction(match[1])
        # A number without a sign counts percent if it is above 1, also where the whole is 1.
        found = number / 100 if match[2] or number >= 10 or (whole == 100 and number >= 1) else number
    if found is None or not 0 < found <= 1:
        return None
    return f"{float(found * whole):.6f}".rstrip("0").rstrip(".")
