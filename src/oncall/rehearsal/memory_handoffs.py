"""Notes for the next shift in memory, the pages of a shift, and phone proofs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from oncall.paging.domain.ticket import Attempt, Purpose
from oncall.paging.ports.handoff_book import HandoffNote, SentPage
from oncall.paging.ports.phone_proofs import PhoneProof
from oncall.support.windows import Window


class HandoffBook:
    """Keeps notes for the store that inherits it, and reads the pages from its attempts."""

    _notes: list[HandoffNote]
    _proofs: dict[tuple[str, str], PhoneProof]
    _attempts: dict[str, Attempt]

    def add_handoff_note(self, note: HandoffNote) -> None:
        """Store a note."""
        self._notes.append(note)

    def handoff_notes(self, span: Window) -> list[HandoffNote]:
        """Return the notes of a span, the oldest first."""
        return sorted((note for note in self._notes if note.at in span), key=lambda note: note.at)

    def pages_sent(self, span: Window, *, most: int) -> list[SentPage]:
        """Return at most `most` pages that were sent in a span, the oldest first."""
        return sorted(self._sent_in(span), key=lambda page: page.at)[:most]

    def phone_proofs(self) -> list[PhoneProof]:
        """Return all proofs and requests for proof."""
        return list(self._proofs.values())

    def save_phone_proof(self, proof: PhoneProof) -> None:
        """Store the proof of a person at a number. A time that is stored already stays unless a new one is given."""
        known = self._proofs.get((proof.person, proof.phone), proof)
        asked_at, proven_at = proof.asked_at or known.asked_at, proof.proven_at or known.proven_at
        self._proofs[proof.person, proof.phone] = replace(proof, asked_at=asked_at, proven_at=proven_at)

    def _sent_in(self, span: Window) -> Iterable[SentPage]:
        for one in self._attempts.values():
            if one.purpose is Purpose.PAGE and one.sent_at is not None and one.sent_at in span:
                yield SentPage(one.ticket, one.to, one.sent_at)
