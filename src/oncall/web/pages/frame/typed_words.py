"""Stores the sentences of a form with its request, so that the web page of a refusal can show them again."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request

_KEPT = {"message": "Message", "why": "Note", "reason": "Reason", "title": "Title"}
"""The fields into which people write sentences, with their labels on the web page."""


def remember_typed(request: Request, fields: Mapping[str, str]) -> None:
    """Store the sentences of a form with its request."""
    request.state.typed = {name: text for name in _KEPT if (text := fields.get(name, "")).strip()}


def typed_words(request: Request) -> Mapping[str, str]:
    """Return the stored sentences of the request's form, by field; empty if the form has none or was not read."""
    found: Mapping[str, str] = getattr(request.state, "typed", {})
    return found


def named_words(typed: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return each sentence with the label of its field, for a web page."""
    return [(_KEPT[name], text) for name, text in typed.items()]
