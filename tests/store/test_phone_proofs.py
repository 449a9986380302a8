"""The proofs that texts reach people."""

from __future__ import annotations

from dataclasses import replace

from oncall.paging.ports.phone_proofs import PhoneProof
from oncall.store.sql_store import SqlStore

from .examples import NOW, PHONE, minutes

ASKED = PhoneProof("ana", PHONE, asked_at=NOW)


def test_a_proof_is_added_to_the_request_for_it_and_stays(store: SqlStore) -> None:
    assert store.read(lambda tx: tx.phone_proofs()) == []
    store.write(lambda tx: tx.save_phone_proof(ASKED))
    proven = replace(ASKED, proven_at=NOW + minutes(5))
    store.write(lambda tx: tx.save_phone_proof(proven))
    # A pager that has not seen the proof yet asks all the same, and does not undo it.
    store.write(lambda tx: tx.save_phone_proof(ASKED))
    store.write(lambda tx: tx.save_phone_proof(replace(ASKED, phone="+13055550109")))
    assert store.read(lambda tx: tx.phone_proofs()) == [proven, replace(ASKED, phone="+13055550109")]
    assert PHONE not in repr(proven)
