"""Names that the log gives to something that is not a person. No person, token or caller may have one."""

from __future__ import annotations

import unicodedata

RESERVED_NAMES = {
    "desk": "the support desk",
    "oncall": "the pager itself",
    "pager": "the pager itself",
    "system": "no person and no caller",
}


def reserved_meaning(name: str) -> str | None:
    """Return the meaning of a reserved name; None for any other name.

    Letter case, blanks and punctuation do not count, because a reader of the log would not see the difference.
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    return RESERVED_NAMES.get("".join(letter for letter in folded if letter.isalnum()))
