"""Who calls, and what they may do."""

from __future__ import annotations

import asyncio
import hashlib
import time

from fastapi import Request

from oncall.paging.ports.callers import CallerRole, Token
from oncall.paging.sending.engine import Engine
from oncall.web.problem_documents import ProblemDocument

KNOWN_FOR = 5.0
"""Seconds for which a token that was looked up counts as known."""
MOST_KNOWN = 1000


def digest(secret: str) -> str:
    """What the store keeps of a token's secret, which is too long and random to be guessed from it: SHA-256, hex."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Authenticator:
    """Looks up bearer tokens. A digest is compared, so the time it takes says nothing about the secret."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: dict[str, tuple[float, Token]] = {}
        self._looking: dict[str, asyncio.Task[Token | None]] = {}

    async def caller(self, request: Request, *allowed: CallerRole) -> Token:
        """The caller. Raises Problem: 401 without a valid token, 403 when its role is none of `allowed`."""
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not secret.strip() or len(secret) > 200:
            raise ProblemDocument(401, 'a token is needed: send "Authorization: Bearer TOKEN"')
        token = await self._token(digest(secret.strip()))
        if token is None:
            raise ProblemDocument(401, "this token is not known; `oncall token create` makes one")
        if token.role not in allowed:
            raise ProblemDocument(403, f"a token of role {token.role.value} may not do this")
        return token

    async def _token(self, key: str) -> Token | None:
        known = self._known.get(key)
        if known is not None and time.monotonic() - known[0] < KNOWN_FOR:
            return known[1]
        if key not in self._looking:
            # Of all who come with it at this moment one looks, and the others are told.
            self._looking[key] = asyncio.create_task(self._looked_up(key))
        return await asyncio.shield(self._looking[key])

    async def _looked_up(self, key: str) -> Token | None:
        try:
            token = await self._engine.read(lambda tx: tx.token_by_digest(key))
        finally:
            del self._looking[key]
        if token is not None:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[key] = (time.monotonic(), token)
        return token
