"""The protocol of an identity provider (OpenID Connect), as the sign-in uses it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Identity:
    """A person as the identity provider knows them. is_verified: the provider has checked that the e-mail address is
    theirs.

    is_manager: they are in the group of the managers. id_token: what the provider signed.
    """

    email: str
    is_verified: bool
    is_manager: bool
    id_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Secrets:
    """The secrets of one sign-in at the provider. state: the answer returns it. nonce: the ID token holds it.

    verifier: the secret of PKCE. It proves that the program that redeems the code is the one that began the sign-in.
    """

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


class IdentityProvider(Protocol):
    """Signs people in. Each call ends within seconds and raises IdentityError with a sentence for a person."""

    async def address(self, secrets: Secrets) -> str:
        """Return the address at the provider to which the browser goes to sign in."""

    async def identity(
        self, code: str, issuer: str | None, *, nonce: str, verifier: str, real_now: datetime
    ) -> Identity:
        """Exchange the code that came back for the person's identity.

        issuer: the issuer that the answer names (RFC 9207); None if it names none.
        """

    async def farewell(self, id_token: str) -> str | None:
        """Return the provider's address that also ends the session there; None if the provider has none."""
