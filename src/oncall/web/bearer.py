"""Reads the Authorization header. Imports no web framework, so that a worker can use it too."""

from __future__ import annotations

import hashlib

LONGEST_SECRET = 200


def digest(secret: str) -> str:
    """Return the SHA-256 digest (hex) of a token's secret; the store keeps nothing else of it."""
    return hashlib.sha256(secret.encode()).hexdigest()


def bearer_digest(authorization: str) -> str | None:
    """Return the digest of the token in an Authorization header, or None if it holds no bearer token."""
    scheme, _, secret = authorization.partition(" ")
    if scheme.lower() != "bearer" or not secret.strip() or len(secret) > LONGEST_SECRET:
        return None
    return digest(secret.strip())
