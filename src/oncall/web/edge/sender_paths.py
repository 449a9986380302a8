"""The paths of senders: their beginnings, and how extra slashes in them are ignored."""

from __future__ import annotations

from starlette.types import Scope

PROVIDER_PATHS = "/webhooks/twilio/"
SENDER_PATHS = ("/webhooks/", "/v2/", "/heartbeat/")
"""The beginnings of senders' paths.

In a flood they get 503 instead of 429, because senders drop an event after a 429.
"""


def is_sender_path(path: str) -> bool:
    """Return True if a ticket system, a monitor or a job calls this path. False for the paths of the SMS provider."""
    return path.startswith(SENDER_PATHS) and not path.startswith(PROVIDER_PATHS)


def without_stray_slashes(scope: Scope) -> Scope:
    """Return the ASGI scope of a request without extra slashes at the beginning and end of a sender's path.

    A person types the address into a sender, with or without a slash at its end, and the sender appends a path. A
    sender that gets 404 drops its event.
    """
    path: str = scope["path"]
    if not (path.startswith("//") or path.endswith("/")):
        return scope
    slim = f"/{path.strip('/')}"
    if not is_sender_path(slim):
        return scope
    return {**scope, "path": slim, "raw_path": b"/" + scope["raw_path"].strip(b"/")}
