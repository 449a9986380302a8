"""What somebody probably meant: the nearest known word, or the list of all that is known."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_MOST_LISTED = 20


def nearest(word: str, known: Iterable[str], *, likeness: float = 0.6) -> str | None:
    """The known word that looks most like this one, letter case aside, or the only one that it begins; None if none.

    likeness: how alike two words must be, 0 to 1: more where most words are not meant to be known.
    """
    by_fold = {candidate.casefold(): candidate for candidate in known}
    wanted = word[:60].casefold()
    longer = [folded for folded in by_fold if len(wanted) >= 3 and folded.startswith(wanted)]
    matches = longer if len(longer) == 1 else get_close_matches(wanted, list(by_fold), n=1, cutoff=likeness)
    return by_fold[matches[0]] if matches else None


def suggestion(word: str, known: Iterable[str]) -> str:
    """`did you mean "phone"?`, or the list of all that is known."""
    words = list(known)
    if not words:
        return "there is none to name"
    near = nearest(word, words)
    if near is not None:
        return f'did you mean "{near}"?'
    return f"write one of {listed(words)}" if len(words) > 1 else f"write {words[0]}"


def listed(words: Iterable[str]) -> str:
    """`ana, ben, chloe`; of a long list the beginning, and how many more there are."""
    every = list(words)
    more = len(every) - _MOST_LISTED
    return ", ".join(every) if more <= 0 else f"{', '.join(every[:_MOST_LISTED])} and {more} more"
