"""Text that a caller sent, cleaned for storage and quoted for messages."""

from __future__ import annotations

LONGEST_QUOTE = 100
"""The most characters that a message quotes of a text. The longest id is shorter, so the reader sees what is wrong
with a long one."""


def clean(text: str) -> str:
    """Return `text` on one line, without control characters, lone surrogates and repeated blanks."""
    kept = "".join(letter if letter.isprintable() else " " for letter in text if not "\ud800" <= letter <= "\udfff")
    return " ".join(kept.split())


def nothing_shown(text: str) -> str:
    """Return why a text that `clean` leaves empty cannot be used."""
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        return "holds only a lone surrogate, which is half of a character; send whole characters"
    return "is empty"


def quoted(text: str) -> str:
    """Return `text` cleaned and in double quotes; `?` stands for a lone surrogate.

    A text longer than LONGEST_QUOTE is cut, and its length is given.
    """
    whole = clean(text.encode("utf-8", "replace").decode("utf-8"))
    if len(whole) <= LONGEST_QUOTE:
        return f'"{whole}"'
    return f'"{whole[:LONGEST_QUOTE]}..." ({len(whole):,} characters)'
