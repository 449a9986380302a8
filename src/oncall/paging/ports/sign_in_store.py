"""Links that sign a person in to the pages, and the sessions of those who are signed in, in the store."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from oncall.paging.ports.schedule_store import Schedules


@dataclass(frozen=True, slots=True)
class LoginLink:
    """A link that signs a person in once. Only the SHA-256 digest (hex) of its secret is kept.

    person: the id on the roster. by: who made the link. Times are real, aware UTC.
    """

    digest: str
    person: str
    by: str
    created_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class PageSession:
    """A person who is signed in to the pages with one browser. Only the digest (hex) of the session's id is kept.

    is_manager: the identity provider says that the person is in the managers' group. id_token: the provider's signed
    token, by which a sign-out also ends the session there; None for a sign-in by a link. Times are real, aware UTC.
    """

    digest: str
    person: str
    created_at: datetime
    ends_at: datetime
    is_manager: bool = False
    id_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ProviderHandshake:
    """A sign-in that a browser has begun at the identity provider and not finished.

    state: the digest (hex) of the value that the provider's answer returns. browser: the digest of the browser's
    cookie. nonce: the ID token must hold it. verifier: the PKCE secret that redeems the provider's code. wanted: the
    page to open after the sign-in. Times are real, aware UTC.
    """

    state: str
    browser: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    wanted: str
    created_at: datetime
    ends_at: datetime


class SignIns(Schedules, Protocol):
    """Stores links and sessions, and reads who is on the roster."""

    def add_login_link(self, link: LoginLink) -> None:
        """Store a link."""

    def take_login_link(self, digest: str) -> LoginLink | None:
        """Delete the link with this digest and return it; None if there is none. Only one of two simultaneous callers
        gets it.
        """

    def add_page_session(self, session: PageSession) -> None:
        """Store a session."""

    def page_session(self, digest: str) -> PageSession | None:
        """Return the session with this digest, or None."""

    def remove_page_session(self, digest: str) -> None:
        """Delete a session, if there is one with this digest."""

    def add_provider_handshake(self, begun: ProviderHandshake) -> None:
        """Store a sign-in that begins at the identity provider."""

    def take_provider_handshake(self, state: str) -> ProviderHandshake | None:
        """Delete and return the handshake with this state; None if there is none. Only one of two callers gets it."""

    def forget_sign_ins(self, *, ended_by: datetime) -> None:
        """Delete the links, sessions and handshakes that ended at or before an instant (real time)."""
