"""Queries for sign-ins to the web pages, in one open transaction."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import bindparam, delete, insert, select

from oncall.paging.ports.sign_in_store import LoginLink, PageSession, ProviderHandshake
from oncall.store.statements import Statements
from oncall.store.tables import login_links, page_sessions, provider_handshakes

_TAKE_LINK = delete(login_links).where(login_links.c.digest == bindparam("wanted")).returning(*login_links.c)
_SESSION = select(page_sessions).where(page_sessions.c.digest == bindparam("wanted"))
_END_SESSION = delete(page_sessions).where(page_sessions.c.digest == bindparam("wanted"))

_TAKE_HANDSHAKE = (
    delete(provider_handshakes)
    .where(provider_handshakes.c.state == bindparam("wanted_state"))
    .returning(*provider_handshakes.c)
)


class SignInQueries(Statements):
    """The queries for login links, sessions and sign-ins at an identity provider."""

    def add_login_link(self, link: LoginLink) -> None:
        """Store a login link."""
        self._change(insert(login_links), asdict(link), subject="login link")

    def take_login_link(self, digest: str) -> LoginLink | None:
        """Delete the login link with this digest and return it; None if there is none.

        If two callers ask at the same time, only one gets the link.
        """
        row = self._run(_TAKE_LINK, {"wanted": digest}).one_or_none()
        return None if row is None else LoginLink(*tuple(row))

    def add_page_session(self, session: PageSession) -> None:
        """Store a session."""
        self._change(insert(page_sessions), asdict(session), subject="session")

    def page_session(self, digest: str) -> PageSession | None:
        """Return the session with this digest; None if there is none."""
        row = self._run(_SESSION, {"wanted": digest}).one_or_none()
        if row is None:
            return None
        digest, person, created_at, ends_at, is_manager, id_token = tuple(row)
        return PageSession(digest, person, created_at, ends_at, bool(is_manager), id_token)

    def remove_page_session(self, digest: str) -> None:
        """Delete a session, if there is one with this digest."""
        self._run(_END_SESSION, {"wanted": digest})

    def add_provider_handshake(self, begun: ProviderHandshake) -> None:
        """Store a sign-in that starts at the identity provider."""
        self._change(insert(provider_handshakes), asdict(begun), subject="sign-in")

    def take_provider_handshake(self, state: str) -> ProviderHandshake | None:
        """Delete the handshake with this state and return it; None if there is none.

        If two callers ask at the same time, only one gets the handshake.
        """
        row = self._run(_TAKE_HANDSHAKE, {"wanted_state": state}).one_or_none()
        return None if row is None else ProviderHandshake(*tuple(row))

    def forget_sign_ins(self, *, ended_by: datetime) -> None:
        """Delete the links, sessions and handshakes that ended at or before an instant (real time)."""
        for table in (login_links, page_sessions, provider_handshakes):
            self._run(delete(table).where(table.c.ends_at <= ended_by))
