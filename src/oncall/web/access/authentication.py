"""Authenticates callers: which token a request carries, and whether the token may do what is asked."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

from fastapi import Request

from oncall.errors import StoreError
from oncall.paging.actions.permissions import Operation, why_ended, why_forbidden
from oncall.paging.ports.callers import Token
from oncall.paging.ports.time_source import Clock
from oncall.paging.sending.engine import Engine
from oncall.web.access.bearer import bearer_digest
from oncall.web.access.caller_rate import OVER_RATE, CallerRate
from oncall.web.access.refusals import Refusals
from oncall.web.access.token_use import TokenUse
from oncall.web.edge.problem_documents import FLOODED, ProblemDocument
from oncall.web.edge.request_trace import keep_caller, keep_over_rate, source_of

CACHED_FOR = 5.0
"""How many seconds (real time) a token that was found in the store is trusted, before it is looked up again."""
MOST_CACHED = 1000


class Authenticator:
    """Finds the token of a request.

    It compares digests only, so the time of a look-up reveals nothing about a secret.
    """

    def __init__(self, engine: Engine, clock: Clock, refusals: Refusals, token_use: TokenUse, rate: CallerRate) -> None:
        self._engine, self._clock, self._refusals, self._token_use = engine, clock, refusals, token_use
        self._rate = rate
        self._cached: dict[str, tuple[float, Token]] = {}
        self._looking: dict[str, asyncio.Task[Token | None]] = {}
        self._known: set[str] = set()

    async def start(self) -> None:
        """Load the digests of the existing tokens. A flood of unknown tokens then cannot shut out the existing ones.

        Never raises: if the database is away, no token is loaded.
        """
        with suppress(StoreError):
            tokens = await self._engine.read(lambda tx: tx.tokens())
            self._known |= {digest for token in tokens for digest in token.digests}

    async def caller(self, request: Request, operation: Operation) -> Token:
        """Return the token of the request, if its role and scopes allow the operation.

        Raises ProblemDocument: 401 without a valid token, 403 if the token may not do this, 503 if the caller is over
        its rate limit, and 429 or 503 for an unknown token during a flood of unknown tokens.
        """
        key = bearer_digest(request.headers.get("authorization", ""))
        if key is None:
            raise ProblemDocument(401, 'a token is needed: send "Authorization: Bearer TOKEN"')
        return await self.caller_with(key, request, operation)

    async def caller_with(self, key: str, request: Request, operation: Operation) -> Token:
        """Return the token whose digest is `key`, if it allows the operation.

        Raises ProblemDocument with status 401, 403, 429 or 503, for the reasons that `caller` lists.
        """
        token = await self._token(key, request)
        if token is None:
            raise ProblemDocument(401, "this token is not known; `oncall token create` makes one")
        keep_caller(request, token)
        real_now = self._clock.real_now()
        if (ended := why_ended(token, key, real_now)) is not None:
            raise ProblemDocument(401, ended)
        if (forbidden := why_forbidden(token, operation)) is not None:
            raise ProblemDocument(403, forbidden)
        if not self._rate.allows(token.name, request.method):
            keep_over_rate(request)
            raise ProblemDocument(503, OVER_RATE)
        self._token_use.note(token.handle, real_now)
        return token

    async def sees_details(self, request: Request) -> bool:
        """Return True if the request carries a valid token that may read. Never raises."""
        if "authorization" not in request.headers:
            return False
        try:
            await self.caller(request, Operation.READ)
        except (ProblemDocument, StoreError):
            return False
        return True

    async def _token(self, key: str, request: Request) -> Token | None:
        cached = self._cached.get(key)
        if cached is not None and time.monotonic() - cached[0] < CACHED_FOR:
            return cached[1]
        if key not in self._known:
            self._refuse_floods(source_of(request.scope))
        if key not in self._looking:
            # Requests that arrive with the same token during a look-up share its result.
            self._looking[key] = asyncio.create_task(self._look_up(key))
        return await asyncio.shield(self._looking[key])

    def _refuse_floods(self, source: str) -> None:
        """Raise ProblemDocument if there are too many unknown tokens to look up one more in the database.

        That is so if this source floods (429), or if all sources together do (503).
        """
        if self._refusals.is_flooding(source):
            raise ProblemDocument(429, FLOODED)
        if not self._refusals.unknown_tokens.count(""):
            raise ProblemDocument(503, "too many unknown tokens are being tried; send this request again")

    async def _look_up(self, key: str) -> Token | None:
        try:
            token = await self._engine.read(lambda tx: tx.token_by_digest(key))
        finally:
            del self._looking[key]
        if token is None:
            self._known.discard(key)
        else:
            self._known.add(key)
            if len(self._cached) >= MOST_CACHED:
                self._cached.clear()
            self._cached[key] = (time.monotonic(), token)
        return token
