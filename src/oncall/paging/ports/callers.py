"""Callers of the API: their roles and their tokens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CallerRole(StrEnum):
    """What a caller of the API may do."""

    INTAKE = "intake"
    ENGINEER = "engineer"
    MANAGER = "manager"


class Scope(StrEnum):
    """A part of what a role may do. A token with scopes may do only these parts; a token without scopes may do
    everything that its role may.
    """

    TICKETS = "tickets"
    EVENTS = "events"
    READ = "read"
    CHANGE = "change"


@dataclass(frozen=True, slots=True)
class Token:
    """A caller's key. Only the SHA-256 digest (hex) of the secret is kept. An engineer's token is named by their id.

    may_acknowledge: an intake's token may acknowledge for a person on the roster. expires_at: the token is refused from
    this real instant on (aware UTC); None: never. label: tells several tokens of one caller apart; may be empty.
    scopes: empty for all that the role may do. last_used_at: real time, minutes late at most; None if never used.
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
        """Return the name of the token itself: `ana`, or `ana:laptop` where the caller has several."""
        return f"{self.name}:{self.label}" if self.label else self.name

    @property
    def digests(self) -> tuple[str, ...]:
        """Return the digests of all secrets of this token, even of a secret that has ended."""
        return (self.digest,) if self.old_digest is None else (self.digest, self.old_digest)

    def is_expired(self, real_now: datetime) -> bool:
        """Return True if the token is not valid any more. real_now: aware UTC."""
        return self.expires_at is not None and self.expires_at <= real_now

    def is_replaced(self, digest: str, real_now: datetime) -> bool:
        """Return True if the secret of this digest was rotated out and its overlap is over."""
        is_old = digest == self.old_digest and digest != self.digest
        return is_old and (self.old_ends_at is None or self.old_ends_at <= real_now)
