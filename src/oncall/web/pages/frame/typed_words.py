"""Keeps the text that a person typed into a form with the request.

If the request is refused, the error page shows the text again.
"""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request

_KEPT = {"message": "Message", "why": "Note", "reason": "Reason", "title": "Title"}
"""The fields into which people write sentences, with their labels on the web page."""


def remember_typed(request: Request, fields: Mapping[str, str]) -> None:
    """Keep the text that a person typed into a form with the request. fields: the form's values by name."""
    request.state.typed = {name: text for name in _KEPT if (text := fields.get(name, "")).strip()}


def typed_words(request: Request) -> Mapping[str, str]:
    """Return the text that was kept with the request, by field; empty if there is none."""
    found: Mapping[str, str] = getattr(request.state, "typed", {})
    return found


def named_words(typed: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return each text with the label of its field, for the error page."""
    return [(_KEPT[name], text) for name, text in typed.items()]
