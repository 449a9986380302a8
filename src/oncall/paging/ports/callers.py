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
    """A caller's key. Only the SHA-256 digest (hex) of the secret is kept. An engineer's token is named by their id."""

    name: str
    role: CallerRole
    digest: str
    created_at: datetime
