"""Authentication of callers: which token a request carries, and which roles a route accepts."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Container

from fastapi import Request

from oncall.paging.ports.callers import CallerRole, Token
from oncall.paging.ports.time_source import Clock
from oncall.paging.sending.engine import Engine
from oncall.web.problem_documents import ProblemDocument

CACHED_FOR = 5.0
"""Seconds (real time) for which a token is trusted without another look at the store."""
MOST_CACHED = 1000
LONGEST_SECRET = 200


def digest(secret: str) -> str:
    """Return the SHA-256 digest (hex) of a token's secret; the store keeps nothing else of it."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Authenticator:
    """Looks up bearer tokens. It compares digests, so the time of a look-up reveals nothing about a secret."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine, self._clock = engine, clock
        self._cached: dict[str, tuple[float, Token]] = {}
        self._looking: dict[str, asyncio.Task[Token | None]] = {}

    async def caller(self, request: Request, allowed: Container[CallerRole]) -> Token:
        """Return the caller's token.

        Raises ProblemDocument: 401 without a valid token, 403 when its role is not in `allowed`.
        """
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not secret.strip() or len(secret) > LONGEST_SECRET:
            raise ProblemDocument(401, 'a token is needed: send "Authorization: Bearer TOKEN"')
        token = await self._token(digest(secret.strip()))
        if token is None:
            raise ProblemDocument(401, "this token is not known; `oncall token create` makes one")
        if token.expires_at is not None and token.is_expired(self._clock.real_now()):
            ended = token.expires_at.strftime("%Y-%m-%d %H:%M UTC")
            raise ProblemDocument(401, f"this token expired at {ended}; `oncall token create` makes another one")
        if token.role not in allowed:
            raise ProblemDocument(403, f"a token of role {token.role.value} may not do this")
        return token

    async def _token(self, key: str) -> Token | None:
        cached = self._cached.get(key)
        if cached is not None and time.monotonic() - cached[0] < CACHED_FOR:
            return cached[1]
        if key not in self._looking:
            # Requests that arrive with the same token during a look-up share its result.
            self._looking[key] = asyncio.create_task(self._look_up(key))
        return await asyncio.shield(self._looking[key])

    async def _look_up(self, key: str) -> Token | None:
        try:
            token = await self._engine.read(lambda tx: tx.token_by_digest(key))
        finally:
            del self._looking[key]
        if token is not None:
            if len(self._cached) >= MOST_CACHED:
                self._cached.clear()
            self._cached[key] = (time.monotonic(), token)
        return token
