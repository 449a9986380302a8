"""Stand-down: when a ticket is taken or over, its pages that are not sent yet are cancelled and the paged are told."""

from __future__ import annotations

from collections.abc import Sequence

from oncall.paging.domain.people import DESK, name_of
from oncall.paging.domain.ticket import SENDABLE, Attempt, AttemptStatus, Purpose, TicketStatus
from oncall.paging.outgoing.cancellation import UNNEEDED, ended
from oncall.paging.outgoing.messages import drilled_text, merged_text, solved_text, taken_text
from oncall.paging.outgoing.new_attempts import notice
from oncall.paging.outgoing.ticket_work import TicketWork

_NEVER_SEEN = (*SENDABLE, AttemptStatus.FAILED)


def tell_the_paged(work: TicketWork) -> None:
    """Cancel the pages that are not sent yet, and tell everyone who was paged that the ticket is taken or over."""
    paged = _waiting_to_hear(work.attempts)
    cancel_pages(work)
    actor = work.state.resolved_by if work.state.status is TicketStatus.RESOLVED else work.state.owner
    assert actor is not None
    body = _body(work, actor)
    told = [person for person in paged if person not in (DESK, actor)]
    work.add_attempts([notice(work.name, person, body, work.context) for person in told])


def _body(work: TicketWork, actor: str) -> str:
    state = work.state
    if work.stored.ticket.is_drill:
        return drilled_text(work.name)
    if state.merged_into is not None:
        return merged_text(work.name, state.impact, state.merged_into)
    words = solved_text if state.status is TicketStatus.RESOLVED else taken_text
    return words(work.name, state.impact, name_of(actor, work.schedule), work.policy)


def cancel_pages(work: TicketWork, *, to: str | None = None) -> None:
    """End the ticket's pages that no provider has. to: only those to this person."""
    for attempt in work.attempts:
        is_unsent_page = attempt.purpose is Purpose.PAGE and attempt.status in SENDABLE
        if is_unsent_page and to in (None, attempt.to):
            work.change_attempt(ended(attempt, UNNEEDED))


def _waiting_to_hear(attempts: Sequence[Attempt]) -> list[str]:
    """Ids of those who were paged and have been told nothing since, in the order of their first page."""
    waiting: dict[str, None] = {}
    for attempt in attempts:
        if attempt.purpose is Purpose.NOTICE:
            waiting.pop(attempt.to, None)
        elif attempt.status not in _NEVER_SEEN:
            waiting[attempt.to] = None
    return list(waiting)
