"""Checks of the texts and times that a person writes for the status page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from unicodedata import category

from oncall.errors import Refused, readable
from oncall.support.calendar import FIRST_YEAR, LAST_YEAR
from oncall.support.status_file import LONGEST_MESSAGE, LONGEST_TITLE

LONGEST_REASON = 1_000


_JOINERS = str.maketrans("", "", "\u200c\u200d")
"""Invisible signs that Persian, Indian scripts and emoji need between letters. They are allowed in texts."""
_UNSEEN = str.maketrans("", "", "\u00ad\ufeff")
"""Invisible signs without meaning that programs leave in copied text. They are removed."""


def title_of(text: str) -> str:
    """Return a title without the spaces around it. Raises Refused for a title that cannot be used."""
    return _line(text, "title", LONGEST_TITLE)


def reason_of(text: str) -> str:
    """Return a reason without the spaces around it. Raises Refused for a reason that cannot be used."""
    return _line(text, "reason", LONGEST_REASON)


def message_of(text: str | None) -> str:
    """Return a message without the spaces around it; empty for None. It may have several lines.

    Raises Refused for a message that cannot be used.
    """
    if text is None:
        return ""
    message = "\n".join(_plain(line).rstrip() for line in text.strip().splitlines())
    if len(message) > LONGEST_MESSAGE:
        raise Refused(f"the message has {len(message):,} characters; write at most {LONGEST_MESSAGE:,}")
    if not all(_is_plain(line) for line in message.replace("\t", " ").split("\n")):
        raise Refused(f'the message holds a control character: "{readable(message, 80)}"; write plain text')
    return message


def check_years(times: Iterable[datetime]) -> None:
    """Raise Refused for a time outside the years that the status page can show."""
    for at in times:
        if not FIRST_YEAR < at.year < LAST_YEAR:
            raise Refused(f"{at.date()} is outside the years {FIRST_YEAR + 1} to {LAST_YEAR - 1}")


def _line(text: str, what: str, most: int) -> str:
    line = _plain(text).strip()
    if not line:
        raise Refused(f"the {what} is empty; write one of 1 to {most} characters")
    if len(line) > most:
        raise Refused(f"the {what} has {len(line):,} characters; write at most {most}")
    if not _is_plain(line):
        raise Refused(f'the {what} holds a line break or a control character: "{readable(line, 80)}"')
    return line


def _plain(text: str) -> str:
    """Return copied text with ordinary spaces in place of special ones, such as no-break spaces."""
    return "".join(" " if category(letter) == "Zs" else letter for letter in text.translate(_UNSEEN))


def _is_plain(line: str) -> bool:
    return line.translate(_JOINERS).isprintable()
