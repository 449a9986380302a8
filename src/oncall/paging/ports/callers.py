"""Callers of the API: their roles and their tokens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CallerRole(StrEnum):
    """The role of a caller of the API, which decides what the caller may do."""

    INTAKE = "intake"
    ENGINEER = "engineer"
    MANAGER = "manager"


class Scope(StrEnum):
    """A part of what a role may do. A token with scopes is limited to these parts.

    A token without scopes may do everything that its role may.
    """

    TICKETS = "tickets"
    EVENTS = "events"
    READ = "read"
    CHANGE = "change"


@dataclass(frozen=True, slots=True)
class Token:
    """A caller's key to the API. Only the SHA-256 digest (hex) of its secret is stored.

    name: the caller; for an engineer, their id. may_acknowledge: True if a token of the role `intake` may acknowledge
    for a person on the roster. expires_at: from this real time on (aware UTC) the token is refused; None: never. label:
    distinguishes several tokens of one caller; may be empty. scopes: empty for everything that the role may do.
    last_used_at: the last recorded use (real time), which may miss the use of the last minutes; None: never used.
    old_digest: the secret before the last rotation, which is valid until `old_ends_at` (real time).
    """

    name: str
    role: CallerRole
    digest: str
    created_at: datetime
    may_acknowledge: bool = False
    expires_at: datetime | None = None
    label: str = ""
    scopes: frozenset[Scope] = frozenset()
    last_used_at: datetime | None = None
    old_digest: str | None = None
    old_ends_at: datetime | None = None

    @property
    def handle(self) -> str:
        """Return the name of the token: `ana`, or `ana:laptop` if it has a label."""
        return f"{self.name}:{self.label}" if self.label else self.name

    @property
    def digests(self) -> tuple[str, ...]:
        """Return the digests of the token's present secret and of its old one, even if that is no longer valid."""
        return (self.digest,) if self.old_digest is None else (self.digest, self.old_digest)

    def is_expired(self, real_now: datetime) -> bool:
        """Return True if the token is not valid any more. real_now: aware UTC."""
        return self.expires_at is not None and self.expires_at <= real_now

    def is_replaced(self, digest: str, real_now: datetime) -> bool:
        """Return True if this is the digest of the old secret, and the old secret is no longer valid."""
        is_old = digest == self.old_digest and digest != self.digest
        return is_old and (self.old_ends_at is None or self.old_ends_at <= real_now)
