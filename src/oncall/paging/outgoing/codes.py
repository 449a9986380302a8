"""The short codes by which a person acknowledges from a phone."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from itertools import product

from oncall.paging.ports.ticket_store import Codes

ALPHABET = "23456789ACDEFGHJKMNPQRTWXY"
"""The characters of a code. A tired reader confuses no two of them: no 0 and O, no 1, I and L, 2 but no Z, 5 but no S,
8 but no B, and neither U nor V."""

DIGITS = "23456789"
SHORTEST = 3
LONGEST = 8


_NUMBER = re.compile(r"\d+(?:AM|PM|ND|RD|TH|H|M|K|X)?")


def room(length: int) -> int:
    """Return how many texts of this length have a digit. That is the number of codes, plus a few that look like
    numbers.
    """
    return int(len(ALPHABET) ** length - (len(ALPHABET) - len(DIGITS)) ** length)


def shortest_length(in_use: Callable[[int], int]) -> int:
    """Return the length of a new code: the shortest length, from three characters on, of which less than half is in
    use.

    in_use: how many open tickets have a code of that length.
    """
    return next(size for size in range(SHORTEST, LONGEST + 1) if in_use(size) * 2 < room(size))


def random_code(length: int, number: Callable[[], int]) -> str:
    """Return a random code of that length. number: gives a random number of 64 bits, enough for the longest code."""
    while True:
        left, letters = number(), ""
        for _ in range(length):
            left, place = divmod(left, len(ALPHABET))
            letters += ALPHABET[place]
        if any(digit in letters for digit in DIGITS) and not looks_like_a_number(letters):
            return letters


def is_code(word: str) -> bool:
    """Return True if `word` (in capitals) looks like a code, also with misread letters."""
    is_word = word.isascii() and word.isalnum()
    return is_word and SHORTEST <= len(word) <= LONGEST and any(letter.isdigit() for letter in word)


def could_be_code(word: str) -> bool:
    """Return True if a ticket may have `word` (capitals) for its code."""
    return is_code(word) and set(word) <= set(ALPHABET) and not looks_like_a_number(word)


def looks_like_a_number(word: str) -> bool:
    """Return True for `345`, `3PM`, `2ND`: people write such words (capitals) without meaning a code."""
    return _NUMBER.fullmatch(word) is not None


def spellings(code: str) -> list[str]:
    """Return the code in every mix of capital and small letters."""
    return ["".join(letters) for letters in product(*(sorted({letter, letter.lower()}) for letter in code))]


def free_code(tx: Codes) -> str:
    """Return a random code that no unresolved ticket has, and that is no ticket's id in any letter case."""
    length = shortest_length(tx.code_count)
    return tx.unused_code(lambda: random_code(length, lambda: secrets.randbits(64)))


def free_swap_code(tx: Codes) -> str:
    """Return a random code for a request to swap. It is longer than those of tickets, which stay short."""
    length = max(SHORTEST + 1, shortest_length(tx.code_count))
    return tx.unused_code(lambda: random_code(length, lambda: secrets.randbits(64)))
