"""Queries for the proofs that texts reach people, in one open transaction."""

from __future__ import annotations

from sqlalchemy import delete, insert, select

from oncall.paging.ports.phone_proofs import PhoneProof
from oncall.store.statements import Statements
from oncall.store.tables import phone_proofs

_ALL = select(*(phone_proofs.c[name] for name in ("person", "phone", "asked_at", "proven_at"))).order_by(
    phone_proofs.c.person, phone_proofs.c.phone
)


class ProofQueries(Statements):
    """The queries for the proofs that texts reach people."""

    def phone_proofs(self) -> list[PhoneProof]:
        """Return all proofs and requests for proof."""
        return [PhoneProof(*tuple(row)) for row in self._run(_ALL)]

    def save_phone_proof(self, proof: PhoneProof) -> None:
        """Store the proof of a person at a number; it replaces an earlier one."""
        is_it = (phone_proofs.c.person == proof.person) & (phone_proofs.c.phone == proof.phone)
        self._run(delete(phone_proofs).where(is_it))
        values = {name: getattr(proof, name) for name in ("person", "phone", "asked_at", "proven_at")}
        self._change(insert(phone_proofs), values, subject=f"phone proof of {proof.person}")
