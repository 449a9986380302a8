"""Stored links that sign people in to the web pages, and the sessions of people who are signed in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from oncall.paging.ports.schedule_store import Schedules


@dataclass(frozen=True, slots=True)
class LoginLink:
    """A link that signs a person in once. Only the SHA-256 digest (hex) of its secret is stored.

    person: the id on the roster. by: who created the link. Times are real time, aware UTC.
    """

    digest: str
    person: str
    by: str
    created_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class PageSession:
    """A person who is signed in to the web pages with one browser. Only the digest (hex) of the session's id is stored.

    is_manager: True if the identity provider lists the person in the group of managers. id_token: the provider's signed
    token, with which a sign-out also ends the provider's session; None for a sign-in by a link. Times are real time,
    aware UTC.
    """

    digest: str
    person: str
    created_at: datetime
    ends_at: datetime
    is_manager: bool = False
    id_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ProviderHandshake:
    """A sign-in that a browser started at the identity provider and did not finish yet.

    state: the digest (hex) of the value that the provider's answer must return. browser: the digest of the browser's
    cookie. nonce: the ID token must contain it. verifier: the PKCE secret that redeems the provider's code. wanted: the
    path of the web page to open after the sign-in. Times are real time, aware UTC.
    """

    state: str
    browser: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    wanted: str
    created_at: datetime
    ends_at: datetime


class SignIns(Schedules, Protocol):
    """Stores login links and sessions, and reads the people on the roster."""

    def add_login_link(self, link: LoginLink) -> None:
        """Store a login link."""

    def take_login_link(self, digest: str) -> LoginLink | None:
        """Delete the login link with this digest and return it; None if there is none.

        If two callers ask at the same time, only one gets the link.
        """

    def add_page_session(self, session: PageSession) -> None:
        """Store a session."""

    def page_session(self, digest: str) -> PageSession | None:
        """Return the session with this digest; None if there is none."""

    def remove_page_session(self, digest: str) -> None:
        """Delete a session, if there is one with this digest."""

    def add_provider_handshake(self, begun: ProviderHandshake) -> None:
        """Store a sign-in that starts at the identity provider."""

    def take_provider_handshake(self, state: str) -> ProviderHandshake | None:
        """Delete the handshake with this state and return it; None if there is none.

        If two callers ask at the same time, only one gets the handshake.
        """

    def forget_sign_ins(self, *, ended_by: datetime) -> None:
        """Delete the links, sessions and handshakes that ended at or before an instant (real time)."""
