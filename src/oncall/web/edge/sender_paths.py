"""The paths of senders: their prefixes, and how extra slashes in them are ignored."""

from __future__ import annotations

from starlette.types import Scope

PROVIDER_PATHS = "/webhooks/twilio/"
SENDER_PATHS = ("/webhooks/", "/v2/", "/heartbeat/")
"""Paths of senders. In a flood they get a 503 instead of a 429, because senders drop an event after a 429."""


def is_sender_path(path: str) -> bool:
    """Return True if a ticket system, a monitor or a job calls this path. The SMS provider's paths do not count."""
    return path.startswith(SENDER_PATHS) and not path.startswith(PROVIDER_PATHS)


def without_stray_slashes(scope: Scope) -> Scope:
    """Return the scope of a request, without extra slashes around the path of a sender.

    Clients append a path to an address that a person has typed, with or without a slash at its end. A sender that gets
    404 drops its event.
    """
    path: str = scope["path"]
    if not (path.startswith("//") or path.endswith("/")):
        return scope
    slim = f"/{path.strip('/')}"
    if not is_sender_path(slim):
        return scope
    return {**scope, "path": slim, "raw_path": b"/" + scope["raw_path"].strip(b"/")}
