"""Stored proofs that texts reach engineers' phones."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class PhoneProof:
    """The proof that texts reach one person at the number `phone` (E.164, canonical). Times are policy time, aware UTC.

    asked_at: when the pager asked for proof; None: never. proven_at: when a text came from the number; None: never.
    """

    person: str
    phone: str = field(repr=False)
    asked_at: datetime | None = None
    proven_at: datetime | None = None


class PhoneProofs(Protocol):
    """Stores the proofs of phones."""

    def phone_proofs(self) -> list[PhoneProof]:
        """Return all phone proofs, also those that were only asked for."""

    def save_phone_proof(self, proof: PhoneProof) -> None:
        """Store when the pager asked for a proof of a person's phone, and when a text came from it.

        A time that is None does not change the stored time.
        """
