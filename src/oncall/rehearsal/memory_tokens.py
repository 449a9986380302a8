"""Callers' tokens in memory. A rehearsal receives no requests; tests use these."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from oncall.errors import Conflict, NotFound
from oncall.paging.ports.callers import Token


class TokenBook:
    """Keeps tokens for the store that inherits it, by handle."""

    _tokens: dict[str, Token]

    def add_token(self, token: Token) -> None:
        """Store a caller's token. Raises Conflict when the name or the secret is in use."""
        if token.handle in self._tokens:
            raise Conflict(f'token "{token.handle}": the name is taken')
        if self.token_by_digest(token.digest) is not None:
            raise Conflict(f'token "{token.handle}": the secret is in use already')
        self._tokens[token.handle] = token

    def remove_token(self, name: str) -> None:
        """Delete a caller's token. Raises NotFound."""
        if self._tokens.pop(name, None) is None:
            raise NotFound(f'there is no token "{name[:60]}"; `oncall token list` shows them')

    def token(self, handle: str) -> Token | None:
        """Return the token with this handle, or None."""
        return self._tokens.get(handle)

    def replace_token(self, token: Token) -> None:
        """Store a token that was rotated."""
        self._tokens[token.handle] = token

    def token_by_digest(self, digest: str) -> Token | None:
        """Return the token with this digest, or None."""
        return next((token for token in self._tokens.values() if digest in token.digests), None)

    def tokens(self) -> list[Token]:
        """Return the tokens of all callers, by name."""
        return [self._tokens[name] for name in sorted(self._tokens)]

    def note_token_use(self, used: Mapping[str, datetime]) -> None:
        """Do nothing: a rehearsal receives no requests."""
