"""The short codes by which a person acknowledges from a phone."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from oncall.paging.ports import Transaction

ALPHABET = "23456789ACDEFGHJKMNPQRTWXY"
"""Of what is misread at three in the morning at most one is there: no 0 and O, no 1, I and L, 2 but no Z, 5 but no S,
8 but no B, and neither U nor V."""

DIGITS = "23456789"
SHORTEST = 3
LONGEST = 8


def room(length: int) -> int:
    """How many codes of this length there are. Each holds a digit, so none is a word or a carrier's keyword."""
    return int(len(ALPHABET) ** length - (len(ALPHABET) - len(DIGITS)) ** length)


def new_code(*, in_use: Callable[[int], int], taken: Callable[[str], bool], choose: Callable[[str], str]) -> str:
    """A code that no open ticket has: three characters, one more each time half of a length are in use.

    in_use: how many open tickets have a code of that length. taken: whether one has this code.
    choose: picks a character of a text at random (`secrets.choice`).
    """
    length = next(size for size in range(SHORTEST, LONGEST + 1) if in_use(size) * 2 < room(size))
    while True:
        code = "".join(choose(ALPHABET) for _ in range(length))
        if any(digit in code for digit in DIGITS) and not taken(code):
            return code


def is_code(word: str) -> bool:
    """Whether `word` (capitals) is meant as a code, misread letters and all: who sent it is told that it is unknown."""
    is_word = word.isascii() and word.isalnum()
    return is_word and SHORTEST <= len(word) <= LONGEST and any(letter.isdigit() for letter in word)


def free_code(tx: Transaction) -> str:
    """A random code that no unresolved ticket has."""
    return new_code(in_use=tx.code_count, taken=lambda code: tx.ticket_by_code(code) is not None, choose=secrets.choice)
