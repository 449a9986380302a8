"""Names that the log uses for things that are not people. No person, token or caller may have one of them."""

from __future__ import annotations

import unicodedata

RESERVED_NAMES = {
    "desk": "the support desk",
    "oncall": "the pager itself",
    "pager": "the pager itself",
    "system": "no person and no caller",
}


def reserved_meaning(name: str) -> str | None:
    """Return what a reserved name means in the log; None for any other name.

    Letter case, spaces and punctuation make no difference, because a reader of the log would not see them.
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    return RESERVED_NAMES.get("".join(letter for letter in folded if letter.isalnum()))
