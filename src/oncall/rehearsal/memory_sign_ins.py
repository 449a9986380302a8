"""Sign-ins to the web pages in memory, for the store of a rehearsal, in which no person signs in."""

from __future__ import annotations

from datetime import datetime

from oncall.paging.ports.sign_in_store import LoginLink, PageSession, ProviderHandshake


class SignInBook:
    """Stores login links, sessions and handshakes. A base class of the memory store."""

    _login_links: dict[str, LoginLink]
    _page_sessions: dict[str, PageSession]
    _provider_handshakes: dict[str, ProviderHandshake]

    def add_login_link(self, link: LoginLink) -> None:
        """Store a login link."""
        self._login_links[link.digest] = link

    def take_login_link(self, digest: str) -> LoginLink | None:
        """Delete the login link with this digest and return it; None if there is none.

        If two callers ask at the same time, only one gets the link.
        """
        return self._login_links.pop(digest, None)

    def add_page_session(self, session: PageSession) -> None:
        """Store a session."""
        self._page_sessions[session.digest] = session

    def page_session(self, digest: str) -> PageSession | None:
        """Return the session with this digest; None if there is none."""
        return self._page_sessions.get(digest)

    def remove_page_session(self, digest: str) -> None:
        """Delete a session, if there is one with this digest."""
        self._page_sessions.pop(digest, None)

    def add_provider_handshake(self, begun: ProviderHandshake) -> None:
        """Store a sign-in that starts at the identity provider."""
        self._provider_handshakes[begun.state] = begun

    def take_provider_handshake(self, state: str) -> ProviderHandshake | None:
        """Delete the handshake with this state and return it; None if there is none.

        If two callers ask at the same time, only one gets the handshake.
        """
        return self._provider_handshakes.pop(state, None)

    def forget_sign_ins(self, *, ended_by: datetime) -> None:
        """Delete the links, sessions and handshakes that ended at or before an instant (real time)."""
        for ended in [link for link in self._login_links.values() if link.ends_at <= ended_by]:
            del self._login_links[ended.digest]
        for session in [each for each in self._page_sessions.values() if each.ends_at <= ended_by]:
            del self._page_sessions[session.digest]
        for begun in [each for each in self._provider_handshakes.values() if each.ends_at <= ended_by]:
            del self._provider_handshakes[begun.state]
