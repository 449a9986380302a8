"""Stand-down: when a ticket is taken or over, cancels its unsent pages and notifies the people who were paged."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from oncall.paging.domain.events import Acknowledged, Passed
from oncall.paging.domain.people import DESK, name_of
from oncall.paging.domain.state import held_by
from oncall.paging.domain.ticket import SENDABLE, Attempt, AttemptStatus, Purpose, TicketStatus
from oncall.paging.domain.ticket_state import TicketState
from oncall.paging.outgoing.cancellation import UNNEEDED, ended
from oncall.paging.outgoing.messages import (
    drilled_text,
    handed_text,
    merged_text,
    passed_text,
    solved_text,
    taken_over_text,
    taken_text,
)
from oncall.paging.outgoing.new_attempts import notice
from oncall.paging.outgoing.ticket_work import TicketWork

_NEVER_SEEN = (*SENDABLE, AttemptStatus.FAILED)


def tell_the_paged(work: TicketWork) -> None:
    """Cancel the unsent pages, and notify everyone who was paged that the ticket is taken or over."""
    paged = _waiting_to_hear(work.attempts)
    cancel_pages(work)
    actor = work.state.resolved_by if work.state.status is TicketStatus.RESOLVED else work.state.owner
    assert actor is not None
    body = _body(work, actor)
    told = [person for person in paged if person not in (DESK, actor)]
    if told:
        choices = work.tx.notice_choices()
        told = [person for person in told if person not in choices or not choices[person].is_quiet]
    work.add_attempts([notice(work.name, person, body, work.context) for person in told])


def _body(work: TicketWork, actor: str) -> str:
    state = work.state
    if work.stored.ticket.is_drill:
        return drilled_text(work.name)
    if state.merged_into is not None:
        return merged_text(work.name, state.impact, state.merged_into)
    words = solved_text if state.status is TicketStatus.RESOLVED else taken_text
    return words(work.name, state.impact, name_of(actor, work.schedule), work.policy)


def tell_about_new_owner(work: TicketWork, event: Acknowledged) -> None:
    """Notify both engineers that one has taken the ticket over from the other.

    The new owner gets no notice if the answer to their own SMS or call already says so.
    """
    assert event.taken_from is not None
    policy, schedule, impact = work.policy, work.schedule, work.state.impact
    _tell(work, event.taken_from, taken_over_text(work.name, impact, name_of(event.by, schedule), policy))
    if not work.context.is_answered:
        old = name_of(event.taken_from, schedule)
        _tell(work, event.by, handed_text(work.stored.ticket, impact=impact, previous=old, policy=policy))


def tell_about_pass(work: TicketWork, event: Passed, before: TicketState) -> None:
    """Cancel the unsent pages to the person who passed the ticket and to the person who had it before.

    Notifies the ticket's owner if another person passed it. before: the ticket's state before the pass.
    """
    cancel_pages(work, to=(event.by, held_by(before, event)))
    if before.owner is not None and before.owner != event.by:
        by = name_of(event.by, work.schedule)
        _tell(work, before.owner, passed_text(work.name, work.state.impact, by, work.policy))


def _tell(work: TicketWork, person: str, text: str) -> None:
    """Send a notice to a person. Does nothing if the person is not on the roster."""
    if person in work.schedule.people:
        work.add_attempts([notice(work.name, person, text, work.context)])


def cancel_pages(work: TicketWork, *, to: Collection[str | None] | None = None) -> None:
    """Cancel the ticket's pages that no provider has yet. to: only pages to these people; None: to everyone."""
    for attempt in work.attempts:
        is_unsent_page = attempt.purpose is Purpose.PAGE and attempt.status in SENDABLE
        if is_unsent_page and (to is None or attempt.to in to):
            work.change_attempt(ended(attempt, UNNEEDED))


def _waiting_to_hear(attempts: Sequence[Attempt]) -> list[str]:
    """Return the ids of the people who were paged and got no notice since, ordered by their pages."""
    waiting: dict[str, None] = {}
    for attempt in attempts:
        if attempt.purpose is Purpose.NOTICE:
            waiting.pop(attempt.to, None)
        elif attempt.status not in _NEVER_SEEN:
            waiting[attempt.to] = None
    return list(waiting)
