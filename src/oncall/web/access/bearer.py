"""Reads the Authorization header. Imports no web framework, so that a worker can use it too."""

from __future__ import annotations

import base64
import binascii
import hashlib

LONGEST_SECRET = 200


def digest(secret: str) -> str:
    """Return the SHA-256 digest (hex) of a token's secret. The store keeps the digest and never the secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def bearer_digest(authorization: str) -> str | None:
    """Return the digest of the bearer token in an Authorization header; None if the header has no bearer token."""
    scheme, _, secret = authorization.partition(" ")
    if scheme.lower() != "bearer" or not secret.strip() or len(secret) > LONGEST_SECRET:
        return None
    return digest(secret.strip())


def sender_digest(authorization: str) -> str | None:
    """Return the digest of the token in the Authorization header of a sender; None if the header has no token.

    Some senders cannot send a bearer token. So the token may also be an Opsgenie key (`GenieKey TOKEN`), or the
    password of basic authentication.
    """
    scheme, _, rest = authorization.partition(" ")
    secret = rest.strip()
    if scheme.lower() == "basic":
        secret = _password(secret)
    elif scheme.lower() not in ("bearer", "geniekey"):
        return None
    return digest(secret) if 0 < len(secret) <= LONGEST_SECRET else None


def _password(encoded: str) -> str:
    if len(encoded) > 4 * LONGEST_SECRET:
        return ""
    try:
        return base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")[2]
    except (binascii.Error, ValueError):
        return ""
