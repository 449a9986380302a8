"""Callers' tokens in memory. A rehearsal receives no requests, so only tests use them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from oncall.errors import Conflict, NotFound
from oncall.paging.ports.callers import Token


class TokenBook:
    """Stores tokens by handle. A base class of the memory store."""

    _tokens: dict[str, Token]

    def add_token(self, token: Token) -> None:
        """Store a token. Raises Conflict if its handle or its secret is already stored."""
        if token.handle in self._tokens:
            raise Conflict(f'token "{token.handle}": the name is taken')
        if self.token_by_digest(token.digest) is not None:
            raise Conflict(f'token "{token.handle}": the secret is in use already')
        self._tokens[token.handle] = token

    def remove_token(self, name: str) -> None:
        """Delete a token. Raises NotFound if no token has this name."""
        if self._tokens.pop(name, None) is None:
            raise NotFound(f'there is no token "{name[:60]}"; `oncall token list` shows them')

    def token(self, handle: str) -> Token | None:
        """Return the token with this handle (`ana`, `ana:laptop`); None if there is none."""
        return self._tokens.get(handle)

    def replace_token(self, token: Token) -> None:
        """Replace a stored token after a rotation."""
        self._tokens[token.handle] = token

    def token_by_digest(self, digest: str) -> Token | None:
        """Return the token whose present or old secret has this digest; None if there is none."""
        return next((token for token in self._tokens.values() if digest in token.digests), None)

    def tokens(self) -> list[Token]:
        """Return every token, ordered by handle."""
        return [self._tokens[name] for name in sorted(self._tokens)]

    def note_token_use(self, used: Mapping[str, datetime]) -> None:
        """Do nothing, because a rehearsal receives no requests."""
