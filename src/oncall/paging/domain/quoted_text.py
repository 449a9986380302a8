"""Text that a caller sent, cleaned for storage and quoted for messages."""

from __future__ import annotations

LONGEST_QUOTE = 100
"""The most characters that a message quotes of a text. It is more than the longest id has, so a reader sees
that an id is too long."""


def clean(text: str) -> str:
    """Return `text` on one line, without control characters, lone surrogates and repeated blanks."""
    kept = "".join(letter if letter.isprintable() else " " for letter in text if not "\ud800" <= letter <= "\udfff")
    return " ".join(kept.split())


def clean_lines(text: str) -> str:
    """Return a text of several lines without control characters, bidirectional marks and lone surrogates.

    Line ends become `\n`. Blanks inside a line stay, because a log that was pasted is read by its columns.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(_shown(line).rstrip() for line in lines).strip("\n")


def _shown(line: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in line if not "\ud800" <= letter <= "\udfff")


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
