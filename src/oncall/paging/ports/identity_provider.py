"""The protocol of an identity provider (OpenID Connect), for signing people in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Identity:
    """A person as the identity provider knows them.

    is_verified: True if the provider has checked that the e-mail address is theirs. is_manager: True if the provider
    lists them in the group of managers. id_token: the ID token, signed by the provider.
    """

    email: str
    is_verified: bool
    is_manager: bool
    id_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Secrets:
    """The secrets of one sign-in at the identity provider.

    state: the provider's answer must return it. nonce: the ID token must contain it. verifier: the secret of PKCE,
    which proves that the program that redeems the code is the program that started the sign-in.
    """

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


class IdentityProvider(Protocol):
    """Signs people in. Each call ends within seconds.

    A failed call raises IdentityError with a sentence for the person.
    """

    async def address(self, secrets: Secrets) -> str:
        """Return the provider's web address at which the browser signs in."""

    async def identity(
        self, code: str, issuer: str | None, *, nonce: str, verifier: str, real_now: datetime
    ) -> Identity:
        """Return the person's identity, in exchange for the code that the provider sent.

        issuer: the issuer that the provider's answer names (RFC 9207); None if it names none. nonce, verifier: those of
        the sign-in's `Secrets`.
        """

    async def farewell(self, id_token: str) -> str | None:
        """Return the web address at which the provider ends its own session; None if it has no such address."""
