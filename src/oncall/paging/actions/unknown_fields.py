"""Warns the sender of unknown fields in a request body.

Help desks send many fields, and a refused ticket pages nobody. So unknown fields are ignored and listed in `warnings`
of the answer, each with the known field that the sender probably meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from oncall.suggestions import nearest

TICKET_FIELDS = ("id", "customer", "plan", "impact", "subject", "url", "opened_at", "contact", "triage")
LIKENESS = 0.65
"""The least similarity of two names for a suggestion, from 0 to 1. With this value `tags` does not suggest `triage`."""
MOST_NAMED = 20
"""The most unknown fields that are listed; the others are only counted."""


def unknown_fields(posted: object, known: Iterable[str], *, within: str = "") -> list[str]:
    """Return a sentence for each unknown field of the document.

    within: the prefix of the document's fields, like `triage.`.
    """
    if not isinstance(posted, Mapping):
        return []
    names = list(known)
    unknown = [name for name in posted if name not in names]
    told = [_left_out(name, nearest(name, names, likeness=LIKENESS), within) for name in unknown[:MOST_NAMED]]
    rest = len(unknown) - len(told)
    return [*told, f"{rest:,} more fields that are not known were left out."] if rest else told


def _left_out(name: str, near: str | None, within: str) -> str:
    shown = within + "".join(letter if letter.isprintable() else "?" for letter in name[:60])
    shown = shown.encode("utf-8", "replace").decode("utf-8")
    meant = f'; did you mean "{within}{near}"?' if near is not None else "."
    return f'"{shown}" is not a known field and was left out{meant}'
