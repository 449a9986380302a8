"""Reads the entity tags that a client sends with a conditional request."""

from __future__ import annotations


def names_etag(header: str, etag: str) -> bool:
    """Return True if an If-None-Match header lists the tag (strong or weak), or is `*`."""
    named = [each.strip().removeprefix("W/") for each in header.split(",")]
    return etag in named or named == ["*"]
