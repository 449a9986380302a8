"""Suggestions for an unknown word: the nearest known word, or the list of known words."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_MOST_LISTED = 20


def nearest(word: str, known: Iterable[str], *, likeness: float = 0.6) -> str | None:
    """Return the most similar known word, or the only one that begins with `word`; None if none is similar.

    Upper and lower case are the same. likeness: how similar two words must be, from 0 to 1.
    """
    by_fold = {candidate.casefold(): candidate for candidate in known}
    wanted = word[:60].casefold()
    longer = [folded for folded in by_fold if len(wanted) >= 3 and folded.startswith(wanted)]
    matches = longer if len(longer) == 1 else get_close_matches(wanted, list(by_fold), n=1, cutoff=likeness)
    return by_fold[matches[0]] if matches else None


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return `did you mean "phone"?`, or `write one of` and the known words."""
    words = list(known)
    if not words:
        return "there is none to name"
    near = nearest(word, words)
    if near is not None:
        return f'did you mean "{near}"?'
    return f"write one of {listed(words)}" if len(words) > 1 else f"write {words[0]}"


def listed(words: Iterable[str]) -> str:
    """Return the words as a text, like `ana, ben, chloe`; for a long list the first 20 and `and 5 more`."""
    every = list(words)
    more = len(every) - _MOST_LISTED
    return ", ".join(every) if more <= 0 else f"{', '.join(every[:_MOST_LISTED])} and {more} more"
