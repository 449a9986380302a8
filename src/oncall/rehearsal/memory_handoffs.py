"""Notes for the next shift, the pages of a shift, and phone proofs in memory, for the store of a rehearsal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from oncall.paging.domain.ticket import Attempt, Purpose
from oncall.paging.ports.handoff_book import HandoffNote, SentPage
from oncall.paging.ports.phone_proofs import PhoneProof
from oncall.support.windows import Window


class HandoffBook:
    """Stores notes and phone proofs, and finds pages among the attempts. A base class of the memory store."""

    _notes: list[HandoffNote]
    _proofs: dict[tuple[str, str], PhoneProof]
    _attempts: dict[str, Attempt]

    def add_handoff_note(self, note: HandoffNote) -> None:
        """Store a note for the next shift."""
        self._notes.append(note)

    def handoff_notes(self, span: Window) -> list[HandoffNote]:
        """Return the notes written in a span, the oldest first."""
        return sorted((note for note in self._notes if note.at in span), key=lambda note: note.at)

    def pages_sent(self, span: Window, *, most: int) -> list[SentPage]:
        """Return at most `most` pages sent in a span, the oldest first. Pages of drills are left out."""
        return sorted(self._sent_in(span), key=lambda page: page.at)[:most]

    def phone_proofs(self) -> list[PhoneProof]:
        """Return all phone proofs, also those that were only asked for."""
        return list(self._proofs.values())

    def save_phone_proof(self, proof: PhoneProof) -> None:
        """Store when the pager asked for a proof of a person's phone, and when a text came from it.

        A time that is None does not change the stored time.
        """
        known = self._proofs.get((proof.person, proof.phone), proof)
        asked_at, proven_at = proof.asked_at or known.asked_at, proof.proven_at or known.proven_at
        self._proofs[proof.person, proof.phone] = replace(proof, asked_at=asked_at, proven_at=proven_at)

    def _sent_in(self, span: Window) -> Iterable[SentPage]:
        for one in self._attempts.values():
            if one.purpose is Purpose.PAGE and one.sent_at is not None and one.sent_at in span:
                yield SentPage(one.ticket, one.to, one.sent_at)
