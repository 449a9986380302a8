"""Lists and changes the tokens of the local database or of a server, by the same four methods."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from oncall.cli.backends.server import open_live_server

if TYPE_CHECKING:
    from oncall.paging.actions.token_actions import WantedToken
    from oncall.paging.actions.token_requests import NewTokenView, RevokedTokenView, Rotation, TokenListView
    from oncall.paging.ports.time_source import Clock
    from oncall.store.sql_store import SqlStore
    from oncall.wiring import Settings


class TokenAccess(Protocol):
    """Lists, makes, rotates and revokes tokens, in a local database or on a server."""

    def tokens(self) -> TokenListView:
        """Return the tokens without their secrets."""

    def create_token(self, wanted: WantedToken) -> NewTokenView:
        """Make a token. Returns it with its secret."""

    def rotate_token(self, asked: Rotation) -> NewTokenView:
        """Give a token a new secret. Returns the token with that secret."""

    def revoke_token(self, handle: str) -> RevokedTokenView:
        """Delete a token. handle: NAME or NAME:LABEL."""


class LocalTokens:
    """The tokens of the local database."""

    def __init__(self, store: SqlStore, clock: Clock) -> None:
        self._store, self._clock = store, clock

    def tokens(self) -> TokenListView:
        """Return the tokens without their secrets."""
        from oncall.paging.actions.token_actions import token_view

        return {"tokens": [token_view(token) for token in self._store.read(lambda tx: tx.tokens())]}

    def create_token(self, wanted: WantedToken) -> NewTokenView:
        """Make a token. Returns it with its secret."""
        from oncall.paging.actions.token_actions import make_token
        from oncall.paging.actions.token_requests import new_token_view

        real_now = self._clock.real_now()
        return new_token_view(self._store.write(lambda tx: make_token(wanted, tx, real_now=real_now)))

    def rotate_token(self, asked: Rotation) -> NewTokenView:
        """Give a token a new secret. Returns the token with that secret."""
        from oncall.paging.actions.token_actions import rotate_token
        from oncall.paging.actions.token_requests import new_token_view

        real_now, overlap, last_day = self._clock.real_now(), asked.overlap, asked.last_day
        made = self._store.write(
            lambda tx: rotate_token(asked.handle, tx, real_now=real_now, overlap=overlap, last_day=last_day)
        )
        return new_token_view(made)

    def revoke_token(self, handle: str) -> RevokedTokenView:
        """Delete a token. handle: NAME or NAME:LABEL."""
        from oncall.paging.actions.token_actions import revoke_token

        return {"name": handle, "revoked": True, "others": self._store.write(lambda tx: revoke_token(handle, tx))}


@contextmanager
def open_tokens(settings: Settings) -> Iterator[TokenAccess]:
    """Open the tokens of the server that the settings name, or else those of the local database."""
    from oncall import wiring

    server = open_live_server(settings)
    if server is not None:
        yield server
        return
    with wiring.make_store(settings) as store:
        yield LocalTokens(store, wiring.make_clock(settings))
