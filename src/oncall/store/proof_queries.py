"""Queries for the proofs that texts reach people, in one open transaction."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite

from oncall.paging.ports.phone_proofs import PhoneProof
from oncall.store.statements import Statements
from oncall.store.tables import phone_proofs

_ALL = select(*(phone_proofs.c[name] for name in ("person", "phone", "asked_at", "proven_at"))).order_by(
    phone_proofs.c.person, phone_proofs.c.phone
)


class ProofQueries(Statements):
    """The queries for the proofs that texts reach people."""

    def phone_proofs(self) -> list[PhoneProof]:
        """Return all phone proofs, also those that were only asked for."""
        return [PhoneProof(*tuple(row)) for row in self._run(_ALL)]

    def save_phone_proof(self, proof: PhoneProof) -> None:
        """Store when the pager asked for a proof of a person's phone, and when a text came from it.

        A time that is None does not change the stored time.
        """
        dialect = sqlite if self._connection.dialect.name == "sqlite" else postgresql
        new = dialect.insert(phone_proofs).values(
            person=proof.person, phone=proof.phone, asked_at=proof.asked_at, proven_at=proof.proven_at
        )
        times = {name: func.coalesce(new.excluded[name], phone_proofs.c[name]) for name in ("asked_at", "proven_at")}
        self._run(new.on_conflict_do_update(index_elements=["person", "phone"], set_=times))
