"""Keeps the words of a request's form, so that the page of a refusal can give them back."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request

_KEPT = {"message": "Message", "why": "Note", "reason": "Reason", "title": "Title"}
"""The fields into which people write sentences, with their names on the page."""


def remember_typed(request: Request, fields: Mapping[str, str]) -> None:
    """Keep the sentences of a form with its request."""
    request.state.typed = {name: text for name in _KEPT if (text := fields.get(name, "")).strip()}


def typed_words(request: Request) -> Mapping[str, str]:
    """Return the sentences of the request's form, by field; empty if the form has none or was not read."""
    found: Mapping[str, str] = getattr(request.state, "typed", {})
    return found


def named_words(typed: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the sentences with the names of their fields, for a page."""
    return [(_KEPT[name], text) for name, text in typed.items()]
