"""Records what a person writes on the status page, and previews its effect. A ticket may be named as its cause."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import Protocol

from oncall.errors import Conflict
from oncall.paging.actions.ticket_references import find_ticket
from oncall.paging.ports.ticket_store import Tickets
from oncall.status.proposal_actions import DismissProposal, PublishProposal
from oncall.status.status_actions import (
    AnnounceMaintenance,
    CancelMaintenance,
    CorrectIncident,
    OpenIncident,
    RescheduleMaintenance,
    StatusAction,
    StatusAuthor,
    UpdateIncident,
    act_on_status,
)
from oncall.status.status_effect import StatusEffect, effect_of, last_word, says_the_same
from oncall.status.status_events import StatusLog

CHANGED_SINCE = (
    "another person has written on it since this page was shown, so nothing was published; open the page again"
)


class StatusStore(StatusLog, Tickets, Protocol):
    """The queries for the status page and for the tickets from which incidents are opened."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a form's web page showed before the person acted. new_id: the id of what the form opens.

    seen: the number of the last event of the incident or maintenance that the page showed; 0 if the form opens one.
    """

    new_id: str
    seen: int


def new_status_id() -> str:
    """Return a random id for a new incident or maintenance."""
    return secrets.token_hex(6)


def record_on_page(tx: StatusStore, action: StatusAction, author: StatusAuthor) -> str:
    """Check an action and append it to the status page's log. Returns the id of its incident or maintenance.

    If the author's request is in the log already, writes nothing and returns the id of the first time. Raises Conflict
    if a request of the same author has this id but another body. Also raises NotFound, Conflict or Refused as
    `act_on_status` does. After an error nothing is written.
    """
    # Of two people who resolve an incident at the same time, the second one is refused.
    tx.lock_status_log()
    subject = _subject_of_repeat(tx, author) if author.request else None
    if subject is not None:
        return subject
    return act_on_status(tx, _with_ticket(tx, action), author, new_status_id())


def _subject_of_repeat(tx: StatusStore, author: StatusAuthor) -> str | None:
    """Return the incident or maintenance of an earlier event with the author's request; None if there is none."""
    sent_id = author.request.partition(" ")[0]
    own = (each for each in tx.status_events() if each.by == author.by and each.request.partition(" ")[0] == sent_id)
    before = next(own, None)
    if before is not None and before.request != author.request:
        raise Conflict(f'the event "{sent_id}" is recorded already with other content; nothing was changed')
    return before.subject if before is not None else None


def effect_on_page(tx: StatusStore, action: StatusAction, author: StatusAuthor, new_id: str) -> StatusEffect:
    """Return the effect that an action would have, without writing anything. Raises as `record_on_page` does."""
    return effect_of(tx, _with_ticket(tx, action), author, new_id)


def seen_of(tx: StatusStore, effect: StatusEffect) -> int:
    """Return the number of the last event of the effect's incident or maintenance; 0 if that is new."""
    last = last_word(tx.status_events(), effect.event.subject)
    return last.seq if last is not None else 0


def record_once(tx: StatusStore, action: StatusAction, author: StatusAuthor, shown: Shown) -> str:
    """Record an action as `record_on_page` does, but only once even if its form is sent again.

    Also raises Conflict if another person has since written about the same incident or maintenance.
    """
    tx.lock_status_log()
    action, subject = _with_ticket(tx, action), _subject(action, shown)
    last = last_word(tx.status_events(), subject)
    if last is None or last.seq == shown.seen:
        return act_on_status(tx, action, author, shown.new_id)
    if subject == shown.new_id:
        return subject
    if says_the_same(effect_of(tx, action, author, shown.new_id, until=shown.seen).event, last):
        return subject
    raise Conflict(CHANGED_SINCE)


def _subject(action: StatusAction, shown: Shown) -> str:
    """Return the id of the incident or maintenance that an action is about."""
    match action:
        case OpenIncident() | AnnounceMaintenance():
            return shown.new_id
        case UpdateIncident() | CorrectIncident():
            return action.incident
        case PublishProposal() | DismissProposal():
            return action.proposal
        case RescheduleMaintenance() | CancelMaintenance():
            return action.maintenance


def _with_ticket(tx: Tickets, action: StatusAction) -> StatusAction:
    if isinstance(action, OpenIncident) and action.ticket is not None:
        return replace(action, ticket=find_ticket(tx, action.ticket).ticket.id)
    return action
