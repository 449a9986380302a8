"""Cleans the text that callers send, so that it can be stored, and quotes it in messages."""

from __future__ import annotations

LONGEST_QUOTE = 100
"""The most characters of a text that a message quotes. The limit is above the length of any valid id, so that a reader
sees that an id is too long."""


def clean(text: str) -> str:
    """Return `text` on one line, without control characters, lone surrogates and repeated blanks."""
    kept = "".join(letter if letter.isprintable() else " " for letter in text if not "\ud800" <= letter <= "\udfff")
    return " ".join(kept.split())


def clean_lines(text: str) -> str:
    """Return a text of several lines without control characters, bidirectional marks and lone surrogates.

    Every line end becomes a line feed. Blanks inside a line stay, so that the columns of a pasted log stay aligned.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(_shown(line).rstrip() for line in lines).strip("\n")


def _shown(line: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in line if not "\ud800" <= letter <= "\udfff")


def nothing_shown(text: str) -> str:
    """Return what is wrong with a text of which `clean` leaves nothing, as the end of a sentence: `is empty`."""
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        return "holds only a lone surrogate, which is half of a character; send whole characters"
    return "is empty"


def quoted(text: str) -> str:
    """Return `text` cleaned and in double quotes; `?` stands for a lone surrogate.

    A text longer than LONGEST_QUOTE is cut, and its length in characters follows.
    """
    whole = clean(text.encode("utf-8", "replace").decode("utf-8"))
    if len(whole) <= LONGEST_QUOTE:
        return f'"{whole}"'
    return f'"{whole[:LONGEST_QUOTE]}..." ({len(whole):,} characters)'
