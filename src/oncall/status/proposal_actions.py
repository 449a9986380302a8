"""What a person can do with an incident that a machine proposed: publish or dismiss it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from oncall.errors import Conflict
from oncall.status.proposals import Proposal, ProposalState
from oncall.status.status_events import StatusEvent, StatusEventKind
from oncall.status.status_record import StatusRecord
from oncall.status.status_texts import message_of, reason_of, title_of


@dataclass(frozen=True, slots=True)
class PublishProposal:
    """Make a proposed incident public from its start.

    title, message: for customers; None: those that the machine proposed.
    """

    proposal: str
    title: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class DismissProposal:
    """Dismiss a proposed incident because there was no incident. It never becomes public."""

    proposal: str
    reason: str


def published(record: StatusRecord, action: PublishProposal, by: str, now: datetime) -> StatusEvent:
    """Return the event that makes a proposal public.

    Raises NotFound for an unknown proposal, Conflict if it is decided already, and Refused for a text that cannot be
    used.
    """
    proposal = record.proposal(action.proposal)
    _check_is_private(proposal)
    title = title_of(action.title) if action.title is not None else ""
    return StatusEvent(
        proposal.id, StatusEventKind.PUBLISHED, now, now, by, title=title, message=message_of(action.message)
    )


def dismissed(record: StatusRecord, action: DismissProposal, by: str, now: datetime) -> StatusEvent:
    """Return the event that dismisses a proposal.

    Raises NotFound for an unknown proposal, Conflict if it is decided already, and Refused for a reason that cannot be
    used.
    """
    proposal = record.proposal(action.proposal)
    _check_is_private(proposal)
    return StatusEvent(proposal.id, StatusEventKind.DISMISSED, now, now, by, reason=reason_of(action.reason))


def _check_is_private(proposal: Proposal) -> None:
    if proposal.state is ProposalState.PUBLISHED:
        raise Conflict(
            f"incident {proposal.id} is public already; to write on it: oncall status update {proposal.id}",
            on_page="the incident is public already; write on it with an update",
        )
    if proposal.state is ProposalState.DISMISSED:
        raise Conflict(
            f"incident {proposal.id} was dismissed by {proposal.dismissed_by}: {proposal.reason}",
            on_page=f"the proposed incident was dismissed already: {proposal.reason}",
        )
