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


@dataclass(frozen=True, slots=True)
class Token:
    """A caller's key. Only the SHA-256 digest (hex) of the secret is kept. An engineer's token is named by their id.

    may_acknowledge: an intake's token may acknowledge for a person on the roster. expires_at: the token is refused from
    this real instant on (aware UTC); None: never.
    """

    name: str
    role: CallerRole
    digest: str
    created_at: datetime
    may_acknowledge: bool = False
    expires_at: datetime | None = None

    def is_expired(self, real_now: datetime) -> bool:
        """Return True if the token is not valid any more. real_now: aware UTC."""
        return self.expires_at is not None and self.expires_at <= real_now
