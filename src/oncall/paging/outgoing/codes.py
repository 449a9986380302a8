"""The short codes with which a person acknowledges from a phone."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from itertools import product

from oncall.paging.ports.ticket_store import Codes

ALPHABET = "23456789ACDEFGHJKMNPQRTWXY"
"""The characters of a code. Even a tired reader cannot confuse two of them: no 0 and O, no 1, I and L, 2 but no Z, 5
but no S, 8 but no B, and neither U nor V."""

DIGITS = "23456789"
SHORTEST = 3
LONGEST = 8


_NUMBER = re.compile(r"\d+(?:AM|PM|ND|RD|TH|H|M|K|X)?")


def room(length: int) -> int:
    """Return how many words of this length have a digit, which is nearly the number of codes.

    A few of these words look like numbers and are no codes.
    """
    return int(len(ALPHABET) ** length - (len(ALPHABET) - len(DIGITS)) ** length)


def shortest_length(in_use: Callable[[int], int]) -> int:
    """Return the length for a new code: the shortest length of which less than half of the codes are in use.

    in_use: a function that returns how many open tickets have a code of a length.
    """
    return next(size for size in range(SHORTEST, LONGEST + 1) if in_use(size) * 2 < room(size))


def random_code(length: int, number: Callable[[], int]) -> str:
    """Return a random code of that length. number: a function that returns 64 random bits as a number."""
    while True:
        left, letters = number(), ""
        for _ in range(length):
            left, place = divmod(left, len(ALPHABET))
            letters += ALPHABET[place]
        if any(digit in letters for digit in DIGITS) and not looks_like_a_number(letters):
            return letters


def is_code(word: str) -> bool:
    """Return True if `word` (capitals) has the form of a code: 3 to 8 letters and digits, with a digit.

    Letters that no code has are allowed, because a person may misread a letter.
    """
    is_word = word.isascii() and word.isalnum()
    return is_word and SHORTEST <= len(word) <= LONGEST and any(letter.isdigit() for letter in word)


def could_be_code(word: str) -> bool:
    """Return True if `word` (capitals) can be the code of a ticket."""
    return is_code(word) and set(word) <= set(ALPHABET) and not looks_like_a_number(word)


def looks_like_a_number(word: str) -> bool:
    """Return True for words like `345`, `3PM` or `2ND` (capitals), which people write without meaning a code."""
    return _NUMBER.fullmatch(word) is not None


def spellings(code: str) -> list[str]:
    """Return the code in every combination of capital and small letters."""
    return ["".join(letters) for letters in product(*(sorted({letter, letter.lower()}) for letter in code))]


def free_code(tx: Codes) -> str:
    """Return a random code that no unresolved ticket has. It is not the id of a ticket either, in any letter case."""
    length = shortest_length(tx.code_count)
    return tx.unused_code(lambda: random_code(length, lambda: secrets.randbits(64)))


def free_swap_code(tx: Codes) -> str:
    """Return a random code for a request to swap. It has at least four characters: three are left for tickets."""
    length = max(SHORTEST + 1, shortest_length(tx.code_count))
    return tx.unused_code(lambda: random_code(length, lambda: secrets.randbits(64)))
