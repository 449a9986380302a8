"""Finds the tickets that a word names, by id or by code. HTTP, the terminal and SMS all use these functions.

No new code equals the id of a stored ticket. But a ticket may come in whose id equals a code that is in use. Such a
word then names two tickets, and nothing is done with it until the sender says which one they mean: `id=RK9` or
`code=RK9`. No id has an equals sign, so these are never ambiguous.
"""

from __future__ import annotations

from oncall.errors import Conflict, NotFound
from oncall.paging.actions.posted_ticket import ID_PATTERN
from oncall.paging.domain.quoted_text import quoted
from oncall.paging.domain.ticket import StoredTicket, TicketStatus
from oncall.paging.outgoing.codes import could_be_code, is_code, spellings
from oncall.paging.ports.ticket_store import Tickets

BY_ID, BY_CODE = "id=", "code="


def tickets_with_id(tx: Tickets, word: str) -> list[StoredTicket]:
    """Return the ticket with this id, as a list.

    If there is none and `word` may be a code, return the tickets whose ids differ from it only in letter case.
    """
    if not ID_PATTERN.fullmatch(word):
        return []
    exact, code = tx.ticket(word), word.upper()
    if exact is not None or not could_be_code(code):
        return [exact] if exact is not None else []
    return [found for spelt in spellings(code) if (found := tx.ticket(spelt)) is not None]


def ticket_with_code(tx: Tickets, word: str) -> StoredTicket | None:
    """Return the unresolved ticket with this code, in any letter case; None if there is none."""
    return tx.ticket_by_code(word.upper()) if is_code(word.upper()) else None


def find_ticket(tx: Tickets, reference: str) -> StoredTicket:
    """Return the ticket with this id, or the unresolved ticket with this code.

    reference: may begin with `id=` or `code=`. Raises NotFound if there is none, and Conflict if the word names two
    tickets.
    """
    word = reference.strip()
    found = _found(tx, word)
    if not found:
        raise NotFound(
            f"no ticket has the id or code {quoted(reference)}; `oncall tickets` lists the open ones",
            on_page=f"there is no ticket {quoted(reference)}; the board lists the open ones",
        )
    if len(found) == 1:
        return found[0]
    holder = next((one for one in found if one.code == word.upper() and _is_open(one)), None)
    if holder is None:
        ids = " or ".join(one.ticket.id for one in found)
        raise Conflict(
            f"{quoted(word)} may be the id {ids}; write it in its letter case",
            on_page=f"{quoted(word)} may be the ticket {ids}; write its capital letters as the board does",
        )
    other = next(one for one in found if one is not holder)
    raise Conflict(
        f"{quoted(word)} is the code of ticket {holder.ticket.id} and the id of ticket {other.ticket.id}; "
        f"write {BY_CODE}{holder.code} for {holder.ticket.id}, or {BY_ID}{other.ticket.id} for the other",
        on_page=f"{quoted(word)} is the code of ticket {holder.ticket.id}, and another ticket is called "
        f"{other.ticket.id}; open the one that you mean from the board",
    )


def _found(tx: Tickets, word: str) -> list[StoredTicket]:
    """Return every ticket that the word names, each once."""
    by_id = [] if word.startswith(BY_CODE) else tickets_with_id(tx, word.removeprefix(BY_ID))
    by_code = None if word.startswith(BY_ID) else ticket_with_code(tx, word.removeprefix(BY_CODE))
    found = [*by_id, *([by_code] if by_code is not None else [])]
    return list({stored.ticket.id: stored for stored in found}.values())


def _is_open(stored: StoredTicket) -> bool:
    return stored.status is not TicketStatus.RESOLVED


def open_tickets_named(tx: Tickets, word: str) -> list[StoredTicket]:
    """Return the unresolved tickets that a word in an SMS names.

    Usually one ticket; two if the word is the code of one and the id of the other.
    """
    return [stored for stored in _found(tx, word) if _is_open(stored)]
